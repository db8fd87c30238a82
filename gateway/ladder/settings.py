"""Settings of a station that two dialects name and spell differently: keys on the left, variables of components on the right.

In: a name and a value of either side.  Out: the line of the table that speaks of it, and the value as the other side spells it.
Not here: reading the lines (`gateway.ladder.read_settings`), the messages that ask and set (`gateway.ladder.flows`).

Names are looked up regardless of letter case, as both sides do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.dialects.settings import Setting
from gateway.ladder.table import Way

_TRUTH = {"true": "true", "1": "true", "false": "false", "0": "false"}


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a table.  ``left`` is a key, ``right`` are variables: the first is read, all are written.

    ``limit``: the key is not the first variable's value but the most that it may be.  ``member``: the variable says whether
    this word is in the key's list.  ``give`` is what stands for it where the other side has none: a text, or one of the
    `GIVEN`.  ``kept`` says why it concerns one hop and never crosses, ``why`` why the other side has none.  ``words`` are the
    words of lists in each direction (None: not there), and ``lose`` the endings that a word loses going right.
    """

    left: Setting | None
    right: tuple[Setting, ...]
    limit: bool = False
    member: str = ""
    give: str | None = None
    kept: str = ""
    why: str = ""
    words: Mapping[Way, Mapping[str, str | None]] = field(default_factory=dict)
    lose: tuple[str, ...] = ()

    def value(self, text: str, way: Way) -> str:
        """A value as the side to which ``way`` leads spells it."""
        kind = (self.left or self.right[0]).type
        if self.member:
            return self._member(text, way)
        if kind == "list":
            return ",".join(dict.fromkeys(word for one in _words(text) if (word := self._word(one, way))))
        return _TRUTH.get(text.strip().casefold(), text) if kind == "boolean" else text if kind == "text" else text.strip()

    def _word(self, word: str, way: Way) -> str | None:
        stem = next((word[: -len(end) - 1] for end in self.lose if way == ">" and word.endswith(f".{end}")), word)
        return self.words.get(way, {}).get(stem, stem)

    def _member(self, text: str, way: Way) -> str:
        if way == ">":
            return str(self.member.casefold() in [word.casefold() for word in _words(text)]).lower()
        return self.member if _TRUTH.get(text.strip().casefold()) == "true" else ""


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


GIVEN = ("=now", "=connectors", "=state")
"""What is worked out: the time, the number of connectors, the state of the station or of the place that is asked for."""


class Settings:
    """All lines of a table.  ``others`` is the component under which the right side knows keys that no line speaks of."""

    def __init__(self, lines: tuple[Line, ...] = (), others: str = "") -> None:
        self.lines, self.others = lines, others
        self._keys: dict[str, list[Line]] = {}
        self._variables: dict[str, Line] = {}
        for line in lines:
            if line.left is not None:
                self._keys.setdefault(line.left.name.casefold(), []).append(line)
            for one in line.right:
                if not line.limit or one.name.casefold() not in self._variables:
                    self._variables[one.name.casefold()] = line
        self.components = {name.partition(".")[0] for name in self._variables} | ({others.casefold()} if others else set())

    def keyed(self, key: str) -> list[Line]:
        """The lines of a key: several where its words are variables of their own; none for a key that no line speaks of."""
        return self._keys.get(key.casefold(), [])

    def named(self, name: str) -> Line | None:
        """The line of a variable, ``Component.Variable[Instance]``; that of its limit where no other speaks of it."""
        return self._variables.get(name.casefold())

    def setting(self, name: str) -> Setting | None:
        """What the right dialect says of a variable."""
        line = self.named(name)
        return next((one for one in line.right if one.name.casefold() == name.casefold()), None) if line else None

    def limits(self, name: str) -> Line | None:
        """The line of the key that says how much a variable may be."""
        return next((x for x in self.lines if x.limit and x.right[0].name.casefold() == name.casefold()), None)

    def keys(self) -> Iterator[str]:
        """Every key of which the other side knows something."""
        for lines in self._keys.values():
            if lines[0].left is not None and not lines[0].kept and not lines[0].why:
                yield lines[0].left.name


def spelled(component: str, variable: str, instance: Any = None) -> str:
    """The name of a variable."""
    return f"{component}.{variable}[{instance}]" if instance else f"{component}.{variable}"


def parted(name: str) -> tuple[str, str, str | None]:
    """Component, variable and instance of a name."""
    component, _, rest = name.partition(".")
    variable, _, instance = rest.partition("[")
    return component, variable, instance.rstrip("]") or None
