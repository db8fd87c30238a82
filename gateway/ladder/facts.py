"""What a table may ask about the station while it translates, and a plain record that answers.

In: facts of messages, in the neutral words of `gateway.facts`.  Out: `Facts`, `Context`, `Recorded`.
Not here: the session's own record (`gateway.session`), which answers the same questions from the journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from gateway.ladder.registers import Registers


class Known(Struct, frozen=True):
    """What is known of one transaction: where, whose token, when it began (as the station said), the register then (Wh, text).

    ``named`` is what the back end calls it; None where that is not known.
    """

    connector: int | None
    token: str | None
    started: str
    meter_start: str | None
    open: bool
    named: str | None = None


class Facts(Protocol):
    """The questions that an expression in a table may ask.  Transactions go by the gateway's own id."""

    def running(self, connector: int) -> bool:
        """Whether a transaction runs on this connector."""

    def ended(self, connector: int) -> bool:
        """Whether one ended there since the connector was last available."""

    def busy(self) -> bool:
        """Whether a transaction runs anywhere at the station."""

    def stop_reason(self, transaction: int) -> str | None:
        """Why it stopped, where a command caused it: ``remote``, ``soft_reset``, ``hard_reset``; else None."""

    def transaction(self, transaction: int) -> Known | None:
        """What is known of a transaction; None where it is not known (any more)."""

    def now(self) -> str:
        """The gateway's time, as a dateTime in UTC."""

    def boot_reason(self) -> str:
        """Why the station boots: ``reset`` (one was asked for within 5 minutes), ``triggered``, ``power_up`` or ``unknown``."""

    def token_said(self, token: str) -> str:
        """What was last said of a token, in the words of the fact ``token_status``; ``accepted`` where nothing was."""

    def queued(self, transaction: int) -> bool:
        """Whether messages of a transaction (0: of any) still wait for the back end."""

    def forwards_certificates(self) -> bool:
        """Whether the site lets back ends and stations settle their certificates with each other, past the gateway."""


@dataclass
class Recorded:
    """Facts kept in plain memory: for a stream of messages without a session, and for samples.

    ``noted`` and ``answered`` take the facts of a request and of the result to it, by role.
    """

    on: dict[int, int] = field(default_factory=dict)
    over: set[int] = field(default_factory=set)
    reasons: dict[int, str] = field(default_factory=dict)
    reset: str | None = None
    known: dict[int, Known] = field(default_factory=dict)
    clock: str = "1970-01-01T00:00:00Z"
    said: dict[str, str] = field(default_factory=dict)
    forwards: bool = False

    def transaction(self, transaction: int) -> Known | None:
        """See `Facts.transaction`."""
        return self.known.get(transaction)

    def now(self) -> str:
        """See `Facts.now`; without a session there is no clock."""
        return self.clock

    def boot_reason(self) -> str:
        """See `Facts.boot_reason`."""
        return "reset" if self.reset else "unknown"

    def forwards_certificates(self) -> bool:
        """See `Facts.forwards_certificates`."""
        return self.forwards

    def token_said(self, token: str) -> str:
        """See `Facts.token_said`."""
        return self.said.get(token, "accepted")

    def queued(self, transaction: int) -> bool:
        """See `Facts.queued`; without a session there is no queue."""
        return False

    def running(self, connector: int) -> bool:
        """See `Facts.running`."""
        return connector in self.on

    def busy(self) -> bool:
        """See `Facts.busy`."""
        return bool(self.on)

    def ended(self, connector: int) -> bool:
        """See `Facts.ended`."""
        return connector in self.over

    def stop_reason(self, transaction: int) -> str | None:
        """See `Facts.stop_reason`."""
        return self.reasons.get(transaction) or (f"{self.reset}_reset" if self.reset else None)

    def noted(self, role: str | None, facts: Mapping[str, Any]) -> None:
        """A request was made."""
        if role == "stop":
            connectors = [c for c, t in self.on.items() if t == facts.get("transaction")]
            if not connectors and len(self.on) == 1:  # an id that was given out before we listened
                connectors = list(self.on)
            for connector in connectors:
                del self.on[connector]
                self.over.add(connector)
        elif role == "status" and facts.get("state") == "available":
            self.over.discard(facts.get("connector", 0))
        elif role == "boot":
            self.on.clear()
            self.reset = None

    def answered(self, role: str | None, asked: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """A request was answered; ``asked`` are the facts of the request."""
        if asked.get("token") is not None and facts.get("token_status") is not None:
            self.said[asked["token"]] = facts["token_status"]
        if role == "start" and facts.get("transaction") is not None:
            self.on[asked["connector"]] = facts["transaction"]
            self.over.discard(asked["connector"])
        elif role == "remote_stop" and facts.get("verdict") == "accepted":
            self.reasons[asked["transaction"]] = "remote"
        elif role == "reset" and facts.get("verdict") == "accepted":
            self.reset = asked.get("reset_kind")


class Context(Struct, eq=False):
    """What a translation may look at beside the message itself."""

    facts: Facts
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    registers: Registers = msgspec.field(default_factory=Registers)
    transaction: int | None = None
    """The transaction to which the session bound this message when it came."""

    offline: bool = False
    """Whether the message is older than the link that brought it, or came while the back end was away."""
