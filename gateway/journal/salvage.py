"""Reads every row that can still be read, of a damaged journal too.

In: an open connection.  Out: rows, each once, and what SQLite says of the damage.
Not here: whole journals (`gateway.journal.parked` looks into them, `gateway.journal.schema` refuses damaged ones).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gateway.journal.contract import RowState
from gateway.journal.parked import EVERY_ROW, Stored, made


def salvaged(
    db: sqlite3.Connection, station: str | None, states: Sequence[RowState], on_damage: Callable[[str], None]
) -> Iterator[Stored]:
    """What was delivered, by station and number, then the others in the order in which they were stored.

    Where the file is damaged, those before and those behind the damage.  A message whose place in the queue cannot be read
    counts as queued.
    """
    db.execute("BEGIN")  # a running gateway moves rows from one table to the other
    for asked, ends, ways in ((_KNOWN, _ENDS_OF_KEYS, [_KEY_ALONE]), (_SAID, _ENDS_OF_IDS, [_WHOLE, _TEXT_ALONE])):
        for name, seq, id in _around(db, asked, ends, on_damage):
            one = _readable(db, ways, (name, seq, id), on_damage) if station in (None, name) else None
            if one is not None and (not states or one.row.state in states):
                yield one


def _around(
    db: sqlite3.Connection, asked: str, ends: tuple[Sequence[Any], Sequence[Any]], on_damage: Callable[[str], None]
) -> Iterator[tuple[str, int, int]]:
    """Where each row is: from the beginning up to the damage, then from the end back to it."""
    low, high = ends
    for order in ("ASC", "DESC"):
        try:
            for name, seq, id, *at in db.execute(asked.format(order=order), (*low, *high)):
                low, high = (at, high) if order == "ASC" else (low, at)
                yield name, seq, id
            return
        except sqlite3.DatabaseError as error:
            on_damage(str(error))


def _readable(
    db: sqlite3.Connection, ways: Sequence[str], at: tuple[str, int, int], on_damage: Callable[[str], None]
) -> Stored | None:
    """The row, in the first of these ways that reaches it."""
    for asked in ways:
        try:
            found = db.execute(asked, dict(zip(("station", "seq", "id"), at, strict=True))).fetchone()
            return made(found) if found else None
        except sqlite3.DatabaseError as error:
            on_damage(str(error))
    return None


_KNOWN = """
    SELECT station, seq, 0, station, seq FROM known WHERE (station, seq) > (?, ?) AND (station, seq) < (?, ?)
    ORDER BY station {order}, seq {order}"""
_SAID = "SELECT station, seq, id, id FROM said WHERE id > ? AND id < ? ORDER BY id {order}"
_ENDS_OF_KEYS = (("", -1), (b"", 0))
"""SQLite sorts a blob behind every text."""
_ENDS_OF_IDS = ((-1,), (2**63 - 1,))
_WHOLE = f"{EVERY_ROW} WHERE station = :station AND seq = :seq"
_TEXT_ALONE = """
    SELECT seq, role, action, dialect, codec, raw, payload, key, NULL, received, 'queued', 0, NULL, '', 0, NULL, station, ''
    FROM said WHERE id = :id"""
_KEY_ALONE = """
    SELECT seq, role, action, dialect, codec, '', '', key, "transaction", received, 'delivered', attempts, NULL, flags, cuts,
    NULL, station, why FROM known WHERE station = :station AND seq = :seq"""
