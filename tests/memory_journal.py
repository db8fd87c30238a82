"""A journal in plain memory: applies writes, and gives back what a new session would be restored from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from gateway.journal.contract import (
    KEYS_KEPT,
    MOST_TEXT,
    WINDOW,
    Append,
    Mark,
    Park,
    PutRegisters,
    PutStation,
    PutTransaction,
    Restored,
    Row,
    Transaction,
    Waiting,
    Write,
)

ENDED_KEPT = 20


class MemoryJournal:
    """One station's."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.transactions: dict[int, Transaction] = {}
        self.values: dict[str, Any] = {}
        self.registers: dict[str, dict[str, Any]] = {}

    def apply(self, writes: Sequence[Write]) -> None:
        for write in writes:
            if isinstance(write, Append):
                assert write.row.seq not in self.rows, "a row's number is its own"
                assert write.row.seq > max(self.rows, default=0), "rows come in order"
                self.rows[write.row.seq] = write.row
            elif isinstance(write, Mark):
                self.rows[write.seq] = self._marked(self.rows[write.seq], write)
            elif isinstance(write, Park):
                for row in self.state("queued"):
                    if row.transaction == write.transaction:
                        self.rows[row.seq] = replace(row, state="parked")
            elif isinstance(write, PutTransaction):
                self.transactions[write.transaction.gateway_id] = write.transaction
            elif isinstance(write, PutStation):
                self.values.update(write.values)
            elif isinstance(write, PutRegisters):
                for name, values in write.values.items():
                    kept = {**self.registers.get(name, {}), **values}
                    self.registers[name] = {key: value for key, value in kept.items() if value is not None}

    def _marked(self, row: Row, mark: Mark) -> Row:
        old, new = row.rendered, mark.rendered or row.rendered
        if old is not None and new is not None and not mark.anew:
            assert new.messages == old.messages, "a row is rendered once"
            assert new.answers[: old.done] == old.answers, "answers only grow"
        return replace(row, state=mark.state, attempts=mark.attempts, rendered=new, cuts=mark.cuts)

    def state(self, state: str) -> list[Row]:
        return [row for row in self.rows.values() if row.state == state]

    def waiting(self, first: int) -> Waiting:
        """As `Journal.waiting`."""
        queue = [replace(row, raw="") for row in self.state("queued") if row.seq >= first]
        found, size = list[Row](), 0
        for row in queue[:WINDOW]:
            size += len(row.payload)
            if found and size > MOST_TEXT:
                break
            found.append(row)
        of = {row.transaction for row in found}
        return Waiting(found, [one for number, one in self.transactions.items() if number in of], found != queue)

    def _known(self, besides: set[int | None]) -> list[Transaction]:
        """The open ones, some ended ones, and those."""
        ended = [number for number, one in self.transactions.items() if one.ended is not None][:-ENDED_KEPT]
        return [one for number, one in self.transactions.items() if number not in ended or number in besides]

    def restored(self) -> Restored:
        first = self.waiting(0)
        return Restored(
            queue=first.rows,
            more=first.more,
            transactions=self._known({row.transaction for row in first.rows}),
            keys={row.key: row.seq for row in list(self.rows.values())[-KEYS_KEPT:]},
            values=dict(self.values),
            registers={name: dict(values) for name, values in self.registers.items() if values},
            next_seq=max(self.rows, default=0) + 1,
        )
