"""Commands that a station must not hear twice, or must hear again: how it is said, and how it goes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.quirks import times
from gateway.quirks.path import Scene
from tests.quirks.test_courses import NO, YES, faults

ONCE = "repeats: {ChangeConfiguration: {same: [key, value], within: 60, result: {status: Accepted}}}"
ON = "on: ChangeConfiguration, same: [key], result: {status: Accepted}"
AGAIN = f"say_again: [{{heard: BootNotification, seconds: 10, {ON}, when: asked.key != 'Once', forget: [ClearCache],"
AGAIN += " change: [{at: value, replace: {find: '^', put: '0'}}]}]"
BOOT = [
    "{station says: call BootNotification, with: {chargePointVendor: Odd, chargePointModel: M}}",
    "{backend hears: call}",
    '{backend says: result, with: {status: Accepted, currentTime: "2024-05-01T10:00:00Z", interval: 300}}',
    "{station hears: result}",
]
TOLD = "{backend hears: result, with: {status: Accepted}}"


def change(key: str, value: str) -> str:
    return f'{{backend says: call ChangeConfiguration, with: {{key: {key}, value: "{value}"}}}}'


def heard(key: str, value: str) -> str:
    return f'{{station hears: call ChangeConfiguration, with: {{key: {key}, value: "{value}"}}}}'


def taken(key: str, value: str) -> list[str]:
    return [change(key, value), heard(key, value), YES, TOLD]


@pytest.mark.parametrize(
    ("behave", "says"),
    [
        ("repeats: {Reset: {same: [type], result: {status: Accepted}}}", "lacks the key 'within'"),
        ("repeats: {Reset: {same: [typ], within: 5, result: {status: Accepted}}}", "did you mean 'type'"),
        ("repeats: {Reset: {same: [type], within: 0, result: {status: Accepted}}}", "within is 0"),
        ("repeats: {Reset: {same: [type], within: 5, result: {status: No}}}", "not valid in ocpp1.6"),
        ("repeats: {Reset: {same: [], within: 5, when: asked.typ, result: {status: Accepted}}}", "did you mean 'type'"),
        ("repeats: {Heartbeat: {same: [], within: 5, result: {}}}", "no call Heartbeat goes to a station"),
        (f"say_again: [{{{ON}}}]", "when it is said again is not clear"),
        (f"say_again: [{{{ON}, heard: Heartbeat, zone: Europe/Rome}}]", "when it is said again is not clear"),
        (f"say_again: [{{{ON}, zone: Europe/Rom}}]", "zone is 'Europe/Rom'"),
        (f"say_again: [{{{ON}, heard: Reset}}]", "no call Reset comes from a station"),
        (f"say_again: [{{{ON}, heard: Heartbeat, when: asked.ky == 1}}]", "did you mean 'key'"),
        (f"say_again: [{{{ON}, heard: Heartbeat, forget: [ClearCash]}}]", "did you mean 'ClearCache'"),
        (f"say_again: [{{{ON}, heard: Heartbeat, forget: ClearCache}}]", "forget is no list"),
        (f"say_again: [{{{ON}, heard: Heartbeat, seconds: soon}}]", "seconds is 'soon'"),
    ],
)
def test_slips_are_told(tmp_path: Path, behave: str, says: str) -> None:
    found = faults(tmp_path, behave)
    assert any(says in one for one in found), found


def test_what_the_station_has_taken_is_not_sent_again_for_a_while(tmp_path: Path) -> None:
    steps = [*taken("A", "1"), change("A", "1"), TOLD, "{seconds: 59}", change("A", "1"), TOLD, "{seconds: 1}", *taken("A", "1")]
    steps += [*taken("A", "2"), *taken("A", "1"), *BOOT, *taken("A", "1")]
    assert faults(tmp_path, ONCE, *steps) == []


def test_some_are_sent_all_the_same(tmp_path: Path) -> None:
    but = ONCE.replace("within", "when: asked.key != 'Odd', within")
    assert faults(tmp_path, but, *taken("Odd", "1"), *taken("Odd", "1"), *taken("A", "1"), change("A", "1"), TOLD) == []


def test_what_it_refused_is_sent_again(tmp_path: Path) -> None:
    refused = [change("A", "1"), heard("A", "1"), NO, "{backend hears: result, with: {status: Rejected}}"]
    assert faults(tmp_path, ONCE, *taken("A", "1"), *taken("A", "2"), *refused, *refused) == []


def test_behind_another_that_waits_it_is_sent(tmp_path: Path) -> None:
    steps = [*taken("A", "1"), change("A", "2"), change("A", "1"), heard("A", "2"), YES, TOLD, heard("A", "1"), YES, TOLD]
    assert faults(tmp_path, ONCE, *steps) == []


def test_the_last_of_each_is_said_again_and_changed(tmp_path: Path) -> None:
    steps = [*taken("A", "1"), *taken("B", "7"), *taken("A", "2"), *taken("Once", "3"), *BOOT, "{nothing: 9}", "{seconds: 1}"]
    steps += [heard("B", "07"), YES, heard("A", "02"), YES, "{nothing: 60}"]
    assert faults(tmp_path, AGAIN, *steps) == []


def test_what_was_cleared_is_not(tmp_path: Path) -> None:
    clear = ["{backend says: call ClearCache}", "{station hears: call}", NO, "{backend hears: result}"]
    assert faults(tmp_path, AGAIN, *taken("A", "1"), *clear, *BOOT, "{nothing: 60}") == []


@pytest.mark.parametrize(
    ("time", "now", "shown"),
    [
        ("2024-01-10T22:00:00Z", datetime(2024, 7, 1, tzinfo=UTC), "2024-01-10T21:00:00Z"),
        ("2024-07-10T21:00:00Z", datetime(2024, 12, 1, tzinfo=UTC), "2024-07-10T22:00:00Z"),
        ("2024-01-10T22:00:00Z", datetime(2024, 2, 1, tzinfo=UTC), "2024-01-10T22:00:00Z"),
        ("soon", datetime(2024, 2, 1, tzinfo=UTC), "soon"),
    ],
)
def test_a_daily_time_keeps_to_the_clock_on_the_wall(time: str, now: datetime, shown: str) -> None:
    assert times.keep_clock("Europe/London")(time, Scene(now=now)) == shown
