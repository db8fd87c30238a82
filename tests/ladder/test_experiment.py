"""What the ledger says of each field and what an experiment sees agree, on the routes that have flows.

Lost: whatever the field says, nothing else comes of it.  Anything but lost: something does, in one of the prepared states.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.ladder.accounts import account
from gateway.ladder.bindings import Bindings
from gateway.ladder.facts import Context, Known, Recorded
from gateway.ladder.ladder import Ladder
from gateway.ladder.ledger import Entry
from gateway.ladder.route import Route
from tests import strategies
from tests.ladder import probes
from tests.ladder.probes import State

DIALECTS = load_dialects(Folders())
LADDER = Ladder.load(Folders(), DIALECTS)
PAIRS = [("ocpp1.6", "ocpp2.0.1"), ("ocpp2.0.1", "ocpp1.6"), ("ocpp1.5", "ocpp2.0.1"), ("ocpp2.0.1", "ocpp1.5")]


def routes() -> list[tuple[str, str, str, str]]:
    """(asker, answerer, who asks, operation) wherever something crosses."""
    found = []
    for near, far in PAIRS:
        for sender, asker, answerer in (("station", near, far), ("backend", far, near)):
            route = LADDER.route(asker, answerer)
            for action in strategies.actions(DIALECTS[asker], sender):
                if account(route, action, sender).said != "always":
                    found.append((asker, answerer, sender, action))
    return found


EACH = routes()
each = pytest.mark.parametrize(("asker", "answerer", "sender", "action"), EACH, ids=["-".join(one) for one in EACH])


# ------------------------------------------------------------------------------------------------ prepared states
@cache
def states(asker: str, answerer: str, sender: str) -> list[State]:
    route = LADDER.route(asker, answerer)
    nothing = State(Bindings(DIALECTS[asker], Recorded(forwards=True), numbers={"leaf-a": 11, "leaf-b": 12}))
    if sender == "backend":
        known_one = {11: Known(11, "leaf-a", "2026-01-01T00:00:01Z", "7", True)}
        charging = Recorded(on=dict.fromkeys(range(1, 4), 11), known=known_one, forwards=True)
        known = {"report": {"": {"id": 1, "done": True}}, "limits": {"GetVariables": 100}, "states": {"11": "Available"}}
        busy = State(Bindings(DIALECTS[asker], charging, numbers={"leaf-a": 11, "leaf-b": 12}), known)
        return [limited(route, nothing), busy]
    known = numbered(route, nothing) if DIALECTS[asker].names_transactions == "backend" else named(route, nothing)
    return [nothing, *(bidden(route, state, COMMANDS[number % 2]) for number, state in enumerate(known))]


COMMANDS = (
    {"UpdateFirmware": probes.INDEXES, "GetLog": 0, "GetDiagnostics": 0},
    {"UpdateFirmware": 0, "GetDiagnostics": 0, "SignedUpdateFirmware": 0, "GetLog": 1},
)
"""What the statuses that follow are of: with which words it was asked for.  First without a signature, and diagnostics."""


def bidden(route: Route, state: State, commands: dict[str, int]) -> State:
    """The state when a back end asked for all this; what is remembered of that outlives a change of the back end."""
    bindings, registers = state.fresh()
    for command, index in commands.items():
        for rung in (route.to_dialect.name, "ocpp1.6", "ocpp2.0.1"):
            down = LADDER.route(rung, route.from_dialect.name)
            if command in down.from_dialect.messages:
                asked = probes.full(down.from_dialect.messages[command].request, index)
                down.request(command, asked, Context(bindings.facts, probes.NOW, registers))
                break
    return State(state.bindings, probes.merged(state.registers, registers.taken(), registers), state.offline)


def limited(route: Route, state: State) -> State:
    """Profiles were set: one of another number where the next will be, and one of its number elsewhere."""
    message = route.from_dialect.messages.get("SetChargingProfile")
    if message is None or "csChargingProfiles" not in message.request.fields:
        return state
    asked = probes.full(message.request, 1)
    profile = {**asked["csChargingProfiles"], "chargingProfileId": 12}
    state = probes.after(route, state, "SetChargingProfile", {**asked, "csChargingProfiles": profile})
    return probes.after(route, state, "SetChargingProfile", {**asked, "connectorId": 12})


def numbered(route: Route, nothing: State) -> list[State]:
    """A station of starts and stops: charging, and after that."""
    messages = route.from_dialect.messages

    def of(action: str, **fields: Any) -> dict[str, Any]:
        made = {**probes.full(messages[action].request, 0), **fields}
        return {key: value for key, value in made.items() if value is not None}

    status = of("StatusNotification", status="Available", errorCode="NoError")
    plugged = probes.after(route, nothing, "StatusNotification", status)
    awaited = State(plugged.bindings, remote(route, plugged), offline=True)
    charging = probes.after(route, plugged, "StartTransaction", of("StartTransaction"), {"transaction": 11})
    faulted = probes.after(route, charging, "StatusNotification", {**status, "status": "Faulted", "errorCode": "GroundFailure"})
    over = probes.after(route, charging, "StopTransaction", of("StopTransaction"), {})
    return [State(plugged.bindings, reserved(route, plugged)), awaited, charging, faulted, over]


def remote(route: Route, state: State) -> dict[str, dict[str, Any]]:
    """The registers when the back end asked for a start."""
    down = LADDER.route(route.to_dialect.name, route.from_dialect.name)
    bindings, registers = state.fresh()
    asked = probes.full(down.from_dialect.messages["RequestStartTransaction"].request, probes.INDEXES)
    down.request("RequestStartTransaction", asked, Context(bindings.facts, probes.NOW - timedelta(minutes=5), registers))
    return probes.merged(state.registers, registers.taken(), registers)


def reserved(route: Route, state: State) -> dict[str, dict[str, Any]]:
    """The registers when a connector, and any one, are reserved for a while."""
    down = LADDER.route(route.to_dialect.name, route.from_dialect.name)
    bindings, registers = state.fresh()
    cx = Context(bindings.facts, probes.NOW - timedelta(minutes=10), registers)
    for id, evse in ((1, {"evseId": 11}), (2, {})):
        asked = {"id": id, "expiryDateTime": "2026-01-01T01:00:00Z", "idToken": {"idToken": "leaf-b", "type": "Central"}, **evse}
        down.request("ReserveNow", asked, cx).results([{"status": "Accepted"}], cx)
    return probes.merged(state.registers, registers.taken(), registers)


def named(route: Route, nothing: State) -> list[State]:
    """A station of events: held without a token, charging, stopped."""
    shape = route.from_dialect.messages["TransactionEvent"].request

    def of(kind: str, index: int = 0, without: tuple[str, ...] = ()) -> dict[str, Any]:
        made = {**probes.full(shape, index), "eventType": kind}
        return {key: value for key, value in made.items() if key not in without}

    held = probes.after(route, nothing, "TransactionEvent", of("Started", 0, ("idToken",)))
    bare = probes.after(route, nothing, "TransactionEvent", of("Started", 0, ("idToken", "evse", "meterValue", "reservationId")))
    charging = probes.after(route, nothing, "TransactionEvent", of("Started"))
    flowing = probes.after(route, charging, "TransactionEvent", of("Updated", 3))
    events = [{**PROBLEM, "component": {"name": "Connector", "evse": {"id": 11, "connectorId": one}}} for one in (1, 2, 11)]
    troubled = probes.after(route, flowing, "NotifyEvent", {"generatedAt": PROBLEM["timestamp"], "seqNo": 0, "eventData": events})
    return [held, bare, charging, flowing, troubled, probes.after(route, charging, "TransactionEvent", of("Ended"))]


PROBLEM: dict[str, Any] = {
    "eventId": 1,
    "timestamp": "2026-01-01T00:00:01Z",
    "trigger": "Alerting",
    "eventNotificationType": "HardWiredNotification",
    "variable": {"name": "Problem"},
    "actualValue": "true",
    "techCode": "leaf-a",
    "techInfo": "leaf-b",
}


# ------------------------------------------------------------------------------------------------ requests
def hows(some: list[Entry], message: str | None = None) -> dict[str, str]:
    """What the ledger says of each leaf; of several words the one that is not lost."""
    told: dict[str, str] = {}
    for entry in some:
        if entry.source and message in (None, entry.message) and told.get(entry.source, "lost") == "lost":
            told[entry.source] = entry.how
    return told


@each
def test_of_a_request_what_is_lost_does_not_move_and_all_else_does(asker: str, answerer: str, sender: str, action: str) -> None:
    route = LADDER.route(asker, answerer)
    told = hows(account(route, action, sender).request)
    shape = route.from_dialect.messages[action].request
    wrong = {}
    for path, leaf in probes.leaves(shape):
        if (asker, answerer, action, path[0]) in REFUSED_EARLY:
            continue
        how = told.get(".".join(path), "lost")
        moved = any(asked(route, *place, action, path, leaf, how) for place in places(asker, answerer, sender))
        if moved != (how != "lost"):
            wrong[".".join(path)] = f"{how}, but it {'moves' if moved else 'does not move'}"
    assert wrong == {}


REFUSED_EARLY = {("ocpp2.0.1", "ocpp1.5", "RequestStartTransaction", "chargingProfile")}
"""A profile that 1.6 cannot say is refused before anybody sees that 1.5 has none: it is lost, and yet it is looked at."""


def places(asker: str, answerer: str, sender: str) -> Iterator[tuple[State, int]]:
    """Every state, with every kind of message."""
    return ((state, index) for state in states(asker, answerer, sender) for index in (*range(probes.INDEXES), *probes.BARE))


def asked(route: Route, state: State, index: int, action: str, path: probes.Path, leaf: Any, how: str) -> bool:
    shape = route.from_dialect.messages[action].request
    return probes.moves([followed(route, state, action, one) for one in probes.each_word(shape, index, path, leaf)], how)


def followed(route: Route, state: State, action: str, request: dict[str, Any]) -> Any:
    """All that comes of it, to the end."""
    came = probes.ask(route, state, action, request)
    return came.seen, probes.answer(route, came, probes.usual(route, came.onward)) if came.onward else None


# ------------------------------------------------------------------------------------------------ results
@each
def test_of_a_result_what_is_lost_does_not_move_and_all_else_does(asker: str, answerer: str, sender: str, action: str) -> None:
    route = LADDER.route(asker, answerer)
    some = account(route, action, sender).result
    wrong = {}
    for message in dict.fromkeys(entry.message for entry in some if entry.source):
        told = hows(some, message)
        for path, leaf in probes.leaves(route.to_dialect.messages[message].result):
            if (answerer, action, ".".join(path)) in LOOKED_AT:
                continue
            how = told.get(".".join(path), "lost")
            moved = any(replied(route, *place, action, message, path, leaf, how) for place in places(asker, answerer, sender))
            if moved != (how != "lost"):
                wrong[f"{message}: {'.'.join(path)}"] = f"{how}, but it {'moves' if moved else 'does not move'}"
    assert wrong == {}


LOOKED_AT = {("ocpp2.0.1", "StartTransaction", "idTokenInfo.evseId")}
"""Where a token is good elsewhere only it is not good here; at which places it is good is lost, and yet it is looked at."""


def replied(route: Route, state: State, index: int, action: str, message: str, path: probes.Path, leaf: Any, how: str) -> bool:
    request = probes.full(route.from_dialect.messages[action].request, index)
    results = route.to_dialect.messages

    def told(word: Any = None) -> Any:
        """What comes of it where that message's result says the word; None where nobody is asked."""

        def say(name: str) -> Any:
            return word if word is not None and name == message else probes.full(results[name].result, index)

        came = probes.ask(route, state, action, request)
        return came.onward and (came.onward, probes.answer(route, came, [say(name) for name, _ in came.onward], say))

    usual = told()
    if not usual or message not in {name for some in (usual[0], *usual[1][2]) for name, _ in some}:
        return False
    seen = [told(word)[1] for word in probes.each_word(results[message].result, index, path, leaf)]
    return probes.moves(seen, how)
