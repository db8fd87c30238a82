"""Choosing profiles and joining them: who gets what, who wins, and what a peer without quirks pays."""

from __future__ import annotations

import copy
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from quirk_toys import load, quirk

from gateway.quirks.choose import Quirks
from gateway.quirks.cures import NONE, Fired
from gateway.quirks.match import Known, Match

READ = "{repair: call Read, before: {connector: 1, samples: [%s]}, after: {connector: 1, samples: [%s]}}"
ACME = Known("station", dialect="toy1", vendor="ACME", model="M1", firmware="2.1")


def units(id: str, match: str, to: str) -> str:
    sample = READ % ("{value: '1', unit: Q}", f"{{value: '1', unit: {to}}}")
    rule = f"repair: {{payload: [{{on: call Read, at: 'samples[].unit', enum: {{Q: {to}}}}}]}}"
    return quirk(id, f"{{side: station, dialect: toy1, {match}}}", rule, f"samples: [{sample}]")


def several(folder: Path) -> Quirks:
    return load(
        folder,
        vendor=units("vendor-unit", "vendor: acme", "Wh"),
        firmware=units("firmware-unit", r"vendor: ACME, firmware: {read: '(\d+)', from: '2'}", "kWh"),
        numbers=quirk(
            "vendor-numbers",
            "{side: station, dialect: toy1, vendor: ACME}",
            "repair: {text: [balance_brackets], payload: [{on: call Read, at: 'samples[].value', to_text: true}]}",
            f"samples: [{READ % ('{value: 5}', '''{value: '5'}''')}, {{repair: text, before: '[1', after: '[1]'}}]",
        ),
        limit=quirk(
            "model-limit",
            "{side: station, dialect: toy1, model: M1}",
            "deliberate: true",
            "adjust: [{on: call Limit, at: level, set: 0}]",
            "samples: [{adjust: call Limit, before: {level: 3}, after: {level: 0}}]",
        ),
        slow=quirk(
            "vendor-slow", "{side: station, vendor: ACME}", "behave: {hold_calls_until_boot: 5, answer_locally: [heartbeat]}"
        ),
        slower=quirk("station-slower", "{side: station, station: CP1}", "behave: {hold_calls_until_boot: 9}"),
    )


def test_a_peer_without_quirks_pays_nothing(tmp_path: Path) -> None:
    cures = several(tmp_path).choose(Known("station", dialect="toy1", vendor="Other"))
    payload: dict[str, Any] = {"connector": 1, "samples": [{"value": 5}]}
    assert cures is NONE
    assert cures.empty
    assert cures.ids == ()
    assert cures.behave == {}
    assert cures.text("[1")[0] == "[1"
    assert cures.repair("call", "Read", payload)[0] is payload
    assert cures.adjust("call", "Limit", payload)[0] is payload


def test_the_order_is_that_of_ranks_and_of_ids_within_one(tmp_path: Path) -> None:
    first, *others = several(tmp_path).profiles.values()
    quirks = Quirks([replace(first, use=Match("station", {"station": ("S",)})), *others])
    for known in (ACME, replace(ACME, station="S"), replace(ACME, dialect=None), replace(ACME, side="backend")):
        ranked = [(profile.rank(known), profile.id) for profile in quirks.profiles.values()]
        assert [one.id for one in quirks.fitting(known)] == [id for _, id in sorted(one for one in ranked if one[0] is not None)]


def test_what_is_known_decides(tmp_path: Path) -> None:
    quirks = several(tmp_path)
    assert quirks.choose(Known("station")).empty
    assert quirks.choose(Known("station", station="CP1")).ids == ("station-slower",)
    assert quirks.choose(Known("backend", vendor="ACME", dialect="toy1")).empty
    assert quirks.choose(Known("station", vendor="ACME")).ids == ("vendor-slow",)
    everything = ("vendor-numbers", "vendor-slow", "vendor-unit", "model-limit", "firmware-unit")
    assert quirks.choose(ACME).ids == everything
    assert quirks.choose(ACME) is quirks.choose(ACME)


def test_the_more_specific_wins_field_by_field(tmp_path: Path) -> None:
    quirks = several(tmp_path)
    payload = {"connector": 1, "samples": [{"value": Decimal("5.0"), "unit": "Q"}]}
    before = copy.deepcopy(payload)
    mended, fired = quirks.choose(ACME).repair("call", "Read", payload)
    assert mended == {"connector": 1, "samples": [{"value": "5.0", "unit": "kWh"}]}
    assert payload == before
    assert [(f.quirk, f.verb) for f in fired] == [("vendor-numbers", "repair"), ("firmware-unit", "repair")]
    assert fired[0].before is payload
    assert fired[0].after is fired[1].before
    assert fired[1].after is mended
    old = quirks.choose(Known("station", dialect="toy1", vendor="ACME", firmware="1.9"))
    assert old.repair("call", "Read", payload)[0]["samples"][0]["unit"] == "Wh"


def test_of_a_shipped_one_and_the_operators_own_of_one_rank_the_own_wins(tmp_path: Path) -> None:
    mine = load(tmp_path, mine=units("a-unit", "vendor: ACME", "Wh")).profiles["a-unit"]
    shipped = replace(load(tmp_path, mine=units("b-unit", "vendor: ACME", "kWh")).profiles["b-unit"], shipped=True)
    assert mine.quarrel(shipped) is shipped.quarrel(mine) is None
    assert mine.quarrel(replace(shipped, shipped=False)) is not None
    payload = {"connector": 1, "samples": [{"value": "5", "unit": "Q"}]}
    for order in ([mine, shipped], [shipped, mine]):
        assert Quirks(order).choose(ACME).repair("call", "Read", payload)[0]["samples"][0]["unit"] == "Wh"


def test_a_quirk_that_changes_nothing_does_not_fire(tmp_path: Path) -> None:
    cures = several(tmp_path).choose(ACME)
    good = {"connector": 1, "samples": [{"value": "5", "unit": "Wh"}]}
    assert cures.repair("call", "Read", good) == (good, [])
    assert cures.repair("result", "Read", good) == (good, [])
    assert cures.text("[1]") == ("[1]", [])


def test_text_and_adjust_fire_too(tmp_path: Path) -> None:
    cures = several(tmp_path).choose(ACME)
    assert cures.text("[1") == ("[1]", [Fired("vendor-numbers", "repair", "[1", "[1]")])
    assert cures.adjust("call", "Limit", {"level": 7}) == (
        {"level": 0},
        [Fired("model-limit", "adjust", {"level": 7}, {"level": 0})],
    )
    assert cures.repair("call", "Limit", {"level": 7}) == ({"level": 7}, [])


def test_switches_add_up_and_the_more_specific_wins(tmp_path: Path) -> None:
    known = Known("station", station="CP1", vendor="ACME")
    assert several(tmp_path).choose(known).behave == {"hold_calls_until_boot": 9, "answer_locally": ["heartbeat"]}


def test_a_rule_for_two_messages_yields_only_where_it_is_outranked(tmp_path: Path) -> None:
    def fixed(id: str, match: str, on: str, to: int) -> str:
        shown = f"{{repair: call Read, before: {{samples: [{{value: a}}]}}, after: {{samples: [{{value: a}}], connector: {to}}}}}"
        rule = f"repair: {{payload: [{{on: {on}, at: connector, set: {to}}}]}}"
        return quirk(id, f"{{side: station, dialect: toy1, {match}}}", rule, f"samples: [{shown}]")

    quirks = load(
        tmp_path,
        both=fixed("vendor-both", "vendor: ACME", "[call Read, call Tell]", 1),
        read=fixed("model-read", "model: M1", "call Read", 2),
    )
    assert quirks.choose(ACME).repair("call", "Read", {})[0] == {"connector": 2}
    assert quirks.choose(ACME).repair("call", "Tell", {})[0] == {"connector": 1}


def test_payloads_of_any_form_pass_through(tmp_path: Path) -> None:
    cures = several(tmp_path).choose(ACME)
    for odd in (None, [], "text", {"samples": 3}, {"samples": [None, 1, {"value": None}]}):
        assert cures.repair("call", "Read", odd) == (odd, [])  # type: ignore[arg-type]


def test_the_text_replacement_of_the_more_specific_wins(tmp_path: Path) -> None:
    def nan(id: str, match: str, to: str) -> str:
        shown = f"samples: [{{repair: text, before: '[NaN]', after: '[{to}]'}}]"
        return quirk(id, f"{{side: station, {match}}}", f"repair: {{text: [{{replace: {{from: NaN, to: '{to}'}}}}]}}", shown)

    quirks = load(tmp_path, a=nan("vendor-nan", "vendor: ACME", "0"), b=nan("model-nan", "model: M1", "null"))
    assert quirks.choose(ACME).text("[NaN]")[0] == "[null]"
    assert quirks.choose(Known("station", vendor="ACME")).text("[NaN]")[0] == "[0]"
