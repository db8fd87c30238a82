"""What the demo shows at one moment, as plain values.

In: nothing.  Out: `Snapshot`, and `fragment`, which cuts the part of an envelope that is worth a look.
Not here: how it looks on a screen (`gateway.demo.view`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from gateway.demo.envelopes import SOAP
from gateway.demo.figures import Figures

WIDTH = 60
"""Characters of a line of a message."""


@dataclass(frozen=True, slots=True)
class Row:
    """One connector, from both sides.  Ids are empty where nothing charges."""

    place: str
    state: str
    tag: str
    energy: int
    here: str
    there: str
    there_state: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages so far, and how many in a second: SOAP of the stations, JSON at the back end."""

    soap: int = 0
    json: int = 0
    soap_rate: float = 0.0
    json_rate: float = 0.0
    refused: int = 0
    commands: int = 0
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that one picture shows.  ``away``: seconds that the back end is away, or None while it is there."""

    day: str
    away: float | None
    rows: tuple[Row, ...]
    traffic: Traffic
    figures: Figures
    books: str
    said: tuple[str, ...]
    heard: tuple[str, ...]
    events: tuple[str, ...]

    @property
    def charging(self) -> int:
        """Connectors at which a transaction runs."""
        return sum(1 for row in self.rows if row.here)


def fragment(envelope: str) -> tuple[str, ...]:
    """The content of an envelope's body, one element a line, without the declarations of namespaces."""
    root = etree.fromstring(envelope.encode())
    body = root.find(f"{{{SOAP}}}Body")
    assert body is not None
    etree.indent(body[0])
    text = etree.tostring(body[0], encoding="unicode", with_tail=False)
    return tuple(re.sub(r' xmlns:[\w.-]+="[^"]*"', "", text).splitlines())


def frame(text: str) -> tuple[str, ...]:
    """A JSON frame; what fits into one line stands in one."""
    kind, id, action, payload = json.loads(text)
    folded = fold(payload)
    return (f"[{kind}, {json.dumps(id)}, {json.dumps(action)},", *folded[:-1], folded[-1] + "]")


def fold(value: Any, width: int = WIDTH) -> list[str]:
    """JSON in lines of at most ``width`` characters, as far as its values allow."""
    whole = json.dumps(value)
    if len(whole) <= width or not isinstance(value, dict | list):
        return [whole]
    named = (
        [(json.dumps(key) + ": ", one) for key, one in value.items()] if isinstance(value, dict) else [("", one) for one in value]
    )
    lines = [whole[0]]
    for number, (name, one) in enumerate(named):
        inner = fold(one, width - 2 - len(name))
        inner[0] = name + inner[0]
        inner[-1] += "," if number < len(named) - 1 else ""
        lines += ["  " + line for line in inner]
    return [*lines, whole[-1]]
