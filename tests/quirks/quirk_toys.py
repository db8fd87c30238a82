"""A little dialect and a way to write profiles for it, for the tests of this room."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from gateway.catalogue import Folders
from gateway.dialects.schema import Dialect
from gateway.dialects.shapes import Enum, Field, MessageType, Scalar, Sender, Shape
from gateway.quirks.choose import Quirks

TEXT, WHOLE = Scalar("string"), Scalar("integer")
UNIT = Enum("Unit", ("Wh", "kWh"))
SAMPLE = Shape("Sample", {"value": Field("value", TEXT), "unit": Field("unit", UNIT, required=False)})
READINGS = Shape("Readings", {"connector": Field("connector", WHOLE), "samples": Field("samples", SAMPLE, many=True, least=1)})
LIMIT = Shape("Limit", {"level": Field("level", WHOLE), "unit": Field("unit", UNIT, required=False)})
STATUS = Shape("Status", {"status": Field("status", Enum("Verdict", ("Accepted", "Rejected", "Scheduled")))})
EMPTY = Shape("Empty", {})


def message(action: str, sender: Sender, request: Shape, result: Shape) -> MessageType:
    return MessageType(action, sender, None, None, (), request, result, {}, {})


def dialect(name: str, *messages: MessageType) -> Dialect:
    return Dialect(name, name, "official", {m.action: m for m in messages}, {}, None, None)


DIALECTS = {
    "toy1": dialect(
        "toy1",
        message("Read", "station", READINGS, EMPTY),
        message("Tell", "station", READINGS, EMPTY),
        message("Limit", "backend", LIMIT, STATUS),
    ),
    "toy2": dialect("toy2", message("Read", "station", READINGS, EMPTY)),
}


def load(folder: Path, **files: str) -> Quirks:
    """Load ``files`` (name → YAML) as the only quirks there are."""
    (folder / "quirks").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "quirks" / f"{name}.yaml").write_text(dedent(text), encoding="utf-8")
    return Quirks.load(Folders([folder], shipped_too=False), DIALECTS)


def quirk(id: str, match: str, *lines: str) -> str:
    """The text of one file with one profile; ``lines`` are its verbs and samples, each one YAML line of flow style."""
    head = ["title: A title", "why: A reason", "link: https://example.org/1", f"match: {match}"]
    return "\n".join(["quirks:", f"  {id}:", *(f"    {line}" for line in [*head, *lines])])
