"""One station joined to its back end: carries the session's commands out and brings it what happened.

In: what the two ends, the journal and the clock say.  Out: calls on the two ends, commits.
Not here: any rule about what to do (`gateway.session`), or whom to let in (`gateway.doors`).

Events are taken one after the other: what a command causes at once waits until the commands before it are carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from gateway.ends.voice import Voice
from gateway.firings import Firings
from gateway.journal.contract import Journal, JournalFailed, Restored, Waiting
from gateway.links.later import NOW, Later, Now
from gateway.messages import Answer, Call, Side
from gateway.quirks.cures import Cures
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.session import Session
from gateway.timers import Clock, Timer

__all__ = ["BackendSide", "Clock", "Conversation", "End", "StationSide", "Surroundings"]


class End(Protocol):
    """One peer: `gateway.ends.frames.FrameEnd`, `gateway.ends.envelopes.EnvelopeEnd` or `gateway.ends.devices.DeviceEnd`."""

    exchange: bool

    @property
    def voice(self) -> Voice | None:
        """How it speaks, once that is known."""

    def ask(self, call: Call, within: float) -> None:
        """Send a call."""

    def answer(self, answer: Answer) -> None:
        """Send an answer."""

    def close(self, why: str) -> None:
        """Close; nothing more is heard."""

    def drop(self) -> None:
        """Close without a byte."""


class Surroundings(Protocol):
    """What a conversation needs of the whole gateway (`gateway.relay.Relay`)."""

    clock: Clock
    journal: Journal

    def wall(self) -> datetime:
        """The time, aware, in UTC."""

    def dial(self, conversation: Conversation) -> None:
        """Make the uplink; ``uplink_made`` or ``uplink_lost`` follows."""

    def restored(self, conversation: Conversation, found: Restored) -> None:
        """The journal told what it knows."""

    def learned(self, conversation: Conversation, what: do.Learned) -> None:
        """The station said who it is: choose its quirks again."""

    def acted(self, conversation: Conversation, command: do.Acted) -> None:
        """A switch of a quirk profile did something."""

    def noted(self, station: str, note: do.Note) -> None:
        """Count and trace what a station's session noted."""

    def committed(self, seconds: float) -> None:
        """The journal answered a commit after so many seconds."""

    def storing_failed(self, conversation: Conversation, failure: JournalFailed) -> None:
        """The journal could not store: nothing may be answered any more."""

    def crashed(self, conversation: Conversation, error: Exception) -> None:
        """A fault of ours: what this conversation holds in memory can no longer be trusted."""

    def ended(self, conversation: Conversation) -> None:
        """Neither side is there and nothing waits: forget it."""


class StationSide:
    """The owner of the station's end: what it says becomes events."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.detached = False

    def asked(self, call: Call, raw: str) -> None:
        """The station asks."""
        if not self.detached:
            self.conversation.feed(on.StationAsked(call, raw))

    def answered(self, answer: Answer) -> None:
        """The station answers."""
        self._feed(on.StationAnswered(answer))

    def failed(self, id: str, why: str, reached: bool, after: float = 0.0) -> None:
        """A call to the station failed."""
        self._feed(on.StationCallFailed(id, why, reached))

    def gone(self, why: str) -> None:
        """The station's link closed."""
        if not self.detached:
            self.conversation.station_gone()
            self._feed(on.StationLost(why))

    def _feed(self, event: on.Event) -> None:
        # A displaced link may still deliver what was in flight: it no longer speaks for the station.
        if not self.detached:
            self.conversation.feed(event)


class BackendSide:
    """The owner of the back end's end."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.detached = False

    def asked(self, call: Call, raw: str) -> None:
        """The back end asks."""
        self._feed(on.BackendAsked(call))

    def answered(self, answer: Answer) -> None:
        """The back end answers."""
        if not self.detached:
            self.conversation.feed(on.BackendAnswered(answer))

    def failed(self, id: str, why: str, reached: bool, after: float = 0.0) -> None:
        """A call to the back end failed: over separate exchanges that is all we can know of its link."""
        if not self.detached:
            self.conversation.uplink_lost(why, after)

    def gone(self, why: str) -> None:
        """The uplink closed."""
        if not self.detached:
            self.conversation.uplink_lost(why)

    def _feed(self, event: on.Event) -> None:
        if not self.detached:
            self.conversation.feed(event)


class Conversation:
    """One station's session with what it needs to act.  It begins asleep and wakes when the journal has told what it knows."""

    def __init__(self, station: str, session: Session, around: Surroundings, later: Later | Now = NOW) -> None:
        self.station, self.session, self.around, self._later = station, session, around, later
        self.station_end: End | None = None
        self.station_side: StationSide | None = None
        self.backend_end: End | None = None
        self.backend_side: BackendSide | None = None
        self.over = False
        self.attempt = 0
        self.known: do.Learned | None = None
        self.callback: str | None = None
        self.firings = Firings()
        self.cures: Mapping[Side, Cures] = {}
        """Of both ends, once they were chosen."""
        self._awake = False
        self._met = False  # whether anybody was here: before that it waits for whom it was made for
        self._events: list[on.Event] = []
        self._busy = False
        self._alarm: Timer | None = None
        session.turn.come = lambda: self.feed(on.TurnCame())

    # -- life ----------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Ask the journal what it knows; everything that happens before it answers waits."""
        self.around.journal.restore(self.station, self._restored)

    def _restored(self, found: Restored | JournalFailed) -> None:
        if self.over:
            return
        if isinstance(found, JournalFailed):
            self.around.storing_failed(self, found)
            return
        self._awake = True
        self.around.restored(self, found)
        self._events.insert(0, on.Opened(found))
        self._run()

    def feed(self, event: on.Event) -> None:
        """Something happened."""
        if not self.over:
            self._events.append(event)
            if len(self._events) == 1:
                self._later.add(self._run)

    @property
    def quiet(self) -> bool:
        """Whether nothing is in flight, and nothing has happened that the session does not know yet."""
        return not self._events and self.session.quiet

    def abandon(self) -> None:
        """Say nothing more to anyone: links are dropped without a byte, the alarm is off.  The journal has what counts."""
        self.over = True
        self.session.turn.end()
        self._events.clear()
        self._sleep()
        for side in (self.station_side, self.backend_side):
            if side is not None:
                side.detached = True
        for end in (self.station_end, self.backend_end):
            if end is not None:
                end.drop()

    def close(self, why: str) -> None:
        """Close both links politely and forget all else."""
        for end in (self.station_end, self.backend_end):
            if end is not None:
                end.close(why)
        self.abandon()

    # -- the two ends --------------------------------------------------------------------------------------------

    def station_here(self, end: End, side: StationSide) -> None:
        """The station came, perhaps over a new link: the old one no longer speaks for it."""
        self._detach_station("the station came back over a new link")
        self.station_end, self.station_side = end, side
        self._met = True
        self.feed(on.StationConnected(end.exchange))

    def station_gone(self) -> None:
        """The station's link closed by itself."""
        self.station_end = self.station_side = None

    def uplink_made(self, end: End, side: BackendSide) -> None:
        """The uplink stands."""
        self.backend_end, self.backend_side = end, side
        self._met = True
        self.feed(on.UplinkUp())

    def uplink_lost(self, why: str, after: float = 0.0) -> None:
        """The uplink broke, or could not be made; the back end asks to be left alone for ``after`` seconds."""
        self._detach_backend(None)
        self.feed(on.UplinkDown(why, after))

    # -- commands ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        if self._busy or not self._awake:
            return
        self._busy = True
        try:
            while self._events and not self.over:
                event = self._events.pop(0)
                at = on.Instant(self.around.clock.seconds(), self.around.wall())
                for command in self.session.receive(event, at):
                    _CARRY_OUT[type(command)](self, command)
        except Exception as error:  # a fault of ours: commands are lost, and with them an answer or a commit
            self.around.crashed(self, error)
        finally:
            self._busy = False
        if self.station_end is None and self._deserted:
            self.over = True
            self._sleep()
            self.session.turn.end()
            self.around.ended(self)

    @property
    def _deserted(self) -> bool:
        return self._met and self.backend_end is None and not self.over and self.session.idle

    def _answer_station(self, command: do.AnswerStation) -> None:
        if self.station_end is not None:
            self.station_end.answer(command.answer)

    def _call_station(self, command: do.CallStation) -> None:
        if self.station_end is not None:
            self.station_end.ask(command.call, command.within)
        else:
            self.feed(on.StationCallFailed(command.call.id, "the station is not connected", False))

    def _answer_backend(self, command: do.AnswerBackend) -> None:
        if self.backend_end is not None:
            self.backend_end.answer(command.answer)

    def _call_backend(self, command: do.CallBackend) -> None:
        if self.backend_end is not None:
            self.backend_end.ask(command.call, command.within)

    def _open_uplink(self, command: do.OpenUplink) -> None:
        self.attempt += 1
        self.around.dial(self)

    def _close_uplink(self, command: do.CloseUplink) -> None:
        # A dial that is still under way belongs to the attempt before, and its outcome will be ignored.
        self.attempt += 1
        self._detach_backend(command.why)

    def _close_station(self, command: do.CloseStation) -> None:
        self._detach_station(command.why)

    def _commit(self, command: do.Commit) -> None:
        begun = self.around.clock.seconds()
        self.session.load.commits += 1
        self.around.journal.commit(command.writes, partial(self._committed, command.tag, begun))

    def _committed(self, tag: int, begun: float, failure: JournalFailed | None) -> None:
        self.session.load.commits -= 1
        self.around.committed(self.around.clock.seconds() - begun)
        if self.over:
            return
        if failure is not None:
            self.around.storing_failed(self, failure)
            return
        self.feed(on.Committed(tag))

    def _fetch(self, command: do.Fetch) -> None:
        self.around.journal.waiting(self.station, command.first, self._fetched)

    def _fetched(self, found: Waiting | JournalFailed) -> None:
        if self.over:
            return
        if isinstance(found, JournalFailed):
            self.around.storing_failed(self, found)
            return
        self.feed(on.Fetched(found))

    def _wake(self, command: do.Wake) -> None:
        self._sleep()
        self._alarm = self.around.clock.callLater(command.seconds, self._woken)

    def _woken(self) -> None:
        self._alarm = None
        self.feed(on.Woken())

    def _sleep(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _note(self, command: do.Note) -> None:
        self.around.noted(self.station, command)

    def _learned(self, command: do.Learned) -> None:
        self.around.learned(self, command)

    def _acted(self, command: do.Acted) -> None:
        self.around.acted(self, command)

    def _detach_station(self, why: str) -> None:
        end, side = self.station_end, self.station_side
        self.station_end = self.station_side = None
        if side is not None:
            side.detached = True
        if end is not None:
            end.close(why)

    def _detach_backend(self, why: str | None) -> None:
        end, side = self.backend_end, self.backend_side
        self.backend_end = self.backend_side = None
        if side is not None:
            side.detached = True
        if end is not None:
            end.close(why or "")


_CARRY_OUT: dict[type, Callable[[Conversation, Any], None]] = {
    do.AnswerStation: Conversation._answer_station,
    do.CallStation: Conversation._call_station,
    do.AnswerBackend: Conversation._answer_backend,
    do.CallBackend: Conversation._call_backend,
    do.OpenUplink: Conversation._open_uplink,
    do.CloseUplink: Conversation._close_uplink,
    do.CloseStation: Conversation._close_station,
    do.Commit: Conversation._commit,
    do.Fetch: Conversation._fetch,
    do.Wake: Conversation._wake,
    do.Note: Conversation._note,
    do.Learned: Conversation._learned,
    do.Acted: Conversation._acted,
}
