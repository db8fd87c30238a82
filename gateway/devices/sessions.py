"""The sessions of one station: begun and ended by what it does or says, told to the back end once, over restarts.

In: begins and ends with their registers, answers, what was kept.  Out: messages of the roles start, meter and stop.
Not here: when a state begins or ends one (`gateway.devices.device`), the register (`gateway.devices.meter`).

A session is kept before its start is told, and its end before its stop.  After a restart the same start and stop are told again,
and whoever hears them knows them by their content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from gateway.devices.desk import Desk
from gateway.messages import Answer, Payload, Result

AGAIN = 60.0
"""Seconds until a start or stop that was refused is told again."""
MOST_ENDED = 20
KEY, ENDED = "session ", "ended"
Told = Callable[[Payload], None]


@dataclass
class Session:
    """``energy`` and ``ended``: registers in Wh, whole.  ``number`` is the back end's (in our terms), None until it is known.

    ``id`` is the station's own name of it.  ``reason``: why it ends, where that is known before.
    """

    key: str
    connector: int
    token: str
    time: str
    energy: int
    id: str | None = None
    number: int | None = None
    reason: str | None = None
    ended: int | None = None
    ended_time: str | None = None
    ended_token: str | None = None
    waiting: list[Told] = field(default_factory=list, repr=False)
    stopping: list[Told] = field(default_factory=list, repr=False)
    told: bool = False

    def kept(self) -> dict[str, Any]:
        """What outlives a restart."""
        return {name: value for name, value in asdict(self).items() if name not in ("waiting", "stopping", "told")}


class Sessions:
    """``refused(session)`` is called where the back end does not accept a session's token."""

    def __init__(self, desk: Desk, refused: Callable[[Session], None]) -> None:
        self.desk, self.refused = desk, refused
        self._all: dict[str, Session] = {}
        self._ended: list[str] = []
        self._count = 0

    def restore(self, values: Mapping[str, Any]) -> None:
        """Take up what was kept; nothing is told before the station is there."""
        self._ended = list(values.get(ENDED, ()))
        for key, value in values.items():
            if key.startswith(KEY):
                self._all[key] = Session(**value)
                self._count = max(self._count, int(key.removeprefix(KEY)))

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._all.values()))

    def open(self, connector: int) -> Session | None:
        """The session that runs there."""
        return next((one for one in self._all.values() if one.connector == connector and one.ended is None), None)

    def numbered(self, number: Any) -> Session | None:
        """The session that the back end calls so, while it runs."""
        return next((one for one in self._all.values() if one.number == number and one.ended is None), None)

    def named(self, id: str) -> Session | None:
        """The session that the station calls so, while it is not settled."""
        return next((one for one in self._all.values() if one.id == id), None)

    def settled(self, id: str) -> bool:
        """Whether the station's session of that id was told, begin and end, lately."""
        return id in self._ended

    # -- begin ---------------------------------------------------------------------------------------------------

    def begin(self, connector: int, token: str, energy: int, time: str, id: str | None, then: Told | None = None) -> Session:
        """A session began: keep it, then tell it."""
        self._count += 1
        session = Session(f"{KEY}{self._count}", connector, token, time, energy, id)
        self._all[session.key] = session
        session.waiting += [then] if then is not None else []
        self.desk.keep({session.key: session.kept()}, lambda: self._start(session))
        return session

    def _start(self, session: Session) -> None:
        facts = {"connector": session.connector, "token": session.token, "time": session.time, "meter_start": session.energy}
        session.told = self.desk.play("start", facts, lambda answer: self._started(session, answer))

    def _started(self, session: Session, answer: Answer) -> None:
        session.told = False
        facts = self.desk.dialect.facts(answer) if isinstance(answer, Result) else {}
        if facts.get("transaction") is None:
            self.desk.timer(session.key, AGAIN, lambda: self._start(session))
            return
        session.number = facts["transaction"]
        self.desk.keep({session.key: session.kept()})
        waiting, session.waiting = session.waiting, []
        for then in waiting:
            then(answer.payload if isinstance(answer, Result) else {})
        if session.ended is not None:
            self._stop(session)
        elif facts.get("token_status", "accepted") != "accepted":
            self.refused(session)

    def repeated(self, session: Session | None, then: Told) -> None:
        """The station tells a begin again: answer as before, as soon as that is known."""
        if session is not None and session.number is None:
            session.waiting.append(then)
            return
        action = self.desk.dialect.action_for("start")
        facts = {"transaction": session.number} if session is not None else {}
        then(self.desk.dialect.lens("result", action).put({}, {**facts, "token_status": "accepted"}) if action else {})

    # -- end -----------------------------------------------------------------------------------------------------

    def end(
        self, session: Session, energy: int, time: str, reason: str | None, token: str | None = None, then: Told | None = None
    ) -> None:
        """A session ended: keep that, then tell it."""
        session.stopping += [then] if then is not None else []
        if session.ended is not None:
            return
        session.ended, session.ended_time, session.ended_token = max(energy, session.energy), time, token
        session.reason = session.reason or reason
        self.desk.keep({session.key: session.kept()}, lambda: self._stop(session))

    def _stop(self, session: Session) -> None:
        if session.number is None or session.told:
            return  # the start's answer comes first
        facts = {
            "transaction": session.number,
            "time": session.ended_time,
            "meter_stop": session.ended,
            "reason": session.reason,
            "token": session.ended_token,
        }
        session.told = self.desk.play("stop", facts, lambda answer: self._stopped(session, answer))

    def _stopped(self, session: Session, answer: Answer) -> None:
        session.told = False
        if not isinstance(answer, Result):
            self.desk.timer(session.key, AGAIN, lambda: self._stop(session))
            return
        self._all.pop(session.key, None)
        values: dict[str, Any] = {session.key: None}
        if session.id is not None:
            self._ended = [*self._ended, session.id][-MOST_ENDED:]
            values[ENDED] = self._ended
        self.desk.keep(values)
        for then in session.stopping:
            then(answer.payload)

    # -- restarts ------------------------------------------------------------------------------------------------

    def again(self) -> None:
        """The station's link is there anew: tell what was not answered before."""
        for session in self:
            session.told = False
            if session.ended is None:
                self.desk.note("resumed", f"{session.key} on connector {session.connector}")
            if session.number is None:
                self._start(session)
            elif session.ended is not None:
                self._stop(session)

    def changed(self, session: Session) -> None:
        """Something of a session must be kept."""
        self.desk.keep({session.key: session.kept()})
