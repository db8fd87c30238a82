"""mappings/README.rst, section "Ladder tables": every block in it loads, its samples hold, and its flows do what it says."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.dialects.load import read_text
from gateway.ladder import flows
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.ladder import Ladder
from gateway.ladder.registers import Registers
from gateway.ladder.samples import faults
from gateway.ladder.tables import Table
from gateway.source import loads

MANUAL = Path(__file__).resolve().parents[2] / "mappings" / "README.rst"
TITLE = "Ladder tables\n============="


def blocks(kind: str = "yaml") -> list[str]:
    """The code blocks of the section, up to the next title."""
    section = MANUAL.read_text(encoding="utf-8").partition(TITLE)[2]
    section = section.partition("\n\n\n")[0]
    found = []
    for part in section.split(f".. code-block:: {kind}\n\n")[1:]:
        lines = []
        for line in part.split("\n"):
            if line and not line.startswith("   "):
                break
            lines.append(line)
        found.append(textwrap.dedent("\n".join(lines)))
    return found


@pytest.fixture
def planted() -> Iterator[None]:
    """The flows and the map of Python that the manual shows, where tables look for them."""
    before = dict(flows.FLOWS), dict(flows.KEEPERS)
    for block in blocks("python"):
        exec(compile(block, str(MANUAL), "exec"), {})
    yield
    for known, old in zip((flows.FLOWS, flows.KEEPERS), before, strict=True):
        known.clear()
        known.update(old)  # type: ignore[arg-type]


def tables() -> list[Table]:
    dialects = {d.name: d for d in (read_text(block) for block in blocks() if block.startswith("dialect:"))}
    assert len(dialects) == 4
    return [Table.build(loads(block, "README.rst"), "manual", dialects) for block in blocks() if block.startswith("ladder:")]


def test_every_block_loads_and_its_samples_hold(planted: None) -> None:
    made = tables()
    assert (len(made), len(blocks())) == (2, 6)
    assert [list(faults(table)) for table in made] == [[], []]


def test_the_flows_of_the_manual_do_what_it_says(planted: None) -> None:
    table = tables()[1]
    ladder = Ladder([table], {d.name: d for d in (table.left, table.right)})
    cx = Context(Recorded(), registers=Registers({"colours": {"17": "red"}}), transaction=5)
    up, down = ladder.route("acme3", "acme4"), ladder.route("acme4", "acme3")
    first = up.request("Enter", {"card": "17", "door": 2}, cx)
    assert first.payload == {"card": {"number": "17", "colour": "red"}, "door": 2, "step": "In", "count": 0}
    assert first.results([{"advice": "mind the step"}], cx) == ({"visit": 5}, [])
    assert up.request("Leave", {"visit": 5, "mood": "good"}, cx).payload == {"mood": "good", "step": "Out", "count": 1}
    assert down.request("Visit", first.payload, cx).onward() == [("Enter", {"card": "17", "door": 2})]
    assert down.request("Open", {"door": 2}, cx).action == "Unlock"
    assert up.request("Pong", {}, cx).answer == {}
