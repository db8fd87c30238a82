"""Commands of our own that a profile wants, and commands that need not be sent: how it is said, and how it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quirks.test_courses import YES, faults

STATE = "{{station says: call StatusNotification, with: {{connectorId: {}, errorCode: NoError, status: {}}}}}"
START = 'call StartTransaction, with: {connectorId: 1, idTag: A, meterStart: 0, timestamp: "2024-05-01T10:00:00Z"}'
STOP = 'call StopTransaction, with: {transactionId: $transactionId, meterStop: 1, timestamp: "2024-05-01T10:02:00Z"}'
ASK = "on: TriggerMessage, with: {requestedMessage: StatusNotification}"
AFTER = (
    f"ask_after: [{{heard: StatusNotification, when: it.status == 'Finishing', seconds: 30, {ASK},"
    " change: [{at: connectorId, give: asked.connectorId}]}]"
)
EVERY = "ask_every: [{seconds: 60, on: TriggerMessage, with: {requestedMessage: MeterValues}, charging: true}]"
NEWEST = "command_gap: 10\n      newest_only: {ChangeConfiguration: {same: [key], result: {status: Accepted}}}"


@pytest.mark.parametrize(
    ("behave", "says"),
    [
        (f"ask_after: [{{{ASK}}}]", "lacks the key 'heard'"),
        (f"ask_after: [{{heard: Reset, {ASK}}}]", "no call Reset comes from a station"),
        (f"ask_after: [{{heard: Heartbeat, seconds: now, {ASK}}}]", "seconds is 'now'"),
        (f"ask_after: [{{heard: StatusNotification, when: it.sttus == 1, {ASK}}}]", "did you mean 'status'"),
        ("ask_after: [{heard: Heartbeat, on: TriggerMessage}]", "not valid in ocpp1.6"),
        (f"ask_every: [{{seconds: 0, {ASK}}}]", "seconds is 0"),
        (f"ask_every: [{{seconds: 60, {ASK}, charging: false}}]", "charging is False"),
        ("newest_only: [Reset]", "newest_only"),
        ("newest_only: {Reset: {result: {status: No}}}", "not valid in ocpp1.6"),
        ("newest_only: {Reset: {same: [typ], result: {status: Accepted}}}", "did you mean 'type'"),
        ("newest_only: {Reset: {same: type, result: {status: Accepted}}}", "same is no list"),
    ],
)
def test_slips_are_told(tmp_path: Path, behave: str, says: str) -> None:
    found = faults(tmp_path, behave)
    assert any(says in one for one in found), found


def state(connector: int, word: str) -> list[str]:
    return [STATE.format(connector, word), "{station hears: result}", "{backend hears: call}", "{backend says: result}"]


def test_a_command_follows_what_was_heard(tmp_path: Path) -> None:
    steps = [*state(1, "Charging"), "{nothing: 60}", *state(2, "Finishing"), "{nothing: 29}", "{seconds: 1}"]
    assert (
        faults(tmp_path, AFTER, *steps, "{station hears: call TriggerMessage, with: {connectorId: 2}}", YES, "{nothing: 99}")
        == []
    )


def test_it_is_asked_while_somebody_charges(tmp_path: Path) -> None:
    ask = ["{station hears: call TriggerMessage}", YES]
    begin = [f"{{station says: {START}}}", "{backend hears: call}"]
    begin += ["{backend says: result, with: {transactionId: 5, idTagInfo: {status: Accepted}}}", "{station hears: result}"]
    end = [f"{{station says: {STOP}}}", "{backend hears: call}", "{backend says: result}", "{station hears: result}"]
    steps = ["{nothing: 59}", *begin, "{seconds: 1}", *ask, "{nothing: 59}", "{seconds: 1}", *ask, *end, "{nothing: 300}"]
    assert faults(tmp_path, EVERY, *steps) == []


def test_only_the_newest_of_waiting_commands_is_sent(tmp_path: Path) -> None:
    def change(key: str, value: str) -> str:
        return f'{{backend says: call ChangeConfiguration, with: {{key: {key}, value: "{value}"}}}}'

    def heard(key: str, value: str) -> str:
        return f'{{station hears: call ChangeConfiguration, with: {{key: {key}, value: "{value}"}}}}'

    told = "{backend hears: result ChangeConfiguration, with: {status: Accepted}}"
    steps = [change("A", "1"), heard("A", "1"), change("A", "2"), change("B", "7"), change("A", "3"), told, YES, told]
    steps += ["{nothing: 9}", "{seconds: 1}", heard("B", "7"), YES, told, "{seconds: 10}", heard("A", "3"), YES, told]
    assert faults(tmp_path, NEWEST, *steps) == []


def test_a_command_waits_for_the_stations_own_calls(tmp_path: Path) -> None:
    ask = [
        "{station says: call Authorize, with: {idTag: A}}",
        "{backend hears: call Authorize}",
        "{backend says: call ClearCache}",
    ]
    told, clear = (
        ["{backend says: result, with: {idTagInfo: {status: Accepted}}}", "{station hears: result}"],
        "{station hears: call}",
    )
    switch = "wait_for_its_calls: 5"
    assert faults(tmp_path, switch, *ask, "{nothing: 2}", *told, clear) == []
    assert faults(tmp_path, switch, *ask, "{nothing: 4}", "{seconds: 1}", clear, *told) == []
