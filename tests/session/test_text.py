"""Moments as text: as ``isoformat`` writes them, whatever zone they come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from gateway.session.text import stamp

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=ZONES)


@given(MOMENTS)
def test_a_stamp_is_in_utc_with_milliseconds(moment: datetime) -> None:
    assert stamp(moment) == moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def test_milliseconds_are_told_though_there_are_none() -> None:
    assert stamp(datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)) == "2026-01-31T23:59:59.000Z"
