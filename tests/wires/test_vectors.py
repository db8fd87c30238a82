"""Vectors of an author who is not done: what is missing is told; a request without a body is one by its place."""

from __future__ import annotations

import pytest

from gateway.source import SourceError
from gateway.wires import vectors
from tests.wires import toys

POLLED = """
wire:
  links: {http: {port: 80}}
  frame: {kind: datagram}
  form: json
  records:
    ask: {from: backend, place: "GET /status?of={of}", fields: {of: text}}
    status: {from: station, answers: ask, when: {at: {ok: true}}, fields: {level: {type: decimal, at: meter.0}}}
    refused: {from: station, answers: ask, refusal: true, when: {at: {ok: [false]}}}
  vectors:
    - {record: ask, fields: {of: car}, place: GET /status?of=car}
    - {record: status, fields: {level: 1.5}, text: '{"ok":true,"meter":[1.5]}', way: read}
    - {record: refused, text: '{"ok":false}', way: read}
"""


def told(text: str) -> list[str]:
    return [str(fault).removeprefix("<text>:") for fault in vectors.run(toys.wire(text))]


def test_a_request_without_a_body_needs_no_frame() -> None:
    assert told(POLLED) == []
    assert toys.wire(POLLED).write("ask", {"of": "car"}) == b""


def test_a_request_without_a_body_has_all_its_fields_in_its_place() -> None:
    with pytest.raises(SourceError, match=r"a request without a body has the field more; expected \{more\} in its place"):
        toys.wire(POLLED.replace("{of: text}}", "{of: text, more: text}}"))


def test_a_vector_without_a_frame_is_told_what_is_written() -> None:
    (line,) = told(POLLED.replace(""", text: '{"ok":false}', way: read""", ""))
    assert (
        line == """13: a vector has a frame in hex, or a text; expected if the manual says so too, frame: 7B 7D or text: "{}\""""
    )
    (line,) = told(POLLED.replace(""", text: '{"ok":true,"meter":[1.5]}', way: read""", "").replace("level: 1.5", "level: x"))
    assert "it cannot be written" in line


def test_a_content_that_is_one_list() -> None:
    listed = """
wire:
  links: {mqtt: {options: {subscribe: [meters/0/values]}}}
  frame: {kind: datagram}
  form: json
  records:
    values: {from: station, place: meters/0/values, fields: {all: {list: decimal, at: "."}}}
  vectors:
    - {record: values, place: meters/0/values, fields: {all: [1.5, 2]}, text: "[1.5,2]"}
"""
    assert told(listed) == []
