"""What flows of both directions know of a station's settings: their names, and how many go into one message.

In: names, registers.  Out: the same in the form of messages.
Not here: the messages (`keys`, `variables`, `reports`).

Register ``limits`` {operation: most items}: how many a station takes in one message, once it said so.
Register ``inventory`` {folded variable: {access, limit}}: what a station of variables reported of those that the table speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from gateway.ladder.settings import parted, spelled
from gateway.messages import Payload

T = TypeVar("T")
USUAL = 4
"""So many items go into one message for a station that does not say how many it takes."""
MOST = 100
LONGEST = 500
"""Characters of a value on the left."""


def portions(items: Sequence[T], operation: str, cx: Any) -> Iterator[Sequence[T]]:
    """As many at a time as the station takes."""
    most = cx.registers.get("limits", operation) or USUAL
    return (items[at : at + most] for at in range(0, len(items), most))


def measured(items: Sequence[T], operation: str, cx: Any) -> bool:
    """Whether it is known how to portion these, or does not matter."""
    return len(items) <= USUAL or cx.registers.get("limits", operation) is not None


def limited(operation: str, value: str, cx: Any) -> None:
    """The station said how many items it takes."""
    if value.strip().isdigit() and int(value) > 0:
        cx.registers.put("limits", operation, min(int(value), MOST))


def place(name: str) -> Payload:
    """Component and variable of a name."""
    component, variable, instance = parted(name)
    return {"component": {"name": component}, "variable": {"name": variable, **({"instance": instance} if instance else {})}}


def named(item: Payload) -> str:
    """The name of the component and variable of an item; of an instance of a component none."""
    component, variable = item["component"], item["variable"]
    return "" if "instance" in component else spelled(component["name"], variable["name"], variable.get("instance"))
