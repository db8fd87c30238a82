"""Every route between the 1.x dialects, of one step or two: valid in, and valid by the *official* schemas out, in each codec."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.ladder import Ladder
from gateway.ladder.losses import Refused
from gateway.messages import Side
from tests import strategies
from tests.official import valid

DIALECTS = load_dialects(Folders())
LADDER = Ladder.load(Folders(), DIALECTS)
NAMES = ["ocpp1.2", "ocpp1.5", "ocpp1.6"]
SIDES: list[Side] = ["station", "backend"]
EACH = [
    (near, far, side, action)
    for near in NAMES
    for far in NAMES
    if near != far
    for side in SIDES
    for action in strategies.actions(DIALECTS[near], side)
]


@pytest.mark.parametrize(("near", "far", "side", "action"), EACH, ids=["-".join(one) for one in EACH])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_valid_by_the_official_schemas(near: str, far: str, side: Side, action: str, data: st.DataObject) -> None:
    route = LADDER.route(near, far)
    asked = route.from_dialect.check("call", action, data.draw(strategies.payload(route.from_dialect, action, "call")))
    passage = route.request(action, asked, Context(Recorded()))
    if passage.action is None:
        assert passage.refusal is not None or passage.answer is not None
        if passage.answer is not None:
            valid(route.from_dialect, "result", action, passage.answer, side)
        return
    valid(route.to_dialect, "call", passage.action, passage.payload, side)
    told = data.draw(strategies.payload(route.to_dialect, passage.action, "result"))
    try:
        made, _ = passage.result(route.to_dialect.check("result", passage.action, told), Context(Recorded()))
    except Refused:
        return
    valid(route.from_dialect, "result", action, made, side)
