"""A 1.6 station on a 2.0.1 back end: what a row becomes is made once, stored with its numbers, and sent message by message."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.journal.contract import Mark, PutRegisters, PutTransaction, Restored
from gateway.messages import Call, Error, Payload, Result
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.policy import Policy
from tests.memory_journal import MemoryJournal
from tests.session.scene import GOOD, Scene, dialects, meter, start, status, stop
from tests.session.toys import Toy

TOKEN = {"idTokenInfo": GOOD}


def scene(policy: Policy | None = None, journal: MemoryJournal | None = None, **which: Any) -> Scene:
    return Scene(policy, journal, kind="left", **which)


def later(journal: MemoryJournal) -> Scene:
    """The next life of the gateway, on the same journal; its ids are others."""
    return Scene(None, journal, kind="left", life="h", seed=2)


def sent(play: Scene, action: str = "TransactionEvent") -> Call:
    """What goes up next, valid in the back end's dialect."""
    call = play.sent(action)
    dialects()["ocpp2.0.1"].check("call", call.action, call.payload)
    return call


def told(call: Call) -> tuple[str, int, str]:
    """Kind, number and transaction of an event."""
    return call.payload["eventType"], call.payload["seqNo"], call.payload["transactionInfo"]["transactionId"]


def begun(play: Scene, connector: int = 1, minute: int = 0) -> tuple[int, str]:
    """A transaction that both sides know: the station's number, the back end's name."""
    call = play.asks("StartTransaction", start(connector, minute=minute))
    up = sent(play)
    assert told(up)[:2] == ("Started", 0)
    play.replies(up.id, up.action, TOKEN)
    return play.answered(call.id).payload["transactionId"], told(up)[2]


def back_again(play: Scene) -> None:
    """The uplink of a session from before, up at once (the station never booted in these tests)."""
    play.open() << do.OpenUplink
    play >> on.UplinkUp()


# -- names ------------------------------------------------------------------------------------------------------------


def test_we_name_the_transaction_in_the_commit_of_its_start() -> None:
    with scene(slow=True) as play:
        play.online()
        play.asks("StartTransaction", start())
        play << do.Commit
        (put,) = [w.transaction for w in play.last.writes if isinstance(w, PutTransaction)]
        assert put.backend_id == '"g1"', "an id of ours, as the back end will see it in its JSON"
        assert put.station_id == str(put.gateway_id)


def test_the_station_knows_a_number_and_the_back_end_a_name() -> None:
    with scene() as play:
        play.online()
        ours, theirs = begun(play)
        assert ours > 0
        play.answered(play.asks("MeterValues", meter(ours)).id)
        up = sent(play)
        assert told(up) == ("Updated", 1, theirs)
        play.replies(up.id, up.action, {})
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        up = sent(play)
        assert told(up) == ("Ended", 2, theirs)
        play.replies(up.id, up.action, {})
        play >> 1.0
        assert play.journal is not None
        assert not play.journal.state("queued")


def test_a_transaction_from_before_the_back_end_wanted_names_gets_one() -> None:
    journal = MemoryJournal()
    with Scene(None, journal) as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play >> on.UplinkDown("cut")
        assert play.answered(call.id)
    ours = next(iter(journal.transactions))
    assert journal.transactions[ours].backend_id is None
    assert up.payload["meterStart"] == 10
    with later(journal) as play:
        back_again(play)
        assert told(sent(play)) == ("Started", 0, "h1")
        assert journal.transactions[ours].backend_id == '"h1"'


# -- rendered once ----------------------------------------------------------------------------------------------------


def test_numbers_are_on_disk_before_the_first_byte_leaves() -> None:
    with scene(slow=True) as play:
        play.online()
        play.asks("StartTransaction", start())
        play << do.Commit
        play >> on.Committed(play.last.tag) << do.Commit
        mark, registers = play.last.writes
        assert isinstance(mark, Mark)
        assert mark.rendered is not None
        assert [action for action, _ in mark.rendered.messages] == ["TransactionEvent"]
        assert isinstance(registers, PutRegisters)
        assert list(registers.values) == ["seq"]
        play >> on.Committed(play.last.tag)
        sent(play)


def test_a_retry_is_the_same_rendering_under_a_new_message_id() -> None:
    with scene() as play:
        play.online()
        call = play.asks("StartTransaction", start())
        first = sent(play)
        play >> on.UplinkDown("cut")
        assert play.answered(call.id).payload["idTagInfo"] == GOOD, "answered here"
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        second = sent(play)
        assert second.id != first.id
        assert second.payload == first.payload


def test_a_row_of_several_messages_sends_them_one_after_another() -> None:
    with scene() as play:
        play.online()
        ours, theirs = begun(play)
        two = {**meter(ours), "meterValue": [*meter(minute=10)["meterValue"], *meter(minute=11)["meterValue"]]}
        play.answered(play.asks("MeterValues", two).id)
        first = sent(play)
        assert told(first) == ("Updated", 1, theirs)
        play.replies(first.id, first.action, {})
        second = sent(play)
        assert told(second) == ("Updated", 2, theirs)
        play.replies(second.id, second.action, {})
        play >> 1.0
        assert play.journal is not None
        assert not play.journal.state("queued")


def test_a_restart_between_the_commit_and_the_send_mints_nothing_anew() -> None:
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        ours, theirs = begun(play)
        play.answered(play.asks("MeterValues", meter(ours)).id)
        before = sent(play)
    with later(journal) as play:
        back_again(play)
        again = sent(play)
        assert again.payload == before.payload
        assert again.id != before.id
        play.replies(again.id, again.action, {})
        play >> on.StationConnected()
        play.answered(play.asks("MeterValues", meter(ours, minute=12)).id)
        assert told(sent(play)) == ("Updated", 2, theirs)


def test_a_restart_between_two_messages_of_a_row_goes_on_with_the_second() -> None:
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        ours, theirs = begun(play)
        two = {**meter(ours), "meterValue": [*meter(minute=10)["meterValue"], *meter(minute=11)["meterValue"]]}
        play.answered(play.asks("MeterValues", two).id)
        first = sent(play)
        play.replies(first.id, first.action, {})
        sent(play)
        play >> 1.0  # progress rides along with the next commit, or soon
        (row,) = journal.state("queued")
        assert row.rendered is not None
        assert row.rendered.done == 1
    with later(journal) as play:
        back_again(play)
        again = sent(play)
        assert told(again) == ("Updated", 2, theirs)
        play.replies(again.id, again.action, {})
        play >> 1.0
        assert not journal.state("queued")


def test_a_restart_after_the_answer_and_before_the_mark_says_it_again_and_no_more() -> None:
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        ours, _ = begun(play)
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        before = sent(play)
        play.replies(before.id, before.action, {})  # its mark is owed, and the process dies
    with later(journal) as play:
        back_again(play)
        assert sent(play).payload == before.payload


def test_a_repeated_start_after_a_restart_is_answered_by_facts() -> None:
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        call = play.asks("StartTransaction", start())
        sent(play)
    with later(journal) as play:
        play.open() << do.OpenUplink
        play >> on.StationConnected()
        call = play.asks("StartTransaction", start())
        play >> on.UplinkUp()
        up = sent(play)
        play.replies(up.id, up.action, {"idTokenInfo": {"status": "Blocked"}})
        answer = play.answered(call.id).payload
        assert answer == {"transactionId": next(iter(journal.transactions)), "idTagInfo": {"status": "Blocked"}}


def test_a_start_asked_again_whose_text_is_on_the_disk_is_answered_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.session.queue.MOST_TEXT", 0)
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        ours, _ = begun(play)
        play >> on.UplinkDown("cut")
        play.answered(play.asks("MeterValues", meter(ours)).id)
        second = play.answered(play.asks("StartTransaction", start(connector=2)).id).payload["transactionId"]
    journal.transactions[second] = replace(journal.transactions[second], answer=None, local=False)  # it died before it answered
    with later(journal) as play:
        play.open() << do.OpenUplink
        play >> on.StationConnected()
        assert play.answered(play.asks("StartTransaction", start(connector=2)).id).payload["transactionId"] == second


def test_a_refusal_that_the_station_has_no_word_for_is_still_one_after_a_restart() -> None:
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        play.asks("StartTransaction", start())
        sent(play)
    with later(journal) as play:
        play.open() << do.OpenUplink
        play >> on.StationConnected()
        call = play.asks("StartTransaction", start())
        play >> on.UplinkUp()
        up = sent(play)
        play.replies(up.id, up.action, {"idTokenInfo": {"status": "NotAtThisLocation"}})
        assert play.answered(call.id).payload["idTagInfo"]["status"] == "Invalid"


def test_what_the_flow_refuses_leaves_no_register_and_is_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.ladder.losses import Refused

    def refuses(asked: Payload, cx: Any) -> Any:
        cx.registers.put("seq", "x", 1)
        raise Refused("PropertyConstraintViolation", "no")

    with scene() as play:
        play.online()
        up = play.session.desk.up
        assert isinstance(up, Toy)
        monkeypatch.setitem(up.flows, "StopTransaction", refuses)
        ours, _ = begun(play)
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        assert play.journal is not None
        assert [row.role for row in play.journal.state("parked")] == ["stop"]
        assert "x" not in play.journal.registers["seq"]
        assert not play.session.desk.registers.unsaved


def test_a_parked_row_keeps_what_it_became_and_the_queue_goes_on() -> None:
    with scene(Policy(max_attempts=1)) as play:
        play.online()
        one, _ = begun(play)
        two, second = begun(play, connector=2, minute=1)
        play.answered(play.asks("MeterValues", meter(one)).id)
        up = sent(play)
        play >> on.BackendAnswered(Error(up.id, up.action, "InternalError"))
        assert play.journal is not None
        (row,) = play.journal.state("parked")
        assert row.rendered is not None
        assert row.rendered.messages[0][1]["seqNo"] == 1
        play.answered(play.asks("MeterValues", meter(two, connector=2)).id)
        assert told(sent(play)) == ("Updated", 1, second)


def test_a_refused_row_is_tried_again_as_it_was_rendered() -> None:
    with scene(Policy(retry_interval=5.0)) as play:
        play.online()
        ours, _ = begun(play)
        play.answered(play.asks("MeterValues", meter(ours)).id)
        up = sent(play)
        play >> on.BackendAnswered(Error(up.id, up.action, "InternalError"))
        play >> 5.0
        assert sent(play).payload == up.payload


def test_a_refused_change_of_state_is_not_repeated_and_holds_nothing_up() -> None:
    with scene() as play:
        play.online()
        ours, _ = begun(play)
        play.answered(play.asks("StatusNotification", status("Charging")).id)
        for action in ("StatusNotification", "TransactionEvent"):
            up = sent(play, action)
            play >> on.BackendAnswered(Error(up.id, up.action, "InternalError"))
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        assert told(sent(play))[:2] == ("Ended", 2), "a number may be missing (T13); the end may not"


# -- the cases of the issue -------------------------------------------------------------------------------------------


def test_t2_a_retried_start_under_a_new_message_id_is_one_transaction_and_one_event() -> None:
    with scene() as play:
        play.online()
        ours, _ = begun(play)
        assert play.answered(play.asks("StartTransaction", start()).id).payload["transactionId"] == ours
        assert play.journal is not None
        assert len(play.journal.rows) == 1


def test_t2_a_start_retried_while_it_is_held_waits_with_the_first() -> None:
    with scene() as play:
        play.online()
        one = play.asks("StartTransaction", start())
        up = sent(play)
        two = play.asks("StartTransaction", start())
        play.replies(up.id, up.action, TOKEN)
        assert play.answered(one.id).payload == play.answered(two.id).payload


@pytest.mark.parametrize("named", [-1, 0])
def test_t5_an_id_without_meaning_is_the_open_transactions(named: int) -> None:
    with scene() as play:
        play.online()
        _, theirs = begun(play)
        play.answered(play.asks("MeterValues", meter(named)).id)
        up = sent(play)
        assert told(up) == ("Updated", 1, theirs)
        play.replies(up.id, up.action, {})
        play.answered(play.asks("StopTransaction", stop(named)).id)
        assert told(sent(play)) == ("Ended", 2, theirs)


def test_t5_a_missing_id_is_bound_by_the_connector_and_the_payload_stays() -> None:
    with scene() as play:
        play.online()
        ours, theirs = begun(play)
        play.answered(play.asks("MeterValues", meter()).id)
        up = sent(play)
        assert told(up) == ("Updated", 1, theirs)
        assert play.journal is not None
        row = play.journal.rows[2]
        assert (row.transaction, "transactionId" in row.payload) == (ours, False)
        play.replies(up.id, up.action, {})
        play.answered(play.asks("MeterValues", meter(connector=2)).id)
        sent(play, "MeterValues")
        assert play.journal.rows[3].transaction is None


def test_t5_a_foreign_id_is_acknowledged_and_goes_nowhere() -> None:
    with scene() as play:
        play.online()
        ours, _ = begun(play)
        play.answered(play.asks("MeterValues", meter(ours)).id)
        sent(play)
        play.answered(play.asks("StopTransaction", stop(ours % 1000 + 1)).id)
        assert play.journal is not None
        assert [row.flags for row in play.journal.state("parked")] == ["foreign offline"]


def test_t5_a_late_id_after_a_local_answer_is_the_same_transaction() -> None:
    with scene() as play:
        play.online()
        play >> on.UplinkDown("cut")
        ours = play.answered(play.asks("StartTransaction", start()).id).payload["transactionId"]
        play.answered(play.asks("MeterValues", meter(ours)).id)
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        up = sent(play)
        assert told(up)[:2] == ("Started", 0)
        assert up.payload["offline"] is True
        play.replies(up.id, up.action, TOKEN)
        assert told(sent(play)) == ("Updated", 1, told(up)[2])


def test_t19_meter_values_after_the_stop_are_still_of_their_transaction() -> None:
    with scene() as play:
        play.online()
        ours, theirs = begun(play)
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        up = sent(play)
        play.replies(up.id, up.action, {})
        play.answered(play.asks("MeterValues", meter(ours, minute=40)).id)
        assert told(sent(play)) == ("Updated", 2, theirs)


def test_t19_a_status_before_the_stop_is_stored_and_told_within_the_transaction() -> None:
    with scene() as play:
        play.online()
        ours, theirs = begun(play)
        play >> on.UplinkDown("cut")
        play.answered(play.asks("StatusNotification", status("Charging")).id)
        assert play.journal is not None
        assert play.journal.rows[2].role == "status"
        assert play.journal.rows[2].transaction == ours
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        up = sent(play, "StatusNotification")
        play.replies(up.id, up.action, {})
        up = sent(play)
        assert told(up) == ("Updated", 1, theirs)
        play.replies(up.id, up.action, {})
        assert told(sent(play)) == ("Ended", 2, theirs)


def test_two_equal_states_within_a_transaction_are_two() -> None:
    with scene() as play:
        play.online()
        begun(play)
        play >> on.UplinkDown("cut")
        play.answered(play.asks("StatusNotification", status("Charging")).id)
        play.answered(play.asks("StatusNotification", status("Charging")).id)
        assert play.journal is not None
        assert [row.role for row in play.journal.state("queued")] == ["status", "status"]


def test_a_state_without_a_transaction_stays_in_memory_and_its_register_is_stored_first() -> None:
    with scene(slow=True) as play:
        play.online()
        play.asks("StatusNotification", status("Preparing"))
        play << do.AnswerStation << do.Commit
        assert [type(write) for write in play.last.writes] == [PutRegisters]
        play >> on.Committed(play.last.tag)
        up = sent(play, "StatusNotification")
        play.replies(up.id, up.action, {})


def test_a_state_that_a_register_holds_is_not_replaced_by_a_newer_one() -> None:
    with scene() as play:
        play.online()
        play.answered(play.asks("StatusNotification", status("Preparing")).id)
        sent(play, "StatusNotification")
        play >> on.UplinkDown("cut")
        play.answered(play.asks("StatusNotification", status("Available")).id)
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        up = sent(play, "StatusNotification")
        assert up.payload["connectorStatus"] == "Occupied"
        play.replies(up.id, up.action, {})
        assert sent(play, "StatusNotification").payload["connectorStatus"] == "Available"


def test_a_start_whose_answer_is_late_is_answered_here_and_bound_all_the_same() -> None:
    with scene() as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = sent(play)
        play >> 10.0
        ours = play.answered(call.id).payload["transactionId"]
        play.replies(up.id, up.action, TOKEN)
        play.answered(play.asks("MeterValues", meter(ours)).id)
        assert told(sent(play)) == ("Updated", 1, told(up)[2])


def test_a_start_that_is_refused_late_follows_the_policy() -> None:
    with scene(Policy(late_refusal="remote_stop")) as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = sent(play)
        play >> 10.0
        ours = play.answered(call.id).payload["transactionId"]
        play.replies(up.id, up.action, {"idTokenInfo": {"status": "Invalid"}})
        assert play.ordered("RemoteStopTransaction").payload == {"transactionId": ours}


def test_a_start_whose_answer_is_lost_is_told_again_with_the_same_number() -> None:
    with scene() as play:
        play.online()
        call = play.asks("StartTransaction", start())
        first = sent(play)
        play >> 30.0  # the back end is silent
        play.answered(call.id)
        assert sent(play).payload == first.payload


def test_t3_an_error_to_the_event_never_reaches_the_start() -> None:
    with scene() as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = sent(play)
        play >> on.BackendAnswered(Error(up.id, up.action, "InternalError", "no"))
        assert play.answered(call.id).payload["idTagInfo"] == GOOD


def test_what_is_older_than_its_link_is_told_as_offline() -> None:
    with scene() as play:
        play.online()  # at 12:00
        call = play.asks("StartTransaction", {**start(), "timestamp": "2026-03-01T12:00:01Z"})
        up = sent(play)
        assert "offline" not in up.payload
        play.replies(up.id, up.action, TOKEN)
        ours = play.answered(call.id).payload["transactionId"]
        play.answered(play.asks("MeterValues", meter(ours, minute=10)).id)  # 11:10
        assert sent(play).payload["offline"] is True
        assert play.journal is not None
        assert [row.flags for row in play.journal.rows.values()] == ["", "offline"]


# -- commands ---------------------------------------------------------------------------------------------------------


def test_a_stop_by_the_back_ends_name_reaches_the_station_by_its_number() -> None:
    with scene() as play:
        play.online()
        ours, theirs = begun(play)
        play.commands("RequestStopTransaction", {"transactionId": theirs}, id="b1")
        order = play.ordered("RemoteStopTransaction")
        assert order.payload == {"transactionId": ours}
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        assert play.told("b1").payload == GOOD
        assert play.session.transactions.stop_reason(ours) == "remote"


def test_a_stop_of_a_transaction_of_nobody_is_refused_in_the_askers_words() -> None:
    with scene() as play:
        play.online()
        play.commands("RequestStopTransaction", {"transactionId": "nobody"}, id="b1")
        assert play.told("b1").payload == {"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}}


def test_a_command_that_writes_a_register_waits_for_the_disk() -> None:
    with scene(slow=True) as play:
        play.online()
        asked = {"idToken": {"idToken": "ABC", "type": "ISO14443"}, "remoteStartId": 5}
        play.commands("RequestStartTransaction", asked, id="b1")
        play << do.Commit
        assert [type(write) for write in play.last.writes] == [PutRegisters]
        play >> on.Committed(play.last.tag)
        order = play.ordered("RemoteStartTransaction")
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        assert play.told("b1").action == "RequestStartTransaction"


def variables(*names: str) -> Payload:
    data = [{"attributeValue": "1", "component": {"name": "X"}, "variable": {"name": name}} for name in names]
    return {"setVariableData": data}


def test_one_command_may_become_several_and_its_answer_is_joined() -> None:
    with scene() as play:
        play.online()
        play.commands("SetVariables", variables("A", "B"), id="b1")
        order = play.ordered("ChangeConfiguration")
        assert order.payload["key"] == "A"
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        order = play.ordered("ChangeConfiguration")
        assert order.payload["key"] == "B"
        play >> on.StationAnswered(Error(order.id, order.action, "InternalError"))
        answer = play.told("b1").payload
        assert [one["attributeStatus"] for one in answer["setVariableResult"]] == ["Accepted", "Rejected"]


def test_the_rest_of_a_command_is_not_sent_after_its_deadline() -> None:
    with scene(Policy(call_deadline=5.0, station_call=20.0)) as play:
        play.online()
        play.commands("SetVariables", variables("A", "B"), id="b1")
        order = play.ordered("ChangeConfiguration")
        play >> 5.0
        assert play.told("b1").code == "InternalError"
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))


# -- errands and boots ------------------------------------------------------------------------------------------------


def test_an_answer_that_tells_what_a_register_holds_waits_for_the_disk() -> None:
    with scene(slow=True) as play:
        play.online()
        call = play.asks("Authorize", {"idTag": "ABC"})
        up = sent(play, "Authorize")
        info = {"status": "Accepted", "groupIdToken": {"idToken": "a very long name of a group", "type": "Central"}}
        play.replies(up.id, up.action, {"idTokenInfo": info})
        play << do.Commit
        assert play.last.writes[1:] == [
            PutRegisters("CP-1", {"counters": {"alias": 1}, "aliases": {"~1": info["groupIdToken"]["idToken"]}})
        ]  # type: ignore[index]
        play >> on.Committed(play.last.tag)
        assert play.answered(call.id).payload["idTagInfo"]["parentIdTag"] == "~1"


BOOT = {"chargePointVendor": "ACME", "chargePointModel": "One"}
ACCEPTED = {"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "interval": 300}


def boots(play: Scene) -> str:
    """The station boots and is accepted; the reason that the back end heard."""
    call = play.asks("BootNotification", BOOT)
    up = sent(play, "BootNotification")
    play.replies(up.id, up.action, ACCEPTED)
    play.answered(call.id)
    return str(up.payload["reason"])


def test_a_boot_says_why() -> None:
    with scene() as play:
        play.online()
        assert boots(play) == "PowerUp", "the first ever"
        assert boots(play) == "Unknown"
        play.commands("Reset", {"type": "Immediate"}, id="b1")
        order = play.ordered("Reset")
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        play.told("b1")
        assert boots(play) == "RemoteReset"
        assert boots(play) == "Unknown", "one command, one boot"
        play.commands("TriggerMessage", {"requestedMessage": "BootNotification"}, id="b2")
        order = play.ordered("TriggerMessage")
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        play.told("b2")
        assert boots(play) == "Triggered"


def test_a_reset_that_was_refused_or_is_long_past_is_no_reason() -> None:
    with scene() as play:
        play.online()
        boots(play)
        play.commands("Reset", {"type": "Immediate"}, id="b1")
        order = play.ordered("Reset")
        play >> on.StationAnswered(Result(order.id, order.action, {"status": "Rejected"}))
        play.told("b1")
        assert boots(play) == "Unknown"
        play.commands("Reset", {"type": "Immediate"}, id="b2")
        order = play.ordered("Reset")
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        play.told("b2")
        play >> 301.0
        assert boots(play) == "Unknown"


def test_a_boot_after_a_long_silence_is_of_the_power() -> None:
    with scene() as play:
        play.online()
        boots(play)
        play >> on.StationLost()
        play >> 50.0
        play >> on.StationConnected()
        assert boots(play) == "Unknown", "a short gap says nothing"
        play >> 601.0
        play >> on.StationConnected()
        assert boots(play) == "PowerUp"


def test_the_reason_of_a_reset_survives_a_restart_and_a_replayed_boot_has_none() -> None:
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        boots(play)
        play.commands("Reset", {"type": "Immediate"}, id="b1")
        order = play.ordered("Reset")
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        play.told("b1")
    with later(journal) as play:
        play.open()
        play >> on.StationConnected() << do.OpenUplink
        play >> on.UplinkUp()
        up = sent(play, "BootNotification")
        assert up.payload["reason"] == "Unknown", "told again from memory"
        play.replies(up.id, up.action, ACCEPTED)
        assert boots(play) == "RemoteReset"
        assert journal.values["reset"] is None, "one command, one boot, over any number of restarts"


def test_the_registers_are_restored() -> None:
    with later(MemoryJournal()) as play:
        play.open(Restored(registers={"seq": {"5": 3}}))
        assert play.session.desk.registers.get("seq", "5") == 3
