"""What the simulation found (``make simulate``), each as the shortest dialogue that shows it."""

from __future__ import annotations

from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.policy import Policy
from tests.memory_journal import MemoryJournal
from tests.session.scene import ACCEPTED, BOOT, GOOD, Scene, start, stop


def left_behind() -> MemoryJournal:
    """A start and its stop that wait in the journal."""
    journal = MemoryJournal()
    with Scene(Policy(answer_within=1), journal) as play:
        play.open()
        play >> on.StationConnected(exchange=False)
        play << do.OpenUplink
        play >> on.UplinkDown("refused")
        boot = play.asks("BootNotification", BOOT)
        play.answered(boot.id)
        ours = play.answered(play.asks("StartTransaction", start()).id).payload["transactionId"]
        play.answered(play.asks("StopTransaction", stop(ours)).id)
    return journal


def test_a_stop_waits_until_its_start_cannot_come_again() -> None:
    """A kill between the two would send the start once more, behind its stop: to a back end that is another transaction."""
    journal = left_behind()
    with Scene(slow=True) as play:
        play.open(journal.restored())
        play << do.OpenUplink
        play >> on.UplinkUp()
        boot = play.sent("BootNotification")
        play.replies(boot.id, boot.action, ACCEPTED)
        play << do.Commit
        counted = settle(play, journal)
        assert counted.action == "StartTransaction"
        play.replies(counted.id, counted.action, {"transactionId": 77, "idTagInfo": GOOD})
        play << do.Commit
        marked = play.last.tag
        play >> on.Committed(marked)
        assert settle(play, journal).action == "StopTransaction"


def settle(play: Scene, journal: MemoryJournal) -> do.Call:
    """Store what is to be stored, until something goes up."""
    for _ in range(5):
        said, play.unheard = play.unheard, []
        for command in said:
            if isinstance(command, do.CallBackend):
                return command.call
            fetched = isinstance(command, do.Fetch)
            play >> (on.Fetched(journal.waiting(command.first)) if fetched else on.Committed(command.tag))
    raise AssertionError("nothing went up")


def test_a_clock_that_was_set_back_opens_no_takeover() -> None:
    journal = MemoryJournal()
    with Scene(Policy(), journal) as play:
        play.online()
        play.answered(play.asks("MeterValues", {"connectorId": 1, "meterValue": []}).id)
        play.unheard.clear()
    journal.values["since"] = "2026-03-02T12:00:00.000Z"
    with Scene(Policy(takeover=0), journal) as play:
        play.online()
        play.unheard.clear()
        call = play.asks("StopTransaction", stop(4711))
        assert ("flag", {"why": "foreign"}) in play.notes
        play.answered(call.id)
        play.unheard.clear()
