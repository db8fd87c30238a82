"""Small pieces of the Python text that compiled tables are made of.

In: names of variables, fields, limits.  Out: text.
Not here: what is written when (`gateway.ladder.compiler`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.ladder.plan import Fields, Limit


@dataclass(frozen=True)
class Scope:
    """Names of the table's language → variables of the function, at one depth."""

    names: Mapping[str, str]

    @property
    def it(self) -> str:
        """The variable of the object itself."""
        return self.names["it"]

    def within(self, it: str, these: str | None) -> Scope:
        """One object further in."""
        made = {**self.names, "it": it, "up": self.it}
        made.pop("these", None)
        made.pop("ups", None)
        if these is not None:
            made["these"] = these
        if "these" in self.names:
            made["ups"] = self.names["these"]
        return Scope(made)


def beyond(limit: Limit, value: str) -> str:
    """The condition that a value is beyond a limit."""
    half = 1 << (limit.bits or 1) - 1
    return f"len({value}) > {limit.length:d}" if limit.length is not None else f"not -{half} <= {value} < {half}"


def nest(path: Iterable[Any], value: str) -> str:
    """The text of a value inside the objects and lists of a path."""
    for one in reversed(list(path)):
        value = f"{{{one.name!r}: {value}}}" if one is list(path)[-1] or not one.many else f"{{{one.name!r}: [{value}]}}"
    return value


def into(out: str, path: Fields, value: str) -> str:
    """The statement that puts a value into an object along a path."""
    inner = "".join(f".setdefault({f.name!r}, {{}})" for f in path[:-1])
    return f"{out}{inner}[{path[-1].name!r}] = {value}"
