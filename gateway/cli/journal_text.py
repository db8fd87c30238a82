"""Rows and stations of the journal as text for a terminal, and as JSON lines.

In: what `gateway.journal.parked` found.  Out: lines of text.
Not here: which rows (`gateway.cli.journal`).

Text that a station sent is shown with its control characters escaped: it must not be able to write on the terminal by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict

from gateway.journal.parked import Station, Stored

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def stations(found: Iterable[Station]) -> Iterator[str]:
    """A table of stations."""
    rows = [(one.name, one.queued, one.parked, one.open, one.oldest or "-") for one in found]
    return _table(("STATION", "QUEUED", "PARKED", "OPEN", "OLDEST WAITS SINCE"), rows)


def rows(found: Iterable[Stored]) -> Iterator[str]:
    """A table of one station's rows."""
    return _table(("ROW", "STATE", "TRANSACTION", "RECEIVED", "MESSAGE", "TRIED", "WHY"), [_row(one) for one in found])


def parked(found: Iterable[Stored]) -> Iterator[str]:
    """A table of rows of several stations, for those that are parked."""
    head = ("STATION", "ROW", "TRANSACTION", "RECEIVED", "MESSAGE", "TRIED", "WHY")
    return _table(head, [(one.station, *(cell for at, cell in enumerate(_row(one)) if at != 1)) for one in found])


def _row(one: Stored) -> tuple[Any, ...]:
    row = one.row
    number = "-" if row.transaction is None else row.transaction
    why = "; ".join(word for word in (one.why, row.flags) if word)
    return row.seq, row.state, number, row.received, row.action, row.attempts, why


def row(one: Stored) -> Iterator[str]:
    """All about one row, a line each; its texts last."""
    values: dict[str, Any] = {"station": one.station, **asdict(one.row), "why": one.why}
    rendered = values.pop("rendered")
    texts = [(name, values.pop(name)) for name in ("payload", "raw")]
    for name, value in values.items():
        if value not in ("", None):
            yield f"{name + ':':13} {_safe(value)}"
    for number, message in enumerate(rendered.messages if rendered else ()):
        said = "answered" if number < rendered.done else "not answered yet"
        yield f"{'rendered:':13} {message[0]} {_json(message[1])} ({said})"
    for name, value in texts:
        yield f"{name + ':':13} {_safe(value) if value else '(dropped when it was delivered)'}"


def line(one: Stored) -> str:
    """One JSON line."""
    return _json({"station": one.station, **asdict(one.row), "why": one.why})


def _json(tree: Any) -> str:
    return _ENCODER.encode(tree).decode("utf-8")


def _table(head: Sequence[str], found: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    cells = [head, *(tuple(_safe(cell) for cell in one) for one in found)]
    widths = [max(len(one[at]) for one in cells) for at in range(len(head))]
    for one in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(one, widths, strict=True)).rstrip()
    if not found:
        yield "(none)"


def _safe(value: Any) -> str:
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
