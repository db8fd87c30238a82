"""Traffic decoded for the eye."""

from __future__ import annotations

from decimal import Decimal

from gateway.devices.overheard import Overheard, shown
from gateway.dialects.errors import PeerError
from gateway.wires.shapes import Record
from tests.devices.toys import Wire, line


def test_records_and_noise_are_a_line_each() -> None:
    ear = Overheard(Wire(), ("station",), whole=False)  # type: ignore[arg-type]
    lines = ear.feed(line("hello", id="A") + b"\xff\xfe\n" + b"half")
    assert lines == ["station  hello id='A'", "?        FormatViolation: no such line: ff fe 0a"]
    assert ear.idle() == ["?        half a frame: 68 61 6c 66"]
    assert ear.records == 1


def test_on_a_bus_both_sides_are_tried_and_the_question_is_remembered() -> None:
    class Sides(Wire):
        def read(self, frame: bytes, sender: str, asked: Record | None = None, place: str = "") -> Record:
            record = super().read(frame, sender, asked, place)
            if (record.name == "ask") != (sender == "backend"):
                raise PeerError("NotImplemented", "another side's")
            return Record(f"{record.name} of {asked.name}" if asked else record.name, record.fields, frame)

    ear = Overheard(Sides(), ("station", "backend"), whole=True)  # type: ignore[arg-type]
    assert ear.feed(line("ask", n=1)) == ["backend  ask n=1"]
    assert ear.feed(line("answer", n=1)) == ["station  answer of ask n=1"]


def test_long_noise_is_cut() -> None:
    ear = Overheard(Wire(), ("station",), whole=True)  # type: ignore[arg-type]
    assert ear.feed(b"\xff" * 100 + b"\n")[0].endswith("ff ff …")


def test_every_kind_of_value_is_shown() -> None:
    fields = {"a": Decimal("1E+2"), "b": True, "c": None, "d": {"x": 1}, "e": [1, "two"], "f": "x"}
    assert shown(Record("r", fields)) == "r a=100 b=true c=null d={x: 1} e=[1, 'two'] f='x'"
