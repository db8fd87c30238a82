"""Commands that wait until nobody charges: kept through a restart, sent once, forgotten when the station boots.

In: calls in the station's dialect, with the command that promised them.  Out: the same calls, when no transaction runs.
Not here: which command becomes one (`gateway.ladder.flows`), how a command is sent (`gateway.session.orders`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gateway.journal.contract import PutStation, Write
from gateway.messages import Call, Payload
from gateway.session.asks import Asks
from gateway.session.desk import Desk
from gateway.session.transactions import Transactions

KEY = "when_idle"


class WhenIdle:
    """``send`` asks the station of our own accord.  Of several of one operation the last one counts."""

    def __init__(self, desk: Desk, asks: Asks, transactions: Transactions, send: Callable[[Call], None]) -> None:
        self.desk, self.asks, self.transactions, self.send = desk, asks, transactions, send
        self.waiting: dict[str, Payload] = {}
        """The calls that wait, by operation."""

    def restore(self, values: dict[str, Any]) -> None:
        """Take up what the journal knows, if the station still speaks that dialect."""
        kept = values.get(KEY) or {}
        self.waiting = dict(kept["calls"]) if kept.get("dialect") == self.desk.dialect.name else {}

    def promise(self, messages: Sequence[tuple[str, Payload]]) -> list[Write]:
        """These wait from now on; what must be stored before they are promised."""
        if not messages:
            return []
        self.waiting = {**self.waiting, **dict(messages)}
        return [self._kept()]

    def forget(self) -> None:
        """The station boots: that is what they wanted, or they are of a time before."""
        if self.waiting:
            self.waiting = {}
            self.desk.commit_soon([self._kept()])

    def pump(self) -> None:
        """Send them, if nobody charges and the station waits for no answer.  What is sent is forgotten first."""
        if not self.desk.present or self.transactions.busy() or len(self.asks):
            return
        waiting, self.waiting = self.waiting, {}
        calls = [Call(self.desk.ids(), action, payload) for action, payload in waiting.items()]
        self.desk.commit([self._kept()], partial(self._send, calls))

    def _send(self, calls: Sequence[Call]) -> None:
        for call in calls:
            self.send(call)

    def _kept(self) -> Write:
        kept = {"dialect": self.desk.dialect.name, "calls": self.waiting} if self.waiting else None
        return PutStation(self.desk.station, {KEY: kept})
