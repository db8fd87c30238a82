"""Matching: who fits, how firmware is read, what counts for more, and which profiles could meet."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.quirks.match import Known, Match, read_match
from gateway.source import Checker, loads

DIALECTS = ["toy1", "toy2"]


def match(text: str) -> Match:
    check = Checker()
    top = loads(f"match: {text}")
    made = read_match(check, top["match"], top, DIALECTS)
    check.raise_if_any()
    assert made is not None
    return made


def faults(text: str) -> list[str]:
    check = Checker()
    top = loads(f"match: {text}")
    read_match(check, top["match"], top, DIALECTS)
    return [str(fault) for fault in check.faults]


WALLBOX = Known("station", "CP7", "west", "Agent/1.0", "toy1", "Wall Box Chargers", "CPB1-S-2-4", "6.6.20", "main")


@pytest.mark.parametrize(
    "text",
    [
        "{side: station}",
        "{side: station, dialect: toy1}",
        "{side: station, dialect: [toy2, toy1]}",
        "{side: station, vendor: wall box CHARGERS}",
        "{side: station, vendor: [ABB, 'wall*']}",
        "{side: station, model: 'cpb?-*'}",
        "{side: station, firmware: '6.6.*'}",
        "{side: station, station: 'CP[0-9]', listener: west, user_agent: 'Agent/*', backend: main}",
        r"{side: station, firmware: {read: '(\d+)\.(\d+)', from: '6.6', below: '6.8'}}",
    ],
)
def test_fits(text: str) -> None:
    assert match(text).fits(WALLBOX)


@pytest.mark.parametrize(
    "text",
    [
        "{side: backend}",
        "{side: station, dialect: toy2}",
        "{side: station, vendor: Wall}",
        "{side: station, vendor: 'wall*', model: X}",
        "{side: station, station: 'cp7'}",
        "{side: station, user_agent: 'agent/*'}",
        r"{side: station, firmware: {read: '(\d+)\.(\d+)', from: '6.7'}}",
        r"{side: station, firmware: {read: '(\d+)\.(\d+)', below: '6.6'}}",
        r"{side: station, firmware: {read: 'V(\d+)', from: '1'}}",
    ],
)
def test_does_not_fit(text: str) -> None:
    assert not match(text).fits(WALLBOX)


@pytest.mark.parametrize("key", ["station", "listener", "user_agent", "vendor", "model", "firmware", "backend"])
def test_the_unknown_fits_no_pattern(key: str) -> None:
    assert not match(f"{{side: station, {key}: '*'}}").fits(Known("station"))


@pytest.mark.parametrize(
    ("read", "text", "version", "next_"),
    [
        (r"^(\d+)\.(\d+)\.(\d+)-", "6.5.0-4217", "6.5", "6.5.1"),
        (r"^V(\d+)\.(\d+)@", "V1.5@25238bf+100,F8.gl,ws,ESP32,RN8213@V31", "1.5", "1.6"),
        (r"\|\|(\d+)\.(\d+)\.(\d+)\.(\d+)$", "PFA0102|V0.00.00|V1.38.00||2.4.3.0", "2.4.3.0", "2.4.3.1"),
        (r"Q(\d{2})(\d{3})$", "448.3251.0Q03197", "3.197", "3.198"),
        (r"::V(\d+)\.(\d+)\.(\d+)", "TAC3Z9119006710273::V1.8.21", "1.8.21", "1.8.22"),
        (r"^(\d+)(?:\.(\d+))?$", "7", "7.0", "7.0.1"),
    ],
)
def test_firmware_strings_of_the_field(read: str, text: str, version: str, next_: str) -> None:
    known = Known("station", firmware=text)
    assert match(f"{{side: station, firmware: {{read: '{read}', from: '{version}', below: '{next_}'}}}}").fits(known)
    assert not match(f"{{side: station, firmware: {{read: '{read}', from: '{next_}'}}}}").fits(known)
    assert not match(f"{{side: station, firmware: {{read: '{read}', below: '{version}'}}}}").fits(known)


def test_versions_are_numbers_not_text() -> None:
    ranged = match(r"{side: station, firmware: {read: '(\d+)\.(\d+)', from: 6.9, below: 6.11}}")
    assert ranged.fits(Known("station", firmware="6.10"))
    assert not ranged.fits(Known("station", firmware="6.11.2"))


def test_only_the_beginning_of_a_firmware_string_is_looked_at() -> None:
    assert not match(r"{side: station, firmware: {read: '(\d+)$', from: '1'}}").fits(Known("station", firmware="x" * 500 + "9"))


def test_a_group_without_a_number_fits_nothing() -> None:
    assert not match(r"{side: station, firmware: {read: '(.+)'}}").fits(Known("station", firmware="beta"))


def test_rank_is_the_most_specific_thing_named() -> None:
    order = [
        "{side: station, dialect: toy1}",
        "{side: station, vendor: a}",
        "{side: station, model: a}",
        "{side: station, vendor: a, firmware: '1'}",
        "{side: station, listener: a}",
        "{side: station, station: a}",
    ]
    assert [match(text).rank for text in order] == [0, 1, 2, 3, 4, 5]
    assert match("{side: station, station: a, vendor: b, model: c}").rank == 5
    assert match(r"{side: station, firmware: {read: '(\d)'}}").rank == 3


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("{side: station, vendor: ABB}", "{side: backend, vendor: ABB}", False),
        ("{side: station, vendor: ABB}", "{side: station, vendor: abb}", True),
        ("{side: station, vendor: ABB}", "{side: station, vendor: Alfen}", False),
        ("{side: station, vendor: ABB}", "{side: station, model: Alfen}", True),
        ("{side: station, vendor: 'A*'}", "{side: station, vendor: Alfen}", True),
        ("{side: station, vendor: 'B*'}", "{side: station, vendor: Alfen}", False),
        ("{side: station, vendor: 'Al*'}", "{side: station, vendor: 'AB*'}", False),
        ("{side: station, vendor: '*x'}", "{side: station, vendor: '*y'}", True),
        ("{side: station, dialect: toy1}", "{side: station, dialect: toy2}", False),
        ("{side: station, dialect: toy1}", "{side: station, dialect: [toy2, toy1]}", True),
        (
            r"{side: station, firmware: {read: '(\d)', below: '3'}}",
            r"{side: station, firmware: {read: '(\d)', from: '3'}}",
            False,
        ),
        (r"{side: station, firmware: {read: '(\d)', below: '4'}}", r"{side: station, firmware: {read: '(\d)', from: '3'}}", True),
        (
            r"{side: station, firmware: {read: '(\d)', below: '3'}}",
            r"{side: station, firmware: {read: 'V(\d)', from: '3'}}",
            True,
        ),
    ],
)
def test_may_meet(one: str, other: str, may: bool) -> None:
    assert match(one).may_meet(match(other)) is may
    assert match(other).may_meet(match(one)) is may


GLOB = st.text(alphabet="ab*?", min_size=1, max_size=4)


@given(GLOB, GLOB)
def test_profiles_that_cannot_meet_never_do(one: str, other: str) -> None:
    first, second = match(f"{{side: station, station: '{one}'}}"), match(f"{{side: station, station: '{other}'}}")
    if not first.may_meet(second):
        for letters in itertools.chain.from_iterable(itertools.product("ab", repeat=n) for n in range(1, 5)):
            known = Known("station", "".join(letters))
            assert not (first.fits(known) and second.fits(known))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "match is no mapping"),
        ("{vendor: a}", "lacks the key 'side'"),
        ("{side: charger}", "station or backend"),
        ("{side: station, vndor: a}", "did you mean 'vendor'"),
        ("{side: station, dialect: toy3}", "did you mean 'toy"),
        ("{side: station, vendor: 12}", "quote what looks like a number"),
        ("{side: station, model: []}", "model is no text"),
        ("{side: station, firmware: {from: '1'}}", "lacks the key 'read'"),
        ("{side: station, firmware: {read: '('}}", "not a regular expression"),
        (r"{side: station, firmware: {read: '\d'}}", "no groups"),
        (r"{side: station, firmware: {read: '(\d)', from: one}}", "is no version"),
        (r"{side: station, firmware: {read: '(\d)', from: '2', below: '2.0'}}", "no version is in this range"),
        (r"{side: station, firmware: {read: '(\d)', till: '2'}}", "unknown key"),
    ],
)
def test_faults_are_named(text: str, says: str) -> None:
    found = faults(text)
    assert len(found) == 1
    assert says in found[0]
