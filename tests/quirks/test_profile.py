"""Loading profiles: every mistake is found, all at once, and named with its place."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from quirk_toys import load, quirk

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.quirks.behave import FORMS, form_of
from gateway.quirks.choose import Quirks
from gateway.session.policy import SWITCHES
from gateway.source import SourceError

STATION = "{side: station, dialect: toy1, vendor: ACME}"
TO_TEXT = "repair: {payload: [{on: call Read, at: 'samples[].value', to_text: true}]}"
BEFORE, AFTER = "{connector: 1, samples: [{value: 5}]}", "{connector: 1, samples: [{value: '5'}]}"
SHOWN = f"samples: [{{repair: call Read, before: {BEFORE}, after: {AFTER}}}]"


def faults(folder: Path, **files: str) -> list[str]:
    with pytest.raises(SourceError) as caught:
        load(folder, **files)
    return [str(fault) for fault in caught.value.faults]


def test_a_sound_profile_loads(tmp_path: Path) -> None:
    [profile] = load(tmp_path, acme=quirk("acme-numbers", STATION, TO_TEXT, SHOWN)).profiles.values()
    assert (profile.id, profile.title, profile.links) == ("acme-numbers", "A title", ("https://example.org/1",))
    assert profile.match.rank == 1
    assert not profile.deliberate


def test_all_faults_of_all_files_come_at_once_with_their_places(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        one=quirk("acme-one", STATION, "repair: {payload: [{on: call Reed, at: x, drop: true}]}", "behave: {settel: 3}"),
        two=quirk("ACME", STATION, TO_TEXT, SHOWN),
        three="quirks: [",
        four="quirks: {}\nmore: 1",
    )
    assert len(found) == 6
    text = "\n".join(found)
    assert "one.yaml:7: unknown operation 'Reed'" in text
    assert "did you mean 'Read'?" in text
    assert "one.yaml:8: unknown switch 'settel'" in text
    assert "two.yaml:2: 'ACME' is no id" in text
    assert "three.yaml:" in text
    assert "four.yaml:2: unknown key in a file of quirks 'more'" in text
    assert "four.yaml:1: quirks is no mapping" in text


def rule(text: str) -> str:
    return f"repair: {{payload: [{text}]}}"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("repair: []", "repair is no mapping"),
        ("repair: {texts: []}", "unknown key in repair 'texts'"),
        ("repair: {payload: {}}", "payload is no list of rules"),
        (rule("drop"), "a rule is a mapping"),
        (rule("{on: call Read, drop: true}"), "lacks the key 'at'"),
        (rule("{on: call Read, at: connector}"), "this has 0"),
        (rule("{on: call Read, at: connector, drop: true, to_text: true}"), "this has 2"),
        (rule("{on: call Read, at: connector, to_txt: true}"), "did you mean 'to_text'"),
        (rule("{on: Read, at: connector, drop: true}"), "call OPERATION or result OPERATION"),
        (rule("{on: [call Read, cal Read], at: connector, drop: true}"), "'cal Read' is no kind of message"),
        (rule("{on: call Limit, at: level, drop: true}"), "no call Limit comes from a station; expected one of Read, Tell"),
        (rule("{on: call Read, at: connector, drop: true, when: it.connector = 1}"), "expected one such as it.status == "),
        (rule("{on: call Read, at: connector, drop: true, when: {connector: 1}}"), "expected when: it.field == 'word'"),
        (rule("{on: call Read, at: 'samples[].value', replace: {find: '[A-B]', put: '\\1'}}"), "invalid group reference 1"),
        (rule("{on: result Read, at: level, drop: true}"), "no result Read comes from a station"),
        (rule("{on: call Read, at: 'samples..value', to_text: true}"), "is no path"),
        (rule("{on: call Read, at: samples.value, to_text: true}"), "samples is a list"),
        (rule("{on: call Read, at: 'samples[].valu', to_text: true}"), "did you mean 'value'"),
        (rule("{on: call Read, at: 'sample[].valu', drop: true}"), "did you mean 'samples'"),
        (rule("{on: call Read, at: 'samples[]', drop: true}"), "not on each item"),
        (rule("{on: call Read, at: 'samples[].valu', rename: vlue}"), "has no field 'vlue'"),
        (rule("{on: call Read, at: 'samples[].value', truncate: 0}"), "how many characters stay"),
        (rule("{on: call Read, at: 'samples[].unit', enum: {Joule: J}}"), "'J' is not allowed there; expected one of Wh, kWh"),
        (rule("{on: call Read, at: 'samples[].unit', set: J}"), "'J' is not allowed there"),
        (rule("{on: call Read, at: 'samples[].unit', default: J}"), "'J' is not allowed there"),
        (rule("{on: call Read, at: 'samples[].unit', enum: {kWh: Wh}}"), "'kWh' is a legal value"),
        (rule("{on: error *, at: code, enum: {Odd: NotImplementd}}"), "did you mean 'NotImplemented'"),
        (rule("{on: error *, at: code, set: Odd}"), "'Odd' is not allowed there"),
        (rule("{on: error *, at: code, enum: {NotSupported: NotImplemented}}"), "'NotSupported' is a legal value"),
        ("adjust: [{on: error Read, at: code, enum: {NotSupported: Odd}}]", "'Odd' is not allowed there"),
        ("adjust: {}", "adjust is no list of rules"),
        ("adjust: [{on: call Read, at: connector, set: 1}]", "no call Read goes to a station"),
        ("adjust: [{on: call Limit, at: lvl, drop: true}]", "has no field 'lvl'"),
        ("adjust: [{on: call Limit, at: levels, rename: level}]", "has no field 'levels'"),
        ("behave: true", "behave is no mapping"),
        ("behave: {hold_calls_until_boot: -1}", "does not take -1"),
        ("behave: {hold_calls_until_boot: yes}", "does not take 'yes'"),
        ("behave: {delay_answer: {strat: 1}}", "did you mean 'start'"),
        ("behave: {answer_locally: [hartbeat]}", "did you mean 'heartbeat'"),
        ("behave: {answer_locally: []}", "does not take"),
        ("behave: {largest_id: 255}", "does not take 255"),
        ("connect: {headers: {X-A: b}}", "headers does nothing for a station"),
        ("connect: {forgive: [orgin]}", "unknown 'orgin'"),
        ("connect: {forgive: [orgin]}", "did you mean 'origin'"),
        ("connect: {charset: latin1x}", "'latin1x' is no charset"),
        ("connect: {charset: utf-16}", "'utf-16' is no charset"),
        ("deliberate: because", "deliberate is true or left out"),
        ("samples: {}", "samples is no list"),
        ("samples: [{before: 1, after: 2}]", "a sample shows one verb"),
        ("samples: [{repair: text, before: 1}]", "lacks the key 'after'"),
        ("samples: [{repair: call Limit, before: {}, after: {}}]", "no call Limit comes from a station"),
    ],
)
def test_one_fault_is_named(tmp_path: Path, line: str, says: str) -> None:
    lines = (
        [line]
        if line.split(":")[0] in ("repair", "adjust", "behave", "connect")
        else [line, "behave: {hold_calls_until_boot: 1}"]
    )
    [found] = faults(tmp_path, acme=quirk("acme-odd", STATION, *lines))
    assert says in found
    assert "acme.yaml:7" in found


@pytest.mark.parametrize("key", ["title", "why", "link", "match"])
def test_each_required_key_is_asked_for(tmp_path: Path, key: str) -> None:
    text = "\n".join(
        line for line in quirk("acme-odd", STATION, TO_TEXT, SHOWN).split("\n") if not line.startswith(f"    {key}:")
    )
    assert faults(tmp_path, acme=text) == [f"{tmp_path}/quirks/acme.yaml:3: quirk acme-odd lacks the key {key!r}"]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [("link", "http://example.org", "link is no address"), ("link", "[]", "link is no"), ("why", "''", "why is empty")],
)
def test_empty_words_and_links_are_refused(tmp_path: Path, key: str, value: str, says: str) -> None:
    lines = quirk("acme-odd", STATION, TO_TEXT, SHOWN).split("\n")
    text = "\n".join(f"    {key}: {value}" if line.startswith(f"    {key}:") else line for line in lines)
    assert says in faults(tmp_path, acme=text)[0]


def test_a_profile_must_do_something(tmp_path: Path) -> None:
    assert "does nothing" in faults(tmp_path, acme=quirk("acme-idle", STATION))[0]


def test_an_id_stands_once(tmp_path: Path) -> None:
    text = quirk("acme-numbers", STATION, TO_TEXT, SHOWN)
    [found] = faults(tmp_path, one=text, two=text)
    assert "two.yaml" in found
    assert "stands in" in found
    assert "one.yaml" in found


def test_equal_rank_on_one_field_is_refused(tmp_path: Path) -> None:
    words = "repair: {{payload: [{{on: call Read, at: 'samples[].value', enum: {{a: {0}}}}}]}}"
    shown = (
        "samples: [{{repair: call Read, before: {{connector: 1, samples: [{{value: a}}]}}, "
        "after: {{connector: 1, samples: [{{value: {0}}}]}}}}]"
    )
    one = quirk("acme-numbers", STATION, "deliberate: true", words.format("b"), shown.format("b"))
    wide = "{side: station, dialect: toy1, vendor: 'AC*'}"
    two = quirk("all-numbers", wide, "deliberate: true", words.format("c"), shown.format("c"))
    [found] = faults(tmp_path, one=one, two=two)
    assert "all-numbers and acme-numbers" in found
    assert "samples[].value in call Read" in found
    assert "two.yaml:8" in found


def test_a_profile_that_stands_too_far_left_is_told_so(tmp_path: Path) -> None:
    text = quirk("acme-numbers", STATION, TO_TEXT, SHOWN).removeprefix("quirks:\n")
    assert "acme.yaml:1: acme-numbers stands at the top of the file" in faults(tmp_path, acme=dedent(text))[0]


def test_a_number_in_the_place_of_a_dialect_names_the_one_that_is_meant(tmp_path: Path) -> None:
    text = quirk("acme-numbers", "{side: station, dialect: 1, vendor: ACME}", TO_TEXT, SHOWN)
    assert "did you mean 'toy1'" in faults(tmp_path, acme=text)[0]


def test_what_only_brings_into_form_stands_beside_anything_but_its_like(tmp_path: Path) -> None:
    def cut(most: int) -> str:
        rule_ = f"repair: {{payload: [{{on: call Read, at: 'samples[].value', truncate: {most}}}]}}"
        before, after = BEFORE.replace("5", "abcdef"), AFTER.replace("5", "abcdef"[:most])
        return f"deliberate: true\n    {rule_}\n    samples: [{{repair: call Read, before: {before}, after: {after}}}]"

    one, two = quirk("one", STATION, TO_TEXT, SHOWN), quirk("two", STATION, cut(3))
    assert len(load(tmp_path, one=one, two=two).profiles) == 2
    assert "both change samples[].value" in faults(tmp_path, one=quirk("one", STATION, cut(2)), two=two)[0]


def test_two_that_do_the_same_do_not_quarrel(tmp_path: Path) -> None:
    one = quirk("acme-numbers", STATION, TO_TEXT, SHOWN)
    two = quirk("all-numbers", "{side: station, dialect: toy1, vendor: 'AC*'}", TO_TEXT, SHOWN)
    assert len(load(tmp_path, one=one, two=two).profiles) == 2


def test_equal_rank_on_one_switch_or_literal_is_refused(tmp_path: Path) -> None:
    hold = "behave: {hold_calls_until_boot: 1}"
    nan = "repair: {text: [{replace: {from: NaN, to: 'null'}}]}"
    shown = "samples: [{repair: text, before: '[NaN]', after: '[null]'}]"
    found = faults(
        tmp_path,
        a=quirk("a", STATION, hold),
        b=quirk("b", STATION, "behave: {hold_calls_until_boot: 2}"),
        c=quirk("c", STATION, nan, shown),
        d=quirk("d", STATION, nan, shown),
    )
    assert len(found) == 2
    assert "the switch hold_calls_until_boot" in found[0]
    assert "the same text" in found[1]


@pytest.mark.parametrize(
    "other",
    [
        "{side: station, dialect: toy1, vendor: ACME, model: X}",
        "{side: station, dialect: toy1, vendor: Other}",
        "{side: station, dialect: toy2, vendor: ACME}",
    ],
)
def test_other_rank_or_other_peers_are_no_quarrel(tmp_path: Path, other: str) -> None:
    two = quirk("other-numbers", other, TO_TEXT, SHOWN)
    assert len(load(tmp_path, one=quirk("acme-numbers", STATION, TO_TEXT, SHOWN), two=two).profiles) == 2


def test_without_a_dialect_one_that_has_it_is_enough(tmp_path: Path) -> None:
    """toy2 has no Limit; a profile for any dialect may still speak of it, one that names toy2 may not."""
    limit = "adjust: [{on: call Limit, at: level, set: 0}]"
    shown = "samples: [{adjust: call Limit, before: {level: 3}, after: {level: 0}}]"
    load(tmp_path, acme=quirk("acme-zero", "{side: station, vendor: ACME}", limit, shown))
    [rule_, sample] = faults(
        tmp_path, acme=quirk("acme-zero", "{side: station, dialect: [toy1, toy2], vendor: ACME}", limit, shown)
    )
    assert "unknown operation 'Limit' in toy2" in rule_
    assert "unknown operation 'Limit' in toy2" in sample


def test_deliberate_lets_a_legal_value_be_rewritten(tmp_path: Path) -> None:
    lines = [
        "adjust: [{on: result Limit, at: status, enum: {Scheduled: Accepted}}]",
        "samples: [{adjust: result Limit, before: {status: Scheduled}, after: {status: Accepted}}]",
    ]
    backend = "{side: backend, dialect: toy1, backend: old}"
    assert "'Scheduled' is a legal value" in faults(tmp_path, acme=quirk("acme-word", backend, *lines))[0]
    [profile] = load(tmp_path, acme=quirk("acme-word", backend, "deliberate: true", *lines)).profiles.values()
    assert profile.deliberate


def test_every_switch_of_the_session_has_a_form_that_is_checked() -> None:
    assert {form_of(switch) for switch in SWITCHES} <= set(FORMS)


@pytest.mark.parametrize("good", ["{hold_calls_until_boot: 0.5}", "{delay_answer: {start: 1}}", "{answer_locally: [heartbeat]}"])
def test_switches_take_their_form(tmp_path: Path, good: str) -> None:
    [profile] = load(tmp_path, acme=quirk("acme-slow", STATION, f"behave: {good}")).profiles.values()
    assert len(profile.behave) == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (rule("{on: Read, at: connector, drop: true}"), "did you mean 'call Read'"),
        (rule("{on: call Read, at: samples[].value, to_text: true}"), "expected quotes around a path with [] inside"),
        (rule("{on: call Read, at: 'samples[].value', replace: {find: '.*,.*', put: ''}}"), "too many repeats"),
        (rule("{on: call Read, at: 'samples[].value', trim: true, when: it.valeu == 1}"), "did you mean 'value'"),
    ],
)
def test_slips_of_a_first_profile_are_told_in_words(tmp_path: Path, line: str, says: str) -> None:
    assert says in faults(tmp_path, acme=quirk("acme-odd", STATION, line))[0]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("connect: {by_shape: [toy1]}", "by_shape does nothing for a back end; expected one of assume_subprotocol"),
        ("connect: {forgive: [origin]}", "unknown 'origin', expected one of binary"),
        ("connect: {headers: {Host: b}}", "'Host' is written by the gateway itself"),
        ("connect: {headers: {Sec-WebSocket-Key: b}}", "is written by the gateway itself"),
        ('connect: {headers: {X-A: "b\\n"}}', "is no header with a text"),
        ("behave: {delay_answer: {start: 1}}", "delay_answer does nothing for a back end"),
        ("behave: {silence: {Limit: {after: 1}}}", "no call Limit goes to a backend"),
    ],
)
def test_what_does_nothing_for_a_back_end_is_refused(tmp_path: Path, line: str, says: str) -> None:
    [found] = faults(tmp_path, acme=quirk("acme-odd", "{side: backend, dialect: toy1, backend: main}", line))
    assert says in found
    assert "acme.yaml:7" in found


def test_a_field_of_the_boot_must_be_there(tmp_path: Path) -> None:
    match = "{side: station, dialect: ocpp1.6, boot: {metertype: x}}"
    (tmp_path / "quirks").mkdir()
    (tmp_path / "quirks" / "acme.yaml").write_text(quirk("acme-odd", match, "warn: Look."))
    with pytest.raises(SourceError, match="did you mean 'meterType'"):
        Quirks.load(Folders([tmp_path], shipped_too=False), load_dialects(Folders()))
