"""Dialogues: that they can pass and that they can fail, each in its own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import rehearsal
from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.quirks.choose import Quirks
from gateway.source import SourceError

PROFILE = """
quirks:
  slow:
    title: Slow
    why: It is slow.
    link: https://example.org/1
    match: {{side: station, dialect: ocpp1.6, vendor: Slow}}
    behave: {behave}
    samples:
      - dialogue:
{steps}
"""
ASK = [
    "{backend says: call ChangeAvailability, with: {connectorId: 1, type: Operative}}",
    "{station hears: call ChangeAvailability, with: {connectorId: 1}}",
]


def faults(
    folder: Path, *steps: str, behave: str = "{silence: {ChangeAvailability: {after: 5, result: {status: Rejected}}}}"
) -> list[str]:
    (folder / "quirks").mkdir()
    text = PROFILE.format(behave=behave, steps="\n".join(f"          - {step}" for step in steps))
    (folder / "quirks" / "slow.yaml").write_text(text)
    dialects = load_dialects(Folders())
    [profile] = Quirks.load(Folders([folder], shipped_too=False), dialects).profiles.values()
    return [fault.what for fault in rehearsal.play(profile, dialects).faults]


def test_a_dialogue_that_goes_as_it_says(tmp_path: Path) -> None:
    heard = "{backend hears: result ChangeAvailability, with: {status: Rejected}}"
    assert faults(tmp_path, *ASK, "{nothing: 4}", "{seconds: 1}", heard) == []


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        (["{nothing: 5}"], "the backend hears result ChangeAvailability within 5 seconds"),
        (["{seconds: 4}", "{backend hears: result}"], "the backend hears nothing"),
        (["{seconds: 5}"], "the backend hears result ChangeAvailability at the end"),
        (["{seconds: 5}", "{backend hears: error}"], "the backend hears result ChangeAvailability"),
        (["{seconds: 5}", "{backend hears: result, with: {status: Accepted}}"], "the backend hears {'status': 'Rejected'}"),
        (["{backend says: call Rest}"], "unknown operation 'Rest'"),
        (["{station says: result, with: {status: Perhaps}}"], "what the station says is not valid"),
        (["{station says: error, with: {code: ''}}"], "an error has a code"),
        (["{station says: call Dance}"], "unknown operation 'Dance'"),
        (["{station says: reslut, with: {status: Accepted}}"], "no kind of message: 'reslut'"),
        (["{station hears: cal Reset}"], "no kind of message: 'cal'"),
        (["{seconds: soon}"], "seconds: 'soon'"),
        (["{nothing: true}"], "nothing: True"),
        (["{seconds: -1}"], "seconds: -1"),
        (["{backend says: result}"], "the backend answers, but was not asked"),
        (["{station sais: result}"], "no step of a dialogue"),
    ],
)
def test_a_dialogue_that_goes_otherwise_is_told(tmp_path: Path, steps: list[str], says: str) -> None:
    [found] = faults(tmp_path, *ASK, *steps)
    assert says in found


def test_an_error_of_the_station_may_become_a_result(tmp_path: Path) -> None:
    plan = "{fallbacks: [{on: ChangeAvailability, refused: it.status != 'Accepted', try: [[{at: connectorId, set: 0}]]}]}"
    again = "{station hears: call ChangeAvailability, with: {connectorId: 0}}"
    error, back = "{station says: error, with: {code: InternalError}}", "{backend hears: error, with: {code: NotSupported}}"
    assert faults(tmp_path, *ASK, error, again, error.replace("InternalError", "NotSupported"), back, behave=plan) == []


def test_a_station_says_what_it_was_told(tmp_path: Path) -> None:
    start = '{connectorId: 1, idTag: A, timestamp: "2024-05-01T10:00:00Z", meterStart: 0}'
    steps = [
        f"{{station says: call StartTransaction, with: {start}}}",
        "{backend hears: call StartTransaction}",
        "{backend says: result, with: {transactionId: 5, idTagInfo: {status: Accepted}}}",
        "{station hears: result StartTransaction}",
        '{station says: call StopTransaction, with: {transactionId: $transactionId, timestamp: "2024-05-01T10:00:05Z", '
        "meterStop: 1}}",
        "{backend hears: call StopTransaction, with: {transactionId: 5}}",
    ]
    assert faults(tmp_path, *steps) == []


def test_a_station_is_asked_when_it_has_connected(tmp_path: Path) -> None:
    ask = "{ask_on_connect: [{on: ClearCache}, {on: ChangeAvailability, with: {connectorId: 0, type: Operative}}]}"
    steps = [
        "{station says: call Heartbeat}",
        "{station hears: result Heartbeat}",
        "{backend hears: call Heartbeat}",
        "{backend says: result, with: {currentTime: '2024-05-01T10:00:00Z'}}",
        "{nothing: 4.9}",
        "{seconds: 0.1}",
        "{station hears: call ClearCache}",
        "{station says: result, with: {status: Accepted}}",
        "{station hears: call ChangeAvailability, with: {connectorId: 0}}",
        "{station says: error, with: {code: InternalError}}",
        "{nothing: 60}",
    ]
    assert faults(tmp_path, *steps, behave=ask) == []


def test_a_state_that_says_nothing_new_goes_no_further(tmp_path: Path) -> None:
    def state(word: str, at: int) -> list[str]:
        said = f'{{connectorId: 1, status: {word}, errorCode: NoError, timestamp: "2024-05-01T10:00:0{at}Z"}}'
        return [f"{{station says: call StatusNotification, with: {said}}}", "{station hears: result}"]

    told = ["{backend hears: call StatusNotification}", "{backend says: result}"]
    steps = [*state("Available", 1), *told, *state("Available", 2), *state("Charging", 3), *told, *state("Available", 4), *told]
    assert faults(tmp_path, *steps, behave="{drop_repeated_states: true}") == []


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("[]", "is no list"),
        ("[{on: Heartbeat}]", "no call Heartbeat goes to a station"),
        ("[{on: Reset}]", "not valid in ocpp1.6"),
    ],
)
def test_what_cannot_be_asked_is_a_fault(tmp_path: Path, wanted: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        faults(tmp_path, "{seconds: 1}", behave=f"{{ask_on_connect: {wanted}}}")


def test_other_words_wait_for_the_gap_too_and_what_was_heard_before_is_not_nothing(tmp_path: Path) -> None:
    words = "{on: ChangeAvailability, refused: it.status != 'Accepted', try: [[{at: connectorId, set: 0}]]}"
    plan = f"{{command_gap: 3, fallbacks: [{words}]}}"
    again = "{station hears: call ChangeAvailability, with: {connectorId: 0}}"
    refused = "{station says: result, with: {status: Rejected}}"
    rest = [again, "{station says: result, with: {status: Accepted}}", "{backend hears: result}"]
    assert faults(tmp_path, *ASK, refused, "{nothing: 2.9}", "{seconds: 0.1}", *rest, behave=plan) == []
    (tmp_path / "b").mkdir()
    [found] = faults(tmp_path / "b", ASK[0], "{nothing: 1}")
    assert "the station hears call ChangeAvailability within 1 seconds" in found


# -- a back end's switches -------------------------------------------------------------------------------------------

THEIRS = "{side: backend, dialect: ocpp1.6, backend: main}"
BOOT = [
    "{station says: call BootNotification, with: {chargePointVendor: V, chargePointModel: M}}",
    "{backend hears: call BootNotification}",
    '{backend says: result, with: {status: Accepted, currentTime: "2024-05-01T10:00:00Z", interval: 300}}',
    "{station hears: result BootNotification}",
]
DATA = "{station says: call DataTransfer, with: {vendorId: org.example}}"
STATE = "{station says: call StatusNotification, with: {connectorId: 1, status: Available, errorCode: NoError, info: long}}"


def theirs(folder: Path, behave: str, *steps: str) -> list[str]:
    (folder / "quirks").mkdir()
    text = PROFILE.format(behave=behave, steps="\n".join(f"          - {step}" for step in [*BOOT, *steps]))
    text = text.replace("{side: station, dialect: ocpp1.6, vendor: Slow}", THEIRS)
    (folder / "quirks" / "slow.yaml").write_text(text)
    dialects = load_dialects(Folders())
    [profile] = Quirks.load(Folders([folder], shipped_too=False), dialects).profiles.values()
    return [fault.what for fault in rehearsal.play(profile, dialects).faults]


def test_a_back_end_that_never_answers_something_is_answered_for(tmp_path: Path) -> None:
    behave = "{silence: {DataTransfer: {after: 3, result: {status: UnknownVendorId}}}}"
    heard = "{station hears: result DataTransfer, with: {status: UnknownVendorId}}"
    assert theirs(tmp_path, behave, DATA, "{backend hears: call DataTransfer}", "{nothing: 2}", "{seconds: 1}", heard) == []


def test_a_back_end_that_refuses_hears_it_in_other_words(tmp_path: Path) -> None:
    behave = "{fallbacks: [{on: StatusNotification, refused: 'False', try: [[{at: info, drop: true}]]}]}"
    steps = [
        STATE,
        "{station hears: result StatusNotification}",
        "{backend hears: call StatusNotification, with: {info: long}}",
        "{backend says: error, with: {code: InternalError}}",
        "{backend hears: call StatusNotification, with: {info: null}}",
        "{backend says: result}",
        DATA,
        "{backend hears: call DataTransfer}",
        "{backend says: result, with: {status: Accepted}}",
        "{station hears: result DataTransfer}",
    ]
    assert theirs(tmp_path, behave, *steps) == []


def test_a_back_end_that_wants_rest_has_it(tmp_path: Path) -> None:
    steps = [
        STATE,
        "{station hears: result StatusNotification}",
        "{nothing: 3}",
        "{seconds: 1}",
        "{backend hears: call StatusNotification}",
        "{backend says: result}",
        DATA,
        "{nothing: 1}",
        "{seconds: 1}",
        "{backend hears: call DataTransfer}",
        "{backend says: result, with: {status: Accepted}}",
        "{station hears: result DataTransfer}",
    ]
    assert theirs(tmp_path, "{hold_calls_until_boot: 4, command_gap: 2}", *steps) == []
