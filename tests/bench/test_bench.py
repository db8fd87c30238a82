"""The benchmark itself: what it compares does the same, and what it writes has the promised form.  No timing here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.dialects.errors import Violation
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.losses import Refused
from tests import strategies
from tests.bench import figures, handwritten, samples, translate

DATA = translate.load()
each_pair = pytest.mark.parametrize("pair", translate.PAIRS, ids=["up", "down"])
each_action = pytest.mark.parametrize("action", samples.REQUESTS["ocpp1.5"])
some = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
FACTS = Recorded({2: 2}, {3}, {7: "remote"})


def by_tables(pair: tuple[str, str], action: str, payload: dict[str, Any]) -> Any:
    passage = DATA.ladder.route(*pair).request(
        action, DATA.dialects[pair[0]].check("call", action, payload, "drop"), Context(FACTS)
    )
    if passage.refusal is not None:
        return "refused"
    return passage.payload if passage.action else None


def by_hand(pair: tuple[str, str], action: str, payload: dict[str, Any]) -> Any:
    try:
        onward, made = handwritten.request(*pair, action, payload, FACTS)
        return made if onward else None
    except handwritten.Unsayable:
        return "refused"


@each_pair
@each_action
@given(data=st.data())
@some
def test_requests_by_hand_are_those_of_the_tables(pair: tuple[str, str], action: str, data: st.DataObject) -> None:
    payload = data.draw(strategies.payload(DATA.dialects[pair[0]], action, "call"))
    came = translate.came(pair[0], payload)
    assert by_hand(pair, action, came) == by_tables(pair, action, came)


@each_pair
@each_action
@given(data=st.data())
@some
def test_results_by_hand_are_those_of_the_tables(pair: tuple[str, str], action: str, data: st.DataObject) -> None:
    asker, answerer = pair
    asked = data.draw(strategies.payload(DATA.dialects[asker], action, "call"))
    result = translate.came(answerer, data.draw(strategies.payload(DATA.dialects[answerer], action, "result")))
    cx = Context(FACTS)
    passage = DATA.ladder.route(asker, answerer).request(action, asked, cx)
    if passage.action is None:
        return
    checked = DATA.dialects[answerer].check("result", action, result, "drop")
    try:
        expected: Any = passage.result(checked, cx)[0]
    except Refused:
        expected = "refused"
    try:
        made: Any = handwritten.result(answerer, asker, action, result, asked)
    except handwritten.Unsayable:
        made = "refused"
    assert made == expected


SPOILERS: list[Any] = [
    None,
    "",
    "\0",
    "x" * 600,
    2**70,
    -1,
    "1.5",
    [],
    {},
    "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00+02:00",
    " 7 ",
    True,
]


@each_pair
@each_action
def test_what_the_tables_refuse_is_refused_by_hand(pair: tuple[str, str], action: str) -> None:
    """The same checks: each field of an ordinary message in turn takes each odd value."""
    ordinary = translate.came(pair[0], samples.REQUESTS[pair[0]][action])
    different = []
    for name in ordinary:
        for odd in SPOILERS:
            spoiled = {**ordinary, name: odd}
            outcomes: list[Any] = []
            for convert in (by_tables, by_hand):
                try:
                    outcomes.append(convert(pair, action, spoiled))
                except (Violation, handwritten.Invalid) as error:
                    outcomes.append(error.code)
            if outcomes[0] != outcomes[1]:
                different.append((name, odd, *outcomes))
    assert different == []


@each_pair
@each_action
def test_the_ordinary_messages_are_valid(pair: tuple[str, str], action: str) -> None:
    dialect = DATA.dialects[pair[0]]
    dialect.check("call", action, samples.REQUESTS[dialect.name][action])
    dialect.check("result", action, samples.RESULTS[dialect.name][action])


def test_a_figure_says_whether_its_target_is_met() -> None:
    assert figures.figure("x", 3.0, "us", 2.0, "<= 1.5").met is True
    assert figures.figure("x", 3.1, "us", 2.0, "<= 1.5").met is False
    faster = figures.figure("x", 2.0, "us", 50.0, ">= 20", faster=True)
    assert (faster.ratio, faster.met) == (25.0, True)
    assert figures.figure("x", 2.0, "KiB").met is None


def test_the_file_has_the_promised_form(tmp_path: Path) -> None:
    figures.save([figures.figure("a", 1.0, "us", 2.0, "<= 1.5"), figures.figure("b", 1.0, "KiB")], tmp_path / "bench.json")
    read = json.loads((tmp_path / "bench.json").read_text())
    assert list(read) == ["figures"]
    assert [set(one) for one in read["figures"]] == [{"name", "value", "unit", "baseline", "ratio", "target", "met"}] * 2


def test_the_table_marks_what_is_missed() -> None:
    text = figures.table(
        [figures.figure("slow thing", 9.0, "us", 2.0, "<= 1.5"), figures.figure("good", 1.0, "us", 2.0, "<= 1.5")]
    )
    assert "MISSED" in text.splitlines()[1]
    assert text.splitlines()[2].endswith("met")


def test_timing_gives_one_number_for_each_thing() -> None:
    took = figures.timed([lambda: None, lambda: sum(range(2000))], 0.0005, rounds=1)
    assert len(took) == 2
    assert all(one > 0 for one in took)
