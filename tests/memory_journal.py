"""A journal in plain memory: applies writes, and gives back what a new session would be restored from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gateway.journal.contract import (
    MOST_TEXT,
    Append,
    Mark,
    PutRegisters,
    PutStation,
    PutTransaction,
    Restored,
    Row,
    Transaction,
    Write,
)


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

    def thinned(self) -> list[Row]:
        """The queue as a store gives it back: with as much text as may be kept in memory."""
        rows, size = self.state("queued"), 0
        for at, row in enumerate(rows):
            size += len(row.payload)
            rows[at] = replace(row, raw="", payload=row.payload if size <= MOST_TEXT or not at else "")
        return rows

    def payloads(self, first: int) -> dict[int, str]:
        """As `Journal.payloads`."""
        found, size = dict[int, str](), 0
        for row in self.state("queued"):
            size += len(row.payload) if row.seq >= first else 0
            if row.seq >= first and (size <= MOST_TEXT or not found):
                found[row.seq] = row.payload
        return found

    def restored(self) -> Restored:
        return Restored(
            queue=self.thinned(),
            transactions=list(self.transactions.values()),
            keys={row.key: row.seq for row in self.state("delivered") if row.transaction is not None},
            values=dict(self.values),
            registers={name: dict(values) for name, values in self.registers.items() if values},
            next_seq=max(self.rows, default=0) + 1,
        )
