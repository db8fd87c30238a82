"""Plays the dialogues in a profile's samples: a station and a back end of one dialect, with a session between them.

In: a profile with its dialogues, the dialects.  Out: faults where something else is heard than the dialogue says.
Not here: samples of single messages (`gateway.quirks.sample`), links, journals: what is stored is on disk at once.

The steps: ``station says: call OPERATION`` (or ``result``, ``error``) ``with: {…}``, ``backend says: …``, ``station hears: …``,
``backend hears: …`` (``with`` names what must be in it; ``$field`` is what that peer was told last),
``seconds: n`` passes time, ``nothing: n`` passes time in which
nobody hears anything.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import inf
from typing import Any

from gateway.dialects.errors import CODES, SPELLINGS, PeerError
from gateway.dialects.schema import Dialect
from gateway.journal.contract import Restored
from gateway.ladder.route import Route
from gateway.messages import Call, Error, Message, Result, Side
from gateway.quirks import refusals
from gateway.quirks.choose import join
from gateway.quirks.cures import NO_SCENE, Answered, Cures
from gateway.quirks.digits import plain
from gateway.quirks.path import Scene
from gateway.quirks.profile import Profile
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.policy import Policy
from gateway.session.session import Session
from gateway.source import Checker, Map, nearest, one_of

BORN = datetime(2024, 5, 1, 10, tzinfo=UTC)
KINDS = ("call", "result", "error")
STEPS = ("station says", "backend says", "station hears", "backend hears", "seconds", "nothing")


class Unlike(Exception):
    """A dialogue goes otherwise than it says.  ``expected`` is what it says, where that is not all that was to be."""

    def __init__(self, what: str, expected: str = "", near: str = "") -> None:
        self.expected, self.near = expected, near
        super().__init__(what)


class Stage:
    """A session between two peers, of which one has the cures of a profile."""

    def __init__(self, dialect: Dialect, cures: Cures, side: Side, beyond: bool = False, born: datetime = BORN) -> None:
        self.dialect, self.cures, self.side, self.beyond = dialect, cures, side, beyond
        self.seconds, self.born = 0.0, born
        self.heard: dict[str, deque[Message]] = {"station": deque(), "backend": deque()}
        self.told: dict[str, dict[str, Any]] = {"station": {}, "backend": {}}
        self.acted = set[str]()
        self._put: dict[str, Any] = {}  # what the peers asked, by id
        self._asked: dict[str, deque[Call]] = {"station": deque(), "backend": deque()}
        self._alarm = inf
        self._events: deque[on.Event] = deque()
        self._count = itertools.count(1)
        route = Route(dialect, dialect, [])
        self.session = Session("CP-1", dialect, dialect, route, route, Policy(), self.new_id, random.Random(1))  # noqa: S311
        self.session.behave(*([cures.behave] if side == "station" else [{}, cures.behave]))
        self.feed(on.Opened(Restored()), on.StationConnected(False))

    def new_id(self) -> str:
        """An id that was not used before."""
        return f"id-{next(self._count)}"

    @property
    def now(self) -> datetime:
        """The time of the play."""
        return self.born + timedelta(seconds=self.seconds)

    def _scene(self, asked: Any) -> Scene:
        return Scene(None, asked, self.now, facts=self.session.moments[self.side])

    def feed(self, *events: on.Event) -> None:
        """Something happens, and all that follows at once."""
        self._events.extend(events)
        while self._events:
            event = self._events.popleft()
            for command in self.session.receive(event, on.Instant(self.seconds, self.now)):
                self._carry_out(command)

    def _carry_out(self, command: do.Command) -> None:
        if isinstance(command, do.Commit):
            self._events.append(on.Committed(command.tag))
        elif isinstance(command, do.Wake):
            self._alarm = self.seconds + command.seconds
        elif isinstance(command, do.Acted):
            self.acted.add(command.switch)
        elif isinstance(command, do.OpenUplink):
            self._events.append(on.UplinkUp())
        elif isinstance(command, do.AnswerStation | do.AnswerBackend):
            self._tell("station" if isinstance(command, do.AnswerStation) else "backend", command.answer)
        elif isinstance(command, do.CallStation | do.CallBackend):
            self._tell("station" if isinstance(command, do.CallStation) else "backend", command.call)

    def _tell(self, peer: Side, message: Message) -> None:
        """A message on its way to a peer."""
        if not self.beyond and not isinstance(message, Error):
            self._valid(peer, message)
        if peer == self.side and not isinstance(message, Error):
            try:
                scene = self._scene(self._put.get(message.id))
                payload, _ = self.cures.adjust(message.kind, message.action, message.payload, scene)
            except Answered as done:
                self._answered(peer, Result(message.id, message.action, done.payload))
                return
            message = message.__class__(message.id, message.action, payload)
        self.heard[peer].append(message)
        if isinstance(message, Call):
            self._asked[peer].append(message)

    def _valid(self, peer: Side, message: Call | Result) -> None:
        """A profile's sequences make messages of their own."""
        try:
            self.dialect.check(message.kind, message.action, message.payload)
        except PeerError as error:
            raise Unlike(f"what the {peer} would hear is not valid: {error}") from None

    def pass_time(self, seconds: float) -> None:
        """Let time pass; what is due comes in its order."""
        until = self.seconds + seconds
        while self._alarm <= until:
            self.seconds, self._alarm = max(self.seconds, self._alarm), inf
            self.feed(on.Woken())
        self.seconds = until

    # -- what peers say ------------------------------------------------------------------------------------------

    def says_call(self, peer: Side, action: str, payload: Any) -> None:
        """A peer asks."""
        id = self.new_id()
        try:
            call = Call(id, action, self._mended(peer, "call", action, payload))
        except Answered as done:
            self.heard[peer].append(Result(id, action, done.payload))
            return
        self._put[id] = call.payload
        self.feed(on.StationAsked(call, "") if peer == "station" else on.BackendAsked(call))

    def says_answer(self, peer: Side, kind: str, payload: Any) -> None:
        """A peer answers the call that it has heard last."""
        if not self._asked[peer]:
            raise Unlike(f"the {peer} answers, but was not asked")
        call = self._asked[peer].pop()
        if kind == "error":
            self._answered(peer, self._error(peer, call, payload))
        else:
            self._answered(peer, Result(call.id, call.action, self._mended(peer, kind, call.action, payload, call.payload)))

    def _error(self, peer: Side, call: Call, payload: Any) -> Error | Result:
        said = {"description": "", **payload}
        if not said.get("code"):
            raise Unlike(f"an error has a code, {one_of(CODES)}")
        known = SPELLINGS.get(said["code"])
        error = Error(call.id, call.action, known or "GenericError", said["description"], {}, "" if known else said["code"])
        if peer == self.side:
            try:
                fields, _ = self.cures.repair("error", call.action, said, self._scene(call.payload))
            except Answered as done:
                return Result(call.id, call.action, done.payload)
            error = refusals.mended(error, fields)
        return error

    def _answered(self, peer: Side, answer: Result | Error) -> None:
        self.feed(on.StationAnswered(answer) if peer == "station" else on.BackendAnswered(answer))

    def _mended(self, peer: Side, kind: str, action: str, payload: Any, asked: Any = None) -> Any:
        if peer == self.side:
            payload, _ = self.cures.repair(kind, action, payload, self._scene(asked))
        try:
            return self.dialect.check(kind, action, payload)
        except PeerError as error:
            raise Unlike(f"what the {peer} says is not valid: {error}") from None


def acted(profile: Profile, dialects: Mapping[str, Dialect]) -> set[str]:
    """The switches that do something in the dialogues of a profile."""
    found = set[str]()
    play(profile, dialects, found)
    return found


def play(profile: Profile, dialects: Mapping[str, Dialect], acted: set[str] | None = None) -> Checker:
    """Play every dialogue of a profile; the faults are in what comes back, the switches that did something in ``acted``."""
    check = Checker()
    for sample in profile.samples:
        if sample.verb != "dialogue":
            continue
        if not profile.match.dialects:
            check.fault(sample.source, "dialogue", "a dialogue needs a dialect", "dialect: … in match")
            continue
        dialect, beyond = dialects[profile.match.dialects[0]], bool(profile.source.get("beyond_schema"))
        born = BORN if sample.scene is NO_SCENE else sample.scene.now
        stage = Stage(dialect, join([profile]), profile.match.side, beyond, born)
        _play(check, stage, sample.before)
        if acted is not None:
            acted |= stage.acted
    return check


def _play(check: Checker, stage: Stage, steps: list[Map]) -> None:
    for step in steps:
        known = [key for key in step if key in STEPS]
        if len(known) != 1 or not {*known, "with"} >= set(step):
            odd = next((key for key in step if key not in (*STEPS, "with")), "")
            check.fault(step, None, f"no step of a dialogue: {', '.join(step)}", one_of(STEPS), nearest(odd, STEPS))
            return
        try:
            _step(stage, known[0], step[known[0]], plain(step.get("with", {})))
        except Unlike as error:
            check.fault(step, known[0], str(error), error.expected, error.near)
            return
    left = [f"the {peer} hears {_named(one)} at the end" for peer, all in stage.heard.items() for one in all]
    if left:
        check.fault(steps[-1], None, left[0], "the dialogue to say so")


def _step(stage: Stage, key: str, what: Any, content: Any) -> None:
    if key in ("seconds", "nothing"):
        _wait(stage, key, what)
        return
    peer: Side = "station" if key.startswith("station") else "backend"
    kind, _, action = str(what).partition(" ")
    if kind not in KINDS:
        raise Unlike(f"no kind of message: {kind!r}", one_of(KINDS), nearest(kind, KINDS))
    content = _filled(content, stage.told[peer])
    if key.endswith("says") and kind == "call":
        if action not in stage.dialect.messages:
            near = nearest(action, stage.dialect.messages)
            raise Unlike(f"unknown operation {action!r}", one_of(sorted(stage.dialect.messages)), near)
        stage.says_call(peer, action, content)
    elif key.endswith("says"):
        stage.says_answer(peer, kind, content)
    else:
        _hears(stage, peer, kind, action, content)


def _wait(stage: Stage, key: str, what: Any) -> None:
    if isinstance(what, bool) or not isinstance(what, int | float | Decimal) or not 0 <= what < inf:
        raise Unlike(f"{key}: {what!r}", "a number of seconds")
    stage.pass_time(float(what))
    if key == "nothing" and any(stage.heard.values()):
        spoken = [f"the {peer} hears {_named(one)}" for peer, all in stage.heard.items() for one in all]
        raise Unlike(f"{spoken[-1]} within {what} seconds")


def _hears(stage: Stage, peer: Side, kind: str, action: str, content: Any) -> None:
    if not stage.heard[peer]:
        raise Unlike(f"the {peer} hears nothing", f"{kind} {action}".strip())
    message = stage.heard[peer].popleft()
    if message.kind != kind or (action and message.action != action):
        raise Unlike(f"the {peer} hears {_named(message)}", f"{kind} {action}".strip())
    if not isinstance(message, Error):
        stage.told[peer].update(message.payload)
    said = {"code": message.code, "description": message.description} if isinstance(message, Error) else message.payload
    if not _holds(said, content):
        raise Unlike(f"the {peer} hears {said!r}", repr(content))


def _filled(content: Any, told: Mapping[str, Any]) -> Any:
    """With what the peer was told in the place of ``$field``."""
    if isinstance(content, dict):
        return {key: _filled(value, told) for key, value in content.items()}
    if isinstance(content, list):
        return [_filled(item, told) for item in content]
    named = isinstance(content, str) and content.startswith("$")
    return told.get(content[1:], content) if named else content


def _named(message: Message) -> str:
    return f"{message.kind} {message.action}"


def _holds(said: Any, wanted: Any) -> bool:
    """Whether all that is wanted is said; null says that a field is absent."""
    if isinstance(wanted, dict):
        return isinstance(said, dict) and all(_holds(said.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(said, list) and len(said) == len(wanted) and all(map(_holds, said, wanted))
    return bool(said == wanted)
