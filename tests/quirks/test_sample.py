"""The laws that a profile's own samples hold it to."""

from __future__ import annotations

from pathlib import Path

import pytest
from quirk_toys import load, quirk

from gateway.source import SourceError

STATION = "{side: station, dialect: toy1, vendor: ACME}"


def faults(folder: Path, *lines: str, match: str = STATION) -> list[str]:
    with pytest.raises(SourceError) as caught:
        load(folder, acme=quirk("acme-odd", match, *lines))
    return [str(fault) for fault in caught.value.faults]


def read(before: str, after: str) -> str:
    return f"{{repair: call Read, before: {{connector: 1, samples: [{before}]}}, after: {{connector: 1, samples: [{after}]}}}}"


TO_TEXT = "repair: {payload: [{on: call Read, at: 'samples[].value', to_text: true}]}"


def test_a_sample_that_becomes_something_else(tmp_path: Path) -> None:
    found = faults(tmp_path, TO_TEXT, f"samples: [{read('{value: 5}', '{value: 6}')}]")
    assert "the sample becomes" in found[0]


def test_a_text_sample_that_becomes_something_else(tmp_path: Path) -> None:
    found = faults(tmp_path, "repair: {text: [balance_brackets]}", "samples: [{repair: text, before: '[1', after: '[1'}]")
    assert "the sample becomes '[1]'; expected '[1'" in found[0]


@pytest.mark.parametrize("lines", [[], [f"samples: [{read('''{value: '5'}''', '''{value: '5'}''')}]"]])
def test_a_rule_that_no_sample_shows(tmp_path: Path, lines: list[str]) -> None:
    [found] = faults(tmp_path, TO_TEXT, *lines)
    assert "no sample shows to_text at samples[].value" in found


def test_a_text_repair_that_no_sample_shows(tmp_path: Path) -> None:
    [found] = faults(
        tmp_path,
        "repair: {text: [strip_control, balance_brackets]}",
        "samples: [{repair: text, before: '[1', after: '[1]'}]",
    )
    assert "no sample shows strip_control" in found


def test_every_line_of_a_profile_counts(tmp_path: Path) -> None:
    """Deleting either rule is noticed, because its sample no longer holds."""
    rules = ["{on: call Read, at: 'samples[].value', to_text: true}", "{on: call Read, at: 'samples[].u', rename: unit}"]
    samples = f"samples: [{read('{value: 5, u: Wh}', '''{value: '5', unit: Wh}''')}]"
    load(tmp_path, acme=quirk("acme-odd", STATION, f"repair: {{payload: [{', '.join(rules)}]}}", samples))
    for left in rules:
        assert "the sample becomes" in faults(tmp_path, f"repair: {{payload: [{left}]}}", samples)[0]


def test_mending_twice_must_be_mending_once(tmp_path: Path) -> None:
    rules = "repair: {payload: [{on: call Read, at: 'samples[].value', enum: {a: b, b: c}}]}"
    [found] = faults(tmp_path, "deliberate: true", rules, f"samples: [{read('{value: a}', '{value: b}')}]")
    assert "twice is not the same as once" in found


def test_replacing_twice_must_be_replacing_once(tmp_path: Path) -> None:
    [found] = faults(
        tmp_path,
        "repair: {text: [{replace: {from: ab, to: ''}}]}",
        "samples: [{repair: text, before: aabb, after: ab}]",
    )
    assert "twice is not the same as once" in found


def test_a_scale_is_excused(tmp_path: Path) -> None:
    rules = "repair: {payload: [{on: call Read, at: 'samples[].value', scale: 1000}]}"
    shown = f"samples: [{read('''{value: '1.5'}''', '''{value: '1500.0'}''')}]"
    load(tmp_path, acme=quirk("acme-kwh", STATION, "deliberate: true", rules, shown))


def test_a_legal_message_is_changed_only_deliberately(tmp_path: Path) -> None:
    rules = "repair: {payload: [{on: call Read, at: 'samples[].value', scale: 1000}]}"
    [found] = faults(tmp_path, rules, f"samples: [{read('''{value: '1.5'}''', '''{value: '1500.0'}''')}]")
    assert "before is a legal message" in found


def test_what_was_mended_must_pass_the_strict_decode(tmp_path: Path) -> None:
    [found] = faults(tmp_path, TO_TEXT, f"samples: [{read('{value: 5, unit: J}', '''{value: '5', unit: J}''')}]")
    assert "not valid in toy1" in found


def test_what_is_adjusted_must_be_valid_before_too(tmp_path: Path) -> None:
    [found] = faults(
        tmp_path,
        "adjust: [{on: call Limit, at: level, set: 0}]",
        "samples: [{adjust: call Limit, before: {level: high}, after: {level: 0}}]",
    )
    assert "not valid in toy1" in found
    assert "acme.yaml:8" in found


def test_without_a_dialect_the_strict_decode_is_not_asked(tmp_path: Path) -> None:
    samples = f"samples: [{read('{value: 5, unit: J}', '''{value: '5', unit: J}''')}]"
    load(tmp_path, acme=quirk("acme-odd", "{side: station, vendor: ACME}", TO_TEXT, samples))
