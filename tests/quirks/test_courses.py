"""One command as several calls: how a profile says it, what is a fault in it, and how it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import rehearsal
from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.quirks.choose import Quirks
from gateway.source import SourceError

DIALECTS = load_dialects(Folders())
HEAD = """quirks:
  odd:
    title: Odd
    why: Because.
    link: https://example.org/1
    match: {side: station, dialect: ocpp1.6, vendor: Odd}
    behave:
"""
RESET = "{backend says: call Reset, with: {type: Soft}}"
HARD = "{station hears: call Reset, with: {type: Hard}}"
TWICE = "sequences: [{on: Reset, calls: [{call: Reset}, {call: Reset, with: {type: Hard}, when: last.status == 'Rejected'}]}]"
ASKED = "{station hears: call Reset, with: {type: Soft}}"
NO, YES = "{station says: result, with: {status: Rejected}}", "{station says: result, with: {status: Accepted}}"
KEYS = "split: [{on: GetConfiguration, at: key, most: 2}]"
LISTS = (
    "split: [{on: SendLocalList, at: localAuthorizationList, most: 1, refused: it.status != 'Accepted',"
    " then: [{at: updateType, set: Differential}]}]"
)


def faults(folder: Path, behave: str, *steps: str) -> list[str]:
    """What is wrong in the profile, or in how its dialogue goes."""
    lines = [HEAD + f"      {behave}", "    samples:", "      - dialogue:", *(f"          - {one}" for one in steps)]
    (folder / "quirks").mkdir(exist_ok=True)
    (folder / "quirks" / "odd.yaml").write_text("\n".join(lines if steps else lines[:1]), encoding="utf-8")
    try:
        [profile] = Quirks.load(Folders([folder], shipped_too=False), DIALECTS).profiles.values()
    except SourceError as error:
        return [str(fault) for fault in error.faults]
    return [str(fault) for fault in rehearsal.play(profile, DIALECTS).faults]


@pytest.mark.parametrize(
    ("behave", "says"),
    [
        ("sequences: {}", "sequences is no list"),
        ("sequences: []", "sequences is no list"),
        ("sequences: [Reset]", "what stands in sequences is a mapping"),
        ("sequences: [{on: Reset, call: []}]", "did you mean 'calls'"),
        ("sequences: [{on: Rest, calls: [{call: Reset}]}]", "did you mean 'Reset'"),
        ("sequences: [{on: Heartbeat, calls: [{call: Reset}]}]", "no call Heartbeat goes to a station"),
        ("sequences: [{on: Reset, calls: []}]", "calls is no list"),
        ("sequences: [{on: Reset, calls: [{call: Rest}]}]", "did you mean 'Reset'"),
        ("sequences: [{on: Reset, calls: [{call: Reset, wait: soon}]}]", "wait is 'soon'"),
        ("sequences: [{on: Reset, calls: [{call: Reset, with: Hard}]}]", "with is no mapping"),
        ("sequences: [{on: Reset, calls: [{call: Reset, when: asked.type == 'Hard'}]}]", "no answer before the first call"),
        ("sequences: [{on: Reset, when: asked.typ == 'Hard', calls: [{call: Reset}]}]", "did you mean 'type'"),
        ("sequences: [{on: Reset, calls: [{call: Reset}, {call: Reset, when: last.state == 1}]}]", "unknown field 'last.state'"),
        ("sequences: [{on: Reset, calls: [{call: Reset}, {call: Reset, when: last.status == 'No'}]}]", "'No' is no value of"),
        ("sequences: [{on: Reset, calls: [{call: ClearCache}]}]", "the answer to another call than Reset"),
        ("sequences: [{on: Reset, calls: [{call: ClearCache}, {call: Reset, when: last.status == 'Accepted'}]}]", "another call"),
        ("sequences: [{on: Reset, calls: [{call: ClearCache}], answer: [{at: stat, set: Accepted}]}]", "did you mean 'status'"),
        ("sequences: [{on: Reset, calls: [" + "{call: Reset}, " * 17 + "]}]", "17 calls"),
        ("sequences: [{on: Reset, when: facts.transacton(1), calls: [{call: Reset}]}]", "did you mean 'transaction'"),
        ("sequences: [{on: Reset, calls: [{call: Reset}, {call: Reset, when: facts.state(1)}]}]", "unknown question of facts"),
        ("silence: {Reset: {after: 5, when: asked.typ == 'Hard'}}", "did you mean 'type'"),
        ("split: [{on: GetConfiguration, at: kye, most: 2}]", "did you mean 'key'"),
        ("split: [{on: GetConfiguration, at: 'key[]', most: 2}]", "key[] is neither a list nor a text of parts"),
        ("split: [{on: TriggerMessage, at: connectorId, most: 2}]", "connectorId is neither a list"),
        ("split: [{on: GetConfiguration, at: key, most: 0}]", "most is 0"),
        ("split: [{on: SendLocalList, at: localAuthorizationList, most: 1, refused: it.stat == 1}]", "did you mean 'status'"),
    ],
)
def test_slips_are_told_with_what_was_meant(tmp_path: Path, behave: str, says: str) -> None:
    found = faults(tmp_path, behave)
    assert any(says in one for one in found), found
    assert "odd.yaml:8" in found[0]


def test_a_back_end_has_no_sequences(tmp_path: Path) -> None:
    path = tmp_path / "quirks" / "odd.yaml"
    path.parent.mkdir()
    path.write_text(HEAD.replace("side: station", "side: backend").replace("vendor: Odd", "backend: b") + f"      {KEYS}")
    with pytest.raises(SourceError, match="split does nothing for a back end"):
        Quirks.load(Folders([tmp_path], shipped_too=False), DIALECTS)


@pytest.mark.parametrize(
    "steps",
    [
        [RESET, ASKED, YES, "{backend hears: result Reset, with: {status: Accepted}}"],
        [RESET, ASKED, NO, HARD, YES, "{backend hears: result Reset, with: {status: Accepted}}"],
        [RESET, ASKED, NO, HARD, NO, "{backend hears: result Reset, with: {status: Rejected}}"],
        [RESET, ASKED, "{station says: error, with: {code: NotSupported}}", "{backend hears: error, with: {code: NotSupported}}"],
        [RESET, ASKED, NO, HARD, "{seconds: 30}", "{backend hears: error, with: {code: InternalError}}"],
    ],
)
def test_a_call_under_a_condition_may_end_it(tmp_path: Path, steps: list[str]) -> None:
    assert faults(tmp_path, TWICE, *steps) == []


def test_what_comes_after_it_waits(tmp_path: Path) -> None:
    clear = [
        "{backend says: call ClearCache}",
        NO,
        HARD,
        YES,
        "{backend hears: result Reset}",
        "{station hears: call ClearCache}",
    ]
    assert faults(tmp_path, TWICE, RESET, ASKED, *clear) == []


def test_other_words_for_one_of_its_calls_are_tried(tmp_path: Path) -> None:
    plan = "fallbacks: [{on: ClearCache, refused: it.status != 'Accepted', try: [[]]}]"
    both = f"sequences: [{{on: Reset, calls: [{{call: ClearCache}}, {{call: Reset}}]}}]\n      {plan}"
    clear, reset = "{station hears: call ClearCache}", "{backend hears: result Reset, with: {status: Accepted}}"
    assert faults(tmp_path, both, RESET, clear, NO, clear, NO, ASKED, YES, reset) == []


def test_a_made_call_must_be_valid(tmp_path: Path) -> None:
    found = faults(tmp_path, "sequences: [{on: Reset, calls: [{call: ChangeAvailability}, {call: Reset}]}]", RESET, ASKED)
    assert ["what the station would hear is not valid" in one for one in found] == [True]


def test_a_made_answer_must_be_valid(tmp_path: Path) -> None:
    behave = "sequences: [{on: Reset, calls: [{call: ClearCache}], answer: [{at: status, give: asked.type}]}]"
    found = faults(tmp_path, behave, RESET, "{station hears: call ClearCache}", YES)
    assert ["what the backend would hear is not valid" in one for one in found] == [True]


@pytest.mark.parametrize(
    ("keys", "parts"),
    [
        ("[A]", ["[A]"]),
        ("[A, B]", ["[A, B]"]),
        ("[A, B, C]", ["[A, B]", "[C]"]),
        ("[A, B, C, D, E]", ["[A, B]", "[C, D]", "[E]"]),
    ],
)
def test_lists_of_results_are_joined(tmp_path: Path, keys: str, parts: list[str]) -> None:
    steps = [f"{{backend says: call GetConfiguration, with: {{key: {keys}}}}}"]
    for part in parts:
        steps.append(f"{{station hears: call GetConfiguration, with: {{key: {part}}}}}")
        steps.append(f"{{station says: result, with: {{unknownKey: {part}}}}}")
    assert faults(tmp_path, KEYS, *steps, f"{{backend hears: result, with: {{unknownKey: {keys}}}}}") == []


def test_a_refusal_ends_it(tmp_path: Path) -> None:
    listed = "[{idTag: A, idTagInfo: {status: Accepted}}, {idTag: B}, {idTag: C}]"
    steps = [
        f"{{backend says: call SendLocalList, with: {{listVersion: 3, updateType: Full, localAuthorizationList: {listed}}}}}",
        "{station hears: call SendLocalList, with: {updateType: Full, localAuthorizationList: [{idTag: A}]}}",
        YES,
        "{station hears: call SendLocalList, with: {updateType: Differential, localAuthorizationList: [{idTag: B}]}}",
        "{station says: result, with: {status: Failed}}",
        "{backend hears: result SendLocalList, with: {status: Failed}}",
    ]
    assert faults(tmp_path, LISTS, *steps) == []


def test_a_call_may_name_the_transaction_that_runs(tmp_path: Path) -> None:
    stop = "{call: RemoteStopTransaction, change: [{at: transactionId, give: facts.transaction(asked.connectorId)}]}"
    start = 'call StartTransaction, with: {connectorId: 1, idTag: A, meterStart: 0, timestamp: "2024-05-01T10:00:00Z"}'
    steps = [
        f"{{station says: {start}}}",
        "{backend hears: call}",
        "{backend says: result, with: {transactionId: 5, idTagInfo: {status: Accepted}}}",
        "{station hears: result}",
        "{backend says: call UnlockConnector, with: {connectorId: 1}}",
        "{station hears: call RemoteStopTransaction, with: {transactionId: $transactionId}}",
        YES,
        "{station hears: call UnlockConnector}",
    ]
    assert faults(tmp_path, f"sequences: [{{on: UnlockConnector, calls: [{stop}, {{call: UnlockConnector}}]}}]", *steps) == []


def test_a_text_of_parts_is_a_list_too(tmp_path: Path) -> None:
    steps = [
        "{backend says: call ChangeConfiguration, with: {key: Allowed, value: 'a,b,c'}}",
        "{station hears: call ChangeConfiguration, with: {key: Allowed, value: 'a,b'}}",
        YES,
        "{station hears: call ChangeConfiguration, with: {key: Allowed, value: c}}",
        YES,
        "{backend hears: result ChangeConfiguration, with: {status: Accepted}}",
        "{backend says: call ChangeConfiguration, with: {key: Other, value: 'a,b,c'}}",
        "{station hears: call ChangeConfiguration, with: {value: 'a,b,c'}}",
    ]
    assert faults(tmp_path, "split: [{on: ChangeConfiguration, at: value, most: 2, when: asked.key == 'Allowed'}]", *steps) == []
