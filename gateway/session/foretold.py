"""What a command foretells: why a transaction ends, why the station boots, that a heartbeat was asked for.

In: commands as they are sent, and their answers.  Out: reasons at transactions, marks for the rooms that wait for it.
Not here: sending them (`gateway.session.orders`).
"""

from __future__ import annotations

from typing import Any

from gateway.journal.contract import PutTransaction, Transaction
from gateway.messages import Answer, Call, Result
from gateway.session.desk import Desk
from gateway.session.errands import Errands
from gateway.session.naming import Naming
from gateway.session.registration import Registration
from gateway.session.transactions import REASON, Transactions


class Foretold:
    """By roles; a command that the station refused foretells nothing."""

    def __init__(
        self, desk: Desk, registration: Registration, transactions: Transactions, errands: Errands, naming: Naming
    ) -> None:
        self.desk, self.registration, self.naming = desk, registration, naming
        self.transactions, self.errands = transactions, errands

    def sent(self, call: Call) -> None:
        """Taken down when it is sent: the stop that it causes may come before the answer to it."""
        self._holds(call, True)

    def answered(self, call: Call, answer: Answer) -> None:
        """The station answered it."""
        verdict = self.desk.dialect.fact(answer, "verdict") if isinstance(answer, Result) else "refused"
        if verdict not in ("accepted", None):
            self._holds(call, False)

    def _holds(self, call: Call, holds: bool) -> None:
        role, facts = self.desk.dialect.role(call.action), self.desk.dialect.facts(call)
        if role == "remote_stop":
            self._reason(self.naming.of_station(call), "remote", holds)
        elif role == "reset":
            self.registration.reset(holds)
            for transaction in list(self.transactions.open()):
                self._reason(transaction, f"{facts.get('reset_kind', 'soft')}_reset", holds)
        elif role == "trigger":
            self._triggered(facts, holds)

    def _triggered(self, facts: dict[str, Any], holds: bool) -> None:
        requested = self.desk.dialect.role(str(facts.get("requested")))
        if requested == "heartbeat":
            self.errands.triggered = holds
        elif requested == "boot":
            self.registration.triggered = holds

    def _reason(self, transaction: Transaction | None, word: str, holds: bool) -> None:
        if transaction is not None and transaction.ended is None:
            change = self.transactions.flagged if holds else self.transactions.unflagged
            self.desk.commit([PutTransaction(self.desk.station, change(transaction, REASON + word))])
