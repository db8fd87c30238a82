"""On the routes with flows: whatever valid message comes, in whatever state, what goes on and what is answered is valid by the
official schemas too, and no more comes out than the ledger tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.dialects.schema import Shape
from gateway.ladder.accounts import account
from gateway.ladder.dialogue import other
from gateway.ladder.losses import Refused
from gateway.ladder.passage import Passage
from gateway.ladder.route import Route
from gateway.messages import Side
from tests import strategies
from tests.ladder import probes
from tests.ladder.probes import State
from tests.ladder.test_experiment import DIALECTS, LADDER, each, states
from tests.official import valid


@each
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_valid_in_valid_out(asker: str, answerer: str, sender: Side, action: str, data: st.DataObject) -> None:
    route = LADDER.route(asker, answerer)
    state = data.draw(st.sampled_from(states(asker, answerer, sender)))
    came = probes.ask(route, state, action, data.draw(strategies.payload(DIALECTS[asker], action, "call")))
    passage, cx, *_ = came.again
    results: list[Any] = []
    for name, made in came.onward:
        valid(DIALECTS[answerer], "call", name, made, sender)
        results.append(data.draw(st.none() | strategies.payload(DIALECTS[answerer], name, "result")))
    if passage.answer is not None:
        valid(DIALECTS[asker], "result", action, passage.answer, sender)
        afterwards(passage, asker, sender)
    elif came.onward:
        try:
            told, _ = passage.results(results, cx)
        except Refused:
            return
        valid(DIALECTS[asker], "result", action, told, sender)
        afterwards(passage, asker, sender)


def afterwards(passage: Passage, asker: str, sender: Side) -> None:
    """What the asker is told after its answer is valid too."""
    for name, made in passage.after:
        valid(DIALECTS[asker], "call", name, made, other(sender))


def paths(value: Any, at: str = "") -> set[str]:
    if isinstance(value, dict):
        return {path for key, one in value.items() for path in paths(one, f"{at}.{key}" if at else key)}
    if isinstance(value, list):
        return {path for one in value for path in paths(one, at)}
    return {at}


def messages(shape: Shape) -> Iterator[Any]:
    """Full ones with all words, and for each field one with it and no other that may be absent."""
    yield from (probes.full(shape, index) for index in range(3 * probes.INDEXES))
    for path, leaf in probes.leaves(shape):
        yield from probes.each_word(shape, probes.INDEXES, path, leaf)


def everything(route: Route, state: State, action: str, payload: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """All that is asked, also what depends on the answers."""
    came = probes.ask(route, state, action, payload)
    yield from came.onward
    results = route.to_dialect.messages
    refused = [probes.full(results[name].result, 2) for name, _ in came.onward]
    taken = probes.usual(route, came.onward)
    for first, told in (([None for _ in came.onward], refused), (taken, taken)):
        passage, cx, *_ = probes.ask(route, state, action, payload).again if came.onward else (None, None)
        if passage is not None and passage.further(first, cx) is not None:
            came = probes.ask(route, state, action, payload)
            yield from (one for some in probes.answer(route, came, told)[2] for one in some)


def near(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


@each
def test_what_comes_out_is_what_the_ledger_tells(asker: str, answerer: str, sender: Side, action: str) -> None:
    route = LADDER.route(asker, answerer)
    told: dict[str, set[str]] = {}
    for entry in account(route, action, sender).request:
        if entry.target and entry.how != "unfilled":
            told.setdefault(entry.message, set()).add(entry.target)
    seen: dict[str, set[str]] = {}
    known = states(asker, answerer, sender)
    for state in [*known, *(State(one.bindings, one.registers, offline=True) for one in known)]:
        for payload in messages(DIALECTS[asker].messages[action].request):
            for name, made in everything(route, state, action, payload):
                seen.setdefault(name, set()).update(paths(made))
    untold = {f"{name}.{one}" for name, some in seen.items() for one in some if not any(near(one, t) for t in told.get(name, ()))}
    unseen = {f"{name}.{one}" for name, some in told.items() for one in some if not any(near(one, s) for s in seen.get(name, ()))}
    assert (untold, unseen) == (set(), set())
