"""mappings/README.rst, section "Ladder tables": every data block in it loads, and its samples hold."""

from __future__ import annotations

import textwrap
from pathlib import Path

from gateway.dialects.load import read_text
from gateway.ladder.samples import faults
from gateway.ladder.tables import Table
from gateway.source import loads

MANUAL = Path(__file__).resolve().parents[2] / "mappings" / "README.rst"
TITLE = "Ladder tables\n============="


def blocks() -> list[str]:
    """The YAML blocks of the section, up to the next title."""
    section = MANUAL.read_text(encoding="utf-8").partition(TITLE)[2]
    section = section.partition("\n\n\n")[0]
    found = []
    for part in section.split(".. code-block:: yaml\n\n")[1:]:
        lines = []
        for line in part.split("\n"):
            if line and not line.startswith("   "):
                break
            lines.append(line)
        found.append(textwrap.dedent("\n".join(lines)))
    return found


def test_every_block_loads_and_its_samples_hold() -> None:
    dialects = {d.name: d for d in (read_text(block) for block in blocks() if block.startswith("dialect:"))}
    tables = [Table.build(loads(block, "README.rst"), "manual", dialects) for block in blocks() if block.startswith("ladder:")]
    assert len(dialects) == 2
    assert len(tables) == 1
    assert len(blocks()) == 3
    assert list(faults(tables[0])) == []
