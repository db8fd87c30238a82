from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from gateway.catalogue import Folders, shipped
from gateway.dialects.load import load_dialect, load_dialects, read_text
from gateway.source import SourceError

SMALL = """\
dialect: tiny
title: Tiny
status: official
integers: 32
codecs:
  json:
    subprotocol: tiny1
    errors: {FormatViolation: FormationViolation}
  soap:
    namespaces: {station: "urn:up/", backend: "urn:down/"}
    services: {station: Up, backend: Down}
    identity: id
    faults:
      Sender/Bad: [ProtocolError, FormatViolation, PropertyConstraintViolation, OccurrenceConstraintViolation]
      Sender/Worse: [TypeConstraintViolation, RpcFrameworkError, SecurityError]
      Receiver/Broken: [InternalError, GenericError, NotSupported, NotImplemented, MessageTypeNotSupported]
    read_faults: {Sender/*: ProtocolError, Receiver/*: InternalError}
words:
  token_status: {accepted: "Yes", invalid: ["No", Never]}
enums:
  Answer: ["Yes", "No", Never]
  Unit: {values: [A, B], read: {a: A, C: null}}
shapes:
  Reading: {value: string text, unit: Unit? attribute}
  Batch: {time: dateTime, reading: Reading+}
messages:
  Begin:
    from: station
    role: start
    answer: content
    key: [connector, time]
    request: {plug: integer, at: dateTime, batch: Batch*, price: decimal(0.1)?}
    result: {id: integer, info: string, allowed: Answer}
    defaults: {info: none, allowed: "No"}
    facts:
      request: {connector: plug, time: at}
      result: {transaction: id, token_status: allowed}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(SourceError) as caught:
        read_text(text)
    return [str(fault) for fault in caught.value.faults]


def test_the_small_file_is_right() -> None:
    dialect = read_text(SMALL)
    begin = dialect.messages["Begin"]
    assert list(begin.request.fields) == ["plug", "at", "batch", "price"]
    batch = begin.request.fields["batch"]
    assert (batch.many, batch.least, batch.required, begin.request.fields["plug"].bits) == (True, 0, False, 32)
    assert dialect.soap is not None
    assert dialect.soap.must_understand is True
    assert dialect.soap.faults["GenericError"] == ("Receiver", "Broken")
    assert dialect.json is not None
    assert dialect.json.errors["GenericError"] == "GenericError"


MISTAKES = [
    ("status: official", "status: oficial", "unknown status 'oficial'"),
    ("title: Tiny", "titel: Tiny", "did you mean 'title'"),
    ("title: Tiny", "title: 7", "title is 7"),
    ("integers: 32", "integers: 31", "integers of 31 bits"),
    ("plug: integer", "a plug: integer", "'a plug' is no name of a field"),
    ("subprotocol: tiny1", "subprotocol: tiny 1", "the name of a WebSocket sub-protocol"),
    ("{FormatViolation: FormationViolation}", "{FormatViolaton: X}", "did you mean 'FormatViolation'"),
    ("{FormatViolation: FormationViolation}", "{FormatViolation: FormatViolation}", "spelled as it is"),
    ('backend: "urn:down/"}', "backend: down}", "a URI"),
    (", backend: Down}", "}", "lacks the key 'backend'"),
    ("Sender/Worse", "Sendr/Worse", "is no fault"),
    ("TypeConstraintViolation, ", "", "no fault stands for TypeConstraintViolation"),
    ("SecurityError]", "SecurityError, GenericError]", "GenericError has two faults"),
    ("{Sender/*: ProtocolError, ", "{", "no line for Sender/*"),
    ("token_status: {", "tokenstatus: {", "unknown fact with words 'tokenstatus'"),
    ("invalid: [", "invald: [", "unknown word of the fact token_status 'invald'"),
    ('["No", Never]}', '"No"}', "'Never' of the fact 'token_status' has no neutral word"),
    ('["No", Never]}', '["No", Never, Maybe]}', "can be 'Maybe'"),
    ('Answer: ["Yes", "No", Never]', "Answer: []", "has no list of words"),
    ('Answer: ["Yes", "No", Never]', 'Answer: ["Yes", "No", Never, Never]', "'Never' stands twice"),
    ("read: {a: A, C: null}", "read: {a: X}", "no value of enum Unit"),
    ("read: {a: A, C: null}", "read: {A: B}", "is a value of enum Unit already"),
    ("unit: Unit? attribute", "unit: Unit attribute", "reads a word as left out"),
    ("unit: Unit? attribute", "unit: Unit? attribut", "field 'unit' is"),
    ("unit: Unit? attribute", "unit: Unit?", "text beside elements"),
    ("unit: Unit? attribute", "unit: Unit* attribute", "cannot be attribute"),
    ("reading: Reading+", "reading: Raeding+", "did you mean 'Reading'"),
    ("time: dateTime,", "time: dateTime, more: Batch?,", "holds itself"),
    ("time: dateTime,", "time: dateTime(3),", "the limit 3 does not fit"),
    ("decimal(0.1)?", "decimal(0)?", "does not fit"),
    ("  Unit: {", "  Spare: [x]\n  Unit: {", "no message uses the enum 'Spare'"),
    ("  Batch: {", "  Spare: {x: string}\n  Batch: {", "no message uses the shape 'Spare'"),
    ("from: station", "from: chargepoint", "unknown from 'chargepoint'"),
    ("role: start", "role: strat", "did you mean 'start'"),
    ("role: start", "role: [start]", "unknown role"),
    ("    answer: content\n", "", "lacks the key 'answer'"),
    ("    key: [connector, time]\n", "", "lacks the key 'key'"),
    ("answer: content", "answer: contents", "did you mean 'content'"),
    ("key: [connector, time]", "key: [connector, token]", "names 'token'"),
    ("key: [connector, time]", "key: everything", "or the word payload"),
    ("connector: plug,", "conector: plug,", "did you mean 'connector'"),
    ("connector: plug,", "connector: plg,", "did you mean 'plug'"),
    ("time: at}", "time: batch.time}", "through no list"),
    ("time: at}", "time: at.x}", "a path to a single value"),
    ("defaults: {info: none,", "defaults: {", "breaks at info: is required"),
    ("defaults: {info: none,", "defaults: {info: none, extra: 1,", "breaks at extra"),
    ('allowed: "No"}\n', "allowed: Perhaps}\n", "breaks at allowed"),
    ("    request: {plug", "    reqest: {plug", "unknown key in message Begin 'reqest'"),
    ("  json:\n", "  jsn:\n", "unknown key in codecs 'jsn'"),
]


@pytest.mark.parametrize(
    ("right", "wrong", "said"), MISTAKES, ids=[f"{n}-{said[:20]}" for n, (_, _, said) in enumerate(MISTAKES)]
)
def test_a_mistake_is_named_with_its_line(right: str, wrong: str, said: str) -> None:
    assert SMALL.count(right) >= 1
    found = faults(SMALL.replace(right, wrong, 1))
    line = SMALL[: SMALL.index(right)].count("\n") + 1
    fitting = [fault for fault in found if said in fault]
    assert fitting, found
    assert abs(int(fitting[0].split(":")[1]) - line) <= 7, fitting


def test_all_mistakes_are_reported_at_once() -> None:
    text = (
        SMALL.replace("role: start", "role: strat")
        .replace("connector: plug", "connector: plg")
        .replace("reading: Reading+", "reading: R")
    )
    assert len(faults(text)) >= 3


def test_an_operator_s_file_wins(tmp_path: Path) -> None:
    (tmp_path / "dialects").mkdir()
    original = (shipped() / "dialects" / "ocpp1.6.yaml").read_text()
    (tmp_path / "dialects" / "ocpp1.6.yaml").write_text(original.replace("title: OCPP 1.6", "title: Ours"))
    (tmp_path / "dialects" / "tiny.yaml").write_text(SMALL)
    folders = Folders([tmp_path])
    assert load_dialect(folders, "ocpp1.6").title == "Ours"
    assert {"tiny", "ocpp1.5", "ocpp1.6"} <= set(load_dialects(folders))


def test_a_file_named_otherwise_than_its_dialect(tmp_path: Path) -> None:
    (tmp_path / "dialects").mkdir()
    (tmp_path / "dialects" / "small.yaml").write_text(SMALL)
    with pytest.raises(SourceError, match="stands in the file 'small'"):
        load_dialects(Folders([tmp_path]))


def test_no_such_dialect() -> None:
    with pytest.raises(SourceError, match=r"ocpp1\.5"):
        load_dialect(Folders(), "ocpp15")


def test_what_several_dialects_speak_is_loaded_once() -> None:
    made = load_dialects(Folders())
    telling = [one for one in made.values() if one.speaks]
    assert len(telling) > 10
    assert all(one.messages is made[one.speaks].messages for one in telling)
    assert list(made) == sorted(made)


def test_the_example_of_the_format_s_page_is_right() -> None:
    page = (shipped() / "README.rst").read_text(encoding="utf-8")
    example = page.partition("\nDialects\n===")[2].partition(".. code-block:: yaml\n")[2].partition("\n**A field**")[0]
    dialect = read_text(textwrap.dedent(example))
    assert dialect.messages["StartTransaction"].request.fields["sample"].many


def test_without_messages_nothing_is_told_of_what_needs_them() -> None:
    wire = """
    links: {tcp: {port: 7000}}
    frame: {kind: line, end: "\\n"}
    form: struct
    records: {state: {from: station, fields: {raw: u8}}}
    vectors: [{record: state, fields: {raw: 7}, text: "\\x07\\n"}]
"""
    told = faults(
        f"dialect: box\ntitle: Box\nstatus: unofficial\ncodecs:\n  wire:{wire}device: {{state: {{available: raw == 0}}}}\n"
    )
    assert told == ["<text>:1: a dialect lacks the key 'messages'; expected messages: {…}, or speaks: plain"]
