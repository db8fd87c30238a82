"""What all parts of a device share: its dialect and rules, the commands that an event leads to, and what is waited for.

In: events, as they are shared out.  Out: commands in order; a function is called back for each answer, timer or commit.
Not here: any rule about what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from gateway.devices import events as on
from gateway.devices.memory import Memory
from gateway.devices.rules import DeviceRules, Message
from gateway.dialects.errors import Violation
from gateway.dialects.schema import Dialect
from gateway.dialects.shapes import Field, Scalar, Shape
from gateway.messages import Answer, Call, Payload, Result
from gateway.session.events import Instant
from gateway.wires.shapes import Record

Heard = Callable[[Record | None], None]
Told = Callable[[Answer], None]


class Desk:
    """``record`` is told of every answer of the station before whoever asked."""

    def __init__(
        self, dialect: Dialect, rules: DeviceRules, identity: str, options: Mapping[str, Any], ids: Callable[[], str]
    ) -> None:
        self.dialect, self.rules, self.ids = dialect, rules, ids
        self.memory = Memory(rules, identity, options)
        self.at = Instant(0.0, datetime(1970, 1, 1, tzinfo=UTC))
        self.up = False
        """Whether the station can be spoken to."""
        self.record: Callable[[Record], None] = lambda record: None
        self._commands: list[on.Command] = []
        self._tag = 0
        self._asked: dict[int, Heard] = {}
        self._called: dict[str, Told] = {}
        self._kept: dict[int, Callable[[], None]] = {}
        self._timers: dict[str, Callable[[], None]] = {}

    # -- events --------------------------------------------------------------------------------------------------

    def begin(self, at: Instant) -> None:
        """An event happens at that time."""
        self.at = at

    def take(self) -> list[on.Command]:
        """The commands so far."""
        commands, self._commands = self._commands, []
        return commands

    @property
    def now(self) -> str:
        """The time, UTC, as messages have it."""
        return self.at.wall.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def scope(self, connector: int, **more: Any) -> dict[str, Any]:
        """Name → value, for expressions about one connector."""
        return self.memory.scope(connector, now=self.now, **more)

    # -- the station ---------------------------------------------------------------------------------------------

    def send(self, message: Message, scope: Mapping[str, Any], echo: Mapping[str, Any] | None = None) -> None:
        """Say something; nothing is expected back.  ``echo`` are fields by which an answer finds its question."""
        self.say(on.Send(None, message.name, {**(echo or {}), **self._fields(message, scope)}))

    def ask(
        self, message: Message, scope: Mapping[str, Any], then: Heard, within: float | None = None, retries: int | None = None
    ) -> None:
        """Ask something; ``then`` is called with the answer, or with None where there is none."""
        self._tag += 1
        self._asked[self._tag] = then
        self.say(on.Send(self._tag, message.name, self._fields(message, scope), within, retries))

    def _fields(self, message: Message, scope: Mapping[str, Any]) -> dict[str, Any]:
        worked = ((name, value(scope)) for name, value in message.fields.items())
        return {name: value for name, value in worked if value is not None}

    def answered(self, tag: Any, record: Record | None) -> None:
        """The station answered, or will not."""
        then = self._asked.pop(tag, None)
        if record is not None:
            self.record(record)
        if then is not None:
            then(record)

    def gone(self) -> None:
        """The station is gone: none of what was asked will be answered."""
        self.up = False
        self._called.clear()  # the session has forgotten them too
        asked, self._asked = self._asked, {}
        for then in asked.values():
            then(None)

    # -- the session ---------------------------------------------------------------------------------------------

    def call(self, action: str, payload: Payload, then: Told) -> bool:
        """Tell the session something in the station's name; false where it cannot be said."""
        shape = self.dialect.messages[action].request
        try:
            payload = self.dialect.check("call", action, self._fitted(action, shape, payload))
        except Violation as error:
            self.note("unfit", f"{action}: {error.path} {error.why}")
            return False
        id = self.ids()
        self._called[id] = then
        self.say(on.CallUp(Call(id, action, payload)))
        return True

    def play(self, role: str, facts: Mapping[str, Any], then: Told, more: Payload | None = None) -> bool:
        """The same by role and facts, in neutral words; ``more`` are fields beside them."""
        action = self.dialect.action_for(role)
        if action is None:
            return False
        known = self.dialect.lens("call", action)
        payload = known.put({}, {fact: value for fact, value in facts.items() if fact in known.paths and value is not None})
        return self.call(action, {**payload, **(more or {})}, then)

    def _fitted(self, action: str, shape: Shape, payload: Payload) -> Payload:
        """Without what is not known, with texts cut to the room that they have."""
        made = {}
        for name, value in payload.items():
            field = shape.fields.get(name)
            if value is not None and field is not None:
                made[name] = self._cut(action, field, _typed(field, value))
        return made

    def _cut(self, action: str, field: Field, value: Any) -> Any:
        most = field.max_length
        if most is None or not isinstance(value, str) or len(value) <= most:
            return value
        self.note("unfit", f"{action}.{field.name} {value!r} was cut to {most} characters")
        return value[:most]

    def told(self, answer: Answer) -> None:
        """The session answered."""
        then = self._called.pop(answer.id, None)
        if then is not None:
            then(answer)

    def reply(self, call: Call, payload: Payload) -> None:
        """Answer a command of the session."""
        self.say(on.Reply(Result(call.id, call.action, payload)))

    # -- time and memory -----------------------------------------------------------------------------------------

    def timer(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        """Call ``then`` after so long; a timer of that name that runs is replaced."""
        self._timers[name] = then
        self.say(on.Timer(name, max(0.0, seconds)))

    def cancel(self, name: str) -> None:
        """Forget a timer."""
        if self._timers.pop(name, None) is not None:
            self.say(on.Cancel(name))

    def runs(self, name: str) -> bool:
        """Whether that timer runs."""
        return name in self._timers

    def fired(self, name: str) -> None:
        """A timer came due."""
        then = self._timers.pop(name, None)
        if then is not None:
            then()

    def keep(self, values: Mapping[str, Any], then: Callable[[], None] | None = None) -> None:
        """Store values; ``then`` is called when they are safe."""
        self._tag += 1
        if then is not None:
            self._kept[self._tag] = then
        self.say(on.Keep(self._tag, values))

    def kept(self, tag: Any) -> None:
        """Values are safe."""
        then = self._kept.pop(tag, None)
        if then is not None:
            then()

    def note(self, kind: str, text: str = "") -> None:
        """Something to count and to trace."""
        self.say(on.Note(kind, text))

    def say(self, command: on.Command) -> None:
        """One more command."""
        self._commands.append(command)


def _typed(field: Field, value: Any) -> Any:
    """Numbers where text is wanted, whole numbers where only they fit."""
    if isinstance(field.type, Scalar) and field.type.kind == "string" and isinstance(value, int):
        return str(value)
    return value
