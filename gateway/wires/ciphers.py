"""Payloads that are encrypted: AES, 3DES, SM4, or a key laid over them by xor.

In: a content, as it is or as it is sent.  Out: the other; `PeerError` where it cannot be opened.
Not here: where the key comes from (the site file, by `gateway.lines`), markers, lengths and checks, which go round what is sent.

The header in front may stay in the clear, and a byte of it may say whether the rest is encrypted.  A key that changes, or a fresh
vector in each frame, cannot be said: nothing here remembers or draws lots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

from gateway.dialects.errors import PeerError

SIZES = {"aes": (16, 24, 32), "3des": (8, 16, 24), "sm4": (16,), "xor": range(1, 65)}
"""Algorithm → bytes that its key may have; 3DES with a key of 8 is DES."""
BLOCKS = {"aes": 16, "3des": 8, "sm4": 16}
MODES = ("ecb", "cbc")
PADS = ("pkcs7", "zero", "none")


@dataclass(frozen=True, slots=True)
class Secrecy:
    """How a content is encrypted from byte ``first`` on.

    ``flag`` is (offset in the content, value): only then it is.  ``open`` says that all know the key; else it is a sample, with
    which the vectors were made, until the site's is put in its place (`keyed`).
    """

    algorithm: str
    mode: str
    key: bytes
    iv: bytes = b""
    pad: str = "pkcs7"
    first: int = 0
    flag: tuple[int, int] | None = None
    open: bool = False

    def keyed(self, key: bytes) -> Secrecy:
        """The same with the key of the site.  ValueError where it is none."""
        return self if self.open else replace(self, key=key_of(self.algorithm, key))

    def shown(self, content: bytes) -> bytes:
        """The content in the clear.  Raises `PeerError`."""
        if not self._hidden(content):
            return content
        try:
            return content[: self.first] + self._unpadded(self._run(self._rest(content), "decryptor"))
        except ValueError:
            raise PeerError("FormatViolation", "it cannot be decrypted: another key, or no whole blocks") from None

    def hidden(self, content: bytes) -> bytes:
        """The content as it is sent.  ValueError where it cannot be."""
        if not self._hidden(content):
            return content
        return content[: self.first] + self._run(self._padded(self._rest(content)), "encryptor")

    def _rest(self, content: bytes) -> bytes:
        """What is encrypted."""
        if len(content) < self.first:
            raise ValueError(f"the content ends within the {self.first} bytes that stay in the clear")
        return content[self.first :]

    def _hidden(self, content: bytes) -> bool:
        """Whether this one is encrypted."""
        return self.flag is None or content[self.flag[0] : self.flag[0] + 1] == bytes([self.flag[1]])

    def _run(self, data: bytes, way: str) -> bytes:
        if self.algorithm == "xor":
            return bytes(one ^ other for one, other in zip(data, cycle(self.key), strict=False))
        if len(data) % BLOCKS[self.algorithm]:
            raise ValueError("what is encrypted has no whole number of blocks")
        from cryptography.hazmat.primitives.ciphers import Cipher, modes  # loaded where it is needed: few dialects encrypt

        mode = modes.CBC(self.iv) if self.mode == "cbc" else modes.ECB()  # noqa: S305 (theirs, not ours)
        run = getattr(Cipher(_ALGORITHMS[self.algorithm](self.key), mode), way)()
        return bytes(run.update(data) + run.finalize())

    def _padded(self, data: bytes) -> bytes:
        block = BLOCKS.get(self.algorithm, 1)
        lacks = -len(data) % block
        if self.pad == "pkcs7" and block > 1:
            lacks = lacks or block
            return data + bytes([lacks]) * lacks
        return data + bytes(lacks) if self.pad == "zero" else data

    def _unpadded(self, data: bytes) -> bytes:
        if self.pad != "pkcs7" or self.algorithm == "xor":
            return data
        count = data[-1] if data else 0
        if not 1 <= count <= BLOCKS[self.algorithm] or data[-count:] != bytes([count]) * count:
            raise ValueError("the padding is wrong")
        return data[:-count]


def key_of(algorithm: str, given: bytes) -> bytes:
    """A key, in hex where that gives one, else its bytes.  ValueError where it has not as many as that algorithm wants."""
    sizes = SIZES[algorithm]
    try:
        key = bytes.fromhex(given.decode("ascii"))
    except ValueError:
        key = given
    key = key if len(key) in sizes else given
    if len(key) not in sizes:
        raise ValueError(f"a key of {algorithm} has {' or '.join(map(str, sizes)) if algorithm != 'xor' else '1 to 64'} bytes")
    return key


def _aes(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.algorithms import AES

    return AES(key)


def _3des(key: bytes) -> Any:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

    return TripleDES((key * 3)[:24] if len(key) == 8 else key + key[:8] if len(key) == 16 else key)


def _sm4(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.algorithms import SM4

    return SM4(key)


_ALGORITHMS: dict[str, Callable[[bytes], Any]] = {"aes": _aes, "3des": _3des, "sm4": _sm4}
