"""Wires of real protocols, cut down: the section ``wire`` of a dialect each (``*.yaml`` beside this)."""

from __future__ import annotations

from pathlib import Path

from gateway.source import Checker, loads
from gateway.wires.load import load_wire
from gateway.wires.wire import Wire

HERE = Path(__file__).resolve().parent
NAMES = sorted(path.stem for path in HERE.glob("*.yaml"))


def text(name: str) -> str:
    """The text of one."""
    return (HERE / f"{name}.yaml").read_text(encoding="utf-8")


def wire(text: str) -> Wire:
    """The wire of a text; raises `SourceError`."""
    checker = Checker()
    made = load_wire(checker, loads(text))
    checker.raise_if_any()
    assert made is not None
    return made


def named(name: str) -> Wire:
    """One of `NAMES`."""
    return wire(text(name))
