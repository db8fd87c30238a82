"""Sessions that no station tells of: they are seen in what it does, and begin and end with what its meter says.

In: changes of state, the word of the meter, what the back end asked for.  Out: sessions that begin and end.
Not here: telling them (`gateway.devices.sessions`), sessions that a station tells of itself (`gateway.devices.records`).

What a station says may come in any order, and answers may be lost: so a begin waits until the meter was heard at all, an end
until it was heard again, and both until all that was asked is answered, for so long as ``session: within`` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.devices.desk import Desk
from gateway.devices.meters import Meters
from gateway.devices.polls import Polls
from gateway.devices.sessions import Session, Sessions
from gateway.devices.states import States

OBEYS = 60.0
"""Seconds in which a station must have stopped that was told to."""
ASK_AGAIN = 2.0
"""Seconds until what was asked and not answered is asked again."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A session that begins: when, in both times, and its register (Wh) where that was known before."""

    time: str
    mono: float
    energy: int | None


class Watched:
    """``begun(session)`` and ``over(connector)`` are called for a session that began or ended."""

    def __init__(
        self,
        desk: Desk,
        sessions: Sessions,
        states: States,
        meters: Meters,
        polls: Polls,
        begun: Callable[[Session], None],
        over: Callable[[int], None],
    ) -> None:
        rules = desk.rules.session
        self.rules = rules if rules is not None and not rules.native else None
        self.desk, self.sessions, self.states, self.meters, self.polls = desk, sessions, states, meters, polls
        self.begun, self.over = begun, over
        self._expected: dict[int, tuple[str, float]] = {}
        self._opening: dict[int, Opening] = {}
        self._closing: dict[int, str] = {}

    def forget(self) -> None:
        """The station is gone: what has not begun yet is seen anew, if it is still there then."""
        for connector in self._opening:
            self.desk.cancel(f"opening {connector}")
        self._opening.clear()

    def turning(self, connector: int) -> bool:
        """Whether a begin or an end waits to be told."""
        return connector in self._opening or connector in self._closing

    # -- what the back end asked for -----------------------------------------------------------------------------

    def expect(self, connector: int, token: str | None, seconds: float) -> None:
        """A session that begins within so long is this token's."""
        if token is None:
            self._expected.pop(connector, None)
        else:
            self._expected[connector] = (token, self.desk.at.mono + seconds)

    def stopping(self, session: Session, reason: str) -> None:
        """The station was told to stop: the session ends as soon as it does."""
        session.reason = reason
        self.sessions.changed(session)
        self.desk.timer(f"obeys {session.connector}", OBEYS, lambda: self._disobeyed(session))
        self._stopped(session.connector)

    def _disobeyed(self, session: Session) -> None:
        if session.ended is None:
            session.reason = None
            self.sessions.changed(session)
            self.desk.note("failed", f"connector {session.connector} goes on charging")

    # -- what is seen --------------------------------------------------------------------------------------------

    def changed(self, connector: int, now: str) -> None:
        """The connector is in another state."""
        if self.rules is None:
            return
        if now == "charging":
            self._close(connector)  # it does so again before the meter's last word came: that one is over, and this another
        session = self.sessions.open(connector)
        if session is None and now == "charging":
            self._begin(connector)
        elif session is not None and now in ("available", "finishing"):
            self._end(connector)
        else:
            self._stopped(connector)

    def _stopped(self, connector: int) -> None:
        """A session that was told to end does so when it does not charge any more."""
        session = self.sessions.open(connector)
        charging = self.states.of(connector).state == "charging"
        if self.rules is not None and session is not None and session.reason is not None and not charging:
            self._end(connector)

    def look(self, connector: int) -> None:
        """Something is known anew."""
        if not self.turning(connector) or self.polls.flying:
            return
        if not self.meters.awaited(connector) and not self.polls.lost:
            self._close(connector)
            self._open(connector)
        elif self.desk.rules.polls and not self.desk.runs(f"asking {connector}"):
            self.desk.timer(f"asking {connector}", ASK_AGAIN, lambda: self._ask(connector))

    def same(self, connector: int) -> None:
        """A station that names its sessions: another name is another session."""
        session = self.sessions.open(connector)
        if self.rules is None or self.rules.id is None or session is None:
            return
        id = _id(self.rules.id(self.desk.scope(connector)))
        if id is not None and session.id is None:
            session.id = id
            self.sessions.changed(session)
        elif id is not None and id != session.id and connector not in self._closing:
            self.sessions.end(session, self.meters.wh(connector), self.desk.now, "Other")
            self.over(connector)
            if self.states.of(connector).state == "charging":
                self._begin(connector)

    # -- begin and end -------------------------------------------------------------------------------------------

    def _begin(self, connector: int) -> None:
        """A session begins with the register as it was before, where that was heard."""
        before = self.meters.wh(connector) if self.meters.heard(connector) else None
        self._opening.setdefault(connector, Opening(self.desk.now, self.desk.at.mono, before))
        if before is None:
            self.meters.expect(connector)
        self._wait(f"opening {connector}", connector, self._open)

    def _open(self, connector: int) -> None:
        opening, rules, scope = self._opening.pop(connector, None), self.rules, self.desk.scope(connector)
        self.desk.cancel(f"opening {connector}")
        charging = self.states.of(connector).state == "charging"
        if opening is None or rules is None or self.sessions.open(connector) is not None or not charging:
            return  # it was over before it was known
        token, until = self._expected.pop(connector, (None, 0.0))
        if token is None or until < opening.mono:
            token = rules.token(scope) if rules.token is not None else None
        id = rules.id(scope) if rules.id is not None else None
        self._remark(connector, "begins")
        energy = self._first(connector) if opening.energy is None else opening.energy
        self.begun(self.sessions.begin(connector, str(token or ""), energy, opening.time, _id(id)))

    def _first(self, connector: int) -> int:
        """The register with which a session begins, heard by now or not."""
        if not self.meters.heard(connector):
            self.meters.unheard(connector)
        return self.meters.wh(connector)

    def _remark(self, connector: int, what: str) -> None:
        """A session begins or ends before all was heard that it needs: what is known is told."""
        lacks = [*([] if self.meters.heard(connector) else ["a word of the meter"]), *self.polls.lost]
        if lacks:
            self.desk.note("unheard", f"connector {connector}: a session {what} without {', '.join(lacks)}")

    def _end(self, connector: int) -> None:
        """The end of a session waits for the meter's last word."""
        if connector not in self._closing:
            self._closing[connector] = self.desk.now
            self.meters.expect(connector)
            self._wait(f"closing {connector}", connector, self._close)

    def _close(self, connector: int) -> None:
        when = self._closing.pop(connector, None)
        session = self.sessions.open(connector)
        self.desk.cancel(f"closing {connector}")
        if session is None or when is None:
            return
        self._remark(connector, "ends")
        self.sessions.end(session, self.meters.wh(connector), when, "EVDisconnected")
        self.over(connector)

    def _wait(self, name: str, connector: int, then: Callable[[int], None]) -> None:
        within = self.rules.within(self.desk.scope(connector)) if self.rules is not None else None
        self.desk.timer(name, float(within or 0), lambda: then(connector))
        self._ask(connector)

    def _ask(self, connector: int) -> None:
        """All that is polled is asked now, while a session turns."""
        if self.desk.up and self.turning(connector):
            self.polls.urge()


def _id(value: Any) -> str | None:
    return None if value is None else str(value)
