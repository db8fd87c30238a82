"""A table with a mistake is refused at load, with file, line, what was expected and the nearest right name."""

from __future__ import annotations

import pytest

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.ladder.tables import Table
from gateway.source import Fault, SourceError, loads

FOLDERS = Folders()
DIALECTS = load_dialects(FOLDERS)
TEXT = FOLDERS.files("ladder")["ocpp1.5--ocpp1.6"].read_text(encoding="utf-8")


def found(text: str) -> list[Fault]:
    try:
        Table.build(loads(text, "t.yaml"), "t", DIALECTS)
    except SourceError as error:
        return error.faults
    return []


FAULTS = [
    ("an unknown key", "        needed: true\n", "        neded: true\n", "'neded'", "needed"),
    (
        "an unknown field",
        "      heartbeatInterval = interval:",
        "      heartbeatIntervall = interval:",
        "'heartbeatIntervall'",
        "heartbeatInterval",
    ),
    ("an unknown map", "        by: ErrorCode\n", "        by: ErorCode\n", "'ErorCode'", "ErrorCode"),
    ("an unknown shape", "        by: KeyValue\n", "        by: KeyValues\n", "'KeyValues'", "KeyValue"),
    (
        "an unknown map of lists",
        "        by: KeyValue\n",
        "        by: KeyValue\n        together: signd\n",
        "unknown map of lists 'signd'",
        "signed",
    ),
    (
        "what is together of no list",
        "        by: ErrorCode\n",
        "        by: ErrorCode\n        together: signed\n",
        "list of objects",
        "",
    ),
    (
        "what is single anyway",
        "        by: KeyValue\n",
        "        by: KeyValue\n        single: one\n",
        "'single' says nothing",
        "",
    ),
    ("a value without a row", "    - Volt = V\n", "", "'Volt' has no row", ""),
    ("an unknown value", "    - Volt = V\n", "    - Volt = V\n    - Volts = V\n", "'Volts'", "Volt"),
    ("two rows for one value", "    - Volt = V\n", "    - Volt = V\n    - Volt > A\n", "two rows", ""),
    ("a declared loss that is none", "    - Volt = V\n", "    - row: Volt = V\n      why: none\n", "has none", ""),
    ("an undeclared loss", "      why: 1.5 has one word for every state with a car\n", "", "cannot come back", ""),
    (
        "two rules on one field",
        "      heartbeatInterval = interval:",
        "      currentTime > interval: {}\n      heartbeatInterval = interval:",
        "two rules",
        "",
    ),
    ("a field that nobody reads", "        reason: 1.5 has no reason\n", "        meterStop: no\n", "no rule reads reason", ""),
    (
        "a field declared lost that is not",
        "        reason: 1.5 has no reason\n",
        "        reason: x\n        idTag: y\n",
        "'idTag' is declared lost",
        "",
    ),
    (
        "a required target that nobody makes",
        "      heartbeatInterval = interval:",
        "      heartbeatInterval > interval:",
        "required field heartbeatInterval",
        "",
    ),
    (
        "an optional target that nobody makes",
        "      unfilled >:\n        chargingProfile: 1.5 has no smart charging\n",
        "",
        "chargingProfile",
        "",
    ),
    (
        "a case after the last",
        "            give: Preparing\n",
        "            give: Preparing\n          - on: Occupied\n            give: Charging\n",
        "never be reached",
        "",
    ),
    (
        "a word that no field says",
        "it.errorCode in ('InternalError',",
        "it.errorCode in ('InternalEror',",
        "'InternalEror'",
        "InternalError",
    ),
    ("an unknown question", "facts.running(", "facts.runing(", "'runing'", "running"),
    ("code in an expression", "when: it.connectorId == 0", "when: it.connectorId.__class__ == 0", "no fields", ""),
    ("a function that is not ours", "when: it.connectorId == 0", "when: open('x')", "unknown function 'open'", ""),
    (
        "a message without an answer",
        "  GetLog:\n    answer:\n      status: Rejected\n    why: 1.5 has no log to fetch\n",
        "",
        "GetLog",
        "",
    ),
    (
        "an answer that the asker does not know",
        "      status: NotImplemented\n",
        "      status: Implemented\n",
        "TriggerMessage",
        "",
    ),
    (
        "an empty answer that is never given",
        "  UnlockConnector:\n",
        "  UnlockConnector:\n    empty >:\n      answer: {}\n      why: x\n",
        "never comes to nothing",
        "",
    ),
    (
        "a request that may come to nothing",
        "    empty >:\n      answer: {}\n",
        "    nope:\n      answer: {}\n",
        "may come to nothing",
        "",
    ),
    ("an unbounded text", "        too long: cut\n        why: 1.6 allows 50 characters\n", "", "longer than 50", ""),
    (
        "an unknown flow",
        "  UnlockConnector:\n",
        "  Reset:\n    flow: vanish\n  UnlockConnector:\n",
        "unknown flow 'vanish'",
        "",
    ),
    ("an unknown dialect", "  right: ocpp1.6", "  right: ocpp1.7", "'ocpp1.7'", "ocpp1.6"),
]


@pytest.mark.parametrize(("old", "new", "what", "near"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_mistake_is_named(old: str, new: str, what: str, near: str) -> None:
    assert old in TEXT
    named = [fault for fault in found(TEXT.replace(old, new, 1)) if what in fault.what]
    assert named, [str(fault) for fault in found(TEXT.replace(old, new, 1))]
    assert near in [fault.near for fault in named]
    assert all(fault.file == "t.yaml" and fault.line > 0 for fault in named)


def test_the_line_is_the_mistakes_own() -> None:
    faults = found(TEXT.replace("        by: ErrorCode\n", "        by: ErorCode\n"))
    lines = {fault.line for fault in faults if "'ErorCode'" in fault.what}
    assert lines == {1 + TEXT[: TEXT.index("      errorCode:\n")].count("\n")}


def test_all_mistakes_are_named_at_once() -> None:
    text = (
        TEXT.replace("    - Volt = V\n", "").replace("by: ErrorCode", "by: ErorCode").replace("facts.running(", "facts.runing(")
    )
    whats = " ".join(fault.what for fault in found(text))
    assert all(what in whats for what in ("'Volt'", "'ErorCode'", "'runing'"))
