"""Kinds of fields: the bytes of one field ⇄ a plain value.

In: the bytes of a field (or of a token of text), or a value.  Out: the value, or the bytes.  ValueError for what does not fit.
Not here: scales, enums, times and the like (`gateway.wires.turns`), where a field stands (the forms).
"""

from __future__ import annotations

import binascii
import re
import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol

Ends = Literal["big", "little"]
_DECIMAL = re.compile(rb"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})", re.ASCII)
_DIGITS = {10: re.compile(rb"[+-]?[0-9]{1,19}"), 16: re.compile(rb"[0-9A-Fa-f]{1,16}")}
TRUE, FALSE = ("1", "true", "on", "yes"), ("0", "false", "off", "no")


class Kind(Protocol):
    """``size`` is how many bytes it takes, or None where that depends; ``type`` is what its values are."""

    @property
    def type(self) -> str:
        """integer, decimal, text, boolean or nothing."""

    @property
    def size(self) -> int | None:
        """Bytes of the field, if that is fixed."""

    def read(self, data: bytes) -> Any:
        """The value.  ValueError where the bytes are none."""

    def write(self, value: Any) -> bytes:
        """The bytes.  ValueError where the value does not fit."""


def whole(value: Any) -> int:
    """``value`` as an integer, if it is a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != int(value):
        raise ValueError(f"{value!r} is no whole number")
    return int(value)


@dataclass(frozen=True, slots=True)
class Integer:
    """A binary integer of any number of bytes; ``words`` is the order of its 16-bit words where that differs."""

    size: int
    signed: bool = False
    order: Ends = "big"
    words: Ends = "big"
    type = "integer"

    def read(self, data: bytes) -> int:
        """The number."""
        return int.from_bytes(_words(data, self.words, self.order), self.order, signed=self.signed)

    def write(self, value: Any) -> bytes:
        """Its bytes."""
        try:
            return _words(whole(value).to_bytes(self.size, self.order, signed=self.signed), self.words, self.order)
        except OverflowError:
            raise ValueError(f"{value} does not fit into {self.size} bytes") from None


def _words(data: bytes, words: Ends, order: Ends) -> bytes:
    """``data`` with its 16-bit words in the other order, where words and bytes are ordered differently."""
    if words == order or len(data) <= 2 or len(data) % 2:
        return data
    return b"".join(data[at : at + 2] for at in range(len(data) - 2, -1, -2))


@dataclass(frozen=True, slots=True)
class Real:
    """A binary floating point number of 4 or 8 bytes, as the shortest decimal that means it."""

    size: int
    order: Ends = "big"
    words: Ends = "big"
    type = "decimal"

    def _format(self) -> str:
        return ("<" if self.order == "little" else ">") + ("f" if self.size == 4 else "d")

    def read(self, data: bytes) -> Decimal | None:
        """The number; None where it is no number or infinite."""
        value = struct.unpack(self._format(), _words(data, self.words, self.order))[0]
        if value != value or value in (float("inf"), float("-inf")):
            return None
        return Decimal(f"{value:.7g}" if self.size == 4 else repr(value))

    def write(self, value: Any) -> bytes:
        """Its bytes."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueError(f"{value!r} is no number")
        try:
            return _words(struct.pack(self._format(), float(value)), self.words, self.order)
        except OverflowError:
            raise ValueError(f"{value} does not fit into {self.size} bytes") from None


@dataclass(frozen=True, slots=True)
class Digits:
    """An integer in digits of base 10 or 16; ``size`` digits filled up with ``pad`` before them, or as many as it needs."""

    base: int
    size: int | None = None
    signed: bool = False
    lower: bool = False
    pad: str = "0"
    type = "integer"

    def read(self, data: bytes) -> int:
        """The number."""
        data = _bare(data, self.pad)
        if not _DIGITS[self.base].fullmatch(data):
            raise ValueError(f"{data[:20]!r} is no number in base {self.base}")
        value = int(data, self.base)
        if self.base == 16 and self.signed and self.size and value >= 16**self.size // 2:
            value -= 16**self.size
        return value

    def write(self, value: Any) -> bytes:
        """Its digits."""
        number = whole(value)
        if self.base == 16 and self.signed and self.size and -(16**self.size) // 2 <= number < 0:
            number += 16**self.size
        width, letter = (self.size if self.pad == "0" else 0) or 1, "d" if self.base == 10 else "x" if self.lower else "X"
        text = f"{number:0{width}{letter}}".rjust(self.size or 0, self.pad)
        if (self.size and len(text) > self.size) or (number < 0 and (self.base == 16 or not self.signed)):
            raise ValueError(f"{value} does not fit into {self.size or 'unsigned'} digits")
        return text.encode("ascii")


def _bare(data: bytes, pad: str) -> bytes:
    """Digits without blanks, or whatever else fills them up."""
    return data.strip(b" ") if pad == "0" else data.strip(b" " + pad.encode("latin-1"))


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal number in text, filled up with ``pad`` before it where it has a ``size``."""

    size: int | None = None
    pad: str = "0"
    type = "decimal"

    def read(self, data: bytes) -> Decimal:
        """The number."""
        data = _bare(data, self.pad)
        if not _DECIMAL.fullmatch(data):
            raise ValueError(f"{data[:20]!r} is no decimal number")
        return Decimal(data.decode("ascii"))

    def write(self, value: Any) -> bytes:
        """Its digits, never with an exponent."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueError(f"{value!r} is no number")
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
        if self.size:
            text = text.rjust(self.size, self.pad)
            if len(text) > self.size:
                raise ValueError(f"{value} does not fit into {self.size} characters")
        return text.encode("ascii")


@dataclass(frozen=True, slots=True)
class Text:
    """Characters: ``size`` bytes filled up with ``pad`` behind (or ``before``), else as many as there are.

    ``turned`` reads the bytes from the last to the first, ``swapped`` each two of them.
    """

    size: int | None = None
    charset: str = "ascii"
    pad: str = "\0"
    before: bool = False
    turned: bool = False
    swapped: bool = False
    type = "text"

    def read(self, data: bytes) -> str:
        """The text without what fills it up."""
        try:
            text = self._ordered(data).decode(self.charset)
        except UnicodeDecodeError:
            raise ValueError(f"the text is not {self.charset}") from None
        if not self.size:
            return text
        fill = self.pad + "\0 " if self.pad in "\0 " else self.pad
        return text.lstrip(fill) if self.before else text.rstrip(fill)

    def write(self, value: Any) -> bytes:
        """Its bytes."""
        try:
            data = spelled(value).encode(self.charset)
            pad = self.pad.encode(self.charset)
        except UnicodeEncodeError:
            raise ValueError(f"the text cannot be written in {self.charset}") from None
        if self.size:
            if len(data) > self.size:
                raise ValueError(f"{value!r} is longer than {self.size} bytes")
            fill = pad * ((self.size - len(data)) // len(pad))
            data = fill + data if self.before else data + fill
        return self._ordered(data)

    def _ordered(self, data: bytes) -> bytes:
        if self.turned:
            data = data[::-1]
        if self.swapped:
            data = b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2))
        return data


def spelled(value: Any) -> str:
    """``value`` as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | Decimal):
        raise ValueError(f"{value!r} is no text")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


@dataclass(frozen=True, slots=True)
class Bcd:
    """Two decimal digits a byte, as text of digits (identifiers may begin with zeros), or as a ``number``."""

    size: int
    turned: bool = False
    number: bool = False

    @property
    def type(self) -> str:
        """What its values are."""
        return "integer" if self.number else "text"

    def read(self, data: bytes) -> str | int:
        """The digits."""
        text = (data[::-1] if self.turned else data).hex()
        if not text.isdigit():
            raise ValueError(f"{text[:40]} is no BCD")
        return int(text) if self.number else text

    def write(self, value: Any) -> bytes:
        """Its bytes; fewer digits get zeros before them."""
        text = spelled(value).zfill(2 * self.size)
        if len(text) > 2 * self.size or not (text.isascii() and text.isdigit()):
            raise ValueError(f"{value!r} is no {2 * self.size} digits")
        data = bytes.fromhex(text)
        return data[::-1] if self.turned else data


@dataclass(frozen=True, slots=True)
class Varint:
    """An integer of seven bits a byte, the least first; the highest bit says that more follow (LEB128).  ``signed``: zigzag."""

    signed: bool = False
    size = None
    type = "integer"

    def taken(self, data: bytes) -> int:
        """How many bytes of ``data`` it has.  ValueError where its end is not there."""
        for at, byte in enumerate(data[:10]):
            if byte < 0x80:
                return at + 1
        raise ValueError("its last byte is missing")

    def read(self, data: bytes) -> int:
        """The number."""
        value = sum((byte & 0x7F) << 7 * at for at, byte in enumerate(data))
        return value >> 1 ^ -(value & 1) if self.signed else value

    def write(self, value: Any) -> bytes:
        """Its bytes."""
        number = whole(value)
        left = number << 1 ^ number >> 63 if self.signed else number
        if not 0 <= left < 1 << 64:
            raise ValueError(f"{value} does not fit into 64 bits")
        made = bytearray()
        while left >= 0x80:
            made.append(left & 0x7F | 0x80)
            left >>= 7
        return bytes([*made, left])


@dataclass(frozen=True, slots=True)
class Clock:
    """The numbers of a time, each in a byte or two: ``parts`` are (bytes, digits) in their order.  As text of those digits."""

    parts: tuple[tuple[int, int], ...]
    order: Ends = "big"
    type = "text"

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(size for size, _ in self.parts)

    def read(self, data: bytes) -> str:
        """The digits; more of them than are meant, where a part is no number of a time (``FF``)."""
        made, at = "", 0
        for size, digits in self.parts:
            made += f"{int.from_bytes(data[at : at + size], self.order):0{digits}}"
            at += size
        return made

    def write(self, value: Any) -> bytes:
        """Its bytes."""
        text, made, at = spelled(value), b"", 0
        for size, digits in self.parts:
            if not text[at : at + digits].isdecimal():
                raise ValueError(f"{value!r} has not the digits of a time")
            made += int(text[at : at + digits]).to_bytes(size, self.order)
            at += digits
        return made


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes, as text of hex digits in capitals."""

    size: int | None = None
    turned: bool = False
    type = "text"

    def read(self, data: bytes) -> str:
        """The digits."""
        return (data[::-1] if self.turned else data).hex().upper()

    def write(self, value: Any) -> bytes:
        """The bytes."""
        try:
            data = binascii.unhexlify(spelled(value))
        except ValueError:
            raise ValueError(f"{value!r} is no hex") from None
        if self.size is not None and len(data) != self.size:
            raise ValueError(f"{value!r} is not {self.size} bytes")
        return data[::-1] if self.turned else data


@dataclass(frozen=True, slots=True)
class Skip:
    """Bytes that mean nothing."""

    size: int
    fill: bytes = b"\0"
    type = "nothing"

    def read(self, data: bytes) -> None:
        """Nothing."""

    def write(self, value: Any) -> bytes:
        """What fills them."""
        return (self.fill * self.size)[: self.size]


@dataclass(frozen=True, slots=True)
class Truth:
    """A truth value in text; written as ``true`` and ``false`` say."""

    true: str = "1"
    false: str = "0"
    size: int | None = None
    type = "boolean"

    def read(self, data: bytes) -> bool:
        """True or false."""
        text = data.decode("latin-1")
        if text in (self.true, self.false):
            return text == self.true
        if text.lower() in TRUE + FALSE:
            return text.lower() in TRUE
        raise ValueError(f"{text[:20]!r} is neither true nor false")

    def write(self, value: Any) -> bytes:
        """Its spelling."""
        if not isinstance(value, bool):
            raise ValueError(f"{value!r} is neither true nor false")
        return (self.true if value else self.false).encode("latin-1")
