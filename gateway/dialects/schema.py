"""A dialect: how one protocol looks on the wire, and where in it the session finds its roles and facts.

In: the values that `gateway.dialects.load` read.  Out: `Dialect`, which checks payloads and reads and writes facts.
Not here: frames (`gateway.dialects.ocppj`), envelopes (`gateway.dialects.soap`), the file (`gateway.dialects.load`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

from msgspec.structs import replace

from gateway.devices.places import Addressing
from gateway.devices.rules import DeviceRules
from gateway.dialects import spelling
from gateway.dialects.checks import Check, Checks, Mode, overlay
from gateway.dialects.errors import Violation
from gateway.dialects.lenses import Lens, Words, folded, key_as_said, put
from gateway.dialects.settings import Setting
from gateway.dialects.shapes import Answer, Enum, Field, MessageType, Scalar, Sender, Shape, at
from gateway.messages import Call, Payload, Result
from gateway.wires.wire import Wire

__all__ = ["Answer", "Dialect", "Enum", "Field", "JsonCodec", "MessageType", "Scalar", "Sender", "Shape", "SoapCodec", "at"]

M = TypeVar("M", Call, Result)
Status: TypeAlias = Literal["official", "unofficial", "reconstructed"]


@dataclass(frozen=True, slots=True)
class JsonCodec:
    """The JSON form: its WebSocket sub-protocol, and neutral error code → how this dialect spells it.

    ``status`` is the dialect's, or less; ``spelled`` is what this form spells otherwise.
    """

    subprotocol: str
    errors: Mapping[str, str]
    status: Status = "official"
    spelled: spelling.Spelled = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SoapCodec:
    """The SOAP form.  ``namespaces`` and ``services`` are keyed by who sends the call.

    ``faults`` maps each neutral code to (``Sender`` or ``Receiver``, sub-code); ``read_faults`` the other way, with an
    empty sub-code for any that is not listed.  Integers fit into ``integers`` bits; ``spelled`` is what this form spells
    otherwise.
    """

    namespaces: Mapping[str, str]
    services: Mapping[str, str]
    identity: str
    must_understand: bool
    faults: Mapping[str, tuple[str, str]]
    read_faults: Mapping[tuple[str, str], str]
    integers: int = 60
    spelled: spelling.Spelled = field(default_factory=dict)
    status: Status = "official"


@dataclass(frozen=True, eq=False)
class Dialect:
    """One protocol version, ready for use.  Its functions are compiled when first called for."""

    name: str
    title: str
    status: Status
    messages: Mapping[str, MessageType]
    words: Words
    json: JsonCodec | None
    soap: SoapCodec | None
    wire: Wire | None = None
    _checks: Checks = field(default_factory=Checks, repr=False)
    _ready: dict[str, dict[str, Check]] = field(default_factory=lambda: {"call": {}, "result": {}}, repr=False)
    _lenses: dict[tuple[str, str], Lens] = field(default_factory=dict, repr=False)
    names_transactions: Literal["station", "backend"] = "backend"
    """Who gives a transaction its id."""

    settings: Mapping[str, Setting] = field(default_factory=dict)
    """What a station can be asked for and told to be, by name."""

    ends: Literal["both", "station"] = "both"
    """``station``: no back end speaks it."""

    speaks: str = ""
    """The dialect in whose messages a protocol of its own is told; empty for one that has messages itself."""

    device: DeviceRules | None = None
    """What the records of ``wire`` mean."""

    compiled: dict[str, Any] = field(default_factory=dict, repr=False)
    """Where a codec keeps what it compiled from this dialect, by the codec's own names."""

    @property
    def addressing(self) -> Addressing:
        """Where in its records a station's name stands."""
        return self.device.addressing if self.device is not None else Addressing()

    @property
    def codecs(self) -> dict[str, JsonCodec | SoapCodec]:
        """The codecs of this dialect by name."""
        pairs: list[tuple[str, JsonCodec | SoapCodec | None]] = [("json", self.json), ("soap", self.soap)]
        return {name: codec for name, codec in pairs if codec is not None}

    def can(self, action: str) -> bool:
        """Whether a station of this dialect can do what the back end asks with ``action``."""
        message = self.messages[action]
        return self.device is None or message.sender == "station" or self.device.can(action, message.role)

    def role(self, action: str) -> str | None:
        """What ``action`` is for, or None (also for an action this dialect does not know)."""
        message = self.messages.get(action)
        return message.role if message is not None else None

    def role_of(self, call: Call) -> str | None:
        """What this very call is for: of some operations only the payload tells."""
        message = self.messages.get(call.action)
        return message.role_of(call.payload) if message is not None else None

    def answer_of(self, call: Call) -> Answer | None:
        """``ack`` or ``content`` for this very call of a transaction, else None."""
        message = self.messages.get(call.action)
        return message.answer_of(call.payload) if message is not None else None

    def place_of(self, call: Call) -> tuple[str | None, Answer | None]:
        """Both `role_of` and `answer_of` this very call."""
        message = self.messages.get(call.action)
        if message is None:
            return None, None
        if message.roles or message.content_if:
            return message.role_of(call.payload), message.answer_of(call.payload)
        return message.role, message.answer

    def action_for(self, role: str) -> str | None:
        """The first action of the file that plays ``role``, or None."""
        return next((m.action for m in self.messages.values() if m.role == role), None)

    def answer(self, action: str) -> Answer | None:
        """``ack`` or ``content`` for a transaction message, else None."""
        message = self.messages.get(action)
        return message.answer if message is not None else None

    def check(self, kind: str, action: str, payload: Any, unknown: Mode = "refuse") -> Payload:
        """``payload`` (any JSON value, or text from XML), typed and normalised: itself where it is so, else a copy.

        ``kind`` is ``call`` or ``result``.  Unknown fields: ``refuse``, ``drop``, or ``pass``; the last gives back what
        came (see `gateway.dialects.checks.overlay`), and lets an unknown action pass too.  Raises `Violation`.
        """
        try:
            look = self._ready[kind][action]
        except KeyError:
            if action not in self.messages:
                if unknown == "pass" and isinstance(payload, dict):
                    return payload
                raise Violation("NotImplemented", f"{self.name} has no such operation", "") from None
            look = self._made_ready(kind, action)
        if unknown == "pass":
            passed: Payload = overlay(self.own_names(kind, action, payload), look(payload, "drop"))
            return passed
        return look(payload, unknown)

    def _made_ready(self, kind: str, action: str) -> Check:
        look = self._checks.of(self.messages[action].shape(kind))
        if self.json is not None and self.json.spelled:
            look = self._reading(kind, action, look)
        self._ready[kind][action] = look
        return look

    def _reading(self, kind: str, action: str, look: Check) -> Check:
        """``look`` after the JSON form's names of fields were read, where it has any here."""
        assert self.json is not None
        respell = spelling.reader(self.messages[action].shape(kind), self.json.spelled)
        return look if respell is None else lambda payload, mode: look(respell(payload), mode)

    def own_names(self, kind: str, action: str, payload: Any) -> Any:
        """``payload`` with the field names of the JSON form in place of what that form calls them."""
        return self._respelled("read", kind, action, payload, self.json)

    def wire_names(self, kind: str, action: str, payload: Any, codec: JsonCodec | SoapCodec) -> Any:
        """``payload`` as ``codec`` spells it."""
        return self._respelled("json" if codec is self.json else "soap", kind, action, payload, codec)

    def _respelled(self, way: str, kind: str, action: str, payload: Any, codec: JsonCodec | SoapCodec | None) -> Any:
        made: dict[tuple[str, str, str], spelling.Respell | None] = self.compiled.setdefault("spelling", {})
        key = (way, kind, action)
        if key not in made:
            if codec is None or action not in self.messages:
                return payload
            make = spelling.reader if way == "read" else spelling.writer
            made[key] = make(self.messages[action].shape(kind), codec.spelled)
        respell = made[key]
        return payload if respell is None else respell(payload)

    def lens(self, kind: str, action: str) -> Lens:
        """The facts of a kind of message.  KeyError for an unknown action."""
        if (kind, action) not in self._lenses:
            self._lenses[kind, action] = Lens(self.messages[action], kind, self.words)
        return self._lenses[kind, action]

    def facts(self, message: Call | Result) -> dict[str, Any]:
        """The facts present in ``message``, words neutral; none for an unknown action."""
        lens = self._lenses.get((message.kind, message.action))
        if lens is None:
            if message.action not in self.messages:
                return {}
            lens = self.lens(message.kind, message.action)
        return lens.facts(message.payload)

    def fact(self, message: Call | Result, name: str) -> Any:
        """One of the `facts`; None where it is not there."""
        lens = self._lenses.get((message.kind, message.action))
        if lens is None:
            return self.facts(message).get(name)
        return lens.fact(message.payload, name)

    def with_facts(self, message: M, **facts: Any) -> M:
        """A copy of ``message`` with those facts set; None takes one out.

        KeyError for a fact that it lacks, ValueError for a word that it cannot say.
        """
        return replace(message, payload=self.lens(message.kind, message.action).put(message.payload, facts))

    def result_of(self, call: Call, **facts: Any) -> Result:
        """The answer to ``call``, made of facts; those that this result lacks are left out.

        Required fields that no fact filled come from the file's defaults.  `Violation` where one still is missing,
        ValueError for a word that this result cannot say.
        """
        if not facts:
            blanks: dict[str, Payload] = self.compiled.setdefault("blank results", {})
            if call.action not in blanks:
                blanks[call.action] = self._result(call.action, {})
            return Result(call.id, call.action, blanks[call.action].copy())
        return Result(call.id, call.action, self._result(call.action, facts))

    def _result(self, action: str, facts: Mapping[str, Any]) -> Payload:
        lens = self.lens("result", action)
        payload: Payload = {}
        for path, value in self.messages[action].defaults.items():
            put(payload, path, value)
        payload = lens.put(payload, {fact: value for fact, value in facts.items() if fact in lens.paths})
        return self.check("result", action, payload)

    def call_of(self, role: str, id: str, **facts: Any) -> Call:
        """A call of that role, made of facts.  KeyError where the dialect has no such role or the message no such fact."""
        action = self.action_for(role)
        if action is None:
            raise KeyError(role)
        payload = self.lens("call", action).put({}, facts)
        return Call(id, action, self.check("call", action, payload))

    def key(self, call: Call, checked: bool = False) -> str:
        """The natural key of ``call``: equal for a retry, whatever its message id or the spelling of its values.

        ``checked`` says that the payload came out of `check`, and not out of its ``pass`` mode.
        """
        if call.said is not None:
            return key_as_said(call.action, call.said)
        message = self.messages[call.action]
        payload = call.payload if checked else self.check("call", call.action, call.payload, "drop")
        if message.key:
            return key_as_said(call.action, folded(message.key, self.lens("call", call.action).facts(payload)))
        return key_as_said(call.action, payload)
