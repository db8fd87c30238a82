"""The form ``registers``: Modbus questions and answers (Modbus Application Protocol V1.1b3): functions 1–6, 15 and 16 by their
registers or coils, any other by its fields.

In: a content (behind it a PDU).  Out: the fields that stand in registers or coils; and the other way.
Not here: MBAP, RTU and ASCII framing (`gateway.wires.frames`), how often registers are read (`gateway.devices`).

A record is one read or one write, from the first of its fields to the last; or one question of another function and its answer.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.wires.binary import Struct, front, written
from gateway.wires.fields import ABSENT, Field, Layout, Many, OtherRecord, Part
from gateway.wires.kinds import Integer

READS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
WRITES = {"coil": (5, 15), "holding": (6, 16)}
MOST = {1: 2000, 2: 2000, 3: 125, 4: 125, 5: 1, 6: 1, 15: 1968, 16: 123}
"""How many registers or coils a function may carry."""
_ON = b"\xff\x00"


@dataclass(frozen=True, slots=True)
class Block:
    """The registers of one record: function, first address, how many; and how many bytes a field takes beside its address."""

    function: int
    start: int
    count: int

    @property
    def bits(self) -> bool:
        """Whether these are coils."""
        return self.function in (1, 2, 5, 15)

    @property
    def reads(self) -> bool:
        """Whether it asks."""
        return self.function <= 4

    def pieces(self, data: bytes, layout: Layout) -> dict[str, bytes]:
        """The bytes of each field."""
        made = {}
        for field in layout:
            at = int(field.key) - self.start
            if self.bits:
                made[field.name] = b"1" if data[at // 8] >> at % 8 & 1 else b"0"
            else:
                made[field.name] = data[at * 2 : at * 2 + (field.size or 0)]
        return made

    def joined(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The bytes of all registers; the fields of a write leave no gap."""
        if self.bits:
            number = 0
            for field in layout:
                number |= int(_piece(field, fields) == b"1") << int(field.key) - self.start
            return number.to_bytes((self.count + 7) // 8, "little")
        data = bytearray(self.count * 2)
        for field in layout:
            at, piece = (int(field.key) - self.start) * 2, _piece(field, fields)
            data[at : at + len(piece)] = piece
        return bytes(data)


def _piece(part: Part, fields: Mapping[str, Any]) -> bytes:
    if isinstance(part, Many):
        return written((part,), fields)
    value = part.chosen(fields)
    return b"" if value is ABSENT else part.write(value)


def _read(block: Block, data: bytes, layout: Layout) -> dict[str, Any]:
    found = {}
    for name, piece in block.pieces(data, layout).items():
        part = next(one for one in layout if one.name == name)
        value = part.checked(part.read(piece)) if isinstance(part, Field) else front(piece, (part,))[0].get(name)
        found.update({name: value} if part.told else {})
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pdu:
    """What stands behind the header; it begins with a function."""

    header: Layout = ()
    trailer: Layout = ()

    def look(self, content: bytes, key: str) -> Any:
        """Nothing is told apart by keys."""
        return ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Of(_Pdu):
    """One of the two of a block."""

    block: Block

    def begun(self, content: bytes) -> tuple[dict[str, Any], bytes]:
        """The fields of the header, and the rest.  Raises `OtherRecord` where it is of another function."""
        found, at = front(content, self.header)
        if content[at : at + 1] != bytes([self.block.function]):
            raise OtherRecord("NotImplemented", "another function")
        return found, content[at:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(_Of):
    """What we ask or write."""

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """The fields of a write.  Raises `OtherRecord` where other registers are meant."""
        (found, pdu), block = self.begun(content), self.block
        if len(pdu) < 5:
            raise PeerError("FormatViolation", "the frame is too short for its registers")
        address, second = struct.unpack(">HH", pdu[1:5])
        single = block.function in (5, 6)
        if address != block.start or (not single and second != block.count):
            raise OtherRecord("NotImplemented", "other registers")
        if block.reads:
            return found
        data = pdu[3:5] if single else pdu[6:]
        if block.function == 5:
            data = b"\x01" if data == _ON else b"\0"
        if len(data) < len(block.joined((), {})):
            raise PeerError("FormatViolation", "the frame is too short for its registers")
        return found | _read(block, data, layout)

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content."""
        block = self.block
        head = written(self.header, fields) + struct.pack(">BH", block.function, block.start)
        if block.reads:
            return head + struct.pack(">H", block.count)
        data = block.joined(layout, fields)
        if block.function == 5:
            return head + (_ON if data == b"\x01" else b"\0\0")
        if block.function == 6:
            return head + data
        return head + struct.pack(">HB", block.count, len(data)) + data


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(_Of):
    """What the station answers."""

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """The fields of a read.  Raises `OtherRecord` for an exception, `PeerError` for another length."""
        (found, pdu), block = self.begun(content), self.block
        if not block.reads:
            if pdu[1:3] != struct.pack(">H", block.start):
                raise PeerError("FormatViolation", "other registers than were written")
            return found
        length = (block.count + 7) // 8 if block.bits else block.count * 2
        if len(pdu) != 2 + length or pdu[1] != length:
            raise PeerError("FormatViolation", f"{len(pdu) - 2} bytes of registers where {length} were asked for")
        return found | _read(block, pdu[2:], layout)

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content, as a station would answer."""
        head, block = written(self.header, fields) + bytes([self.block.function]), self.block
        if not block.reads:
            raise ValueError("the answer to a write repeats the question")
        data = block.joined(layout, fields)
        return head + bytes([len(data)]) + data


@dataclass(frozen=True, slots=True, kw_only=True)
class Other(_Pdu):
    """The question or the answer of a function that is not about registers: fields one after the other behind its code."""

    function: int
    more: bool = False

    @property
    def _body(self) -> Struct:
        return Struct((*self.header, Field("_function", Integer(1), const=self.function)), more=self.more)

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """All fields.  Raises `OtherRecord` for another function, `PeerError`."""
        return self._body.read(content, layout)

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content."""
        return self._body.write(layout, fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(_Pdu):
    """An exception: the function, and a code."""

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """Function and code.  Raises `OtherRecord` where it is none."""
        found, at = front(content, self.header)
        if len(content) != at + 2 or content[at] < 0x80:
            raise OtherRecord("NotImplemented", "no exception")
        return {**found, "function": content[at] & 0x7F, "code": content[at + 1]}

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content."""
        return written(self.header, fields) + bytes([fields["function"] | 0x80, fields["code"]])
