"""What an author gets wrong is told with its line, what was expected, and the nearest right name."""

from __future__ import annotations

import pytest

from gateway.source import SourceError
from gateway.wires import vectors
from tests.wires import toys

SMALL = r"""
wire:
  links: {tcp: {port: 1}}
  frame: {kind: between, start: "\x02", end: "\x03", checks: [{kind: sum8, as: HEX}]}
  form: struct
  header: {to: hex(2), kind: hex(2)}
  records:
    hello: {from: station, when: {kind: 1}, fields: {serial: text(4), level: {type: u8, scale: 0.1}}}
    other: {from: station, fields: {}}
  vectors:
    - {record: hello, fields: {to: 1, serial: A123, level: 2.5}, text: "\x020101A123\x1950\x03"}
    - {record: other, fields: {to: 1, kind: 2}, text: "\x020102C3\x03"}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(SourceError) as caught:
        toys.wire(text)
    return [str(fault).removeprefix("<text>:") for fault in caught.value.faults]


def test_the_small_one_loads() -> None:
    assert set(toys.wire(SMALL).frames) == {"hello", "other"}


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("kind: between", "kind: betwen", "4: frames of kind 'betwen'; expected one of datagram, line, between"),
        ("kind: sum8", "kind: sum9", "4: unknown check 'sum9'; expected one of sum8,"),
        ("kind: sum8", "kind: crc-16-modbos", "did you mean 'crc-16-modbus'"),
        ('start: "\\x02", ', "", "4: frames between two markers have a start"),
        ('start: "\\x02"', "start: 2", "4: start is 2; expected text in quotes"),
        (
            "tcp: {port: 1}",
            "tpc: {port: 1}",
            "3: unknown link 'tpc'; expected one of http, mqtt, tcp, udp, ws; did you",
        ),
        ("port: 1", "options: {subscribe: a}", "3: unknown key in options of the link tcp 'subscribe'"),
        ("kind: sum8", "kind: sum8, at: -1", "4: at is -1; expected its offset in the frame, or end"),
        ("kind: sum8", "kind: sum8, at: ende", "4: at is 'ende'; expected its offset in the frame, or end"),
        ("kind: sum8", "kind: sum8, over: behind", "4: nothing is behind a check that has no place of its own; expected at: its"),
        (
            "kind: sum8",
            "kind: sum8, over: contents",
            "4: over is 'contents'; expected one of content, frame, behind, zeroed; did",
        ),
        ("kind: sum8", "kind: sum8, out: 0x100", "4: out is '0x100'; expected a number of 1 bytes"),
        ("kind: sum8", "kind: sum8, init: 0x100", "4: init is '0x100'; expected one byte"),
        (
            "checks: [{kind: sum8, as: HEX}]",
            "checks: [{kind: sum8, at: 3, over: zeroed}, {kind: xor8, at: 4, over: frame}]",
            "4: two checks stand inside, and each is over the other; expected over: content",
        ),
        (
            "checks: [{kind: sum8, as: HEX}]",
            "checks: [{kind: sum16, at: 3}, {kind: xor8, at: 4}]",
            "4: two of the length and the checks stand in the same place; expected at: another",
        ),
        (
            "checks: [{kind: sum8, as: HEX}]",
            "checks: [{kind: sum8}], or_checks: [[{kind: sum8, at: 3}]]",
            "4: a check with a place of its own has no other in its stead; expected those without at",
        ),
        (
            'end: "\\x03", checks: [{kind: sum8, as: HEX}]',
            'end: "\\x02", checks: [{kind: xor8, at: end}]',
            "4: a check stands behind the end of the frame, which has none",
        ),
        (
            'end: "\\x03"',
            'end: "\\x03", escapes: {"\\x03": "\\x1b3"}',
            "4: what begins the escape b'\\x1b3' has none itself; expected",
        ),
        (
            'end: "\\x03"',
            'end: "\\x03", escapes: {"\\x03": "\\x1b3", "\\x1b": "\\x1b3"}',
            "4: the escape b'\\x1b3' is the beginning of another, or the same",
        ),
        ('end: "\\x03"', 'end: "\\x03", escapes: yes', "4: escapes is 'yes'; expected {"),
        (
            'end: "\\x03"',
            'end: "\\x03", coding: hex, escapes: {"\\x1b": "\\x1b1"}',
            "4: a frame has a way of escaping or a coding; expected one",
        ),
        (
            'end: "\\x03"',
            'end: "\\x03", length: {at: 1, size: 1, times: 0}',
            "4: at, size, plus and times of a length are whole numbers",
        ),
        ('end: "\\x03"', 'end: "\\x03", length: {at: 1, as: varnt}', "4: as is 'varnt'; expected one of be, le, HEX"),
        (
            'end: "\\x03"',
            'end: "\\x03", length: {at: 1, as: varint, size: 2}',
            "4: a length that needs as many bytes",
        ),
        (
            'end: "\\x03"',
            'end: "\\x03", length: {at: 1, until: ":"}',
            "4: a length up to a text is in digits; expected as: decimal",
        ),
        (
            'end: "\\x03"',
            'end: "\\x03", length: {at: 1, size: 2, mask: 0xFFF, set: 1}',
            "4: a length has 1 to 8 bytes; mask",
        ),
        (
            'end: "\\x03", checks: [{kind: sum8',
            'end: "\\x03", length: {at: 1, as: varint}, checks: [{kind: sum8, at: 4',
            "4: a check has a place of its own, and the length none of fixed size; expected a check without at",
        ),
        ("kind: between", "kind: sized", "4: size is None; expected bytes, or {at: 1, of: {0x01: 8, 0x02: 12}, else: 10}"),
        (
            "kind: between",
            "kind: sized, size: {at: 1, of: {0x01: long}}",
            "4: size is {",
        ),
        (
            "kind: between",
            "kind: sized, size: {at: 1, off: 3}",
            "4: unknown key in size 'off'",
        ),
        ("kind: sum8", "kind: sum8, mod: 300", "4: mod is 300; expected a number of 1 bytes"),
        (
            'end: "\\x03"',
            'end: "\\x03", cipher: {kind: aes-cbb, sample: x}',
            "4: the cipher is 'aes-cbb'; expected one of",
        ),
        ('end: "\\x03"', 'end: "\\x03", cipher: aes', "4: the cipher is no map with a kind; expected {kind: aes-cbc, sample:"),
        ('end: "\\x03"', 'end: "\\x03", cipher: {kind: aes-ecb}', "4: a cipher has a key that all know, or a sample of one"),
        (
            'end: "\\x03"',
            'end: "\\x03", cipher: {kind: aes-ecb, key: ab}',
            "4: key: a key of aes has 16 or 24 or 32",
        ),
        ('end: "\\x03"', 'end: "\\x03", cipher: {kind: xor, key: ab, iv: "00"}', "4: xor has no iv; expected one of aes-cbc"),
        ('end: "\\x03"', 'end: "\\x03", cipher: {kind: xor, key: ab, when: {at: 2, is: 1}}', "4: when is {"),
        (
            'end: "\\x03"',
            'end: "\\x03", cipher: {kind: xor, keys: ab}',
            "4: unknown key in a cipher 'keys'",
        ),
        ("tcp: {port: 1}", "http: {options: {headers: 1}}", "3: headers is 1; expected X-Key:"),
        (
            "tcp: {port: 1}",
            "http: {options: {headers: {X-Key: '{key}'}}}",
            "3: the header X-Key has {key}; expected {username} or",
        ),
        ("tcp: {port: 1}", "http: {options: {auth: digst}}", "3: auth is 'digst'; expected one of basic, digest"),
        ("when: {kind: 1}", "headers: {A: b}", "8: only what we send to a place has headers"),
        ("port: 1", "roles: dail", "3: roles has 'dail'; expected one of listen, dial"),
        ("port: 1", "gap: soon", "3: gap is 'soon'; expected seconds"),
        (
            "form: struct",
            "form: pattern",
            "5: the form is 'pattern'; expected pattern: a text with {fields} in it, at each record",
        ),
        ("form: struct", "form: struckt", "5: the form is 'struckt'; expected one of struct, delimited"),
        ("serial: text(4)", "to: text(4)", "8: to is a field of header or trailer already; expected another name"),
        ("level: {type: u8", "level: {type: clock", "8: field level is 'clock'; expected"),
        ("level: {type: u8, scale: 0.1}", "level: {type: text, time: isoo}", "8: a time as 'isoo'; expected iso, unix, since"),
        (
            "level: {type: u8, scale: 0.1}",
            "level: {type: u32, time: unix sec}",
            "8: a time as 'unix sec'; expected iso, unix, since",
        ),
        ("scale: 0.1", "added: 256", "8: added is 256; expected one byte, such as 0x33"),
        ("serial: text(4)", "serial: varint, more: varint(2)", "8: field more is 'varint(2)'"),
        ("form: struct", "form: {kind: tlv, tag: text}", "5: tag, length or plus of the form tlv; expected {kind: tlv"),
        ("form: struct", "form: {kind: tlv}", "8: serial has no tag; expected {type: u16, at: 0x31}"),
        (
            "fields: {serial",
            "form: {kind: struct, order: litle}, fields: {serial",
            "8: order is 'litle'; expected big or little",
        ),
        (
            "fields: {serial: text(4)",
            "form: {kind: xml, root: R, prefixes: {me: 'urn:m'}}, fields: {serial: {type: text, at: mf:Serial}",
            "8: serial has the prefix 'mf'; expected prefixes: {mf: urn:…} of the form, or the name alone",
        ),
        ("form: struct", "form: {kind: xml, root: R, prefixes: no}", "5: prefixes is 'no'; expected b:"),
        ("to: hex(2)", "to: hax(2)", "6: field to is 'hax(2)'; expected u8 … u64,"),
        ("level: {type: u8", "level: {type: u12", "8: field level is 'u12'"),
        ("scale: 0.1", "scales: 0.1", "8: unknown key in field level 'scales'; expected one of"),
        ("scale: 0.1", "scale: ten", "8: scale is 'ten'; expected a number"),
        ("scale: 0.1", "enum: {x: on}", "8: x: 'on' is no line of an enum"),
        ("scale: 0.1", "bits: {on: nine}", "8: on is bit 'nine'"),
        ("serial: text(4)", "serial: text, more: text", "nothing says where serial ends"),
        ("serial: text(4)", "serial: text(4)?", "8: level stands behind serial, which may be missing"),
        ("serial: text(4)", "serial: {type: text, length: len}", "8: serial is counted by 'len'; expected a field before it"),
        ("serial: text(4)", "serial: {type: text(4), charset: klingon}", "8: no charset 'klingon'"),
        ("serial: text(4)", "serial: {type: text(10), time: '%Q'}", "8: no such time: %Q in '%Q'"),
        ("serial: text(4)", "serial: {type: text(10), time: '%Y', zone: Mars/Base}", "8: there is no time zone 'Mars/Base'"),
        ("serial: text(4)", "serial: {type: text(4), const: ABCDE}", "8: serial: 'ABCDE' is longer than 4 bytes"),
        (
            "from: station, when",
            "from: stations, when",
            "8: record hello is from 'stations'; expected one of station, backend",
        ),
        (
            "when: {kind: 1}",
            "when: {knd: 1}",
            "8: records are not told apart by 'knd'; expected one of kind, to; did you mean",
        ),
        ("when: {kind: 1}", "when: {kind: 999}", "8: kind: 999 does not fit into 2 digits"),
        ("when: {kind: 1}", "when: {match: '(a*)*'}", "8: a repeat stands inside another"),
        ("when: {kind: 1}", "when: {length: long}", "8: length is 'long'; expected 26, 26-30 or 26-"),
        ("when: {kind: 1}, ", "", "9: no frame is ever read as other: hello before it takes all"),
        ("when: {kind: 1}", "answers: helo", "8: there is no record 'helo'; expected one of hello, other; did you mean 'hello'?"),
        ("when: {kind: 1}", "when: {kind: 1}, answers: other, same: [too]", "8: there is no field 'too'"),
        (
            "form: struct",
            "form: struct\n  same: [too]",
            "6: there is no field 'too'; expected one of kind, level, serial, to; did you",
        ),
        ("form: struct", "form: struct\n  sequence: {field: tu}", "6: there is no field of header or trailer 'tu'"),
        ("record: other,", "record: othr,", "12: unknown record of a vector 'othr'"),
        ("    - {record: other", "    # {record: other", "9: no vector shows the record other"),
        ('text: "\\x020102C3\\x03"', "frame: 0z", "12: the frame is no hex"),
        ("record: other, fields", "way: up, record: other, fields", "12: way is 'up'; expected one of both, read, write"),
    ],
)
def test_a_mistake(right: str, wrong: str, fault: str) -> None:
    assert right in SMALL
    found = faults(SMALL.replace(right, wrong, 1))
    assert any(fault in one for one in found), found


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("at: 904", "adr: 904", "the field energy has no address"),
        ("read: holding", "read: holdings", "record meter has read: 'holdings'"),
        ("read: holding", "red: holding", "record meter reads and writes no registers; expected read or write: one of coil"),
        (
            "read: holding",
            "red: holding",
            "unknown key in record meter 'red'; expected one of asks, fields, function, more, read",
        ),
        ("read: holding", "function: 3", "record meter reads and writes no registers; expected read or write"),
        ("energy: {type: u32, at: 904", "energy: {list: u16, at: 904", "nothing says how long energy is; expected a kind with a"),
        ("at: 911", "at: 1911", "record meter spans 1008 of at most 125; expected two records"),
        ("high: {type: u16, at: 11}", "high: {type: u16, at: 13}", "the registers of pair have a gap or overlap"),
        ("state: {type: text(2)", "state: {type: text", "nothing says how long state is"),
        ("enabled: {type: bool", "enabled: {type: u16", "enabled is of the wrong kind"),
        ("write: holding, fields: {low", "write: holding, function: 6, fields: {low", "function 6 for 2"),
    ],
)
def test_a_mistake_with_registers(right: str, wrong: str, fault: str) -> None:
    text = toys.text("modbus")
    assert right in text
    found = faults(text.replace(right, wrong, 1))
    assert any(fault in one for one in found), found


KEYED = r"""
wire:
  links: {tcp: {port: 1}}
  frame: json
  form: json
  header: {kind: {type: text, at: a.kind}}
  records:
    hello: {from: station, when: {kind: hello, at: {b.0: 7}, has: b}, fields: {serial: {type: text, at: sn}}}
  vectors:
    - {record: hello, way: read, fields: {serial: A1}, text: '{"a": {"kind": "hello"}, "b": [7], "sn": "A1"}'}
    - {refused: no record, text: '{"a": {"kind": "hello"}, "b": [8], "sn": "A1"}'}
"""


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ("when: {knid: hello}", "8: records are not told apart by 'knid'; expected one of a.kind, kind, serial, sn, length, "),
        ("when: {knid: hello}", "or at: {knid: …}; did you mean 'kind'?"),
        ("when: {prefx: x}", "did you mean 'prefix'?"),
        ("when: {at: b}", "8: at is 'b'; expected path: value lines"),
    ],
)
def test_a_path_that_is_no_field_is_said_to_be_one(wrong: str, fault: str) -> None:
    right = "when: {kind: hello, at: {b.0: 7}, has: b}"
    assert vectors.run(toys.wire(KEYED)) == []
    assert any(fault in one for one in faults(KEYED.replace(right, wrong, 1)))


def test_a_faulty_field_of_the_header_is_one_fault() -> None:
    """What names it is not told to be wrong too."""
    with pytest.raises(SourceError) as caught:
        toys.wire(toys.text("parts").replace("header: {address: text(1)}", "header: {address: texxt(1)}\n  same: [address]"))
    assert [one.what for one in caught.value.faults] == ["field address is 'texxt(1)'"]
