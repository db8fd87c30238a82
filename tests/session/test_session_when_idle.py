"""A restart that waits until nobody charges: promised once it is stored, sent once, forgotten when the station boots."""

from __future__ import annotations

from gateway.messages import Result
from gateway.session import commands as do
from gateway.session import events as on
from tests.memory_journal import MemoryJournal
from tests.session.scene import BOOT, GOOD, Scene, start, stop

KIND = "1.6-2.0.1"


def charging(play: Scene) -> int:
    play.online()
    call = play.asks("StartTransaction", start())
    up = play.sent("TransactionEvent")
    play.replies(up.id, up.action, {})
    number: int = play.answered(call.id).payload["transactionId"]
    return number


def promised(play: Scene, id: str = "b1") -> None:
    play.commands("Reset", {"type": "OnIdle"}, id=id)
    assert play.told(id).payload == {"status": "Scheduled"}


def stops(play: Scene, number: int) -> None:
    call = play.asks("StopTransaction", stop(number))
    play.answered(call.id)


def test_it_is_sent_when_the_last_transaction_ends() -> None:
    with Scene(kind=KIND) as play:
        number = charging(play)
        promised(play)
        promised(play, "b2")
        play >> 60.0
        stops(play, number)
        up = play.sent("TransactionEvent")
        order = play.ordered("Reset")
        assert order.payload == {"type": "Soft"}
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        play.replies(up.id, up.action, {})
        play >> 60.0


def test_it_is_promised_when_it_is_stored() -> None:
    with Scene(kind=KIND, slow=True) as play:
        play.online()
        play.asks("StartTransaction", start())
        play << do.Commit
        play >> on.Committed(play.last.tag)
        play.unheard.clear()
        play.commands("Reset", {"type": "OnIdle"}, id="b1")
        play << do.Commit
        play >> on.Committed(play.last.tag)
        play.told("b1")


def test_it_outlives_a_crash() -> None:
    journal = MemoryJournal()
    with Scene(kind=KIND, journal=journal) as play:
        number = charging(play)
        promised(play)
        play.unheard.clear()
    with Scene(kind=KIND, journal=journal, life="h") as play:
        play.online()
        stops(play, number)
        play.sent("TransactionEvent")
        play.ordered("Reset")
        play.unheard.clear()
    with Scene(kind=KIND, journal=journal, life="i") as play:
        play.online()
        play.unheard.clear()
        play >> 25.0
        assert not any(isinstance(said, do.CallStation) for said in play.unheard)
        play.unheard.clear()


def test_a_station_that_boots_has_restarted() -> None:
    with Scene(kind=KIND) as play:
        number = charging(play)
        promised(play)
        play.asks("BootNotification", BOOT)
        play.unheard.clear()
        stops(play, number)
        play.unheard.clear()
        play >> 60.0
        assert not any(isinstance(said, do.CallStation) for said in play.unheard)
        play.unheard.clear()


def test_where_nobody_charges_it_is_sent_at_once() -> None:
    with Scene(kind=KIND) as play:
        play.online()
        play.commands("Reset", {"type": "OnIdle"}, id="b1")
        order = play.ordered("Reset")
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        assert play.told("b1").payload == GOOD
