"""The manual (``mappings/README.rst``, "Wires"): its example loads, its vectors come out, and it names all that there is."""

from __future__ import annotations

import re
import textwrap

from gateway.catalogue import shipped
from gateway.source import Checker, loads
from gateway.wires import (
    checks,
    load_checks,
    load_ciphers,
    load_fields,
    load_forms,
    load_frames,
    load_lengths,
    load_links,
    vectors,
)
from gateway.wires.load import load_wire
from gateway.wires.turns import _PARTS

PAGE = (shipped() / "README.rst").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("\nWires\n=====") : PAGE.index("\nQuirks\n======")]
BLOCK = re.search(r"\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)", SECTION)


def test_the_example_loads_and_its_vectors_come_out() -> None:
    assert BLOCK
    checker = Checker()
    wire = load_wire(checker, loads(textwrap.dedent(BLOCK[1]))["codecs"])
    assert checker.faults == []
    assert wire is not None
    assert vectors.run(wire) == []


def test_everything_is_named() -> None:
    kinds = [*load_frames.KINDS, *load_links.LINKS, *load_forms._FORMS, *checks.PLAIN, *load_lengths.LENGTHS]
    keys = [
        *load_frames._COMMON,
        *load_frames._MARKS,
        *load_checks.OVERS,
        *load_checks._KEYS,
        *load_ciphers.KEYS,
        *load_ciphers.PADS,
        *load_ciphers.SIZES,
        *(name for name, _ in load_lengths._PLACE),
        *load_links._SECONDS,
        *load_links._COUNTS,
    ]
    options = [*load_fields._OPTIONS, *(option for names, _ in load_forms._FORMS.values() for option in names)]
    names = {*kinds, *keys, *options} - {"between"}
    assert [name for name in sorted(names) if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", SECTION)] == []
    assert [letter for letter in _PARTS if f"%{letter}" not in SECTION] == []
