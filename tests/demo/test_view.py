"""How the demo looks, on a console in memory."""

from __future__ import annotations

import io

from rich.console import Console
from twisted.internet.task import Clock

from gateway.demo.envelopes import Dress, Text, request
from gateway.demo.figures import Figures
from gateway.demo.snapshot import Row, Snapshot, Traffic, fold, fragment, frame
from gateway.demo.view import EVERY, Lines, picture

ROW = Row("DEMO-1/1", "Occupied", "CARD0001", 1234, "4711", "9000001", "Charging")
IDLE = Row("DEMO-1/2", "Available", "", 0, "", "", "Available")
SOAP = request(
    Dress("s", "a", "o"), "MeterValues", "S", "f", "t", "i", [("connectorId", 1), ("value", Text("15", (("unit", "Wh"),)))]
)


def now(away: float | None = None, books: str = "booked … : equal") -> Snapshot:
    said, heard = fragment(SOAP.decode()), frame('[2, "i", "MeterValues", {"connectorId": 1}]')
    return Snapshot("09:30", away, (ROW, IDLE), Traffic(soap_rate=12.0), Figures(waiting=7), books, said, heard, ("it began",))


def drawn(snapshot: Snapshot, height: int) -> str:
    out = io.StringIO()
    Console(file=out, width=140, height=height).print(picture(snapshot, ["Look: here"], height))
    return out.getvalue()


def test_both_sides_stand_in_one_row() -> None:
    text = drawn(now(), 50)
    row = next(line for line in text.splitlines() if "DEMO-1/1" in line)
    assert all(word in row for word in ("Occupied", "CARD0001", "1.23", "4711", "9000001", "Charging"))
    assert "waiting 7" in text
    assert "equal" in text
    assert "Look: here" in text
    assert "it began" in text


def test_the_message_is_there_in_both_forms() -> None:
    text = drawn(now(), 50)
    assert '<o:value unit="Wh">15</o:value>' in text
    assert '[2, "i", "MeterValues",' in text
    assert "xmlns" not in text


def test_a_small_terminal_keeps_the_table_and_the_books() -> None:
    text = drawn(now(), 14)
    assert len(text.splitlines()) <= 14
    assert "DEMO-1/2" in text
    assert "equal" in text


def test_an_absence_is_said() -> None:
    assert "BACK END AWAY for 3 s" in drawn(now(away=3.2), 50)


def test_plain_lines_come_now_and_then() -> None:
    clock, lines = Clock(), list[str]()
    plain = Lines(lines.append, clock.seconds)
    plain.show(now())
    plain.show(now())
    assert len(lines) == 2
    clock.advance(EVERY)
    plain.show(now())
    plain.event("the back end goes away")
    assert len(lines) == 5
    assert "waiting 7" in lines[0]
    assert "1 charging" in lines[0]
    assert not any("\x1b" in line for line in lines)


def test_a_frame_reads_like_the_one_that_came() -> None:
    assert frame('[2,"i","Heartbeat",{}]') == ('[2, "i", "Heartbeat",', "{}]")


def test_what_fits_stands_in_one_line() -> None:
    assert fold({"a": 1, "b": [1, 2]}, 30) == ['{"a": 1, "b": [1, 2]}']
    assert fold({"a": {"long": "x" * 20}, "b": 2}, 30) == ["{", '  "a": {', f'    "long": "{"x" * 20}"', "  },", '  "b": 2', "}"]
