"""One conversation's workings: order of events, timers, sleep until the journal has spoken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway.journal.contract import Restored
from tests.office import Office, json_to_soap


class Slow:
    """A journal that restores when told to."""

    def __init__(self, journal: Any) -> None:
        self.journal, self.waiting = journal, []  # type: ignore[var-annotated]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.journal, name)

    def restore(self, station: str, done: Any) -> None:
        self.waiting.append(done)


def test_what_happens_before_the_journal_has_spoken_waits(tmp_path: Path) -> None:
    office = Office(tmp_path, json_to_soap(tmp_path))
    slow = office.relay.journal = Slow(office.journal)
    socket = office.connect().socket
    assert socket is not None
    socket.say(2, "1", "Heartbeat", {})
    assert socket.sent == []
    slow.waiting[0](Restored())
    assert socket.sent[0][:2] == [3, "1"]


def test_a_journal_that_cannot_be_read_costs_the_link_not_an_answer(tmp_path: Path) -> None:
    from gateway.journal.contract import JournalFailed

    office = Office(tmp_path, json_to_soap(tmp_path))
    slow = office.relay.journal = Slow(office.journal)
    socket = office.connect().socket
    assert socket is not None
    socket.say(2, "1", "Heartbeat", {})
    slow.waiting[0](JournalFailed("unreadable"))
    assert socket.sent == []
    assert socket.end is not None


def test_an_uplink_that_comes_too_late_is_closed(tmp_path: Path) -> None:
    from twisted.internet.defer import Deferred

    from tests.office import Socket

    office = Office(tmp_path)
    pending: list[Any] = []

    def dial(url: str, names: Any, headers: Any, receiver: Any, backend: Any) -> Deferred[Any]:
        pending.append((Deferred(), Socket(receiver, names[0])))
        return pending[-1][0]  # type: ignore[no-any-return]

    office.relay._dial = dial
    office.boot()
    office.relay.conversations["CP1"].abandon()
    made, socket = pending[0]
    made.callback(socket)
    assert socket.end is not None
    office.clock.advance(1)
    assert office.clock.getDelayedCalls() == []


def test_an_abandoned_conversation_is_silent(tmp_path: Path) -> None:
    office = Office(tmp_path)
    wire = office.boot()
    conversation = office.relay.conversations["CP1"]
    conversation.abandon()
    office.uplinks[0].say(3, office.uplinks[0].calls("BootNotification")[0][1], {})
    assert wire.answer is None
    assert wire.ended
