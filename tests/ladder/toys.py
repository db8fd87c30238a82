"""Two little dialects with a table of every kind of entry between them, and the flows and maps of Python that it names.

The left side counts starts and stops, the right side tells of both in one message; tags are text here and objects there.
"""

from __future__ import annotations

from typing import Any

import pytest

from gateway.dialects.load import read_text
from gateway.dialects.schema import Dialect
from gateway.ladder import flows
from gateway.ladder.flows import Rendering
from gateway.ladder.ladder import Ladder
from gateway.ladder.losses import Refused
from gateway.ladder.tables import Table
from gateway.source import loads

LEFT = """
dialect: toy1
title: Toy 1
status: unofficial
codecs: {json: {subprotocol: toy1}}
enums:
  Mood: [Calm, Angry, Mad]
  Why: [Local, Remote]
messages:
  Begin:
    from: station
    request: {plug: integer, tag: string(20), energy: integer, at: dateTime, note: string?}
    result: {id: integer, mood: Mood?}
  Read:
    from: station
    request: {plug: integer, id: integer?, energy: integer+, at: dateTime, mark: string?}
  End:
    from: station
    request: {id: integer, energy: integer, at: dateTime, why: Why?}
    result: {mood: Mood?}
  Fetch:
    from: backend
    request: {what: string}
    result: {text: string?}
  Old: {from: station}
  Older: {from: station}
"""

RIGHT = """
dialect: toy2
title: Toy 2
status: unofficial
codecs: {json: {subprotocol: toy2}}
enums:
  Mood: [Calm, Angry]
  Kind: [Started, Going, Ended]
  Cause: [Local, Far, Bored]
shapes:
  Tag: {text: string, kind: string?, hint: string?}
messages:
  Event:
    from: station
    request:
      kind: Kind
      number: integer
      plug: integer?
      tag: Tag?
      energy: integer*
      at: dateTime
      cause: Cause?
      id: string
    result: {mood: Mood?, cost: integer?}
  Read:
    from: station
    request: {plug: integer, energy: integer+, at: dateTime}
  Bring:
    from: backend
    request: {what: string}
    result: {text: string?}
  New: {from: backend, result: {said: string}}
  Newer: {from: backend, result: {said: string}}
"""

TABLE = """
ladder:
  left: toy1
  right: toy2
maps:
  Tag: toy_tags
enums:
  Mood:
    - row: Mad > Angry
      why: toy2 knows no more than angry
  Cause:
    - Remote = Far
    - row: Local < Bored
      why: toy1 has no boredom
messages:
  Begin > Event:
    flow: toy_begin
    request:
      tag > tag:
        by: Tag
        sample:
          left:
            tag: abc
          right:
            tag:
              text: abc
              kind: known
          registers:
            tags:
              abc: known
      flow:
        "> kind": Started
        "> number": counted
        "> id": the gateway's own
      lost >:
        note: toy2 has no notes
      unfilled >:
        cause: a start has none
    result:
      flow:
        "id <": the gateway's own
      lost <:
        cost: toy1 has no prices
  Read:
    request:
      lost >:
        mark:
          why: toy2 has no marks
          sample:
            left:
              mark: x
            right: {}
            lost: [mark]
      unfilled <:
        id: toy2 does not say
        mark: toy2 has none
  Read > Event:
    flow: toy_read
    request:
      flow:
        "mark > cause": Bored where it says so
        "> kind": Going
        "> number": counted
        "id > id": as text
      unfilled >:
        tag: readings have none
    result:
      lost <:
        mood: nobody hears it
        cost: toy1 has no prices
  End > Event:
    flow: toy_end
    request:
      why > cause:
        by: Cause
        sample:
          left:
            why: Remote
          right:
            cause: Far
      flow:
        "> kind": Ended
        "> number": counted
        "id > id": as text
      unfilled >:
        plug: it is known
        tag: it is known
    result:
      lost <:
        cost: toy1 has no prices
  Begin < Event:
    flow: toy_event
    request:
      tag < tag:
        by: Tag
        lost <:
          hint: toy1 has no hints
        sample:
          right:
            tag:
              text: abc
          left:
            tag: abc
      flow:
        "energy < energy": the first
        "< kind": says which
        "< number": order is kept
        "< id": the gateway knows
      unfilled <:
        note: toy2 has none
    result:
      mood > mood:
        by: Mood
        sample:
          left:
            mood: Mad
          right:
            mood: Angry
          lost: [mood]
      lost >:
        id: toy2 does not ask
      unfilled >:
        cost: toy1 knows no prices
  End < Event:
    flow: toy_event
    request:
      why < cause:
        by: Cause
        sample:
          right:
            cause: Far
          left:
            why: Remote
      flow:
        "id < id": as a number
        "energy < energy": the last
    result:
      mood > mood:
        by: Mood
        sample:
          left:
            mood: Mad
          right:
            mood: Angry
          lost: [mood]
  Fetch = Bring:
    request:
      what:
        sample:
          left:
            what: a
          right:
            what: a
only left:
  Old, Older:
    answer: {}
    why: toy2 has no past
only right:
  New, Newer:
    answer:
      said: no
    why: toy1 has no future
"""


class Tags:
    """A register remembers the kinds of tags."""

    total = "<>"
    reads = ("text", "kind")

    def right(self, value: Any, run: Any) -> Any:
        kind = run.cx.registers.get("tags", value)
        return {"text": value, **({"kind": kind} if kind else {})}

    def left(self, value: Any, run: Any) -> Any:
        run.cx.registers.put("tags", value["text"], value.get("kind"))
        return value["text"]


def begin(asked: Any, run: Any, parts: Any) -> Rendering:
    if run.cx.transaction is None:
        raise Refused("InternalError", "a start without a transaction")
    made = {**parts["Event"].ask(asked, run), "kind": "Started", "number": 0, "id": str(run.cx.transaction)}

    def answer(results: Any, run: Any) -> Any:
        told = {} if results[0] is None else parts["Event"].answer(results[0], asked, run)
        return {**told, "id": run.cx.transaction}

    run.cx.registers.put("numbers", str(run.cx.transaction), 1)
    return Rendering([("Event", made)], answer)


def _event(asked: Any, run: Any, parts: Any, kind: str, **more: Any) -> Any:
    key = str(asked["id"])
    number = run.cx.registers.get("numbers", key) or 0
    run.cx.registers.put("numbers", key, number + 1)
    return "Event", {**parts["Event"].ask({**asked, **more}, run), "kind": kind, "number": number, "id": key}


def read(asked: Any, run: Any, parts: Any) -> Rendering:
    if "id" not in asked:
        return Rendering([("Read", parts["Read"].ask(asked, run))], lambda results, run: {})
    events = [_event(asked, run, parts, "Going", energy=[one]) for one in asked["energy"]]
    return Rendering(events, lambda results, run: {})


def end(asked: Any, run: Any, parts: Any) -> Rendering:
    name, made = _event(asked, run, parts, "Ended")
    return Rendering([(name, made)], lambda results, run: parts["Event"].answer(results[0] or {}, asked, run))


def event(asked: Any, run: Any, parts: Any) -> Rendering:
    if asked["kind"] == "Started":
        made = {"energy": (asked.get("energy") or [0])[0], "plug": 1, "tag": "", **(parts["Begin"].ask(asked, run) or {})}
        return Rendering([("Begin", made)], lambda results, run: parts["Begin"].answer(results[0] or {}, asked, run))
    if asked["kind"] == "Ended":
        made = {"energy": (asked.get("energy") or [0])[-1], **parts["End"].ask(asked, run), "id": int(asked["id"])}
        return Rendering([("End", made)], lambda results, run: parts["End"].answer(results[0] or {}, asked, run))
    return Rendering([], lambda results, run: {})


def plant(patch: pytest.MonkeyPatch) -> dict[str, Dialect]:
    """The toys' flows and maps, where tables look for them; and the dialects."""
    for name, flow in (("toy_begin", begin), ("toy_read", read), ("toy_end", end), ("toy_event", event)):
        patch.setitem(flows.FLOWS, name, flow)
    patch.setitem(flows.KEEPERS, "toy_tags", Tags())
    return {d.name: d for d in (read_text(LEFT), read_text(RIGHT))}


def table(dialects: dict[str, Dialect], text: str = TABLE) -> Table:
    return Table.build(loads(text, "toy.yaml"), "toy1--toy2", dialects)


def ladder(dialects: dict[str, Dialect]) -> Ladder:
    return Ladder([table(dialects)], dialects)
