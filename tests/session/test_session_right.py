"""Stations that name their transactions themselves: on a back end that gives numbers, and on one that takes their names."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.dialects.schema import Dialect
from gateway.journal.contract import Append, PutTransaction
from gateway.messages import Call, Error, Payload, Result
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.policy import Policy
from tests.memory_journal import MemoryJournal
from tests.session.scene import GOOD, Scene, dialects

TX = "5a0c1f2e-transaction"
TOKEN = {"idToken": "ABC", "type": "ISO14443"}
ACCEPTED = {"idTagInfo": GOOD}


def scene(policy: Policy | None = None, journal: MemoryJournal | None = None, kind: str = "right", **which: Any) -> Scene:
    return Scene(policy, journal, kind=kind, **which)


def later(journal: MemoryJournal, kind: str = "right") -> Scene:
    return Scene(None, journal, kind=kind, life="h", seed=2)


def event(
    kind: str = "Updated", seq: int = 1, minute: int = 0, token: Any = None, evse: int | None = None, tx: str = TX, **more: Any
) -> Payload:
    made = {"eventType": kind, "timestamp": f"2026-03-01T12:{minute:02}:00Z", "triggerReason": "Trigger", "seqNo": seq, **more}
    made["transactionInfo"] = {"transactionId": tx}
    made |= {"idToken": token} if token is not None else {}
    made |= {"evse": {"id": evse, "connectorId": 1}} if evse is not None else {}
    new: Dialect = dialects()["ocpp2.0.1"]
    return new.check("call", "TransactionEvent", made)


def reading(seq: int, minute: int, value: str = "15", **more: Any) -> Payload:
    from decimal import Decimal

    sample = {"timestamp": f"2026-03-01T12:{minute:02}:00Z", "sampledValue": [{"value": Decimal(value)}]}
    return event("Updated", seq, minute, meterValue=[sample], **more)


def tells(play: Scene, payload: Payload, id: str | None = None) -> Call:
    return play.asks("TransactionEvent", payload, id)


def sent(play: Scene, action: str) -> Call:
    call = play.sent(action)
    play.session.desk.backend.check("call", call.action, call.payload)
    return call


def begun(play: Scene, tx: str = TX, backend_id: int = 77, evse: int = 1, minute: int = 0) -> Any:
    """A transaction that both sides know; its record."""
    call = tells(play, event("Started", 0, minute, TOKEN, evse, tx))
    up = sent(play, "StartTransaction")
    play.replies(up.id, up.action, {"transactionId": backend_id, **ACCEPTED})
    assert play.answered(call.id).payload == {"idTokenInfo": GOOD}
    return play.session.transactions.called(tx)


# -- the station's name and the back end's number ---------------------------------------------------------------------


def test_the_station_keeps_its_name_and_the_back_end_its_number() -> None:
    with scene() as play:
        play.online()
        of = begun(play)
        assert (of.station_id, of.backend_id, of.connector, of.token) == (TX, "77", 1, "ABC")
        play.answered(tells(play, reading(1, 5)).id)
        up = sent(play, "MeterValues")
        assert up.payload["transactionId"] == 77
        play.replies(up.id, up.action, {})
        play.answered(tells(play, event("Ended", 2, 9)).id)
        up = sent(play, "StopTransaction")
        assert up.payload["transactionId"] == 77
        play.replies(up.id, up.action, {})
        assert play.session.transactions.called(TX).ended is not None  # type: ignore[union-attr]


def test_the_row_holds_our_number_as_text() -> None:
    with scene(slow=True) as play:
        play.online()
        tells(play, event("Started", 0, 0, TOKEN, 1))
        play << do.Commit
        (row,) = [w.row for w in play.last.writes if isinstance(w, Append)]
        (made,) = [w.transaction for w in play.last.writes if isinstance(w, PutTransaction)]
        assert row.transaction == made.gateway_id
        assert f'"transactionId":"{made.gateway_id}"' in row.payload
        assert TX not in row.payload


def test_t14_a_transaction_may_begin_before_its_token_is_known() -> None:
    with scene() as play:
        play.online()
        play.answered(tells(play, event("Started", 0, 0, evse=1)).id)
        call = tells(play, event("Updated", 1, 3, TOKEN))
        up = sent(play, "StartTransaction")
        assert (up.payload["idTag"], up.payload["connectorId"]) == ("ABC", 1)
        play.replies(up.id, up.action, {"transactionId": 5, **ACCEPTED})
        assert play.answered(call.id).payload == {"idTokenInfo": GOOD}
        of = play.session.transactions.called(TX)
        assert of is not None
        assert (of.token, of.connector, of.backend_id) == ("ABC", 1, "5")
        assert play.journal is not None
        assert play.journal.transactions[of.gateway_id].backend_id == "5"


def test_t6_readings_wait_for_the_number() -> None:
    with scene() as play:
        play.online()
        call = tells(play, event("Started", 0, 0, TOKEN, 1))
        up = sent(play, "StartTransaction")
        play.answered(tells(play, reading(1, 2)).id)
        play.replies(up.id, up.action, {"transactionId": 9, **ACCEPTED})
        play << do.AnswerStation
        assert play.last.answer.id == call.id
        assert sent(play, "MeterValues").payload["transactionId"] == 9


def test_one_event_may_be_start_readings_and_stop_the_number_bound_between_them() -> None:
    with scene() as play:
        play.online()
        whole = reading(0, 8, token=TOKEN, evse=1) | {"eventType": "Ended"}
        call = tells(play, whole)
        up = sent(play, "StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 31, **ACCEPTED})
        up = sent(play, "MeterValues")
        assert up.payload["transactionId"] == 31
        play.replies(up.id, up.action, {})
        up = sent(play, "StopTransaction")
        assert up.payload["transactionId"] == 31
        play.replies(up.id, up.action, {})
        assert play.answered(call.id).payload == {"idTokenInfo": GOOD}


def test_a_restart_between_two_messages_of_an_event_keeps_the_binding() -> None:
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        tells(play, reading(0, 8, token=TOKEN, evse=1) | {"eventType": "Ended"})
        up = sent(play, "StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 31, **ACCEPTED})
        sent(play, "MeterValues")
    with later(journal) as play:
        play.open() << do.OpenUplink
        play >> on.UplinkUp()
        up = sent(play, "MeterValues")
        assert up.payload["transactionId"] == 31
        play.replies(up.id, up.action, {})
        assert sent(play, "StopTransaction").payload["transactionId"] == 31


def test_an_event_asked_again_after_a_restart_is_answered_by_facts() -> None:
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        tells(play, event("Started", 0, 0, TOKEN, 1))
        sent(play, "StartTransaction")
    with later(journal) as play:
        play.open() << do.OpenUplink
        play >> on.StationConnected()
        call = tells(play, event("Started", 0, 0, TOKEN, 1))
        play >> on.UplinkUp()
        up = sent(play, "StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 3, "idTagInfo": {"status": "Blocked"}})
        assert play.answered(call.id).payload == {"idTokenInfo": {"status": "Blocked"}}


# -- repeats ----------------------------------------------------------------------------------------------------------


def test_a_repeated_event_is_answered_from_the_store() -> None:
    with scene() as play:
        play.online()
        begun(play)
        assert play.answered(tells(play, event("Started", 0, 0, TOKEN, 1)).id).payload == {"idTokenInfo": GOOD}
        play.answered(tells(play, event("Updated", 1, 1)).id)
        play.answered(tells(play, event("Updated", 1, 1)).id)
        play.answered(tells(play, event("Ended", 2, 2)).id)
        up = sent(play, "StopTransaction")
        play.replies(up.id, up.action, {})
        play.answered(tells(play, event("Ended", 2, 2)).id)
        assert play.answered(tells(play, event("Started", 0, 0, TOKEN, 1)).id).payload == {"idTokenInfo": GOOD}
        assert play.journal is not None
        assert len(play.journal.rows) == 3


def test_an_event_repeated_while_it_is_held_waits_with_the_first() -> None:
    with scene() as play:
        play.online()
        one = tells(play, event("Started", 0, 0, TOKEN, 1))
        up = sent(play, "StartTransaction")
        two = tells(play, event("Started", 0, 0, TOKEN, 1))
        play.replies(up.id, up.action, {"transactionId": 9, **ACCEPTED})
        assert play.answered(one.id).payload == play.answered(two.id).payload


def test_t15_events_may_come_in_another_order() -> None:
    with scene() as play:
        play.online()
        play.answered(tells(play, event("Updated", 1, 5, evse=1)).id)
        of = play.session.transactions.called(TX)
        assert of is not None
        assert of.flags == "joined"
        call = tells(play, event("Started", 0, 1, TOKEN, 1))
        up = sent(play, "StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 9, **ACCEPTED})
        play.answered(call.id)
        of = play.session.transactions.called(TX)
        assert of is not None
        assert (of.flags, of.started) == ("", "2026-03-01T12:01:00Z")


def test_a_second_different_end_is_kept_aside() -> None:
    with scene() as play:
        play.online()
        begun(play)
        play.answered(tells(play, event("Ended", 2, 2)).id)
        up = sent(play, "StopTransaction")
        play.replies(up.id, up.action, {})
        play.answered(tells(play, event("Ended", 3, 3)).id)
        assert play.journal is not None
        assert [row.flags for row in play.journal.state("parked")] == ["again"]


def test_an_event_after_the_end_is_still_of_its_transaction() -> None:
    with scene() as play:
        play.online()
        of = begun(play)
        play.answered(tells(play, event("Ended", 3, 9)).id)
        up = sent(play, "StopTransaction")
        play.replies(up.id, up.action, {})
        play.answered(tells(play, reading(2, 8)).id)
        assert sent(play, "MeterValues").payload["transactionId"] == 77
        assert play.journal is not None
        assert play.journal.rows[3].transaction == of.gateway_id


def test_a_transaction_from_before_us_is_joined() -> None:
    with scene() as play:
        play.online()
        call = tells(play, reading(7, 5, token=TOKEN, evse=2))
        up = sent(play, "StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 9, **ACCEPTED})
        up = sent(play, "MeterValues")
        play.replies(up.id, up.action, {})
        play.answered(call.id)
        of = play.session.transactions.called(TX)
        assert of is not None
        assert of.flags == "joined"


# -- answers made here ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("choice", "said"), [("accept", "Accepted"), ("refuse", "Invalid"), ("last_known", "Accepted")])
def test_without_an_uplink_a_token_is_answered_by_policy(choice: Any, said: str) -> None:
    with scene(Policy(start_offline=choice)) as play:
        play.online()
        play >> on.UplinkDown("cut")
        assert play.answered(tells(play, event("Started", 0, 0, TOKEN, 1)).id).payload == {"idTokenInfo": {"status": said}}
        assert play.answered(tells(play, event("Updated", 1, 1)).id).payload == {}, "no token, no word on it"


def test_a_late_refusal_stops_the_transaction_by_the_stations_name() -> None:
    with scene(Policy(late_refusal="remote_stop")) as play:
        play.online()
        call = tells(play, event("Started", 0, 0, TOKEN, 1))
        up = sent(play, "StartTransaction")
        play >> 10.0
        assert play.answered(call.id).payload == {"idTokenInfo": GOOD}
        play.replies(up.id, up.action, {"transactionId": 9, "idTagInfo": {"status": "Blocked"}})
        assert play.ordered("RequestStopTransaction").payload == {"transactionId": TX}


def test_e12_a_token_is_owed_a_word_though_the_flow_has_none() -> None:
    with scene() as play:
        play.online()
        begun(play)
        call = tells(play, reading(1, 5, token=TOKEN))
        up = sent(play, "MeterValues")
        play.replies(up.id, up.action, {})
        assert play.answered(call.id).payload == {"idTokenInfo": GOOD}


def test_another_token_in_the_transaction_does_not_change_whose_it_is() -> None:
    with scene() as play:
        play.online()
        begun(play)
        other = {"idToken": "XYZ", "type": "ISO14443"}
        play.answered(tells(play, event("Updated", 1, 5, other)).id)
        of = play.session.transactions.called(TX)
        assert of is not None
        assert of.token == "ABC"


# -- commands ---------------------------------------------------------------------------------------------------------


def test_a_stop_by_the_back_ends_number_reaches_the_station_by_its_name() -> None:
    with scene() as play:
        play.online()
        of = begun(play)
        play.commands("RemoteStopTransaction", {"transactionId": 77}, id="b1")
        order = play.ordered("RequestStopTransaction")
        assert order.payload == {"transactionId": TX}
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        assert play.told("b1").payload == GOOD
        assert play.session.transactions.stop_reason(of.gateway_id) == "remote"


def test_a_stop_of_what_is_not_bound_yet_is_refused() -> None:
    with scene() as play:
        play.online()
        tells(play, event("Started", 0, 0, TOKEN, 1))
        sent(play, "StartTransaction")
        play.commands("RemoteStopTransaction", {"transactionId": 77}, id="b1")
        assert play.told("b1").payload == {"status": "Rejected"}


def test_the_number_of_a_remote_start_is_never_given_twice() -> None:
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        play.commands("RemoteStartTransaction", {"idTag": "ABC"}, id="b1")
        assert play.ordered("RequestStartTransaction").payload["remoteStartId"] == 1
    with later(journal) as play:
        play.online()
        play.commands("RemoteStartTransaction", {"idTag": "ABC"}, id="b1")
        assert play.ordered("RequestStartTransaction").payload["remoteStartId"] == 2


# -- the same version on both sides -----------------------------------------------------------------------------------


def test_on_one_rung_everything_stays_as_it_was() -> None:
    with scene(kind="new") as play:
        play.online()
        asked = event("Started", 0, 0, TOKEN, 1, customData={"vendorId": "x", "y": 1})
        call = tells(play, asked)
        up = sent(play, "TransactionEvent")
        assert up.payload == asked
        assert list(up.payload) == list(asked)
        play.replies(up.id, up.action, {"idTokenInfo": GOOD, "totalCost": 3})
        assert play.answered(call.id).payload == {"idTokenInfo": GOOD, "totalCost": 3}
        of = play.session.transactions.called(TX)
        assert of is not None
        assert of.backend_id == f'"{TX}"'


def test_on_one_rung_a_stop_by_a_name_that_we_never_heard_is_the_stations_to_judge() -> None:
    with scene(kind="new") as play:
        play.online()
        play.commands("RequestStopTransaction", {"transactionId": "from before"}, id="b1")
        order = play.ordered("RequestStopTransaction")
        assert order.payload == {"transactionId": "from before"}
        play >> on.StationAnswered(Error(order.id, order.action, "InternalError"))
        assert play.told("b1").code == "InternalError"


def test_on_one_rung_a_name_that_looks_like_our_number_is_not_taken_for_it() -> None:
    with scene(kind="new") as play:
        play.online()
        call = tells(play, event("Started", 0, 0, TOKEN, 1))
        up = sent(play, "TransactionEvent")
        play.replies(up.id, up.action, {"idTokenInfo": GOOD})
        play.answered(call.id)
        number = next(iter(play.session.transactions.open())).gateway_id
        play.commands("RequestStopTransaction", {"transactionId": str(number)}, id="b1")
        assert play.ordered("RequestStopTransaction").payload == {"transactionId": str(number)}


def test_on_one_rung_what_the_back_end_says_is_passed_on() -> None:
    with scene(kind="new") as play:
        play.online()
        call = tells(play, event("Updated", 4, 0))
        up = sent(play, "TransactionEvent")
        play.replies(up.id, up.action, {"totalCost": 5})
        assert play.answered(call.id).payload == {"totalCost": 5}


# -- states -----------------------------------------------------------------------------------------------------------


def test_a_state_of_an_evse_is_news() -> None:
    with scene() as play:
        play.online()
        state = {"timestamp": "2026-03-01T12:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
        play.answered(play.asks("StatusNotification", state).id)
        play.sent("StatusNotification")
