"""Paths: how they are read, what they reach, and that the original is never touched."""

from __future__ import annotations

import copy

import pytest

from gateway.dialects.shapes import Enum, Field, Scalar, Shape
from gateway.quirks import path as paths

TEXT = Scalar("string")
SAMPLE = Shape("Sample", {"value": Field("value", TEXT), "unit": Field("unit", Enum("Unit", ("Wh", "kWh")))})
TOP = Shape("Top", {"samples": Field("samples", SAMPLE, many=True), "status": Field("status", TEXT), "one": Field("one", SAMPLE)})


def shout(holder: dict[str, object], name: str, scene: paths.Scene) -> dict[str, object]:
    return {**holder, name: "!"} if name in holder else holder


@pytest.mark.parametrize("text", ["a", "a.b", "meterValue[].sampledValue[].value", "key[]"])
def test_a_path_reads_back(text: str) -> None:
    assert str(paths.parse(text)) == text


@pytest.mark.parametrize("text", ["", ".", "a.", "a[0]", "a[*]", "*.b", "a b", "a[][]", "a\n"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected names joined by dots"):
        paths.parse(text)


def test_a_change_reaches_every_item_and_leaves_the_original_alone() -> None:
    payload = {"samples": [{"value": "1"}, {"value": "2"}, {"unit": "Wh"}], "status": "x"}
    before = copy.deepcopy(payload)
    made = paths.rewrite(payload, paths.parse("samples[].value").steps, shout, paths.Scene())
    assert made == {"samples": [{"value": "!"}, {"value": "!"}, {"unit": "Wh"}], "status": "x"}
    assert list(made) == ["samples", "status"]
    assert payload == before
    assert made["samples"][2] is payload["samples"][2]


@pytest.mark.parametrize(
    "payload", [None, [], "text", {}, {"samples": None}, {"samples": {"value": "1"}}, {"samples": [1, None]}]
)
def test_where_nothing_can_be_reached_the_same_object_comes_back(payload: object) -> None:
    assert paths.rewrite(payload, paths.parse("samples[].value").steps, shout, paths.Scene()) is payload


def test_fields_meet_when_one_is_inside_the_other() -> None:
    inner, outer, beside = map(paths.parse, ("samples[].value", "samples", "samples[].unit"))
    assert inner.meets(outer)
    assert outer.meets(inner)
    assert not inner.meets(beside)


def test_the_schema_is_followed() -> None:
    assert paths.find(TOP, paths.parse("samples[].value")).name == "value"
    assert paths.words_of(paths.find(TOP, paths.parse("one.unit"))) == ("Wh", "kWh")
    assert paths.words_of(paths.find(TOP, paths.parse("samples"))) is None
    assert paths.parent(TOP, paths.parse("samples[].misspelt")) is SAMPLE
    assert paths.parent(TOP, paths.parse("misspelt")) is TOP


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("samples.value", r"samples is a list; expected samples\[\]"),
        ("one[].value", "one is no list"),
        ("status[]", "status is no list"),
        ("status.value", "status has no fields inside"),
        ("samples[].valeu", "did you mean 'value'"),
        ("sample[].value", "did you mean 'samples'"),
    ],
)
def test_a_path_that_leaves_the_schema_is_named(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        paths.find(TOP, paths.parse(text))


def test_the_parent_of_a_field_must_hold_fields() -> None:
    with pytest.raises(ValueError, match="has no fields inside"):
        paths.parent(TOP, paths.parse("status.value"))
    with pytest.raises(ValueError, match="samples is a list"):
        paths.parent(TOP, paths.parse("samples.value"))
