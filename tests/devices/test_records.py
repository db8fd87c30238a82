"""What follows from records: of stations that tell of all their connectors at once."""

from __future__ import annotations

import json
from typing import Any

from gateway.dialects.load import build
from gateway.source import loads
from tests.devices.bench import Bench

DUO = """
dialect: acme-duo
title: Two connectors, told in one list
status: unofficial
speaks: plain
codecs:
  wire:
    links: {tcp: {port: 7000, within: 2}}
    frame: json
    form: json
    records:
      status: {from: backend, when: {cmd: status}, fields: {cmd: {type: text, const: status}}}
      status_is:
        from: station
        answers: status
        when: {has: [ports]}
        fields: {ports: {list: {number: {type: int, at: id}, state: text, wh: int}, at: ports}}
    vectors:
      - {record: status, text: '{"cmd":"status"}'}
      - record: status_is
        fields: {ports: [{number: 1, state: A, wh: 5}]}
        asked: {record: status}
        text: '{"ports":[{"id":1,"state":"A","wh":5}]}'
device:
  connectors: 2
  options: {card: DUO}
  variables: {connector: {raw: string, meter: integer}}
  boot: {vendor: "'ACME'", model: "'duo'", serial: identity}
  records:
    status_is: {each: it.ports, connector: item.number, when: "item.state != '?'", set: {raw: item.state, meter: item.wh}}
  polls:
    - {ask: status, every: 10}
  state: {charging: "raw == 'C'", available: known(raw)}
  session: {energy: meter, token: card}
"""


class Duo:
    def __init__(self) -> None:
        self.ports = [{"id": 1, "state": "A", "wh": 100}, {"id": 2, "state": "A", "wh": 200}]

    def __call__(self, frame: bytes) -> list[bytes]:
        assert json.loads(frame) == {"cmd": "status"}
        return [json.dumps({"ports": self.ports}).encode()]

    def port(self, number: int, **values: Any) -> None:
        self.ports[number - 1].update(values)


def test_each_item_of_a_list_is_about_its_connector() -> None:
    duo = Duo()
    made = Bench(build(loads(DUO)), duo)
    made.up()
    made.run(15)
    duo.port(2, state="C")
    made.run(20)
    duo.port(2, wh=900, state="A")
    duo.port(1, state="C")
    made.run(20)
    assert [(one["connector"], one["energy"]) for one in made.calls("Start")] == [(2, 200), (1, 100)]
    assert [one["energy"] for one in made.calls("Stop")] == [900]


def test_items_of_no_connector_and_those_under_a_condition_are_passed_over() -> None:
    duo = Duo()
    made = Bench(build(loads(DUO)), duo)
    duo.ports += [{"id": 3, "state": "C", "wh": 1}]
    duo.port(2, state="?")
    made.up()
    made.run(15)
    assert made.calls("Start") == []
    duo.ports.clear()
    made.run(15)
    assert not [note for note in made.notes if note.kind == "failed"]
