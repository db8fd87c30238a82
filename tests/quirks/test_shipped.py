"""Laws over all shipped profiles, nothing skipped.  Loading already holds each to its samples; here the whole is looked at."""

from __future__ import annotations

import json

import pytest

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.quirks.choose import Quirks
from gateway.quirks.match import Known
from gateway.quirks.profile import Profile

DIALECTS = load_dialects(Folders())
QUIRKS = Quirks.load(Folders(), DIALECTS)
PROFILES = list(QUIRKS.profiles.values())
each_profile = pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.id)


def test_every_verb_is_shipped() -> None:
    assert any(p.repair.text for p in PROFILES)
    assert any(p.repair.payload for p in PROFILES)
    assert any(p.adjust for p in PROFILES)
    assert any(p.behave for p in PROFILES)


@each_profile
def test_links_are_public_reports(profile: Profile) -> None:
    assert profile.links
    assert all(link.startswith("https://github.com/") for link in profile.links)
    assert len(profile.why) > 40
    assert len(profile.title) < 90


@each_profile
def test_a_mended_text_is_json(profile: Profile) -> None:
    for sample in profile.samples:
        if sample.on is None:
            json.loads(sample.after)


@each_profile
def test_a_mended_sample_passes_the_strict_decode_and_the_original_does_not(profile: Profile) -> None:
    """Otherwise the repair would be needless: the decode is tolerant enough."""
    from gateway.dialects.errors import PeerError

    for sample in profile.samples:
        if sample.on is None:
            continue
        for name in profile.match.dialects:
            DIALECTS[name].check(sample.on.kind, sample.on.action, sample.after)
            if sample.verb == "repair" and not profile.deliberate:
                with pytest.raises(PeerError):
                    DIALECTS[name].check(sample.on.kind, sample.on.action, sample.before)


def test_one_spelling_of_each_vendor() -> None:
    vendors = {pattern for p in PROFILES for pattern in p.match.globs.get("vendor", ())}
    assert len({vendor.replace(" ", "").replace("-", "") for vendor in vendors}) == len(vendors)


@pytest.mark.parametrize(
    ("known", "ids"),
    [
        (Known("station", dialect="ocpp1.6", vendor="OpenEVSE", model="Advanced Series"), {"openevse-numeric-samples"}),
        (
            Known("station", dialect="ocpp1.6", vendor="Wall Box Chargers", model="PLP2-M-2-4", firmware="6.6.12"),
            {"wallbox-calls-before-boot", "wallbox-stack-level-zero"},
        ),
        (Known("station", dialect="ocpp1.6", vendor="Wall Box Chargers", firmware="5.17.87"), {"wallbox-stack-level-zero"}),
        (
            Known("station", dialect="ocpp1.6", vendor="United Chargers", model="GRS-*", firmware="05.43"),
            {"grizzl-e-unclosed-configuration"},
        ),
        (
            Known("station", dialect="ocpp1.6", vendor="United Chargers", model="GRS-*", firmware="05.621"),
            {"grizzl-e-unclosed-configuration"},
        ),
        (Known("station", dialect="ocpp1.6", vendor="United Chargers", model="GRS-*", firmware="03.09.0"), set()),
        (Known("station", dialect="ocpp1.6", vendor="ABB", model="CDT_TACW22::NET_WIFI"), set()),
        (Known("backend", dialect="ocpp1.6", backend="main"), set()),
    ],
)
def test_stations_of_the_field_get_their_profiles(known: Known, ids: set[str]) -> None:
    assert set(QUIRKS.choose(known).ids) == ids


def test_the_wallbox_cure_reaches_the_session() -> None:
    known = Known("station", dialect="ocpp1.6", vendor="Wall Box Chargers", firmware="6.7.17")
    assert QUIRKS.choose(known).behave == {"hold_calls_until_boot": 10}
