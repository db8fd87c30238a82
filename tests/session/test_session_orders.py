"""The back end's calls: one at a time to the station, each answered exactly once, at most once carried out."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.messages import Error, Result
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.policy import Policy
from tests.memory_journal import MemoryJournal
from tests.session.scene import ACCEPTED, BOOT, GOOD, Carry, Scene, meter, start, stop
from tests.session.test_session_intake import begun
from tests.session.test_session_links import REJECTED, booted

CLEAR = "ClearCache"


def clears(play: Scene, id: str) -> None:
    play.commands(CLEAR, {}, id=id)


def does(play: Scene, order: Any, payload: dict[str, Any] | None = None) -> None:
    play >> on.StationAnswered(Result(order.id, order.action, payload or GOOD))


def test_a_command_goes_down_and_its_answer_up() -> None:
    with Scene() as play:
        play.online()
        clears(play, "b1")
        order = play.ordered(CLEAR)
        assert order.id != "b1"
        does(play, order)
        assert play.told("b1") == Result("b1", CLEAR, GOOD)


def test_an_error_of_the_station_reaches_the_back_end() -> None:
    with Scene() as play:
        play.online()
        clears(play, "b1")
        order = play.ordered(CLEAR)
        play >> on.StationAnswered(Error(order.id, order.action, "NotSupported", "no", {"a": 1}))
        assert play.told("b1") == Error("b1", CLEAR, "NotSupported", "no", {"a": 1})


def test_commands_go_one_at_a_time_in_order() -> None:
    with Scene() as play:
        play.online()
        clears(play, "b1")
        first = play.ordered(CLEAR)
        clears(play, "b2")
        clears(play, "b3")
        does(play, first)
        play.told("b1")
        second = play.ordered(CLEAR)
        does(play, second)
        play.told("b2")
        play.ordered(CLEAR)


def test_two_answers_are_one() -> None:
    with Scene() as play:
        play.online()
        clears(play, "b1")
        order = play.ordered(CLEAR)
        does(play, order)
        play.told("b1")
        does(play, order)
        assert play.notes == [("stray", {"peer": "station", "kind": "answer"})]


def test_the_station_has_its_time_and_a_late_answer_counts_for_nothing() -> None:
    with Scene() as play:
        play.online()
        clears(play, "b1")
        first = play.ordered(CLEAR)
        play >> 20.0
        clears(play, "b2")
        play >> 5.0
        assert play.told("b1").code == "InternalError"
        second = play.ordered(CLEAR)
        does(play, first)
        assert play.notes == [("stray", {"peer": "station", "kind": "answer"})]
        does(play, second)
        play.told("b2")


def test_a_command_that_waits_too_long_is_answered_and_never_carried_out() -> None:
    with Scene(Policy(station_call=25, call_deadline=30)) as play:
        play.online()
        clears(play, "b1")
        play.ordered(CLEAR)
        clears(play, "b2")
        clears(play, "b3")
        play >> 25.0
        play.told("b1")
        play.ordered(CLEAR)
        play >> 5.0
        assert [play.told(id).code for id in ("b2", "b3")] == ["InternalError"] * 2
        play >> 100.0


def test_too_many_commands_are_refused() -> None:
    with Scene(Policy(most_calls=2)) as play:
        play.online()
        clears(play, "b1")
        play.ordered(CLEAR)
        clears(play, "b2")
        clears(play, "b3")
        clears(play, "b4")
        assert play.told("b4").code == "InternalError"


def test_the_same_id_twice_is_one_command() -> None:
    with Scene() as play:
        play.online()
        clears(play, "b1")
        order = play.ordered(CLEAR)
        clears(play, "b1")
        does(play, order)
        play.told("b1")


def test_a_station_that_leaves_answers_for_all() -> None:
    with Scene() as play:
        play.online()
        clears(play, "b1")
        play.ordered(CLEAR)
        clears(play, "b2")
        play >> on.StationLost()
        assert {play.told(id).code for id in ("b1", "b2")} == {"InternalError"}
        clears(play, "b3")
        assert "not connected" in play.told("b3").description


def test_a_back_end_that_leaves_takes_its_commands_along() -> None:
    with Scene() as play:
        play.online()
        clears(play, "b1")
        order = play.ordered(CLEAR)
        clears(play, "b2")
        play >> on.UplinkDown("cut")
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        does(play, order)
        clears(play, "b1")
        play.ordered(CLEAR)


def test_an_exchange_that_fails_is_told_at_once() -> None:
    with Scene() as play:
        play.online(exchange=True)
        clears(play, "b1")
        order = play.ordered(CLEAR)
        play >> on.StationCallFailed(order.id, "refused", False)
        assert "refused" in play.told("b1").description
        play >> on.StationCallFailed(order.id, "refused", False)


# -- holding --------------------------------------------------------------------------------------------------------


def test_commands_wait_for_the_boot() -> None:
    with Scene() as play:
        play.online()
        boot = play.asks("BootNotification", BOOT)
        up = play.sent("BootNotification")
        clears(play, "b1")
        play.replies(up.id, up.action, ACCEPTED)
        play.answered(boot.id)
        play.ordered(CLEAR)


def test_commands_wait_while_the_station_thinks_it_is_rejected() -> None:
    with Scene() as play:
        play.online()
        booted(play, REJECTED)
        clears(play, "b1")
        play >> 20.0
        booted(play)
        play.ordered(CLEAR)


def test_a_quirk_lets_the_station_settle_after_its_boot() -> None:
    with Scene() as play:
        play.session.behave({"hold_calls_until_boot": 5})
        play.online()
        clears(play, "b1")
        play >> 3.0
        booted(play)
        play >> 4.9
        play >> 0.2
        order = play.ordered(CLEAR)
        does(play, order)
        play.told("b1")
        clears(play, "b2")
        play.ordered(CLEAR)


def test_a_soap_station_is_not_called_while_it_asks() -> None:
    with Scene() as play:
        play.online(exchange=True)
        call = play.asks("Authorize", {"idTag": "A"})
        up = play.sent("Authorize")
        clears(play, "b1")
        play >> 4.0
        play.replies(up.id, up.action, {"idTagInfo": GOOD})
        play.answered(call.id)
        play.ordered(CLEAR)


def test_a_soap_station_that_asks_for_long_is_called_all_the_same() -> None:
    with Scene() as play:
        play.online(exchange=True)
        play.asks("Authorize", {"idTag": "A"})
        play.sent("Authorize")
        clears(play, "b1")
        play >> 4.9
        play >> 0.2
        play.ordered(CLEAR)


def test_a_websocket_station_is_called_while_it_asks() -> None:
    with Scene() as play:
        play.online()
        play.asks("Authorize", {"idTag": "A"})
        play.sent("Authorize")
        clears(play, "b1")
        play.ordered(CLEAR)


# -- ids and reasons ------------------------------------------------------------------------------------------------


def test_a_remote_stop_names_our_id_to_the_station_and_is_the_reason() -> None:
    with Scene() as play:
        play.online()
        ours = begun(play, 77)
        play.commands("RemoteStopTransaction", {"transactionId": 77}, id="b1")
        order = play.ordered("RemoteStopTransaction")
        assert order.payload == {"transactionId": ours}
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        play.sent("StopTransaction")
        does(play, order)
        play.told("b1")
        assert play.session.transactions.stop_reason(ours) == "remote"


def test_a_refused_remote_stop_is_no_reason() -> None:
    with Scene() as play:
        play.online()
        ours = begun(play, 77)
        play.commands("RemoteStopTransaction", {"transactionId": 77}, id="b1")
        does(play, play.ordered("RemoteStopTransaction"), {"status": "Rejected"})
        play.told("b1")
        assert play.session.transactions.stop_reason(ours) is None


@pytest.mark.parametrize(("kind", "reason"), [("Hard", "hard_reset"), ("Soft", "soft_reset")])
def test_a_reset_is_the_reason_even_after_a_restart(kind: str, reason: str) -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        ours = begun(play, 77)
        play.commands("Reset", {"type": kind}, id="b1")
        does(play, play.ordered("Reset"))
        play.told("b1")
    with Scene(journal=journal) as play:
        play.open()
        assert play.session.transactions.stop_reason(ours) == reason


def test_a_transaction_of_nobody_is_refused_in_the_commands_own_words() -> None:
    with Scene() as play:
        play.online()
        begun(play, 77)
        play.commands("RemoteStopTransaction", {"transactionId": 4711}, id="b1")
        assert play.told("b1") == Result("b1", "RemoteStopTransaction", {"status": "Rejected"})


def test_of_two_transactions_with_one_id_the_open_one_is_meant() -> None:
    with Scene() as play:
        play.online()
        first = begun(play, 0, connector=1)
        second = begun(play, 0, connector=2, token="XYZ")
        play.answered(play.asks("StopTransaction", stop(second)).id)
        up = play.sent("StopTransaction")
        play.replies(up.id, up.action, {})
        play.commands("RemoteStopTransaction", {"transactionId": 0}, id="b1")
        assert play.ordered("RemoteStopTransaction").payload == {"transactionId": first}


def test_a_transaction_from_before_us_may_be_stopped_while_we_take_over() -> None:
    with Scene(Policy(takeover=60)) as play:
        play.online()
        play.commands("RemoteStopTransaction", {"transactionId": 4711}, id="b1")
        assert play.ordered("RemoteStopTransaction").payload == {"transactionId": 4711}


def test_the_tables_may_answer_a_command() -> None:
    with Scene() as play:
        play.online()
        down = play.session.desk.down
        assert isinstance(down, Carry)
        down.says[CLEAR] = {"action": None, "answer": {"status": "Rejected"}}
        clears(play, "b1")
        assert play.told("b1").payload == {"status": "Rejected"}


# -- stopping -------------------------------------------------------------------------------------------------------


def test_a_gateway_that_stops_finishes_and_takes_nothing_new() -> None:
    with Scene() as play:
        play.online()
        clears(play, "b1")
        order = play.ordered(CLEAR)
        held = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play >> on.Stopping()
        play.answered(held.id)
        clears(play, "b2")
        assert "stopping" in play.told("b2").description
        does(play, order)
        play.told("b1")
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": GOOD})
        play.answered(play.asks("MeterValues", meter()).id)
        play >> 10.0
