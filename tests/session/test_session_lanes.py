"""The two lanes up: errands first, then the queue in its order, one call at a time."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.ladder.losses import Refused
from gateway.messages import Error, Result
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.notes import NOTES
from gateway.session.policy import SWITCHES, Policy
from gateway.session.tokens import Tokens
from tests.memory_journal import MemoryJournal
from tests.session.scene import GOOD, STATION, Carry, Scene, meter, start, status, stop
from tests.session.test_session_intake import begun

CLOCK = {"currentTime": "2026-03-01T12:00:00Z"}


# -- the fast lane --------------------------------------------------------------------------------------------------


def test_an_authorization_overtakes_the_queue_but_not_the_call_in_flight() -> None:
    with Scene() as play:
        play.online()
        for minute in (1, 2):
            play.answered(play.asks("MeterValues", meter(minute=minute)).id)
            if minute == 1:
                up = play.sent("MeterValues")
        call = play.asks("Authorize", {"idTag": "A"})
        play.replies(up.id, up.action, {})
        up = play.sent("Authorize")
        play.replies(up.id, up.action, {"idTagInfo": GOOD})
        play.answered(call.id)
        play.sent("MeterValues")


def test_an_error_reaches_the_station_that_asked() -> None:
    with Scene() as play:
        play.online()
        call = play.asks("DataTransfer", {"vendorId": "x"})
        up = play.sent("DataTransfer")
        play >> on.BackendAnswered(Error(up.id, up.action, "NotSupported", "no", {"a": 1}))
        assert play.answered(call.id) == Error(call.id, "DataTransfer", "NotSupported", "no", {"a": 1})


def test_a_late_answer_is_dropped() -> None:
    with Scene() as play:
        play.online()
        call = play.asks("DataTransfer", {"vendorId": "x"})
        up = play.sent("DataTransfer")
        play >> 10.0
        assert play.answered(call.id).code == "InternalError"
        play.replies(up.id, up.action, {"status": "Accepted"})
        play.replies(up.id, up.action, {"status": "Accepted"})
        assert ("stray", {"peer": "backend", "kind": "answer"}) in play.notes


def test_what_the_deadline_answered_does_not_go_up_any_more() -> None:
    with Scene() as play:
        play.online()
        first, second = (
            play.asks("DataTransfer", {"vendorId": "x"}, id=id) for id in "ab" if id == "a" or play.sent("DataTransfer")
        )
        play >> 10.0
        play.answered(first.id)
        play.answered(second.id)
        play >> 30.0


def test_a_lost_uplink_answers_what_waits() -> None:
    with Scene(Policy(authorize_offline="accept")) as play:
        play.online()
        first = play.asks("Authorize", {"idTag": "A"})
        play.sent("Authorize")
        second = play.asks("DataTransfer", {"vendorId": "x"})
        play >> on.UplinkDown("cut")
        assert play.answered(first.id).payload == {"idTagInfo": GOOD}
        assert play.answered(second.id).code == "InternalError"
        assert play.answered(play.asks("Authorize", {"idTag": "B"}).id).payload == {"idTagInfo": GOOD}


def test_too_many_errands_are_answered_here() -> None:
    with Scene(Policy(most_calls=2)) as play:
        play.online()
        play.asks("DataTransfer", {"vendorId": "x"})
        play.sent("DataTransfer")
        for _ in range(2):
            play.asks("DataTransfer", {"vendorId": "x"})
        play.answered(play.asks("DataTransfer", {"vendorId": "x"}).id)


def test_the_tables_may_answer_or_refuse() -> None:
    with Scene() as play:
        play.online()
        up = play.session.desk.up
        assert isinstance(up, Carry)
        up.says["DataTransfer"] = {"action": None, "refusal": ("NotSupported", "no such thing")}
        up.says["FirmwareStatusNotification"] = {"action": None, "answer": {}}
        assert play.answered(play.asks("DataTransfer", {"vendorId": "x"}).id).code == "NotSupported"
        assert play.answered(play.asks("FirmwareStatusNotification", {"status": "Idle"}).id).payload == {}


def test_what_was_learnt_of_a_token_outlives_the_process() -> None:
    journal, policy = MemoryJournal(), Policy(authorize_offline="last_known")
    with Scene(policy, journal) as play:
        play.online()
        for token, status in (("GOOD", "Accepted"), ("BAD", "Blocked")):
            call = play.asks("Authorize", {"idTag": token})
            up = play.sent("Authorize")
            play.replies(up.id, up.action, {"idTagInfo": {"status": status}})
            play.answered(call.id)
        play >> 1.0
    with Scene(policy, journal, life="second-") as play:
        play.open()
        play >> on.StationConnected() << do.OpenUplink
        play >> on.UplinkDown("refused")
        said = {"good": "Accepted", "BAD": "Blocked", "OTHER": "Invalid"}
        for token, status in said.items():
            assert play.answered(play.asks("Authorize", {"idTag": token}).id).payload["idTagInfo"]["status"] == status


def away(policy: Policy, journal: MemoryJournal, life: str = "g", **which: Any) -> Scene:
    """A station that cannot reach its back end, with what the journal knows."""
    play = Scene(policy, journal, life=life, **which)
    play.open()
    play >> on.StationConnected() << do.OpenUplink
    play >> on.UplinkDown("refused")
    return play


def authorized(play: Scene, token: str) -> str:
    """What the station is told of a token without the back end."""
    return str(play.answered(play.asks("Authorize", {"idTag": token}).id).payload["idTagInfo"]["status"])


def judges(play: Scene, token: str, status: str, **more: Any) -> None:
    """The back end says what a token may."""
    call = play.asks("Authorize", {"idTag": token})
    up = play.sent("Authorize")
    play.replies(up.id, up.action, {"idTagInfo": {"status": status, **more}})
    play.answered(call.id)


@pytest.mark.parametrize(
    ("until", "told"),
    [("2026-03-01T13:00:00Z", "Accepted"), ("2026-03-01T11:59:00Z", "Expired"), ("2026-03-01T14:00:00+03:00", "Expired")],
    ids=["still holds", "is over", "is over, elsewhere"],
)
def test_what_the_back_end_said_holds_until_it_said(until: str, told: str) -> None:
    journal, policy = MemoryJournal(), Policy(authorize_offline="last_known")
    with Scene(policy, journal) as play:
        play.online()
        judges(play, "ABC", "Accepted", expiryDate=until)
        play >> 1.0
    with away(policy, journal, "second-") as play:
        assert authorized(play, "ABC") == told
        begun = play.asks("StartTransaction", start(token="ABC"))
        assert play.answered(begun.id).payload["idTagInfo"]["status"] == told
        assert ("token", {"choice": "last_known", "verdict": "accepted" if told == "Accepted" else "rejected"}) in play.notes


def test_what_says_something_of_the_moment_is_not_learnt() -> None:
    journal, policy = MemoryJournal(), Policy(authorize_offline="last_known")
    with Scene(policy, journal) as play:
        play.online()
        judges(play, "ABC", "Accepted")
        judges(play, "ABC", "ConcurrentTx")
        play >> 1.0
    with away(policy, journal, "second-") as play:
        assert authorized(play, "ABC") == "Accepted"


def test_stations_share_what_is_known_of_tokens_where_the_site_says_so() -> None:
    tokens, policy = Tokens("", "main"), Policy(authorize_offline="last_known")
    with Scene(policy, MemoryJournal(), tokens=tokens) as play:
        play.online()
        judges(play, "ABC", "Accepted")
    with away(policy, MemoryJournal(), tokens=tokens) as other:
        assert authorized(other, "abc") == "Accepted"
    with away(policy, MemoryJournal()) as alone:
        assert authorized(alone, "abc") == "Invalid"


def test_a_start_that_was_answered_here_is_counted_and_marked() -> None:
    journal = MemoryJournal()
    with away(Policy(), journal) as play:
        call = play.asks("StartTransaction", start())
        assert ("token", {"choice": "last_known", "verdict": "accepted"}) in play.notes
        play.answered(call.id)
        assert [one.local for one in journal.transactions.values()] == [True]


# -- heartbeats -----------------------------------------------------------------------------------------------------


def test_heartbeats_are_answered_here_and_one_an_interval_goes_up() -> None:
    with Scene() as play:
        play.online()
        went = 0
        for beat in range(20):
            assert play.answered(play.asks("Heartbeat", {}).id).payload["currentTime"].endswith("Z")
            if play.unheard:
                up = play.sent("Heartbeat")
                play.replies(up.id, up.action, CLOCK)
                went += 1
                assert beat % 10 == 0
            play >> 30.0
        assert went == 2


def test_a_heartbeat_needs_no_uplink() -> None:
    with Scene() as play:
        play.online()
        play >> on.UplinkDown("cut")
        assert play.answered(play.asks("Heartbeat", {}).id).payload == {"currentTime": "2026-03-01T12:00:00.000Z"}


def test_a_triggered_heartbeat_always_goes_up() -> None:
    with Scene() as play:
        play.online()
        play.answered(play.asks("Heartbeat", {}).id)
        up = play.sent("Heartbeat")
        play.replies(up.id, up.action, CLOCK)
        call = play.commands("TriggerMessage", {"requestedMessage": "Heartbeat"})
        order = play.ordered("TriggerMessage")
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        play.told(call.id)
        play.answered(play.asks("Heartbeat", {}).id)
        up = play.sent("Heartbeat")
        play.replies(up.id, up.action, CLOCK)
        play.answered(play.asks("Heartbeat", {}).id)


# -- the queue ------------------------------------------------------------------------------------------------------


def test_rows_keep_their_order_over_a_lost_link() -> None:
    with Scene() as play:
        play.online()
        ours = begun(play)
        play >> on.UplinkDown("cut")
        for minute in (1, 2, 3):
            play.answered(play.asks("MeterValues", meter(ours, minute=minute)).id)
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        went = []
        for _ in range(4):
            play << do.CallBackend
            went.append(play.last.call)
            play.replies(play.last.call.id, play.last.call.action, {})
        assert [c.payload.get("timestamp") or c.payload["meterValue"][0]["timestamp"] for c in went] == [
            f"2026-03-01T11:{minute:02}:00Z" for minute in (1, 2, 3, 30)
        ]


def test_a_refused_row_is_tried_again_ever_later_and_then_parks_its_transaction() -> None:
    journal = MemoryJournal()
    with Scene(Policy(max_attempts=3), journal) as play:
        play.online()
        call = play.asks("StartTransaction", start())
        for attempt in (1, 2, 3):
            up = play.sent("StartTransaction")
            play >> on.BackendAnswered(Error(up.id, up.action, "InternalError", "no"))
            if attempt == 1:
                ours = play.answered(call.id).payload["transactionId"]
                play.answered(play.asks("MeterValues", meter(ours)).id)
                play.answered(play.asks("MeterValues", meter(connector=2)).id)
            if attempt < 3:
                assert journal.rows[1].attempts == attempt
                play >> 60.0 * attempt - 0.1
                play >> 0.2
        assert play.sent("MeterValues").payload["connectorId"] == 2
        assert [row.seq for row in journal.state("parked")] == [1, 2]
        assert play.answered(play.asks("StartTransaction", start()).id).payload["transactionId"] == ours
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        assert [row.seq for row in journal.state("parked")] == [1, 2, 4]


def test_silence_and_lost_links_are_no_refusals() -> None:
    journal = MemoryJournal()
    with Scene(Policy(max_attempts=1, uplink_random=0.0), journal) as play:
        play.online()
        play.answered(play.asks("MeterValues", meter()).id)
        for _ in range(4):
            play.sent("MeterValues")
            play >> on.UplinkDown("cut")
            play >> 70.0 << do.OpenUplink
            play >> on.UplinkUp()
        play.sent("MeterValues")
        play >> 30.0
        play.sent("MeterValues")
        assert journal.rows[1].state == "queued"
        assert journal.rows[1].attempts == 0


def test_a_delivered_row_is_marked_by_the_next_commit_or_soon() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        for number in (1, 2):
            play.answered(play.asks("MeterValues", meter(minute=number)).id)
            up = play.sent("MeterValues")
            play.replies(up.id, up.action, {})
            assert journal.rows[number].state == "queued"
        assert journal.rows[1].state == "delivered", "the second row's commit took it along"
        play >> 1.0
        assert journal.rows[2].state == "delivered"


def test_what_is_owed_since_the_last_commit_has_its_own_quarter_of_a_second() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        for number in (1, 2):
            play.answered(play.asks("MeterValues", meter(minute=number)).id)
            up = play.sent("MeterValues")
            play >> 0.2
            play.replies(up.id, up.action, {})
        assert [journal.rows[number].state for number in (1, 2)] == ["delivered", "queued"]
        play >> 0.2  # the time of the first mark has passed, that of the second has not
        assert journal.rows[2].state == "queued"
        play >> 0.1
        assert journal.rows[2].state == "delivered"


def test_a_gateway_that_stops_marks_at_once() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        play.answered(play.asks("MeterValues", meter()).id)
        up = play.sent("MeterValues")
        play.replies(up.id, up.action, {})
        play >> on.Stopping()
        assert journal.rows[1].state == "delivered"


def test_what_the_tables_leave_nothing_of_is_delivered() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        up = play.session.desk.up
        assert isinstance(up, Carry)
        up.says["MeterValues"] = {"action": None, "answer": {}}
        play.answered(play.asks("MeterValues", meter()).id)
        play >> 1.0
        assert journal.rows[1].state == "delivered"
        up.says["StartTransaction"] = {"action": None, "refusal": ("NotSupported", "no")}
        assert play.answered(play.asks("StartTransaction", start()).id).payload["idTagInfo"] == GOOD
        assert journal.rows[2].state == "parked"


def test_a_long_backlog_keeps_every_binding() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        play >> on.UplinkDown("cut")
        for minute in range(40):
            ours = play.answered(play.asks("StartTransaction", start(minute=minute)).id).payload["transactionId"]
            play.answered(play.asks("StopTransaction", stop(ours, minute=minute)).id)
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        for number in range(40):
            up = play.sent("StartTransaction")
            play.replies(up.id, up.action, {"transactionId": number, "idTagInfo": GOOD})
            up = play.sent("StopTransaction")
            assert up.payload["transactionId"] == number
            play.replies(up.id, up.action, {})
        assert not journal.state("parked")
        assert len(list(play.session.transactions._all)) <= 21


def test_an_answer_that_cannot_be_said_to_the_station() -> None:
    def unsayable(payload: object, cx: object) -> None:
        raise Refused("PropertyConstraintViolation", "does not fit")

    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        carry = play.session.desk.up
        assert isinstance(carry, Carry)
        carry.says = {"StartTransaction": {"result": unsayable}, "Authorize": {"result": unsayable}}
        call = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 5, "idTagInfo": GOOD})
        assert play.answered(call.id).payload["idTagInfo"] == GOOD
        assert [
            (row.state, t.backend_id) for row, t in zip(journal.rows.values(), journal.transactions.values(), strict=True)
        ] == [("delivered", "5")]
        call = play.asks("Authorize", {"idTag": "A"})
        up = play.sent("Authorize")
        play.replies(up.id, up.action, {"idTagInfo": GOOD})
        assert play.answered(call.id).code == "PropertyConstraintViolation"


def test_a_row_whose_transaction_nobody_knows_is_parked_not_guessed() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        ours = begun(play)
        play >> on.UplinkDown("cut")
        play.answered(play.asks("MeterValues", meter(ours)).id)
    journal.transactions.clear()
    with Scene(journal=journal) as play:
        play.open() << do.OpenUplink
        play >> on.UplinkUp()
        assert journal.rows[2].state == "parked"


# -- states ---------------------------------------------------------------------------------------------------------


def drained(play: Scene) -> list[str]:
    """The states (and other actions) that go up, in order."""
    play >> 10.0 << do.OpenUplink
    play >> on.UplinkUp()
    return flowing(play)


def flowing(play: Scene) -> list[str]:
    """The same over an uplink that stands."""
    went = []
    while play.unheard:
        play << do.CallBackend
        call = play.last.call
        went.append(call.payload.get("status", call.action))
        play.replies(call.id, call.action, {} if call.action != "StartTransaction" else {"transactionId": 1, "idTagInfo": GOOD})
    return went


def test_states_coalesce_to_the_newest_of_a_connector() -> None:
    with Scene() as play:
        play.online()
        play >> on.UplinkDown("cut")
        for state, connector in (("Available", 1), ("Available", 2), ("Unavailable", 1), ("Faulted", 1), ("Unavailable", 2)):
            play.answered(play.asks("StatusNotification", status(state, connector)).id)
        assert drained(play) == ["Faulted", "Unavailable"]


def test_states_are_not_coalesced_while_the_queue_flows() -> None:
    with Scene() as play:
        play.online()
        play.answered(play.asks("StatusNotification", status("Available")).id)
        first = play.sent("StatusNotification")
        for state in ("Preparing", "Finishing", "Available"):
            play.answered(play.asks("StatusNotification", status(state)).id)
        play.replies(first.id, first.action, {})
        assert ["Available", *flowing(play)] == ["Available", "Preparing", "Finishing", "Available"]


def test_a_storm_of_states_is_coalesced_though_the_queue_flows() -> None:
    with Scene() as play:
        play.online()
        play.answered(play.asks("StatusNotification", status("Available")).id)
        first = play.sent("StatusNotification")
        for number in range(100):
            play.answered(play.asks("StatusNotification", status(("Available", "Preparing")[number % 2])).id)
        play.replies(first.id, first.action, {})
        assert len(flowing(play)) <= 10


def test_states_never_coalesce_over_a_start_a_stop_or_a_change_of_charging() -> None:
    with Scene() as play:
        play.online()
        play >> on.UplinkDown("cut")
        for state in ("Available", "Preparing"):
            play.answered(play.asks("StatusNotification", status(state)).id)
        ours = play.answered(play.asks("StartTransaction", start()).id).payload["transactionId"]
        for state in ("Preparing", "Charging", "Charging", "SuspendedEV", "Charging"):
            play.answered(play.asks("StatusNotification", status(state)).id)
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        for state in ("Finishing", "Available"):
            play.answered(play.asks("StatusNotification", status(state)).id)
        assert drained(play) == [
            "Preparing",
            "StartTransaction",
            "Preparing",
            "Charging",
            "SuspendedEV",
            "Charging",
            "StopTransaction",
            "Available",
        ]


def test_a_state_is_translated_by_the_facts_of_its_time() -> None:
    with Scene() as play:
        play.online()
        play >> on.UplinkDown("cut")
        play.answered(play.asks("StatusNotification", status("Preparing")).id)
        ours = play.answered(play.asks("StartTransaction", start()).id).payload["transactionId"]
        play.answered(play.asks("StatusNotification", status("Charging")).id)
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        play.answered(play.asks("StatusNotification", status("Finishing")).id)
        play.answered(play.asks("StatusNotification", status("Charging")).id)
        play.answered(play.asks("StatusNotification", status("Available")).id)
        drained(play)
        up = play.session.desk.up
        assert isinstance(up, Carry)
        seen = [(running, ended) for action, running, ended in up.seen if action == "StatusNotification"]
        assert seen == [(False, False), (True, False), (False, True), (False, True), (False, True)]
        assert not play.session.transactions.ended(1)


def test_states_are_bounded() -> None:
    with Scene(Policy(most_states=3)) as play:
        play.online()
        play >> on.UplinkDown("cut")
        for state in ("Charging", "SuspendedEV", "Charging", "SuspendedEVSE", "Charging"):
            play.answered(play.asks("StatusNotification", status(state)).id)
        assert drained(play) == ["Charging", "SuspendedEVSE", "Charging"]


def test_a_state_that_gets_no_answer_is_let_go() -> None:
    with Scene() as play:
        play.online()
        play.answered(play.asks("StatusNotification", status("Available")).id)
        play.sent("StatusNotification")
        play.answered(play.asks("MeterValues", meter()).id)
        play >> 30.0
        play.sent("MeterValues")


# -- switches -------------------------------------------------------------------------------------------------------


def test_an_answer_may_be_delayed() -> None:
    with Scene() as play:
        play.session.behave({"delay_answer": {"heartbeat": 2}})
        play.online()
        play.asks("Heartbeat", {})
        play.sent("Heartbeat")
        play >> 1.9
        play >> 0.2
        play.answered("s1")


def test_a_delayed_answer_dies_with_its_link() -> None:
    with Scene() as play:
        play.session.behave({"delay_answer": {"status": 2}})
        play.online()
        play >> on.UplinkDown("cut")
        play.asks("StatusNotification", status("Available"))
        play >> on.StationLost()
        play >> on.StationConnected()
        play >> 0.9


def test_roles_may_be_answered_locally() -> None:
    with Scene() as play:
        play.session.behave({"answer_locally": ["data", "status", "authorize", "start"]})
        play.online()
        play.answered(play.asks("DataTransfer", {"vendorId": "x"}).id)
        play.answered(play.asks("StatusNotification", status("Available")).id)
        play.answered(play.asks("Authorize", {"idTag": "A"}).id)
        play.answered(play.asks("StartTransaction", start()).id)
        play.sent("StartTransaction")


def test_every_switch_is_explained() -> None:
    assert {"hold_calls_until_boot", "delay_answer", "answer_locally"} <= set(SWITCHES)


def test_no_note_names_a_station() -> None:
    assert not any(label == "station" for labels in NOTES.values() for label in labels)
    with Scene() as play:
        play.online()
        begun(play)
        assert all(set(labels) == set(NOTES[what]) for what, labels in play.notes)
        assert not any(STATION in labels.values() for _, labels in play.notes)
