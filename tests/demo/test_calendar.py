"""The demo's time and cars."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from twisted.internet.task import Clock

from gateway.demo.calendar import Calendar, cars, moment

MORNING = datetime(2026, 5, 4, 7, 0, tzinfo=UTC)


def test_a_second_is_six_minutes() -> None:
    clock = Clock()
    clock.advance(1000)
    calendar = Calendar(clock, MORNING)
    clock.advance(10)
    assert calendar.now() == MORNING + timedelta(hours=1)
    assert calendar.stamp() == "2026-05-04T08:00:00Z"
    assert calendar.real(360) == 1
    assert calendar.real(-5) == 0


@pytest.mark.parametrize(
    "stamp", ["2026-05-04T08:00:00Z", "2026-05-04T08:00:00.000Z", "2026-05-04T10:00:00+02:00", "2026-05-04T08:00:00"]
)
def test_one_moment_however_it_is_written(stamp: str) -> None:
    assert moment(stamp) == MORNING + timedelta(hours=1)


def test_the_same_seed_brings_the_same_cars() -> None:
    def first(seed: int) -> list[object]:
        return list(islice(cars(random.Random(seed), MORNING, ("A", "B"), ("X",)), 50))

    assert first(3) == first(3)
    assert first(3) != first(4)


def test_somebody_comes_soon_and_the_day_has_a_curve() -> None:
    coming = list(islice(cars(random.Random(1), MORNING, ("A",), ("X",)), 2000))
    assert coming[0].comes - MORNING <= timedelta(minutes=10)
    assert all(a.comes < b.comes for a, b in pairwise(coming))
    hours = [car.comes.hour for car in coming]
    assert sum(17 <= hour < 19 for hour in hours) > 4 * sum(2 <= hour < 4 for hour in hours)
    assert 0.05 < sum(car.tag == "X" for car in coming) / len(coming) < 0.25
    assert all(0.7 * car.watts - 1 <= car.wanted <= 2.5 * car.watts for car in coming)
