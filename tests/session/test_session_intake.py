"""Transaction messages: stored before they are answered, known again, bound to their transaction."""

from __future__ import annotations

import pytest

from gateway.journal.contract import Append, Mark, PutRegisters, PutTransaction
from gateway.messages import Call, Error, Payload
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.policy import Policy
from gateway.session.transactions import MOST_OPEN
from tests.memory_journal import MemoryJournal
from tests.session.scene import GOOD, STATION, Scene, meter, start, stop


def begun(play: Scene, backend_id: int = 77, connector: int = 1, token: str = "ABC", minute: int = 0) -> int:
    """A transaction that both sides know; the gateway's id of it."""
    call = play.asks("StartTransaction", start(connector, token, minute))
    up = play.sent("StartTransaction")
    play.replies(up.id, up.action, {"transactionId": backend_id, "idTagInfo": GOOD})
    return int(play.answered(call.id).payload["transactionId"])


# -- stored, then answered ------------------------------------------------------------------------------------------


def test_nothing_is_answered_before_it_is_stored() -> None:
    with Scene(slow=True) as play:
        play.online()
        call = play.asks("MeterValues", meter())
        play << do.Commit
        commit = play.last
        assert [w.row.raw for w in commit.writes if isinstance(w, Append)] == ["raw s1"]
        play >> 3600.0
        play >> on.Committed(commit.tag)
        assert play.answered(call.id).payload == {}
        play.sent("MeterValues")


def test_a_start_that_is_stored_late_is_answered_when_it_is() -> None:
    with Scene(slow=True) as play:
        play.online()
        call = play.asks("StartTransaction", start())
        play << do.Commit
        tag = play.last.tag
        play >> 11.0
        play >> on.Committed(tag) << do.Commit
        assert [type(w) for w in play.last.writes] == [PutTransaction], "the answer was given here: that is remembered"
        assert play.answered(call.id).payload["idTagInfo"] == GOOD
        play.sent("StartTransaction")


def test_a_start_is_one_commit() -> None:
    with Scene(slow=True) as play:
        play.online()
        play.asks("StartTransaction", start())
        play << do.Commit
        assert [type(w).__name__ for w in play.last.writes] == ["Append", "PutTransaction", "PutStation", "PutStation"]


def test_a_start_is_held_for_the_back_end_and_bears_our_id() -> None:
    with Scene() as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play >> 9.0
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": {"status": "Blocked"}})
        answer = play.answered(call.id).payload
        assert answer["idTagInfo"] == {"status": "Blocked"}
        assert answer["transactionId"] not in (77, 0)
        assert 0 < answer["transactionId"] < 2**31
        assert play.journal is not None
        (known,) = play.journal.transactions.values()
        assert (known.backend_id, known.answer, known.local) == ("77", "blocked", False)


def test_readings_and_stop_name_the_back_ends_id() -> None:
    with Scene() as play:
        play.online()
        ours = begun(play, 77)
        call = play.asks("MeterValues", meter(ours))
        play.answered(call.id)
        up = play.sent("MeterValues")
        assert up.payload["transactionId"] == 77
        play.replies(up.id, up.action, {})
        call = play.asks("StopTransaction", stop(ours))
        play.answered(call.id)
        assert play.sent("StopTransaction").payload["transactionId"] == 77


def test_the_binding_and_the_mark_are_one_commit() -> None:
    with Scene(slow=True) as play:
        play.online()
        play.asks("StartTransaction", start())
        play << do.Commit
        play >> on.Committed(play.last.tag)
        up = play.sent("StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 5, "idTagInfo": GOOD})
        play << do.Commit
        learnt, bound, mark = play.last.writes
        assert learnt == PutRegisters(STATION, {"tokens learnt": {"abc": ["accepted", None]}})
        assert isinstance(bound, PutTransaction)
        assert bound.transaction.backend_id == "5"
        assert isinstance(mark, Mark)
        assert mark.state == "delivered"
        play << do.AnswerStation


# -- who answers when -----------------------------------------------------------------------------------------------


def test_a_silent_back_end_leaves_the_answer_to_us() -> None:
    with Scene() as play:
        play.online()
        call = play.asks("StartTransaction", start())
        play.sent("StartTransaction")
        play >> 10.0
        assert play.answered(call.id).payload["idTagInfo"] == GOOD
        assert play.journal is not None
        assert [t.local for t in play.journal.transactions.values()] == [True]


@pytest.mark.parametrize(("choice", "said"), [("accept", "Accepted"), ("refuse", "Invalid"), ("last_known", "Accepted")])
def test_without_an_uplink_a_start_is_answered_at_once(choice: str, said: str) -> None:
    with Scene(Policy(start_offline=choice)) as play:  # type: ignore[arg-type]
        play.online()
        play >> on.UplinkDown("cut")
        call = play.asks("StartTransaction", start())
        assert play.answered(call.id).payload["idTagInfo"]["status"] == said


def test_a_token_that_was_refused_before_is_refused_again() -> None:
    with Scene() as play:
        play.online()
        call = play.asks("Authorize", {"idTag": "ABC"})
        up = play.sent("Authorize")
        play.replies(up.id, up.action, {"idTagInfo": {"status": "Blocked"}})
        play.answered(call.id)
        play >> on.UplinkDown("cut")
        call = play.asks("StartTransaction", start(token="abc"))
        assert play.answered(call.id).payload["idTagInfo"]["status"] == "Blocked"


def test_a_start_behind_waiting_rows_is_answered_at_once() -> None:
    with Scene() as play:
        play.online()
        for minute in (1, 2):
            play.answered(play.asks("MeterValues", meter(minute=minute)).id)
            if minute == 1:
                play.sent("MeterValues")
        play.answered(play.asks("StartTransaction", start()).id)


def test_one_row_that_the_back_end_just_has_does_not_make_the_answer_ours() -> None:
    with Scene() as play:
        play.online()
        play.answered(play.asks("MeterValues", meter()).id)
        up = play.sent("MeterValues")
        call = play.asks("StartTransaction", start())
        play.replies(up.id, up.action, {})
        up = play.sent("StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 5, "idTagInfo": GOOD})
        play.answered(call.id)


def test_an_error_of_the_back_end_never_reaches_a_start() -> None:
    with Scene() as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play >> on.BackendAnswered(Error(up.id, up.action, "InternalError", "database"))
        assert play.answered(call.id).payload["idTagInfo"] == GOOD


def test_t9_a_start_that_is_refused_is_a_transaction_whatever_number_the_back_end_gave() -> None:
    with Scene() as play:
        play.online()
        given = set()
        for connector in (1, 2):
            call = play.asks("StartTransaction", start(connector))
            up = play.sent("StartTransaction")
            play.replies(up.id, up.action, {"transactionId": -1, "idTagInfo": {"status": "Invalid"}})
            told = play.answered(call.id).payload
            assert told["idTagInfo"] == {"status": "Invalid"}
            given.add(told["transactionId"])
        assert len(given) == 2, "in the same moment"
        assert min(given) > 0
        play.answered(play.asks("MeterValues", meter(min(given))).id)
        assert play.sent("MeterValues").payload["transactionId"] == -1, "the back end's own number for it"


def test_on_a_route_without_a_step_a_stop_waits_for_its_content() -> None:
    with Scene(same=True) as play:
        play.online()
        ours = begun(play)
        call = play.asks("StopTransaction", {**stop(ours), "idTag": "ABC"})
        up = play.sent("StopTransaction")
        play.replies(up.id, up.action, {"idTagInfo": {"status": "Expired"}})
        assert play.answered(call.id).payload == {"idTagInfo": {"status": "Expired"}}


# -- late refusals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["report", "remote_stop"])
def test_a_late_refusal_follows_the_policy(choice: str) -> None:
    with Scene(Policy(late_refusal=choice)) as play:  # type: ignore[arg-type]
        play.online()
        call = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play >> 10.0
        ours = play.answered(call.id).payload["transactionId"]
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": {"status": "Invalid"}})
        assert ("late_refusal", {"done": choice}) in play.notes
        if choice == "remote_stop":
            order = play.ordered("RemoteStopTransaction")
            assert order.payload == {"transactionId": ours}
            play >> on.StationAnswered(Error(order.id, order.action, "InternalError"))


def test_a_late_refusal_of_what_is_over_is_only_reported() -> None:
    with Scene(Policy(late_refusal="remote_stop")) as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play >> 10.0
        ours = play.answered(call.id).payload["transactionId"]
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": {"status": "Invalid"}})
        assert ("late_refusal", {"done": "report"}) in play.notes
        play.sent("StopTransaction")


# -- repeats --------------------------------------------------------------------------------------------------------


def test_a_start_fifty_times_is_one_transaction() -> None:
    with Scene() as play:
        play.online()
        ours = begun(play)
        for _ in range(50):
            answer = play.answered(play.asks("StartTransaction", start()).id).payload
            assert answer == {"transactionId": ours, "idTagInfo": GOOD}
        assert play.journal is not None
        assert len(play.journal.rows) == 1


def test_a_start_repeated_while_it_is_held_waits_with_the_first() -> None:
    with Scene() as play:
        play.online()
        first = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        second = play.asks("StartTransaction", start())
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": GOOD})
        assert play.answered(first.id).payload == play.answered(second.id).payload


def test_a_start_repeated_before_it_is_stored_waits_for_that() -> None:
    with Scene(slow=True) as play:
        play.online()
        play.asks("MeterValues", meter())
        play << do.Commit
        tag = play.last.tag
        play.asks("MeterValues", meter())
        play >> on.Committed(tag)
        play.answered("s1")
        play.answered("s2")
        play.sent("MeterValues")


def test_the_same_message_id_twice_is_one_question() -> None:
    with Scene() as play:
        play.online()
        play.asks("StartTransaction", start(), id="x")
        up = play.sent("StartTransaction")
        play.asks("StartTransaction", start(), id="x")
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": GOOD})
        play.answered("x")


def test_an_equal_start_after_the_stop_is_another_transaction() -> None:
    with Scene() as play:
        play.online()
        ours = begun(play)
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        up = play.sent("StopTransaction")
        play.replies(up.id, up.action, {})
        assert begun(play, 78) != ours


def test_a_repeated_stop_or_reading_is_answered_and_not_stored_again() -> None:
    with Scene() as play:
        play.online()
        ours = begun(play)
        for action, payload in (("MeterValues", meter(ours)), ("StopTransaction", stop(ours))):
            play.answered(play.asks(action, payload).id)
            up = play.sent(action)
            play.replies(up.id, up.action, {})
            play.answered(play.asks(action, payload).id)
            assert ("row", {"change": "repeated"}) in play.notes
        assert play.journal is not None
        assert len(play.journal.rows) == 3


def test_a_second_different_stop_is_kept_aside() -> None:
    with Scene() as play:
        play.online()
        ours = begun(play)
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        up = play.sent("StopTransaction")
        play.replies(up.id, up.action, {})
        call = play.asks("StopTransaction", stop(ours, minute=31))
        assert ("flag", {"why": "again"}) in play.notes
        play.answered(call.id)
        assert play.journal is not None
        assert [row.flags for row in play.journal.state("parked")] == ["again"]


# -- ids ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [-1, 0])
def test_an_id_without_meaning_is_bound_to_the_open_transaction(named: int) -> None:
    with Scene() as play:
        play.online()
        begun(play, 77, connector=1)
        begun(play, 78, connector=2, token="XYZ")
        play.answered(play.asks("MeterValues", meter(named, connector=2)).id)
        up = play.sent("MeterValues")
        assert up.payload["transactionId"] == 78
        play.replies(up.id, up.action, {})
        call = play.asks("StopTransaction", {**stop(named), "idTag": "abc"})
        assert ("flag", {"why": "bound"}) in play.notes
        play.answered(call.id)
        assert play.sent("StopTransaction").payload["transactionId"] == 77


def test_a_stop_without_meaning_that_fits_nothing_is_kept_aside() -> None:
    with Scene() as play:
        play.online()
        call = play.asks("StopTransaction", stop(-1))
        assert ("flag", {"why": "unbound"}) in play.notes
        play.answered(call.id)
        assert play.journal is not None
        assert len(play.journal.state("parked")) == 1


def test_readings_without_meaning_go_on_without_the_id() -> None:
    with Scene() as play:
        play.online()
        play.answered(play.asks("MeterValues", meter(0)).id)
        assert "transactionId" not in play.sent("MeterValues").payload


@pytest.mark.parametrize(
    "payload",
    [
        stop(4711, minute=0, meter=500) | {"timestamp": "2026-03-01T10:59:59Z"},
        stop(4711, meter=9),
        stop(4711) | {"idTag": "OTHER"},
        stop(4711) | {"timestamp": "2026-03-01T11:30:00Z", "idTag": "ABCD"},
    ],
    ids=["before the start", "less energy", "another token", "a longer token"],
)
def test_a_foreign_id_is_acknowledged_and_goes_nowhere(payload: Payload) -> None:
    with Scene() as play:
        play.online()
        begun(play, 77)
        call = play.asks("StopTransaction", payload)
        assert ("flag", {"why": "foreign"}) in play.notes
        play.answered(call.id)
        assert play.journal is not None
        assert [row.flags for row in play.journal.state("parked")] == ["foreign"]
        assert [t.ended for t in play.journal.transactions.values()] == [None]


def test_t5_an_unknown_id_that_can_only_mean_the_one_open_transaction_is_taken_for_it() -> None:
    with Scene() as play:
        play.online()
        ours = begun(play, 77)
        for action, payload in [("MeterValues", meter(4711)), ("StopTransaction", stop(4711) | {"idTag": "abc"})]:
            play.answered(play.asks(action, payload).id)
            assert ("flag", {"why": "guessed"}) in play.notes
            up = play.sent(action)
            assert up.payload["transactionId"] == 77
            play.replies(up.id, up.action, {})
        assert play.journal is not None
        assert [t.gateway_id for t in play.journal.transactions.values() if t.ended] == [ours]


def test_an_unknown_id_is_not_guessed_where_two_transactions_are_open() -> None:
    with Scene() as play:
        play.online()
        begun(play, 77, connector=1)
        begun(play, 78, connector=2)
        play.answered(play.asks("StopTransaction", stop(4711)).id)
        assert ("flag", {"why": "foreign"}) in play.notes


def test_a_station_that_knows_the_right_id_means_another_transaction_by_another_id() -> None:
    with Scene() as play:
        play.online()
        ours = begun(play, 77)
        play.answered(play.asks("MeterValues", meter(ours)).id)
        play.sent("MeterValues")
        play.answered(play.asks("StopTransaction", stop(4711)).id)
        assert ("flag", {"why": "foreign"}) in play.notes


def test_an_id_from_before_us_passes_while_we_take_over() -> None:
    with Scene(Policy(takeover=3600)) as play:
        play.online()
        call = play.asks("StopTransaction", stop(4711))
        assert ("flag", {"why": "takeover"}) in play.notes
        play.answered(call.id)
        up = play.sent("StopTransaction")
        assert up.payload["transactionId"] == 4711
        play.replies(up.id, up.action, {})
        play >> 3601.0
        call = play.asks("StopTransaction", stop(4712))
        assert ("flag", {"why": "foreign"}) in play.notes
        play.answered(call.id)


def test_our_own_forgotten_id_does_not_pass_as_one_from_before_us() -> None:
    journal = MemoryJournal()
    with Scene(Policy(takeover=3600), journal) as play:
        play.online()
        ours = begun(play)
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        up = play.sent("StopTransaction")
        play.replies(up.id, up.action, {})
    journal.transactions.clear()
    journal.rows.clear()
    with Scene(Policy(takeover=3600), journal) as play:
        play.online()
        call = play.asks("StopTransaction", stop(ours, minute=50))
        assert ("flag", {"why": "forgotten"}) in play.notes
        play.answered(call.id)


def test_a_start_over_an_open_transaction_keeps_both() -> None:
    with Scene() as play:
        play.online()
        first = begun(play, 77)
        call = play.asks("StartTransaction", start(minute=5))
        assert ("flag", {"why": "over_open"}) in play.notes
        up = play.sent("StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 78, "idTagInfo": GOOD})
        second = play.answered(call.id).payload["transactionId"]
        for ours, theirs in ((first, 77), (second, 78)):
            play.answered(play.asks("StopTransaction", stop(ours)).id)
            up = play.sent("StopTransaction")
            assert up.payload["transactionId"] == theirs
            play.replies(up.id, up.action, {})


def test_of_a_station_that_never_ends_what_it_began_the_oldest_is_given_up() -> None:
    with Scene() as play:
        play.online()
        first, *others = (begun(play, 77 + number, connector=number) for number in range(1, MOST_OPEN + 1))
        last = begun(play, 7, connector=MOST_OPEN + 1)
        assert play.journal is not None
        kept = play.journal.transactions
        assert [t.gateway_id for t in kept.values() if t.ended] == [first]
        assert "given_up" in next(t for t in kept.values() if t.gateway_id == first).flags
        assert [t.gateway_id for t in play.session.transactions.open()] == [*others, last]
        play.answered(play.asks("StopTransaction", stop(first)).id)
        assert ("flag", {"why": "again"}) in play.notes, "kept aside"


def test_ids_are_given_once_and_stay_in_31_bits() -> None:
    with Scene() as play:
        play.online()
        assert play.session.transactions.rng.randint(1, 1) == 1
        play.session.transactions._first = play.session.transactions._next = 2**31 - 1
        assert [begun(play, 70 + n, minute=n) for n in range(3)] == [2**31 - 1, 1, 2]


# -- restarts -------------------------------------------------------------------------------------------------------


def test_a_restart_between_the_commit_and_the_answer() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        play.asks("StartTransaction", start())
        play.sent("StartTransaction")
    with Scene(journal=journal) as play:
        play.open() << do.OpenUplink
        play >> on.StationConnected()
        call = play.asks("StartTransaction", start())
        play >> on.UplinkUp()
        up = play.sent("StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 9, "idTagInfo": {"status": "Blocked"}})
        answer = play.answered(call.id).payload
        assert answer["idTagInfo"] == {"status": "Blocked"}
        (known,) = journal.transactions.values()
        assert answer["transactionId"] == known.gateway_id
        assert known.backend_id == "9"
        assert len(journal.rows) == 1


def test_a_restart_between_the_back_ends_answer_and_the_mark() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play.journal = None
        play.replies(up.id, up.action, {"transactionId": 9, "idTagInfo": GOOD})
        play << do.Commit << do.AnswerStation
        ours = play.last.answer.payload["transactionId"]
    with Scene(journal=journal) as play:
        play.open() << do.OpenUplink
        play >> on.UplinkUp()
        again = play.sent("StartTransaction")
        assert again.payload == up.payload
        play.replies(again.id, again.action, {"transactionId": 10, "idTagInfo": GOOD})
        play >> on.StationConnected()
        play.answered(play.asks("StopTransaction", stop(ours)).id)
        assert play.sent("StopTransaction").payload["transactionId"] == 10


def test_a_new_station_link_leaves_old_questions_unanswered() -> None:
    with Scene() as play:
        play.online()
        play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play >> on.StationLost()
        play >> on.StationConnected()
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": {"status": "Blocked"}})
        call = play.asks("StartTransaction", start(), id="s1")
        assert play.answered(call.id).payload["idTagInfo"] == {"status": "Blocked"}


def test_a_start_asked_again_over_a_new_link_is_held_again() -> None:
    with Scene() as play:
        play.online()
        play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play >> on.StationLost()
        play >> on.StationConnected()
        call = play.asks("StartTransaction", start())
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": {"status": "Blocked"}})
        assert play.answered(call.id).payload["idTagInfo"] == {"status": "Blocked"}


def test_answers_to_nothing_are_counted_and_dropped() -> None:
    with Scene() as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": GOOD})
        play.answered(call.id)
        for event in (on.BackendAnswered(Error(up.id, "", "InternalError")), on.StationAnswered(Error("?", "", "InternalError"))):
            play >> event
            assert [what for what, _ in play.notes] == ["stray"]
        play >> on.Woken()
        play >> on.Committed(99)
        play >> on.StationAsked(Call("z", "Nonsense", {}), "")
        play.sent("Nonsense")
