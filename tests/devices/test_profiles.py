"""Which limit holds: by stack level, purpose, schedule and time (OCPP 1.6, 3.13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.devices.profiles import Profile, Profiles

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


def profile(limit: Any = 16, purpose: str = "TxDefaultProfile", level: int = 0, connector: int = 1, **more: Any) -> Profile:
    periods = limit if isinstance(limit, list) else [(0, limit)]
    schedule = {
        "chargingRateUnit": more.pop("unit", "A"),
        "chargingSchedulePeriod": [{"startPeriod": start, "limit": Decimal(str(amps))} for start, amps in periods],
        **{key: more.pop(key) for key in ("duration", "startSchedule") if key in more},
    }
    what = {
        "chargingProfileId": more.pop("id", 1),
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": more.pop("kind", "Absolute"),
        "chargingSchedule": schedule,
        **more,
    }
    return Profile(connector, NOW, what)


def wanted(
    *some: Profile, after: float = 0, session: float | None = None, sharing: int = 1, connector: int = 1
) -> Decimal | None:
    profiles = Profiles(lambda: Decimal(690))
    for number, one in enumerate(some):
        profiles.put(Profile(one.connector, one.set_at, {**one.what, "chargingProfileId": number}))
    now = NOW + timedelta(seconds=after)
    return profiles.wanted(1, now, NOW + timedelta(seconds=session) if session is not None else None, sharing)


def test_nothing_limits_where_nothing_is_set() -> None:
    assert wanted() is None
    assert wanted(profile(16, connector=2)) is None


def test_the_highest_level_counts_and_the_station_s_own_above_all() -> None:
    assert wanted(profile(16), profile(10, level=1)) == 10
    assert wanted(profile(10), profile(16, level=1)) == 16
    assert wanted(profile(16), profile(8, "ChargePointMaxProfile", connector=0)) == 8
    assert wanted(profile(8, "ChargePointMaxProfile", connector=0), sharing=2) == 4


def test_a_session_s_own_takes_the_default_s_place_while_it_runs() -> None:
    both = (profile(16), profile(20, "TxProfile", kind="Relative"))
    assert wanted(*both) == 16
    assert wanted(*both, session=-10) == 20


def test_watts_are_amperes_on_all_phases() -> None:
    assert wanted(profile(6900, unit="W")) == 10


@pytest.mark.parametrize(("after", "expected"), [(0, 16), (59, 16), (60, 10), (119, 10), (120, None)])
def test_a_schedule_goes_on_and_ends(after: int, expected: int | None) -> None:
    steps = profile([(0, 16), (60, 10)], startSchedule="2026-03-02T12:00:00Z", duration=120)
    assert wanted(steps, after=after) == expected


def test_a_schedule_that_is_not_there_yet_leaves_the_word_to_the_one_below() -> None:
    assert wanted(profile(16), profile(6, level=1, startSchedule="2026-03-02T13:00:00Z"), after=0) == 16
    assert wanted(profile(16), profile(6, level=1, startSchedule="2026-03-02T13:00:00Z"), after=3600) == 6


@pytest.mark.parametrize(("days", "hours", "expected"), [(0, 0, 6), (1, 0, 6), (3, 1.5, 6), (3, 3, None)])
def test_a_daily_one_comes_again(days: int, hours: float, expected: int | None) -> None:
    again = profile(6, kind="Recurring", recurrencyKind="Daily", startSchedule="2026-03-02T11:00:00Z", duration=2 * 3600)
    assert wanted(again, after=86400 * days + 3600 * (hours - 1 + (0.5 if not days else 0))) == expected


def test_validity_bounds_it() -> None:
    bounded = profile(6, validFrom="2026-03-02T12:01:00Z", validTo="2026-03-02T12:02:00Z")
    assert [wanted(bounded, after=seconds) for seconds in (0, 60, 119, 120)] == [None, 6, 6, None]


def test_the_next_turn_is_known() -> None:
    profiles = Profiles(lambda: Decimal(690))
    profiles.put(profile([(0, 16), (60, 10)], startSchedule="2026-03-02T12:00:00Z", duration=120))
    assert profiles.next_turn(NOW, None) == NOW + timedelta(seconds=60)
    assert profiles.next_turn(NOW + timedelta(seconds=60), None) == NOW + timedelta(seconds=120)
    assert profiles.next_turn(NOW + timedelta(seconds=120), None) is None


def test_clearing_fits_all_that_is_asked() -> None:
    profiles = Profiles(lambda: Decimal(690))
    profiles.put(profile(16, id=1))
    profiles.put(profile(10, "TxProfile", id=2))
    assert not profiles.clear({"purpose": "ChargePointMaxProfile"})
    assert not profiles.clear({"id": 3})
    assert profiles.clear({"purpose": "TxProfile", "connector": 1})
    assert len(profiles.kept()) == 1
    again = Profiles(lambda: Decimal(690))
    again.restore(profiles.kept())
    assert again.wanted(1, NOW, None) == 16
    assert profiles.clear({})
