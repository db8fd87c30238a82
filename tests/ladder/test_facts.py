"""What a stream of messages tells about a station, without a session."""

from __future__ import annotations

from gateway.ladder.facts import Recorded


def test_a_transaction_runs_from_its_answer_to_its_stop() -> None:
    facts = Recorded()
    facts.noted("start", {"connector": 2})
    assert not facts.running(2)
    facts.answered("start", {"connector": 2}, {"transaction": 5})
    assert facts.running(2)
    assert not facts.ended(2)
    facts.noted("stop", {"transaction": 5})
    assert (facts.running(2), facts.ended(2)) == (False, True)
    facts.noted("status", {"connector": 2, "state": "occupied"})
    assert facts.ended(2)
    facts.noted("status", {"connector": 2, "state": "available"})
    assert not facts.ended(2)


def test_a_stop_of_another_id_ends_the_only_one_and_never_one_of_two() -> None:
    facts = Recorded(on={1: 5})
    facts.noted("stop", {"transaction": 99})
    assert facts.ended(1)
    facts = Recorded(on={1: 5, 2: 6})
    facts.noted("stop", {"transaction": 99})
    assert facts.running(1)
    assert facts.running(2)


def test_the_reason_is_the_command_that_was_accepted() -> None:
    facts = Recorded()
    facts.answered("remote_stop", {"transaction": 5}, {"verdict": "refused"})
    assert facts.stop_reason(5) is None
    facts.answered("remote_stop", {"transaction": 5}, {"verdict": "accepted"})
    facts.answered("reset", {"reset_kind": "soft"}, {"verdict": "accepted"})
    assert (facts.stop_reason(5), facts.stop_reason(6)) == ("remote", "soft_reset")
    facts.noted("boot", {})
    assert facts.stop_reason(6) is None
