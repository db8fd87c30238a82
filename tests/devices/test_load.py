"""A ``device:`` section with a mistake is refused at load, with file, line, what was expected and the nearest right name."""

from __future__ import annotations

import pytest

from gateway.catalogue import Folders
from gateway.dialects.load import build
from gateway.source import Fault, SourceError, loads

TEXT = Folders().files("dialects")["openevse-rapi"].read_text(encoding="utf-8")

# fmt: off
FAULTS = [
    ("an unknown key", "  polls:\n", "  poles:\n", "unknown key in device 'poles'", "polls"),
    ("an unknown record", "    booted: {set:", "    bootet: {set:", "unknown record 'bootet'", "booted"),
    (
        "an unknown field",
        "{set: {raw: it.state, flags: it.flags}}",
        "{set: {raw: it.stat, flags: it.flags}}",
        "'it.stat'",
        "state",
    ),
    ("each of what is no list", "    changed: {set", "    changed: {each: it.state, set", "'it.state' is no list", ""),
    ("an unknown variable", "set: {raw: it.state, flags: it", "set: {row: it.state, flags: it", "no variable 'row'", "raw"),
    ("an unknown name", "charging: raw == 3", "charging: rawe == 3", "unknown name 'rawe'", "raw"),
    ("a text where seconds belong", "    token: id_tag\n", "    token: id_tag\n    within: free\n", "'within' gives boolean", ""),
    ("an unknown state", "    charging: raw == 3", "    charges: raw == 3", "unknown state 'charges'", "charging"),
    ("an unknown error", "    HighTemperature:", "    HeighTemperature:", "'HeighTemperature'", "HighTemperature"),
    (
        "an unknown measurand",
        "measurand: Current.Import",
        "measurand: Curent.Import",
        "unknown measurand 'Curent.Import'",
        "Current.Import",
    ),
    (
        "an unknown command",
        "    StopCharging: rest",
        "    StopChargeing: rest",
        "unknown command 'StopChargeing'",
        "StopCharging",
    ),
    ("an unknown procedure", "StopCharging: rest", "StopCharging: rests", "unknown procedure 'rests'", "rest"),
    ("an unknown step", "- ask: restart", "- asks: restart", "a step is of one kind, not 'asks'", "ask"),
    ("a record that we do not send", "- ask: restart", "- ask: done", "unknown record 'done'", ""),
    ("a field that a record of ours lacks", "{seconds: 120, amps", "{secunds: 120, amps", "no field 'secunds'", "seconds"),
    ("a text where a number belongs", "{seconds: 120, amps", "{seconds: id_tag, amps", "'seconds' gives string", ""),
    ("a word that no answer can say", "[{fail: Rejected}]", "[{fail: Refused}]", "cannot be answered 'Refused'", ""),
    ("a field that nobody reads", "    changed.amps: the limit is the gateway's own\n", "", "nothing reads changed.amps", ""),
    (
        "a field that is read and declared lost",
        "    changed.amps:",
        "    changed.flags: x\n    changed.amps:",
        "changed.flags is declared lost and is not",
        "",
    ),
    (
        "a field declared lost of every record that none has",
        "    changed.amps:",
        '    "*.colour": x\n    changed.amps:',
        "no record has a field 'colour' that nothing reads",
        "",
    ),
    (
        "a procedure that nothing runs",
        "    rest:\n",
        "    idle:\n      - ask: sleep\n    rest:\n",
        "nothing runs the procedure 'idle'",
        "",
    ),
    ("procedures that run each other", "      - ask: restart\n", "      - run: restart\n", "runs itself", ""),
    (
        "a variable with a name of ours",
        "      raw: integer\n",
        "      raw: integer\n      state: string\n",
        "'state' is taken",
        "",
    ),
    ("code", "charging: raw == 3", "charging: raw.__class__ == 3", "has no fields", ""),
    ("a dialect that does not exist", "speaks: plain", "speaks: plane", "unknown dialect 'plane'", "plain"),
    ("a boot without a model", "model: \"'RAPI'\", ", "", "lacks the field 'model'", ""),
    ("a limit without its most", "    most: lower(most, first(hardware_most, 80))\n", "", "lacks the key 'most'", ""),
]
# fmt: on


def found(text: str) -> list[Fault]:
    try:
        build(loads(text, "t.yaml"), "openevse-rapi")
    except SourceError as error:
        return error.faults
    return []


@pytest.mark.parametrize(("old", "new", "what", "near"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_mistake_is_named(old: str, new: str, what: str, near: str) -> None:
    assert old in TEXT
    faults = found(TEXT.replace(old, new, 1))
    named = [fault for fault in faults if what in fault.what]
    assert named, [str(fault) for fault in faults]
    assert near in [fault.near for fault in named]
    assert all(fault.file == "t.yaml" and fault.line > 1 for fault in named)


def test_a_text_without_quotes_of_its_own_is_told_how_it_would_be_one() -> None:
    (fault,) = found(TEXT.replace("model: \"'RAPI'\"", "model: RAPI"))
    assert fault.expected.endswith("or a text in quotes of its own: \"'RAPI'\"")


def test_a_field_of_every_record_is_declared_lost_once() -> None:
    text = TEXT.replace("    changed.amps:", '    "*.amps":')
    assert text != TEXT
    assert found(text) == []


def test_all_is_well_without_one() -> None:
    assert found(TEXT) == []


def test_rules_without_records_are_none() -> None:
    text = "dialect: x\ntitle: X\nstatus: unofficial\nspeaks: plain\ncodecs: {}\ndevice: {state: {}}\n"
    with pytest.raises(SourceError, match="no records to which these rules could apply"):
        build(loads(text, "t.yaml"), "x")
