"""What a stream of messages tells about the transactions of a station, without a session: which message belongs to which.

In: calls and results of one dialect, in order.  Out: the number of each message's transaction, and the facts that tables ask for.
Not here: translating (`gateway.ladder.dialogue`), the session's own record (`gateway.session`).

Numbers: where the back end names transactions they are its own, as far as the stream says them; all others count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from gateway.dialects.schema import Dialect
from gateway.ladder.facts import Known, Recorded
from gateway.messages import Call

_OF_ONE = ("start", "update", "meter", "stop", "status")


@dataclass
class Bindings:
    """``dialect`` is that of the stream."""

    dialect: Dialect
    facts: Recorded = field(default_factory=Recorded)
    numbers: dict[str, int] = field(default_factory=dict)
    """Number by the station's own name, where it names them."""

    given: int = 0

    def transaction(self, call: Call, told: dict[str, Any] | None) -> int | None:
        """The number of the transaction that ``call`` is about; ``told`` are the facts of its answer, where that is known."""
        role, facts = self.dialect.role_of(call), self.dialect.facts(call)
        name = facts.get("transaction")
        if role == "start" and name is None:
            name = (told or {}).get("transaction") or self._next()
        elif name is None and role in _OF_ONE:
            name = self.facts.on.get(facts.get("connector", 0))
        return self.number(name) if name is not None else None

    def number(self, name: Any) -> int:
        """The number by which the ladder knows a transaction."""
        if isinstance(name, int):
            return name
        if name not in self.numbers:
            self.numbers[name] = self._next()
        return self.numbers[name]

    def _next(self) -> int:
        taken = {*self.numbers.values(), *self.facts.known}
        self.given = next(number for number in range(self.given + 1, self.given + len(taken) + 2) if number not in taken)
        return self.given

    def bound(self, call: Call) -> Call:
        """``call`` with the number in place of the station's name."""
        name = self.dialect.facts(call).get("transaction")
        return self.dialect.with_facts(call, transaction=self.number(name)) if isinstance(name, str) else call

    def asked(self, call: Call, number: int | None) -> None:
        """Remember that ``call`` was made."""
        role, facts = self.dialect.role_of(call), self.dialect.facts(call)
        if number is not None and role in ("start", "update", "stop"):
            self._learn(number, role, facts)
        self.facts.noted(role, {**facts, "transaction": number})
        self.facts.clock = facts.get("time") or self.facts.clock

    def _learn(self, number: int, role: str, facts: dict[str, Any]) -> None:
        """What an event tells of its transaction; of one that the stream did not begin, too."""
        known = self.facts.known.get(number) or Known(None, None, facts.get("time", ""), None, True)
        if known.connector is None and facts.get("connector") is not None:
            known = replace(known, connector=facts["connector"])
        if known.token is None and role != "stop":
            known = replace(known, token=facts.get("token"))
        if facts.get("meter_start") is not None:
            known = replace(known, meter_start=str(facts["meter_start"]))
        self.facts.known[number] = replace(known, open=known.open and role != "stop")
        if known.connector is not None and known.open and self.dialect.names_transactions == "station":
            self.facts.answered("start", {"connector": known.connector}, {"transaction": number})

    def answered(self, call: Call, told: dict[str, Any]) -> None:
        """Remember the facts of the answer to ``call``."""
        facts = self.dialect.facts(call)
        if isinstance(facts.get("transaction"), str):
            facts = {**facts, "transaction": self.number(facts["transaction"])}
        self.facts.answered(self.dialect.role_of(call), facts, told)
