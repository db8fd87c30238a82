"""Flows among tables: what they are given, several messages of one, none, joined answers, and the steps before and beyond."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.dialects.schema import Dialect
from gateway.ladder import flows
from gateway.ladder.accounts import account
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.flows import Rendering
from gateway.ladder.flows.contract import makes
from gateway.ladder.ladder import Ladder
from gateway.ladder.losses import Refused
from gateway.ladder.passage import Passage
from gateway.ladder.registers import Registers
from gateway.ladder.route import Route, Step
from gateway.ladder.samples import faults
from gateway.ladder.tables import Table
from gateway.source import loads
from tests.ladder import toys

WHEN = "2026-01-02T03:04:05Z"
BEGIN = {"plug": 2, "tag": "abc", "energy": 7, "at": WHEN}


@pytest.fixture
def dialects() -> Iterator[dict[str, Dialect]]:
    with pytest.MonkeyPatch.context() as patch:
        yield toys.plant(patch)


@pytest.fixture
def up(dialects: dict[str, Dialect]) -> Route:
    return toys.ladder(dialects).route("toy1", "toy2")


@pytest.fixture
def down(dialects: dict[str, Dialect]) -> Route:
    return toys.ladder(dialects).route("toy2", "toy1")


def cx(transaction: int | None = 17, **registers: Any) -> Context:
    return Context(Recorded(), registers=Registers(registers), transaction=transaction)


def ask(route: Route, action: str, payload: dict[str, Any], context: Context) -> Any:
    passage = route.request(action, route.from_dialect.check("call", action, payload), context)
    for name, made in passage.onward():
        assert route.to_dialect.check("call", name, made) == made
    return passage


def test_samples_of_parts_run_on_the_part_alone(dialects: dict[str, Dialect]) -> None:
    assert list(faults(toys.table(dialects))) == []


def test_a_flow_completes_what_its_part_leaves_open(up: Route) -> None:
    context = cx(tags={"abc": "known"})
    passage = ask(up, "Begin", BEGIN, context)
    tag = {"text": "abc", "kind": "known"}
    event = {"plug": 2, "tag": tag, "energy": [7], "at": WHEN, "kind": "Started", "number": 0, "id": "17"}
    assert (passage.action, passage.payload) == ("Event", event)
    assert passage.result({"mood": "Angry"}, context) == ({"id": 17, "mood": "Angry"}, [])
    assert context.registers.taken() == {"numbers": {"17": 1}}


def test_what_a_part_loses_is_told_with_the_answer(up: Route) -> None:
    passage = ask(up, "Begin", {**BEGIN, "note": "n"}, cx())
    assert [loss.field for loss in passage.losses] == ["note"]
    assert [loss.field for loss in passage.result({"cost": 3}, cx())[1]] == ["cost"]


def test_one_request_may_become_several_and_their_results_one(up: Route) -> None:
    passage = ask(up, "Read", {"plug": 1, "id": 17, "energy": [1, 2], "at": WHEN}, cx(numbers={"17": 1}))
    assert [(name, made["number"], made["energy"]) for name, made in passage.onward()] == [("Event", 1, [1]), ("Event", 2, [2])]
    assert passage.results([{}, None], cx()) == ({}, [])
    with pytest.raises(ValueError, match="1 results to 2"):
        passage.results([{}], cx())


def test_an_entry_of_both_ways_is_a_part_too(up: Route) -> None:
    passage = ask(up, "Read", {"plug": 1, "energy": [1], "at": WHEN, "mark": "m"}, cx())
    assert passage.onward() == [("Read", {"plug": 1, "energy": [1], "at": WHEN})]
    assert [loss.field for loss in passage.losses] == ["mark"]


def test_no_message_at_all_is_an_answer(down: Route) -> None:
    passage = ask(down, "Event", {"kind": "Going", "number": 1, "id": "17", "at": WHEN}, cx())
    assert (passage.action, passage.answer, passage.onward()) == (None, {}, [])


def test_a_flow_may_refuse(up: Route) -> None:
    passage = ask(up, "Begin", BEGIN, cx(None))
    assert passage.refusal == ("InternalError", "a start without a transaction")


def test_a_map_of_python_has_the_registers_and_tells_what_it_drops(down: Route) -> None:
    context = cx()
    tag = {"text": "abc", "kind": "known", "hint": "h"}
    passage = ask(down, "Event", {"kind": "Started", "number": 0, "id": "17", "at": WHEN, "tag": tag, "plug": 3}, context)
    assert passage.payload == {"plug": 3, "tag": "abc", "energy": 0, "at": WHEN}
    assert [(loss.field, loss.rule) for loss in passage.losses] == [("tag.hint", "Begin < Event.request.tag < tag.hint (lost)")]
    assert context.registers.taken() == {"tags": {"abc": "known"}}


def test_a_message_may_have_another_name_there(up: Route, down: Route) -> None:
    passage = ask(down, "Bring", {"what": "a"}, cx())
    assert (passage.action, passage.payload, passage.result({"text": "b"}, cx())[0]) == ("Fetch", {"what": "a"}, {"text": "b"})
    assert up.request("Fetch", {"what": "a"}, cx()).action == "Bring"
    assert (up.stateful("Begin"), up.stateful("Fetch"), up.stateful("Old"), up.stateful("Nope")) == (True, False, False, False)


def test_one_line_may_answer_several_messages(up: Route, down: Route) -> None:
    assert [ask(up, action, {}, cx()).answer for action in ("Old", "Older")] == [{}, {}]
    assert [ask(down, action, {}, cx()).answer for action in ("New", "Newer")] == [{"said": "no"}] * 2


# -------------------------------------------------------------------------------------------------- before and beyond
def longer(dialects: dict[str, Dialect], before: str = "", beyond: str = "") -> Ladder:
    """toy0 as toy1, toy3 as toy2, with a step to each."""
    first = toys.read_text(toys.LEFT.replace("toy1", "toy0"))
    last = toys.read_text(toys.RIGHT.replace("toy2", "toy3"))
    every = {**dialects, "toy0": first, "toy3": last}
    tables = [
        Table.build(loads(f"ladder: {{left: toy0, right: toy1}}\n{before}"), "toy0--toy1", every),
        toys.table(every),
        Table.build(loads(f"ladder: {{left: toy2, right: toy3}}\n{beyond}"), "toy2--toy3", every),
    ]
    return Ladder(tables, every)


def test_each_message_goes_its_own_way_beyond_and_the_answer_climbs_all_steps(dialects: dict[str, Dialect]) -> None:
    route = longer(dialects).route("toy0", "toy3")
    context = cx()
    passage = ask(route, "Begin", BEGIN, context)
    assert (passage.action, passage.payload["id"], route.stateful("Begin")) == ("Event", "17", True)
    assert passage.results([{"mood": "Calm"}], context)[0] == {"id": 17, "mood": "Calm"}
    several = ask(route, "Read", {"plug": 1, "id": 17, "energy": [1, 2], "at": WHEN}, context)
    assert [made["number"] for _, made in several.onward()] == [1, 2]
    assert several.results([{}, {}], context) == ({}, [])


def test_what_is_answered_beyond_is_joined(dialects: dict[str, Dialect]) -> None:
    beyond = "only left: {Event: {answer: {mood: Angry}, why: toy3 wants none}}\nonly right: {Event: {answer: {}, why: no}}"
    passage = ask(longer(dialects, beyond=beyond).route("toy0", "toy3"), "Begin", BEGIN, cx())
    assert (passage.action, passage.answer) == (None, {"id": 17, "mood": "Angry"})
    assert [loss.why for loss in passage.losses] == ["toy3 wants none"]


def test_what_is_refused_beyond_is_refused(dialects: dict[str, Dialect]) -> None:
    beyond = "only left: {Event: {refuse: NotSupported, why: toy3 wants none}}\nonly right: {Event: {answer: {}, why: no}}"
    passage = ask(longer(dialects, beyond=beyond).route("toy0", "toy3"), "Begin", BEGIN, cx())
    assert (passage.action, passage.refusal) == (None, ("NotSupported", "toy3 wants none"))


def test_a_plain_passage_has_one_message_and_one_result(up: Route) -> None:
    passage = ask(up, "Fetch", {"what": "a"}, cx())
    assert passage.onward() == [("Bring", {"what": "a"})]
    assert passage.results([{"text": "b"}], cx()) == ({"text": "b"}, ())
    with pytest.raises(Refused):
        passage.results([None], cx())


# ------------------------------------------------------------------------------------------------ beside the answer
def told_more(asked: dict[str, Any], run: Any, parts: Any) -> Rendering:
    """A start that has the back end's side ask something of the asker afterwards, and waits for a register."""
    rendering = toys.begin(asked, run, parts)
    return replace(
        rendering,
        after=lambda results, run: [("Fetch", {"what": str(results[0])}), ("Fetch", {"what": "more"})],
        until=lambda results, run: run.cx.registers.get("tags", "abc") is not None,
    )


@pytest.fixture
def chatty(dialects: dict[str, Dialect], monkeypatch: pytest.MonkeyPatch) -> dict[str, Dialect]:
    vars(told_more)["parts"] = ("Event",)
    monkeypatch.setitem(flows.FLOWS, "toy_begin", told_more)
    return dialects


def test_calls_for_the_asker_are_known_with_the_answer(chatty: dict[str, Dialect]) -> None:
    passage = ask(toys.ladder(chatty).route("toy1", "toy2"), "Begin", BEGIN, cx())
    assert not passage.after
    passage.results([{"mood": "Calm"}], cx())
    assert passage.after == [("Fetch", {"what": "{'mood': 'Calm'}"}), ("Fetch", {"what": "more"})]


def test_they_climb_the_steps_before(chatty: dict[str, Dialect]) -> None:
    first = toys.read_text(toys.LEFT.replace("toy1", "toy0").replace("Fetch:", "Fetch0:"))
    every = {**chatty, "toy0": first}
    sample = "{request: {what: {sample: {left: {what: a}, right: {what: a}}}}}"
    before = f"ladder: {{left: toy0, right: toy1}}\nmessages: {{Fetch0 = Fetch: {sample}}}"
    ladder = Ladder([Table.build(loads(before), "toy0--toy1", every), toys.table(every)], every)
    passage = ask(ladder.route("toy0", "toy2"), "Begin", BEGIN, cx())
    passage.results([{}], cx())
    assert [name for name, _ in passage.after] == ["Fetch0", "Fetch0"]


def test_those_of_a_flow_beyond_come_back_through_this_one(chatty: dict[str, Dialect]) -> None:
    inner = Passage("Event", {}, after=[("Bring", {"what": "b"})])
    route = toys.ladder(chatty).route("toy1", "toy2")
    passage = ask(route, "Begin", BEGIN, cx())
    passage.branches = [inner]
    passage.results([{}], cx())
    assert passage.after[0] == ("Fetch", {"what": "b"})


def test_what_the_steps_before_answer_themselves_is_not_said(chatty: dict[str, Dialect]) -> None:
    first = toys.read_text(toys.LEFT.replace("toy1", "toy0").split("  Fetch:")[0])
    every = {**chatty, "toy0": first}
    only = "only right: {Fetch: {answer: {text: no}, why: none}, 'Old, Older': {answer: {}, why: none}}"
    before = Table.build(loads(f"ladder: {{left: toy0, right: toy1}}\n{only}"), "toy0--toy1", every)
    passage = ask(Ladder([before, toys.table(every)], every).route("toy0", "toy2"), "Begin", BEGIN, cx())
    losses = passage.results([{}], cx())[1]
    assert (passage.after, [loss.why for loss in losses]) == ([], ["none", "none"])


def test_what_is_asked_next_depends_on_the_answers(chatty: dict[str, Dialect], monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(asked: dict[str, Any], run: Any, parts: Any) -> Rendering:
        first = toys.begin(asked, run, parts)
        return replace(
            first, then=lambda results, run: toys.begin(asked, run, parts) if results[0] == {"mood": "Angry"} else None
        )

    vars(twice)["parts"] = ("Event",)
    monkeypatch.setitem(flows.FLOWS, "toy_begin", twice)
    passage = ask(toys.ladder(chatty).route("toy1", "toy2"), "Begin", BEGIN, cx())
    assert passage.further([{"mood": "Calm"}], cx()) is None
    more = passage.further([{"mood": "Angry"}], cx())
    assert [name for name, _ in more.onward()] == ["Event"]
    assert more.results([{"mood": "Calm"}], cx())[0] == {"id": 17, "mood": "Calm"}
    beyond = "only left: {Event: {answer: {mood: Angry}, why: no}}\nonly right: {Event: {answer: {}, why: no}}"
    local = ask(longer(chatty, beyond=beyond).route("toy0", "toy3"), "Begin", BEGIN, cx())
    assert (local.answer, [loss.why for loss in local.losses]) == ({"id": 17, "mood": "Angry"}, ["no", "no"])


def test_an_answer_may_wait_for_what_a_register_says(chatty: dict[str, Dialect]) -> None:
    route = longer(chatty).route("toy1", "toy3")
    passage = ask(route, "Begin", BEGIN, cx())
    assert (passage.waits([{}], cx()), passage.waits([{}], cx(tags={"abc": "known"}))) == (True, False)
    assert not ask(route, "End", {"id": 17, "energy": 1, "at": WHEN}, cx()).waits([{}], cx())


def test_a_message_that_the_other_side_lacks_may_be_answered_by_a_flow(dialects: dict[str, Dialect]) -> None:
    local = "  New, Newer:\n    answer:\n      said: no\n"
    with pytest.MonkeyPatch.context() as patch:
        says = makes()(lambda asked, run, parts: Rendering([], lambda results, run: {"said": str(parts)}))
        patch.setitem(flows.FLOWS, "toy_say", says)
        table = toys.table(dialects, toys.TABLE.replace(local, "  New, Newer:\n    flow: toy_say\n"))
        route = Route(dialects["toy2"], dialects["toy1"], [Step(table, "<")])
        passage = ask(route, "New", {}, cx())
    assert (passage.onward(), passage.answer) == ([], {"said": "{}"})
    told = account(route, "New", "backend")
    assert (told.said, told.flows, told.outcome(str), told.share()) == ("always", ("toy_say",), "answered here", 0)
