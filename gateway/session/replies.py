"""What the station is told of a row that the back end has answered.

In: the back end's results, the transaction.  Out: the answer in the station's dialect, with our id and a word on the token.
Not here: answers without the back end's word (`gateway.session.intake`), when they are given (`gateway.session.delivery`).
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from gateway.dialects.errors import PeerError
from gateway.facts import WORDS
from gateway.journal.contract import Row, Transaction
from gateway.messages import Answer, Call, Error, Result
from gateway.session.desk import Desk
from gateway.session.intake import Intake
from gateway.session.queue import RowItem
from gateway.session.transactions import Transactions
from gateway.session.trip import Trip

SAID = ("token_status", "token_expiry", "parent_token")
"""What an answer is made of where only the results are left."""


class Replies:
    """One station's."""

    def __init__(self, desk: Desk, transactions: Transactions, intake: Intake) -> None:
        self.desk, self.transactions, self.intake = desk, transactions, intake

    def of_facts(self, row: Row, trip: Trip, transaction: Transaction | None) -> Answer:
        """The answer after a restart: what the results say of the token, and our id."""
        said: dict[str, Any] = {}
        for (action, _), payload in zip(trip.messages, trip.answers, strict=True):
            facts = self.desk.backend.facts(Result("", action, payload)) if isinstance(payload, dict) else {}
            said |= {fact: facts[fact] for fact in SAID if fact in facts}
        if said.get("token_status", "invalid") not in WORDS["token_status"]:
            said |= {"token_status": "invalid"}  # a refusal for which only the back end's own dialect has a word
        said = self.intake.facts(row.role, trip.call, transaction) | said
        try:
            return self.desk.dialect.result_of(trip.call, **said)
        except (KeyError, ValueError, PeerError) as error:
            return Error("", trip.call.action, "InternalError", str(error))

    def completed(self, item: RowItem, call: Call, answer: Answer, transaction: Transaction | None) -> Answer:
        """With our id, and with a word on the token where the back end gave none."""
        if not item.asks or isinstance(answer, Error) or item.row.dialect != self.desk.dialect.name:
            return answer
        said = self.desk.dialect.facts(answer)
        missing = {
            fact: value
            for fact, value in self.intake.facts(item.row.role, call, transaction).items()
            if fact == "transaction" or fact not in said
        }
        fits = self.desk.dialect.messages[answer.action].result_facts if missing else {}
        missing = {fact: value for fact, value in missing.items() if fact in fits}
        return self.desk.dialect.with_facts(answer, **missing) if missing else answer

    def judged(self, answer: Answer, transaction: Transaction) -> tuple[Transaction, bool]:
        """What the back end says of the token.  What the station was told stays; true if it was told better."""
        said = self.desk.dialect.facts(answer) if isinstance(answer, Result) else {}
        status = said.get("token_status")
        self.transactions.heard(transaction.token, status, said.get("token_expiry"))
        if transaction.answer is None:
            return self.transactions.put(replace(transaction, answer=status)), False
        return transaction, transaction.local and transaction.answer == "accepted" and status not in (None, "accepted")
