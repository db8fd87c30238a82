"""A station with a protocol of its own: the gateway plays the half that it lacks (`gateway.devices.device`).

In: what its line heard of it, and what the session says.  Out: calls and answers to the `Owner`, records to the line.
Not here: which bytes belong to it (`gateway.devices.bus`), whether it may be here (`gateway.lines`), any rule of its protocol.

To the session it is a station like any other.  Events are taken one after the other, and none before the journal has told
what was kept of the station.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from gateway.devices import events as on
from gateway.devices.places import Place
from gateway.dialects.errors import PeerError
from gateway.ends.voice import Owner, Voice
from gateway.journal.contract import Journal, JournalFailed, PutStation, Restored
from gateway.messages import Answer, Call, Error, Message, Result
from gateway.quirks.cures import Answered
from gateway.session.events import Instant
from gateway.timers import Clock, Timers

KEPT = "device"
"""The name among a station's values in the journal under which a device's own stand."""
MOST_EVENTS = 1000
"""Events that may wait for the journal's word on a station; further ones are dropped."""


class Machine(Protocol):
    """The part of `gateway.devices.device.Device` that its end needs."""

    def receive(self, event: on.Event, at: Instant) -> list[on.Command]:
        """What happened; what is to be done."""


class Line(Protocol):
    """What a device's end needs of the line that it stands on, and of the gateway around it."""

    clock: Clock
    journal: Journal

    def wall(self) -> datetime:
        """The time, aware, in UTC."""

    def send(self, station: str, command: on.Send) -> None:
        """Send a record; `answered` or `unanswered` follows where it has a tag."""

    def place(self, station: str) -> Place | None:
        """Where that station stands on the line."""

    def leave(self, station: str, why: str) -> None:
        """The end was closed: nobody speaks for this station any more."""

    def remark(self, station: str, kind: str, text: str) -> None:
        """Something that an operator should be able to see."""

    def storing_failed(self, station: str, failure: JournalFailed) -> None:
        """What the device wanted to keep is not safe."""

    def crashed(self, station: str, error: Exception) -> None:
        """A fault of ours: what the device holds in memory can no longer be trusted."""


class DeviceEnd:
    """One station.  It is `here` for the session once `meet` told it who owns it."""

    exchange = False

    def __init__(self, station: str, machine: Machine, line: Line) -> None:
        self.station, self.machine, self.line = station, machine, line
        self.voice: Voice | None = None
        self.owner: Owner | None = None
        self.meet: Callable[[], None] = lambda: None
        self.linked = False
        self._kept: dict[str, Any] = {}
        self._raw = ""
        self._awake = self._busy = self._over = False
        self._events: deque[on.Event] = deque()
        self._timers = Timers(line.clock, lambda name: self.feed(on.TimerFired(name)))

    # -- life ----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Ask the journal what was kept."""
        self.line.journal.restore(self.station, self._restored)

    def _restored(self, found: Restored | JournalFailed) -> None:
        if self._over:
            return
        if isinstance(found, JournalFailed):
            self.line.storing_failed(self.station, found)
            return
        self._kept = dict(found.values.get(KEPT) or {})
        self._awake = True
        self._events.appendleft(on.Restored(dict(self._kept)))
        self._run()

    def here(self, voice: Voice, owner: Owner) -> None:
        """The session has it as its station from now on."""
        self.voice, self.owner = voice, owner

    def link(self, up: bool, why: str = "") -> None:
        """The station can be spoken to, or not any more; then the session hears that it is gone."""
        if up == self.linked or self._over:
            return
        self.linked = up
        self.feed(on.LinkUp() if up else on.LinkDown(why))
        self._part(why)

    def _part(self, why: str) -> None:
        """The session hears that the station is gone, where it cannot be spoken to."""
        if not self.linked and not self._busy and self.owner is not None:
            owner, self.owner = self.owner, None
            owner.gone(why)

    def feed(self, event: on.Event) -> None:
        """Something happened."""
        if not self._over and len(self._events) < MOST_EVENTS:
            self._events.append(event)
            self._run()

    def _run(self) -> None:
        if self._busy or not self._awake:
            return
        self._busy = True
        try:
            while self._events and not self._over:
                event = self._events.popleft()
                if isinstance(event, on.Heard | on.Answered):
                    self._raw = f"{event.record.name} {event.record.raw.hex()}"
                at = Instant(self.line.clock.seconds(), self.line.wall())
                for command in self.machine.receive(event, at):
                    _CARRY_OUT[type(command)](self, command)
        except Exception as error:  # a fault of ours, or of a data file: this station begins anew, nobody else notices
            self.line.crashed(self.station, error)
        finally:
            self._busy = False
        self._part("it cannot be spoken to")

    # -- from the owner ------------------------------------------------------------------------------------------

    def ask(self, call: Call, within: float) -> None:
        """The session asks something of the station.  The session has a timer for it."""
        try:
            call = self._said(call)
        except Answered as done:
            self._answered(Result(call.id, call.action, done.payload))
            return
        self.feed(on.Asked(call))

    def answer(self, answer: Answer) -> None:
        """The session answers the station."""
        self.feed(on.AnsweredUp(self._said(answer)))

    def close(self, why: str) -> None:
        """Forget the station; its owner hears nothing more."""
        if not self._over:
            self._over = True
            self.owner = None
            self._events.clear()
            self._timers.clear()
            self.line.leave(self.station, why)

    def drop(self) -> None:
        """As `close`: a record that is not sent leaves no trace."""
        self.close("dropped")

    def _said(self, message: Any) -> Any:
        """The message as the back end's profiles for this station adjust it, and as the trace has it."""
        assert self.voice is not None, "whoever speaks to it made it known before"
        made: list[Message] = []

        def write(one: Message) -> str:
            made.append(one)
            return ""  # what goes out on the line for it is up to the machine

        self.voice.said(message, write)
        return made[0]

    # -- commands ------------------------------------------------------------------------------------------------

    def _send(self, command: on.Send) -> None:
        self.line.send(self.station, command)

    def _timer(self, command: on.Timer) -> None:
        self._timers.set(command.name, command.seconds)

    def _cancel(self, command: on.Cancel) -> None:
        self._timers.cancel(command.name)

    def _call_up(self, command: on.CallUp) -> None:
        call, voice = command.call, self._met()
        if voice is None:
            return
        try:
            admitted = voice.admit(call, self._raw)
        except PeerError as error:
            voice.garbled(error, self._raw, call.action)
            self.feed(on.AnsweredUp(Error(call.id, call.action, error.code, str(error))))
        except Answered as done:
            self.feed(on.AnsweredUp(Result(call.id, call.action, done.payload)))
        else:
            if self.owner is not None:
                self.owner.asked(admitted, self._raw)

    def _reply(self, command: on.Reply) -> None:
        answer, voice = command.answer, self._met()
        if voice is None:
            return
        try:
            answer = voice.heard_error(answer, self._raw) if isinstance(answer, Error) else voice.admit(answer, self._raw)
        except Answered as done:
            answer = Result(answer.id, answer.action, done.payload)
        except PeerError as error:
            voice.garbled(error, self._raw, answer.action)
            answer = Error(answer.id, answer.action, error.code, f"the answer is not valid: {error}")
        self._answered(answer)

    def _answered(self, answer: Answer) -> None:
        if self.owner is not None:
            self.owner.answered(answer)

    def _met(self) -> Voice | None:
        """The voice to speak with; a station that was not heard yet is made known first."""
        if self.owner is None and not self._over:
            self.meet()
        return self.voice

    def _keep(self, command: on.Keep) -> None:
        self._kept.update(command.values)
        self._kept = {key: value for key, value in self._kept.items() if value is not None}

        def done(failure: JournalFailed | None) -> None:
            if failure is None:
                self.feed(on.Kept(command.tag))
            elif not self._over:
                self.line.storing_failed(self.station, failure)

        self.line.journal.commit([PutStation(self.station, {KEPT: dict(self._kept)})], done)

    def _note(self, command: on.Note) -> None:
        self.line.remark(self.station, command.kind, command.text)

    def _known(self, command: on.Known) -> None:
        voice = self._met()
        if voice is not None and voice.introduce is not None:
            voice.introduce(_named(command), {})


def _named(known: on.Known) -> Mapping[str, Any]:
    pairs = (("vendor", known.vendor), ("model", known.model), ("firmware", known.firmware), ("serial", known.serial))
    return {name: value for name, value in pairs if value is not None}


_CARRY_OUT: dict[type, Callable[[DeviceEnd, Any], None]] = {
    on.Send: DeviceEnd._send,
    on.Timer: DeviceEnd._timer,
    on.Cancel: DeviceEnd._cancel,
    on.CallUp: DeviceEnd._call_up,
    on.Reply: DeviceEnd._reply,
    on.Keep: DeviceEnd._keep,
    on.Note: DeviceEnd._note,
    on.Known: DeviceEnd._known,
}
