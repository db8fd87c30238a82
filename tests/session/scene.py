"""A station and its back end for dialogues.  Most speak one dialect over a route with a step that changes nothing, so that
these tests are about the session alone; ``old=True`` puts a 1.5 station on a 1.6 back end by the shipped table."""

from __future__ import annotations

import itertools
import random
from functools import cache
from typing import Any

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.dialects.schema import Dialect
from gateway.journal.contract import Restored
from gateway.ladder.facts import Context
from gateway.ladder.ladder import Ladder
from gateway.ladder.route import Passage, Route
from gateway.load import Load
from gateway.messages import Call, Payload, Result
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.policy import Policy
from gateway.session.session import Session
from gateway.session.shared import Shared
from gateway.session.tokens import Tokens
from gateway.turns import Turn, Turns
from tests.memory_journal import MemoryJournal
from tests.playbook import Play
from tests.session import toys

STATION = "CP-1"


@cache
def dialects() -> dict[str, Dialect]:
    return load_dialects(Folders())


@cache
def ladder() -> Ladder:
    return Ladder.load(Folders(), dialects())


class Planted(Passage, dict=True, gc=True):
    """A passage whose ways a test may change."""


class Carry(Route):
    """Changes nothing, but is no pass-through of one rung: it has a step.  ``says`` plants what a table would say."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect, dialect, [])
        self.steps = (object(),)  # type: ignore[assignment]
        self.says: dict[str, dict[str, Any]] = {}
        self.seen: list[Any] = []

    def stateful(self, action: str) -> bool:
        return False

    def request(self, action: str, payload: Payload, cx: Context) -> Passage:
        passage = Planted(action, payload)
        if "connectorId" in payload:
            self.seen.append((action, cx.facts.running(payload["connectorId"]), cx.facts.ended(payload["connectorId"])))
        for name, value in self.says.get(action, {}).items():
            setattr(passage, name, value)
        return passage


KINDS = {
    "": ("ocpp1.6", "ocpp1.6"),
    "old": ("ocpp1.5", "ocpp1.6"),
    "same": ("ocpp1.6", "ocpp1.6"),
    "left": ("ocpp1.6", "ocpp2.0.1"),
    "right": ("ocpp2.0.1", "ocpp1.6"),
    "new": ("ocpp2.0.1", "ocpp2.0.1"),
    "1.6-2.0.1": ("ocpp1.6", "ocpp2.0.1"),
    "1.5-2.0.1": ("ocpp1.5", "ocpp2.0.1"),
    "2.0.1-1.6": ("ocpp2.0.1", "ocpp1.6"),
    "2.0.1-1.5": ("ocpp2.0.1", "ocpp1.5"),
}
"""Station and back end.  ``left`` and ``right`` are joined by flows (`tests.session.toys`), those with numbers by the tables."""


def routes(kind: str) -> tuple[Route, Route]:
    """Up and down."""
    own, other = (dialects()[name] for name in KINDS[kind])
    if kind == "old" or "-" in kind:
        return ladder().route(own.name, other.name), ladder().route(other.name, own.name)
    if kind == "left":
        return toys.Toy(own, other, toys.LEFT_UP), toys.Toy(other, own, toys.LEFT_DOWN)
    if kind == "right":
        return toys.Toy(own, other, toys.RIGHT_UP), toys.Toy(other, own, toys.RIGHT_DOWN)
    return (Carry(own), Carry(own)) if kind == "" else (Route(own, own, []), Route(own, own, []))


def session(
    policy: Policy | None = None,
    *,
    old: bool = False,
    same: bool = False,
    kind: str = "",
    seed: int = 1,
    life: str = "g",
    turn: Turn | None = None,
    tokens: Tokens | None = None,
    load: Load | None = None,
) -> Session:
    kind = "old" if old else "same" if same else kind
    own, other = (dialects()[name] for name in KINDS[kind])
    count = itertools.count(1)
    up, down = routes(kind)
    shared = Shared(turn or Turn(Turns(1)), tokens, load or Load())
    ids = lambda: f"{life}{next(count)}"  # noqa: E731
    return Session(STATION, own, other, up, down, policy or Policy(), ids, random.Random(seed), shared=shared)


class Scene(Play):
    """A play with the words of these tests."""

    def __init__(
        self, policy: Policy | None = None, journal: MemoryJournal | None = None, slow: bool = False, **which: Any
    ) -> None:
        super().__init__(session(policy, **which), None if slow else (journal or MemoryJournal()))
        self._ids = itertools.count(1)

    # -- what happens ----------------------------------------------------------------------------------------

    def open(self, restored: Restored | None = None) -> Scene:
        self >> on.Opened(restored if restored is not None else self.journal.restored() if self.journal else Restored())
        return self

    def online(self, exchange: bool = False) -> Scene:
        """Open, the station there, the uplink up; whatever was said is taken as read (a boot from memory is accepted)."""
        self.open()
        self.unheard.clear()
        self >> on.StationConnected(exchange)
        self.unheard.clear()
        self >> on.UplinkUp()
        boots = [c.call for c in self.unheard if isinstance(c, do.CallBackend) and c.call.action == "BootNotification"]
        self.unheard.clear()
        for boot in boots:
            self.replies(boot.id, boot.action, ACCEPTED)
            self.unheard.clear()
        return self

    def asks(self, action: str, payload: Payload, id: str | None = None) -> Call:
        """The station asks."""
        call = Call(id or f"s{next(self._ids)}", action, payload)
        self >> on.StationAsked(call, f"raw {call.id}")
        return call

    def replies(self, id: str, action: str, payload: Payload) -> Scene:
        """The back end answers."""
        self >> on.BackendAnswered(Result(id, action, payload))
        return self

    def commands(self, action: str, payload: Payload, id: str | None = None) -> Call:
        """The back end asks."""
        call = Call(id or f"b{next(self._ids)}", action, payload)
        self >> on.BackendAsked(call)
        return call

    # -- what is said ----------------------------------------------------------------------------------------

    def sent(self, action: str) -> Call:
        """The next thing said is a call up."""
        self << do.CallBackend
        assert self.last.call.action == action, self.last
        return self.last.call  # type: ignore[no-any-return]

    def ordered(self, action: str) -> Call:
        """The next thing said is a call down."""
        self << do.CallStation
        assert self.last.call.action == action, self.last
        return self.last.call  # type: ignore[no-any-return]

    def answered(self, id: str) -> Any:
        """The next thing said is the answer to the station's call of that id."""
        self << do.AnswerStation
        assert self.last.answer.id == id, self.last
        return self.last.answer

    def told(self, id: str) -> Any:
        """The next thing said is the answer to the back end's call of that id."""
        self << do.AnswerBackend
        assert self.last.answer.id == id, self.last
        return self.last.answer


ACCEPTED = {"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "interval": 300}
BOOT = {"chargePointVendor": "ACME", "chargePointModel": "One", "firmwareVersion": "1.0"}
GOOD = {"status": "Accepted"}


def start(connector: int = 1, token: str = "ABC", minute: int = 0, meter: int = 10) -> Payload:
    return {"connectorId": connector, "idTag": token, "timestamp": f"2026-03-01T11:{minute:02}:00Z", "meterStart": meter}


def stop(transaction: int, minute: int = 30, meter: int = 500) -> Payload:
    return {"transactionId": transaction, "timestamp": f"2026-03-01T11:{minute:02}:00Z", "meterStop": meter}


def meter(transaction: int | None = None, connector: int = 1, value: str = "15", minute: int = 10) -> Payload:
    sample = {"timestamp": f"2026-03-01T11:{minute:02}:00Z", "sampledValue": [{"value": value}]}
    made: Payload = {"connectorId": connector, "meterValue": [sample]}
    return made if transaction is None else {**made, "transactionId": transaction}


def status(state: str, connector: int = 1) -> Payload:
    return {"connectorId": connector, "errorCode": "NoError", "status": state}
