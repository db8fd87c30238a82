"""Laws over all shipped profiles, nothing skipped.  Loading already holds each to its samples; here the whole is looked at."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway import rehearsal, source
from gateway.catalogue import Folders
from gateway.dialects.errors import PeerError
from gateway.dialects.load import load_dialects
from gateway.quirks.adjust import Adjust
from gateway.quirks.choose import Quirks
from gateway.quirks.match import BOOT, Known, Match
from gateway.quirks.operation import OPERATIONS
from gateway.quirks.profile import Profile
from gateway.quirks.repair import Repair
from gateway.quirks.sample import NOTHING, run
from gateway.source import SourceError

DIALECTS = load_dialects(Folders())
QUIRKS = Quirks.load(Folders(), DIALECTS)
PROFILES = list(QUIRKS.profiles.values())
TESTS = Path(__file__).parents[1]
REPORTS = source.load(Path(__file__).with_name("field_reports.yaml"))
SYMPTOMS = ("Q10", "Q13", "Q17", "Q42", "Q47", "Q53", "Q54", "Q57", "Q62", "Q64", "Q65", "Q66", "Q68", "Q84")
"""Single or unproven reports, and those that name no vendor."""
FOUND_SINCE = {
    "answers-under-another-id",
    "chargepoint-fifth-item",
    "charx-long-names",
    "charx-one-measurand-spoils-the-list",
    "configuration-values-as-numbers",
    "empty-sample-values",
    "level-zero-cannot-be-cleared",
    "limit-after-a-pause-is-lost",
    "readings-only-when-asked",
    "reset-after-a-change",
    "too-many-measurands",
    "whole-amperes-only",
    "abb-terra-ac-null-as-text",
    "aefa-transaction-without-a-value",
    "answers-with-a-stray-status",
    "basic-with-a-colon",
    "charx-start-needs-a-connector",
    "currents-against-neutral",
    "daily-schedule-by-utc",
    "en-plus-finishing-before-it-began",
    "events-without-a-reason",
    "fraction-of-a-watt-hour",
    "go-e-amperes-only",
    "go-e-no-profile-in-a-start",
    "grizzl-e-tells-its-password",
    "heartbeat-interval-too-long",
    "livo-asked-too-soon",
    "new-password-unanswered",
    "no-total-of-the-phases",
    "password-in-query",
    "phase-in-the-measurand",
    "profiles-without-a-start",
    "restarts-at-an-empty-value",
    "schedule-periods-with-a-capital",
    "soc-called-soc-state",
    "state-info-too-long",
    "teison-power-in-watt-hours",
    "transaction-profiles-need-their-id",
    "wallbox-same-limit-twice",
}
"""Profiles of what was found since, in reports of other places too."""
each_profile = pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.id)


def vendor_of(profile: Profile) -> str:
    return Path(profile.source.file).parent.name


def test_every_verb_is_shipped() -> None:
    assert any(p.repair.text for p in PROFILES)
    assert any(p.repair.payload for p in PROFILES)
    assert any(p.adjust.payload for p in PROFILES)
    assert any(p.behave for p in PROFILES)
    assert any(p.connect for p in PROFILES)
    assert any(p.warn for p in PROFILES)
    assert {p.match.side for p in PROFILES} == {"station", "backend"}


def test_every_report_is_accounted_for() -> None:
    assert len(REPORTS) == 90
    assert [number for number, what in REPORTS.items() if len(what) != 1 or not {"quirks", "usual", "not"} >= set(what)] == []
    named = {id for what in REPORTS.values() for id in what.get("quirks", ())}
    assert named | FOUND_SINCE == set(QUIRKS.profiles), "each profile stems from a report, and each report's profile is there"
    assert not named & FOUND_SINCE


def test_what_needs_no_profile_is_shown_by_a_test() -> None:
    """Each report for which the usual behaviour is enough has its number in the name of a test."""
    names = [
        name for path in TESTS.rglob("test_*.py") for name in re.findall(r"^def test_((?:q[0-9]+_)+)", path.read_text(), re.M)
    ]
    shown = {f"Q{number:0>2}" for name in names for number in re.findall(r"q0*([0-9]+)_", name)}
    assert [number for number, what in REPORTS.items() if "usual" in what and number not in shown] == []


def test_what_is_not_proven_is_named_by_what_was_seen() -> None:
    for number in SYMPTOMS:
        for id in REPORTS[number].get("quirks", ()):
            assert vendor_of(QUIRKS.profiles[id]) == "any", f"{number}: {id}"


def test_shipped_files_switch_nothing_and_bind_nobody() -> None:
    for path in Folders().files("quirks").values():
        assert set(source.load(path)) == {"quirks"}, path


@each_profile
def test_links_are_public_reports(profile: Profile) -> None:
    assert profile.links
    public = r"https://github\.com/[\w.-]+/[\w.-]+" if profile.id not in FOUND_SINCE else r"https://(?!.*\bexample\b)[\w.-]+/\S+"
    assert all(re.match(public, link) for link in profile.links)
    assert len(profile.why) > 40
    assert len(profile.title) < 100
    assert profile.title[0].isupper()
    assert not profile.title.endswith(".")


@each_profile
def test_a_mended_text_is_json_and_the_original_is_no_sound_frame(profile: Profile) -> None:
    from gateway.dialects.ocppj import read_frame

    for sample in profile.samples:
        if sample.on is None and sample.verb == "repair":
            json.loads(sample.after)
            read_frame(sample.after)


@each_profile
def test_a_mended_sample_passes_the_strict_decode(profile: Profile) -> None:
    """And the original does not, or the standard has it otherwise: else the repair would be needless."""
    for sample in profile.samples:
        if sample.on is None or sample.on.kind == "error" or sample.answer is not NOTHING:
            continue
        assert profile.match.dialects, "fields are of a dialect"
        for name in profile.match.dialects:
            if sample.verb == "repair" or not profile.source.get("beyond_schema"):
                DIALECTS[name].check(sample.on.kind, sample.on.action, sample.after)
            if sample.verb == "repair" and not profile.deliberate and sample.before != sample.after:
                assert not legal(name, sample.on.kind, sample.on.action, sample.before)


def legal(dialect: str, kind: str, action: str, payload: object) -> bool:
    try:
        return DIALECTS[dialect].check(kind, action, payload) == payload
    except PeerError:
        return False


@each_profile
def test_mending_is_done_once(profile: Profile) -> None:
    for sample in profile.samples:
        if sample.on is None or sample.answer is not NOTHING:
            continue
        rules = [r for r in (profile.repair.payload if sample.verb == "repair" else profile.adjust.payload) if sample.on in r.on]
        if all(OPERATIONS[rule.operation].repeatable for rule in rules):
            assert run(sample.after, rules, set(), sample.scene)[0] == sample.after


@each_profile
def test_each_switch_is_shown_at_work(profile: Profile) -> None:
    """A dialogue goes otherwise without the profile; and every switch does something in one of them."""
    dialogues = [sample for sample in profile.samples if sample.verb == "dialogue"]
    assert bool(profile.behave) <= bool(dialogues)
    bare = replace(profile, repair=Repair(), adjust=Adjust(), behave={})
    assert not dialogues or rehearsal.play(replace(bare, samples=tuple(dialogues)), DIALECTS).faults, "it goes the same without"
    assert set(profile.behave) <= rehearsal.acted(profile, DIALECTS)


@each_profile
def test_dialogues_go_as_they_say(profile: Profile) -> None:
    assert [str(fault) for fault in rehearsal.play(profile, DIALECTS).faults] == []


@each_profile
def test_a_profile_can_match(profile: Profile) -> None:
    """By itself, or once an operator names somebody for it; and no User-Agent or listener of ours stands in the way."""
    if profile.on_request:
        assert profile.matches == ()
        assert set(profile.match.globs) <= {"vendor"}, "who it is for is the operator's to say"
    else:
        assert profile.rank(someone(profile.match)) == profile.match.rank
        assert profile.match.rank > 0
        assert "station" not in profile.match.globs
        assert "listener" not in profile.match.globs


def someone(match: Match) -> Known:
    """A peer that fits."""
    plain: dict[str, Any] = {key: patterns[0].replace("*", "").replace("?", "x") for key, patterns in match.globs.items()}
    plain["boot"] = {key.removeprefix(BOOT): plain.pop(key) for key in list(plain) if key.startswith(BOOT)}
    firmware = None
    if match.firmware is not None:
        numbers = [*match.firmware.least, 0, 0, 0, 0] if match.firmware.least else [1, 0, 0, 0]
        tries = [".".join(map(str, numbers[:n])) for n in (2, 3, 4)] + [f"{numbers[0]}.{numbers[1]:02}" for _ in "x"]
        firmware = next(text for text in tries if match.firmware.holds(text))
        plain.pop("firmware", None)
    return Known(match.side, dialect=(match.dialects or ("ocpp1.6",))[0], **{"firmware": firmware, **plain})


def test_the_pattern_of_a_vendor_is_spelled_one_way() -> None:
    spelled: dict[str, set[tuple[str, ...]]] = {}
    for profile in PROFILES:
        patterns = profile.match.globs.get("vendor")
        if patterns and vendor_of(profile) != "any":
            spelled.setdefault(vendor_of(profile), set()).add(patterns)
    assert {vendor: ways for vendor, ways in spelled.items() if len(ways) > 1} == {}
    letters = ["".join(c for c in patterns[0] if c.isalnum()) for ways in spelled.values() for patterns in ways]
    assert len(set(letters)) == len(letters)


def test_no_two_profiles_fight() -> None:
    """Loading refuses it among those that are meant by themselves; those on request must not fight with one another either."""
    anyone = Match("station", {"station": ("*",)})
    on_request = [p for p in PROFILES if p.on_request and p.match.side == "station"]
    pairs = [(a, b) for n, a in enumerate(on_request) for b in on_request[n + 1 :]]
    fights = []
    for a, b in pairs:
        mine, theirs = (with_use(one, anyone) for one in (a, b))
        if mine.quarrel(theirs) is not None:
            fights.append({a.id, b.id})
    assert fights == []


def with_use(profile: Profile, use: Match) -> Profile:
    return replace(profile, use=Match(use.side, use.globs, profile.match.dialects))


def test_a_legal_word_is_not_rewritten_in_passing(tmp_path: Path) -> None:
    """The trap of report Q52: NotSupported is legal in the answer to a change of configuration."""
    profile = """
quirks:
  claims-to-be-right:
    title: Rewrites NotSupported
    why: Somebody says that OCPP 1.6 forbids it, which it does not.
    link: https://github.com/example/example
    match: {side: station, dialect: ocpp1.6, vendor: Example}
    repair:
      payload:
        - {on: result ChangeConfiguration, at: status, enum: {NotSupported: Rejected}}
    samples:
      - repair: result ChangeConfiguration
        before: {status: NotSupported}
        after: {status: Rejected}
"""
    (tmp_path / "quirks").mkdir()
    (tmp_path / "quirks" / "example.yaml").write_text(profile)
    with pytest.raises(SourceError, match="'NotSupported' is a legal value; a profile that rewrites it says deliberate: true"):
        Quirks.load(Folders([tmp_path]), DIALECTS)
    (tmp_path / "quirks" / "example.yaml").write_text(profile.replace("    match:", "    deliberate: true\n    match:"))
    Quirks.load(Folders([tmp_path]), DIALECTS)


@pytest.mark.parametrize(
    ("known", "ids"),
    [
        (Known("station", dialect="ocpp1.6", vendor="OpenEVSE", model="Advanced Series"), {"openevse-numeric-samples"}),
        (
            Known("station", dialect="ocpp1.6", vendor="Wall Box Chargers", model="PLP2-M-2-4", firmware="6.6.12"),
            {"wallbox-calls-before-boot", "wallbox-stack-level-zero", "wallbox-readings-after-stop"},
        ),
        (
            Known("station", dialect="ocpp1.6", vendor="Wall Box Chargers", firmware="5.17.87"),
            {"wallbox-stack-level-zero", "wallbox-readings-after-stop"},
        ),
        (
            Known("station", dialect="ocpp1.6", vendor="United Chargers", model="GRS-*", firmware="05.43"),
            {"grizzl-e-unclosed-configuration", "grizzl-e-null-payload", "grizzl-e-tells-its-password"},
        ),
        (
            Known("station", dialect="ocpp1.6", vendor="United Chargers", model="GRS-*", firmware="03.09.0"),
            {"grizzl-e-null-payload", "grizzl-e-ignores-station-limit", "grizzl-e-tells-its-password"},
        ),
        (
            Known(
                "station", dialect="ocpp1.6", vendor="ABB", model="CDT_TACW22::NET_WIFI", firmware="TAC3Z9119006710273::V1.8.21"
            ),
            {"abb-terra-ac-stack-level-zero", "abb-terra-ac-too-many-measurands", "abb-terra-ac-null-as-text"},
        ),
        (
            Known(
                "station", dialect="ocpp1.6", vendor="ABB", model="CDT_TACW22::NET_WIFI", firmware="TAC3Z9119006710273::V1.8.32"
            ),
            {"abb-terra-ac-stack-level-zero", "abb-terra-ac-null-as-text"},
        ),
        (Known("station", dialect="ocpp1.6", vendor="ABB", model="Terra 54", firmware="1.2.3"), set()),
        (Known("station", dialect="ocpp1.6", user_agent="TinyWebsockets Client"), {"no-subprotocol"}),
        (Known("station", dialect="ocpp1.6", vendor="Unheard", model="Of"), set()),
        (Known("backend", dialect="ocpp1.6", backend="main"), set()),
    ],
)
def test_stations_of_the_field_get_their_profiles(known: Known, ids: set[str]) -> None:
    assert set(QUIRKS.choose(known).ids) == ids


def test_cures_reach_the_session() -> None:
    known = Known("station", dialect="ocpp1.6", vendor="Wall Box Chargers", firmware="6.7.17")
    cures = QUIRKS.choose(known)
    assert cures.behave == {"hold_calls_until_boot": 10, "detach_late_readings": True}
    assert cures.connect is not None
    assert cures.connect.ping_every == 20
