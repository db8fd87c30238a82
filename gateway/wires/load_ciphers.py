"""Reads how contents are encrypted.

In: the key ``cipher`` of a frame.  Out: `Secrecy`; faults go to the `Checker`.
Not here: doing it (`gateway.wires.ciphers`), the key of a site (`gateway.site_file`).
"""

from __future__ import annotations

from gateway.source import Checker, Map, nearest, one_of
from gateway.wires.ciphers import BLOCKS, MODES, PADS, SIZES, Secrecy, key_of
from gateway.wires.load_turns import number
from gateway.wires.load_values import word

KINDS = (*(f"{name}-{mode}" for name in BLOCKS for mode in MODES), "xor")
KEYS = ("key", "sample", "iv", "pad", "from", "when")
_FORM = "{kind: aes-cbc, sample: 000102…, iv: 000000…}"


def secrecy(checker: Checker, where: Map) -> Secrecy | None:
    """How the contents of these frames are encrypted; None where they are not."""
    given = where.get("cipher")
    if given is None:
        return None
    if not isinstance(given, Map) or not checker.keys(given, "a cipher", ["kind"], KEYS):
        checker.fault(where, "cipher", "the cipher is no map with a kind", _FORM)
        return None
    kind = str(given["kind"])
    if kind not in KINDS:
        checker.fault(given, "kind", f"the cipher is {kind!r}", one_of(KINDS), nearest(kind, KINDS))
        return None
    algorithm, _, mode = kind.partition("-")
    first = number(given.get("from", 0))
    if first is None or not 0 <= first <= 255:
        checker.fault(given, "from", f"from is {given['from']!r}", "how many bytes of the content stay in the clear")
        return None
    pad = word(checker, given, "pad", PADS, "pkcs7")
    return Secrecy(
        algorithm, mode, _key(checker, given, algorithm), _vector(checker, given, mode, algorithm), pad, first,
        _flag(checker, given, first), "key" in given,
    )  # fmt: skip


def _key(checker: Checker, given: Map, algorithm: str) -> bytes:
    """``key`` where it is known to all, else a ``sample`` for the vectors."""
    if ("key" in given) == ("sample" in given):
        checker.fault(given, None, "a cipher has a key that all know, or a sample of one for the vectors", "sample: hex digits")
        return bytes(SIZES[algorithm][-1])
    name = "key" if "key" in given else "sample"
    try:
        return key_of(algorithm, str(given[name]).encode("latin-1", "replace"))
    except ValueError as error:
        checker.fault(given, name, f"{name}: {error}", "hex digits, two for each byte, or the bytes in a text")
        return bytes(SIZES[algorithm][-1])


def _vector(checker: Checker, given: Map, mode: str, algorithm: str) -> bytes:
    """What the first block is chained to."""
    if mode != "cbc":
        if "iv" in given:
            checker.fault(given, "iv", f"{given['kind']} has no iv", one_of(f"{name}-cbc" for name in BLOCKS))
        return b""
    size = BLOCKS[algorithm]
    text = str(given.get("iv", "00" * size))
    try:
        made = bytes.fromhex(text)
    except ValueError:
        made = text.encode("latin-1", "replace")
    if len(made) != size:
        checker.fault(given, "iv", f"iv has {len(made)} bytes", f"{size} bytes, in hex")
        return bytes(size)
    return made


def _flag(checker: Checker, given: Map, first: int) -> tuple[int, int] | None:
    """``when: {at: 2, is: 1}``: a byte in the clear that says whether the rest is encrypted."""
    when = given.get("when")
    if when is None:
        return None
    at, value = (number(when.get(key)) if isinstance(when, Map) else None for key in ("at", "is"))
    if at is None or value is None or not (0 <= at < first and 0 <= value <= 255):
        checker.fault(given, "when", f"when is {when!r}", "{at: 2, is: 1}: a byte of what stays in the clear (from)")
        return None
    return at, value
