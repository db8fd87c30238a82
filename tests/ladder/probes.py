"""The experiment: one leaf of a message says something else; what moves?  This knows nothing of tables or flows.

A route is asked in a prepared state; all that came of it is compared: the messages onward, the answer, the registers.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from gateway.dialects.schema import Enum, Field, Shape
from gateway.ladder.bindings import Bindings
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.losses import Refused
from gateway.ladder.registers import Registers
from gateway.ladder.route import Route
from gateway.messages import Call, Result

WORDS: dict[str, list[Any]] = {
    "string": ["leaf-a", "leaf-b"],
    "anyURI": ["ftp://a/", "ftp://b/"],
    "integer": [11, 12],
    "decimal": [Decimal("1.5"), Decimal("2.5")],
    "boolean": [True, False],
    "dateTime": ["2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"],
    "any": ["leaf-a", "leaf-b"],
}
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "1", "issuerKeyHash": "2", "serialNumber": "3"}
ANSWERS = {
    "status": "Accepted",
    "idTokenInfo": {"status": "Accepted"},
    "exiResponse": "leaf-a",
    "certificateHashDataChain": [{"certificateType": "V2GRootCertificate", "certificateHashData": HASH}],
}
KNOWN = {
    "value": ["7", "8", 'OCMF|{"RD":[{"RV":9.5,"RU":"kWh"}]}|{"SD":"30"}'],
    "unit": ["W", "kW", "leaf-a"],
}
"""What texts of these names say, of which random ones would mean nothing."""

TOGETHER = {
    "component.name": ["OCPP16LegacyCtrlr", "OCPPCommCtrlr", "DeviceDataCtrlr", "EVSE", "Connector"],
    "variable.name": ["leaf-a", "HeartbeatInterval", "ItemsPerMessage", "AvailabilityState", "Problem"],
    "variable.instance": ["leaf-a", "leaf-b", "GetVariables", "GetReport", "leaf-a"],
    "evse.connectorId": [1, 2, 1, 2, 1],
    ".connectorId": [11, 12, 1, 11, 12],
    "eventData.actualValue": ["leaf-a", "leaf-b", "Available", "Faulted", "true"],
    "key": ["leaf-a", "HeartbeatInterval", "GetConfigurationMaxKeys", "NumberOfConnectors", "leaf-b"],
}
"""What texts at the end of these paths say, one with another: the names of one thing on either side."""

OCSP = {**HASH, "responderURL": "leaf-a"}
EMBEDDED: dict[str, dict[str, Any]] = {
    "Authorize": {
        "idToken": {"idToken": "leaf-a", "type": "eMAID"},
        "certificate": "leaf-a",
        "iso15118CertificateHashData": [OCSP],
    },
    "GetCertificateStatus": {"ocspRequestData": OCSP},
    "Get15118EVCertificate": {"iso15118SchemaVersion": "leaf-a", "action": "Install", "exiRequest": "leaf-a"},
    "SignCertificate": {"csr": "leaf-a", "certificateType": "V2GCertificate"},
    "CertificateSigned": {"certificateChain": "leaf-a", "certificateType": "V2GCertificate"},
    "InstallCertificate": {"certificateType": "V2GRootCertificate", "certificate": "leaf-a"},
    "DeleteCertificate": {"certificateHashData": HASH},
    "GetInstalledCertificateIds": {"certificateType": ["V2GRootCertificate"]},
    "TriggerMessage": {"requestedMessage": "SignV2GCertificate", "evse": {"id": 11}},
    "RunningCost": {"transactionId": 11, "cost": 1.5, "state": "Charging"},
}
"""What the text of a message for anything says, by its name; one for each of the first indexes."""
CARRIER = {"vendorId", "messageId", "data"}
ANSWER = {"status", "data"}
"""The fields of that message, and of its result."""
TEXTS = ["leaf-a", json.dumps(ANSWERS)]

INDEXES = 17
BARE = (17, 20, 25, 30, 35, 40)
"""The indexes of messages without all that may be left out; from the second on words of five are the first, and names differ."""
NOW = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
Path = tuple[str, ...]


def words(leaf: Field, parent: str = "") -> list[Any]:
    """What the leaf is made to say; ``parent`` is the field that it stands in."""
    if isinstance(leaf.type, Enum):
        return list(leaf.type.values)
    if leaf.name == "data" and leaf.type.name == "string":
        return TEXTS
    for place in (f"{parent}.{leaf.name}", leaf.name):
        if place in TOGETHER:
            return TOGETHER[place]
    return KNOWN.get(leaf.name, WORDS["string"]) if leaf.type.name == "string" else WORDS[leaf.type.name]


def full(shape: Shape, index: int, path: Path = (), value: Any = None, parent: str = "") -> dict[str, Any]:
    """A message with every field; the one at ``path`` says ``value``, words of closed lists go with the ``index``.

    The last ones (`BARE`) leave out what may be left out, but for the leaf and what is around it.
    """
    if shape.fields.keys() >= CARRIER and not path and 0 < index <= len(EMBEDDED):
        return carrier(index - 1)
    if shape.fields.keys() >= ANSWER and path != ("data",):
        return {**_full(shape, index, path, value, parent), "data": TEXTS[1]}
    made = _full(shape, index, path, value, parent)
    return {**made, "status": "Accepted"} if shape.fields.keys() >= ANSWER else made


def _full(shape: Shape, index: int, path: Path, value: Any, parent: str) -> dict[str, Any]:
    made = {}
    for name, one in shape.fields.items():
        inside = bool(path) and path[0] == name
        if one.extra or (index in BARE and not one.required and not inside):
            continue
        if isinstance(one.type, Shape):
            item: Any = full(one.type, index, path[1:] if inside else (), value, name)
        elif inside:
            item = value
        else:
            known = words(one, parent)
            item = known[index % len(known)] if isinstance(one.type, Enum) or name in KNOWN else known[0]
            item = known[index // 5 % len(known)] if known in TOGETHER.values() else item
        made[name] = [item] if one.many else item
    return made


def carrier(number: int) -> dict[str, Any]:
    """A message for anything whose text is another."""
    name, inner = list(EMBEDDED.items())[number]
    vendor = f"org.openchargealliance.{'costmsg' if name == 'RunningCost' else 'iso15118pnc'}"
    return {"vendorId": vendor, "messageId": name, "data": json.dumps(inner)}


def each_word(shape: Shape, index: int, path: Path, leaf: Field) -> Iterator[dict[str, Any]]:
    """That message with every word at the leaf."""
    base = full(shape, index, path, None)
    parent = path[-2] if len(path) > 1 else ""
    return (_with(base, path, [word] if leaf.many else word) for word in words(leaf, parent))


def _with(base: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    if isinstance(base, list):
        return [_with(base[0], path, value)]
    return {**base, path[0]: _with(base[path[0]], path[1:], value)}


def leaves(shape: Shape, path: Path = ()) -> Iterator[tuple[Path, Field]]:
    """Every leaf with its path."""
    for name, one in shape.fields.items():
        if isinstance(one.type, Shape) and not one.extra:
            yield from leaves(one.type, (*path, name))
        elif not one.extra:
            yield (*path, name), one


@dataclass(repr=False)
class State:
    """What a station and its gateway know when the message comes."""

    bindings: Bindings
    registers: dict[str, dict[str, Any]] = field(default_factory=dict)
    offline: bool = False

    def __repr__(self) -> str:
        return f"State({self.bindings.facts}, {self.bindings.numbers}, {self.registers}, offline={self.offline})"

    def fresh(self) -> tuple[Bindings, Registers]:
        """A copy to go on with: what registers hold is replaced, never changed."""
        facts = Recorded(**{name: copy.copy(value) for name, value in vars(self.bindings.facts).items()})
        bindings = Bindings(self.bindings.dialect, facts, dict(self.bindings.numbers), self.bindings.given)
        return bindings, Registers(self.registers)


@dataclass
class Came:
    """What came of a request."""

    onward: list[tuple[str, Any]]
    said: Any
    registers: dict[str, dict[str, Any]]
    again: Any = None
    """The passage, and the context that its results need."""

    @property
    def through(self) -> bool:
        """Whether something went on, or was remembered."""
        return bool(self.onward or self.registers)

    @property
    def seen(self) -> Any:
        """All that can be seen of it."""
        return self.onward, self.said, self.registers


def _all(value: Any, at: Path = ()) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _all(one, (*at, str(key)))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _all(one, at)
    else:
        yield at, repr(value)


def ask(route: Route, state: State, action: str, payload: dict[str, Any], told: dict[str, Any] | None = None) -> Came:
    """Ask in that state, as a stream of messages would."""
    bindings, registers = state.fresh()
    dialect, number = route.from_dialect, None
    call = Call("1", action, dialect.check("call", action, payload))
    number = bindings.transaction(call, told)
    if dialect.names_transactions != route.to_dialect.names_transactions:
        call = bindings.bound(call)
    cx = Context(bindings.facts, NOW, registers, number, state.offline)
    passage = route.request(action, call.payload, cx)
    onward = passage.onward()
    for name, made in onward:
        assert route.to_dialect.check("call", name, made) == made, (name, made)
    for name, made in passage.idle:
        assert route.to_dialect.check("call", name, made) == made, (name, made)
    if passage.answer is not None:
        dialect.check("result", action, passage.answer)
    bindings.asked(call, number)
    said = (passage.refusal or passage.answer, *passage.idle)
    return Came(onward, said, registers.taken(), (passage, cx, bindings, registers))


def answer(route: Route, came: Came, results: list[Any], later: Callable[[str], Any] | None = None) -> Any:
    """What the asker is told, and what is remembered by that; a transaction's number is bound by the session.

    ``later`` gives the results of what is asked next, by message.
    """
    passage, cx, _, registers = came.again
    named = zip(came.onward, results, strict=True)
    numbers = [route.to_dialect.facts(Result("1", name, result)).get("transaction") for (name, _), result in named]
    on, waits = [], passage.waits(results, cx)
    while (more := passage.further(results, cx)) is not None:
        passage = more
        results = usual(route, more.onward()) if later is None else [later(name) for name, _ in more.onward()]
        on.append(more.onward())
    try:
        told = passage.results(results, cx)[0]
    except Refused as refused:
        told = refused.code
    return told, waits, on, list(passage.after), {"bound": {str(number): 1 for number in numbers}, **registers.taken()}


def usual(route: Route, onward: list[tuple[str, Any]]) -> list[Any]:
    """A full result for each message."""
    return [full(route.to_dialect.messages[name].result, 0) for name, _ in onward]


def after(route: Route, state: State, action: str, payload: dict[str, Any], told: dict[str, Any] | None = None) -> State:
    """The state when the message was heard and well answered."""
    came = ask(route, state, action, payload, told)
    if came.onward:
        answer(route, came, usual(route, came.onward))
    _, _, bindings, registers = came.again
    call = Call("1", action, payload)
    if told:
        bindings.answered(call, told)
    return State(bindings, merged(state.registers, came.registers, registers))


def merged(before: dict[str, dict[str, Any]], written: dict[str, dict[str, Any]], now: Registers) -> dict[str, dict[str, Any]]:
    """All that the registers hold: what was there, and what was written."""
    names = {name: {*before.get(name, {}), *written.get(name, {})} for name in {*before, *written}}
    return {name: {k: now.get(name, k) for k in keys if now.get(name, k) is not None} for name, keys in names.items()}


def moves(seen: list[Any], told: str) -> bool:
    """Whether two outcomes differ; of what is lost, by more than that one lacks something: then an owner was given up."""
    if all(one == seen[0] for one in seen):
        return False
    if told != "lost":
        return True
    bags = [Counter(_all(one)) for one in seen]
    return any(one - other and other - one for i, one in enumerate(bags) for other in bags[:i])
