"""The ledger through flows: parts by message, what one part carries is not lost, and all of it over several steps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.ladder.accounts import account
from gateway.ladder.ladder import Ladder
from tests.ladder import toys
from tests.ladder.test_forks import longer


@pytest.fixture
def ladder() -> Iterator[Ladder]:
    with pytest.MonkeyPatch.context() as patch:
        yield longer(toys.plant(patch))


@pytest.mark.parametrize(("near", "far"), [("toy1", "toy2"), ("toy0", "toy3")])
def test_each_part_is_told_by_the_message_that_it_makes(ladder: Ladder, near: str, far: str) -> None:
    made = account(ladder.route(near, far), "Read", "station")
    told = {(entry.source, f"{entry.message}.{entry.target}", entry.how) for entry in made.request}
    assert ("mark", "Event.cause", "converted") in told
    assert ("at", "Event.at", "carried") in told
    assert ("at", "Read.at", "carried") in told
    assert ("", "Event.kind", "synthesized") in told
    assert [entry.how for entry in made.request if entry.source == "mark"] == ["converted"], "one part reads it: it is not lost"
    assert made.flows == ("toy_read",)


def test_results_are_told_by_the_message_that_they_answer(ladder: Ladder) -> None:
    made = account(ladder.route("toy1", "toy2"), "Begin", "station")
    assert {(entry.message, entry.source, entry.target, entry.how) for entry in made.result} == {
        ("Event", "mood", "mood", "carried"),
        ("Event", "cost", "", "lost"),
        ("Event", "", "id", "synthesized"),
    }


def test_what_a_map_of_python_drops_is_lost_and_what_is_only_read_is_told(ladder: Ladder) -> None:
    made = account(ladder.route("toy2", "toy1"), "Event", "station")
    how = {entry.source: entry.how for entry in made.request if entry.source}
    assert (how["tag.text"], how["tag.hint"], how["kind"], how["number"]) == ("converted", "lost", "read", "read")
    assert 0 < made.share() < 1


def test_another_name_is_told(ladder: Ladder) -> None:
    made = account(ladder.route("toy2", "toy1"), "Bring", "backend")
    assert [(entry.message, entry.how) for entry in made.request] == [("Fetch", "carried")]
    assert (made.share(), made.flows) == (1.0, ())
