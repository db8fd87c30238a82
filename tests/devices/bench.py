"""A device with a simulated station and a session that answers everything, in memory, on a clock that is moved by hand.

The wire is the dialect's own; the station is whatever function answers the bytes.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.catalogue import Folders
from gateway.devices import events as on
from gateway.devices.device import Device
from gateway.dialects.errors import PeerError
from gateway.dialects.load import load_dialect
from gateway.dialects.schema import Dialect
from gateway.journal.trees import from_json, to_json
from gateway.messages import Answer, Call, Result
from gateway.session.events import Instant
from gateway.wires.wire import Record

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
Station = Callable[[bytes], list[bytes]]


class Bench:
    """``station(frame)`` answers what it is sent.  ``told`` are the calls, ``notes`` the notes, ``said`` the records sent."""

    def __init__(self, dialect: str | Dialect, station: Station, kept: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.dialect = load_dialect(Folders(), dialect) if isinstance(dialect, str) else dialect
        self.station, self.options = station, options
        self.kept: dict[str, Any] = dict(kept or {})
        self.told: list[Call] = []
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.notes: list[on.Note] = []
        self.replies: list[Answer] = []
        self.answers: dict[str, Callable[[Call], Answer | None]] = {}
        self.numbers = itertools.count(1)
        self.seconds = 0.0
        self.timers: dict[str, float] = {}
        self.events: deque[on.Event] = deque()
        self.device = self.made()

    def made(self) -> Device:
        ids = itertools.count(1)
        return Device(self.dialect, "CP1", self.options, lambda: f"d{next(ids)}", random.Random(1))

    # -- time ----------------------------------------------------------------------------------------------------

    @property
    def at(self) -> Instant:
        return Instant(self.seconds, BEGIN + timedelta(seconds=self.seconds))

    def up(self) -> None:
        self.happen(on.Restored(dict(self.kept)))
        self.happen(on.LinkUp())

    def restart(self) -> None:
        """The gateway ends without a word and begins anew with what was kept."""
        self.timers.clear()
        self.device = self.made()
        self.up()

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.seconds + seconds
        while self.timers:
            name, due = min(self.timers.items(), key=lambda item: item[1])
            if due > end:
                break
            del self.timers[name]
            self.seconds = max(self.seconds, due)
            self.happen(on.TimerFired(name))
        self.seconds = end

    # -- what happens --------------------------------------------------------------------------------------------

    def happen(self, event: on.Event) -> None:
        self.events.append(event)
        if len(self.events) > 1:
            return  # what a command causes comes after the commands beside it
        while self.events:
            for command in self.device.receive(self.events[0], self.at):
                getattr(self, f"do_{type(command).__name__.lower()}")(command)
            self.events.popleft()

    def hear(self, *frames: bytes) -> None:
        """The station says something by itself."""
        assert self.dialect.wire is not None
        for frame in frames:
            self.happen(on.Heard(self.dialect.wire.read(frame, "station")))

    def ask(self, action: str, **payload: Any) -> Any:
        """The back end asks; the payload of the answer (or an error's code), None where there is none yet."""
        count = len(self.replies)
        self.happen(on.Asked(Call(f"b{next(self.numbers)}", action, self.dialect.check("call", action, payload))))
        return self.answer() if len(self.replies) > count else None

    def answer(self) -> Any:
        """The last answer."""
        last = self.replies[-1]
        return last.payload if isinstance(last, Result) else last.code

    def do_send(self, command: on.Send) -> None:
        self.said.append((command.name, dict(command.fields)))
        wire = self.dialect.wire
        assert wire is not None
        fields = {**self.given(command), **command.fields}
        frame = wire.write(command.name, fields)
        asked = Record(command.name, fields, frame)
        for answer in self.station(frame):
            try:
                record = wire.read(answer, "station", asked)
            except PeerError:
                record = wire.read(answer, "station")
            if command.tag is not None and wire.answers(record, asked):
                self.happen(on.Answered(command.tag, record))
                return
            self.happen(on.Heard(record))
        if command.tag is not None:
            self.happen(on.Unanswered(command.tag, "silence"))

    def given(self, command: on.Send) -> dict[str, Any]:
        """What a bus adds: the number of the question, the address of the station."""
        assert self.dialect.wire is not None
        sequence, asks = self.dialect.wire.sequence, self.dialect.wire.frames[command.name].asks
        made: dict[str, Any] = {sequence.field: sequence.first} if sequence is not None and sequence.field in asks else {}
        to = self.dialect.addressing.to
        return {**made, **({to: 1} if to in asks else {})} if to is not None else made

    def do_timer(self, command: on.Timer) -> None:
        self.timers[command.name] = self.seconds + command.seconds

    def do_cancel(self, command: on.Cancel) -> None:
        self.timers.pop(command.name, None)

    def do_note(self, command: on.Note) -> None:
        assert command.kind in on.NOTES
        self.notes.append(command)

    def do_known(self, command: on.Known) -> None:
        self.known = command

    def do_reply(self, command: on.Reply) -> None:
        if isinstance(command.answer, Result):
            self.dialect.check("result", command.answer.action, command.answer.payload)
        self.replies.append(command.answer)

    def do_keep(self, command: on.Keep) -> None:
        for key, value in from_json(to_json(dict(command.values))).items():
            if value is None:
                self.kept.pop(key, None)
            else:
                self.kept[key] = value
        self.happen(on.Kept(command.tag))

    def do_callup(self, command: on.CallUp) -> None:
        call = command.call
        self.dialect.check("call", call.action, call.payload)
        self.told.append(call)
        answer = self.answers.get(call.action, self.usual)(call)
        if answer is not None:
            self.happen(on.AnsweredUp(answer))

    def usual(self, call: Call) -> Answer | None:
        facts: dict[str, Any] = {"registration": "accepted", "interval": 300, "now": "2026-01-01T00:00:00Z"}
        facts |= {"token_status": "accepted"}
        if self.dialect.role(call.action) == "start":
            facts["transaction"] = 100 + next(self.numbers)
        return self.dialect.result_of(call, **facts)

    # -- what was told -------------------------------------------------------------------------------------------

    def calls(self, action: str) -> list[dict[str, Any]]:
        return [call.payload for call in self.told if call.action == action]

    def states(self) -> list[str]:
        return [one["state"] for one in self.calls("State")]

    def session(self, connector: int = 1) -> Any:
        """The number of the session that runs."""
        return getattr(self.device.station.sessions.open(connector), "number", None)
