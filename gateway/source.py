"""Reads a data file so that every mistake in it can be named by file and line.

In: a path.  Out: plain values (`Map`, `List`, `str`, `int`, `Decimal`, `bool`, `None`) that remember their lines, or
`SourceError` with every `Fault` found.
Not here: what the keys mean (each room checks its own file with `Checker`).

YAML is read through libyaml's composer and resolved by a short list of our own, because YAML 1.1 makes ``no`` false,
``012345`` the number 5349 and silently keeps the last of two equal keys.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as _Yaml
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as _Yaml  # type: ignore[assignment]


class _Loader(_Yaml):
    """Without PyYAML's own search for what a plain scalar means: `scalar` decides."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """The tag of a node that has none of its own."""
        return "tag:yaml.org,2002:str"


MAX_BYTES = 10 * 2**20
MAX_DEPTH = 64
MAX_NODES = 500_000


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake in a data file."""

    file: str
    line: int
    what: str
    expected: str = ""
    near: str = ""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}: {self.what}"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.near:
            text += f"; did you mean {self.near!r}?"
        return text


class SourceError(Exception):
    """A data file has faults; ``faults`` holds all that were found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


class Map(dict[str, Any]):
    """A mapping that knows its file, its own line and the line of each key."""

    file: str = ""
    line: int = 0
    lines: dict[str, int]


class List(list[Any]):
    """A list that knows its file, its own line and the line of each item."""

    file: str = ""
    line: int = 0
    lines: list[int]


class Checker:
    """Collects the faults of one or more files.  ``raise_if_any`` ends the collecting."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, where: Map | List, key: str | int | None, what: str, expected: str = "", near: str = "") -> None:
        """Note a mistake at ``where[key]`` (or at ``where`` itself)."""
        self.faults.append(Fault(where.file, line_of(where, key), what, expected, near))

    def unknown(self, where: Map, key: str, what: str, known: Iterable[str]) -> None:
        """Note that ``key`` is none of ``known``, and suggest the nearest."""
        names = sorted(known)
        self.fault(where, key, f"unknown {what} {key!r}", one_of(names), nearest(key, names))

    def keys(self, where: Map, what: str, required: Iterable[str] = (), optional: Iterable[str] = ()) -> bool:
        """Check the keys of ``where``; false if a required one is missing."""
        needed, known = list(required), {*required, *optional}
        for key in where:
            if key not in known:
                self.unknown(where, key, f"key in {what}", known)
        missing = [key for key in needed if key not in where]
        for key in missing:
            self.fault(where, None, f"{what} lacks the key {key!r}")
        return not missing

    def raise_if_any(self) -> None:
        """Raise `SourceError` with all that was found, if anything was."""
        if self.faults:
            raise SourceError(self.faults)


def line_of(where: Map | List, key: str | int | None = None) -> int:
    """The line of ``where[key]``, or of ``where``."""
    if isinstance(where, Map) and isinstance(key, str):
        return where.lines.get(key, where.line)
    if isinstance(where, List) and isinstance(key, int):
        return where.lines[key] if key < len(where.lines) else where.line
    return where.line


def nearest(name: str, known: Iterable[str]) -> str:
    """The name in ``known`` that was most likely meant, or an empty string."""
    names = list(known)
    folded = {n.casefold(): n for n in names}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else ""


def one_of(names: Iterable[str], most: int = 12) -> str:
    """``one of a, b, c …`` for an error message."""
    names = list(names)
    return "one of " + ", ".join(names[:most]) + (" …" if len(names) > most else "") if names else "nothing"


def load(path: Path, display: str | None = None) -> Map:
    """Read one YAML file whose top is a mapping.

    ``display`` is the name to use in faults.  Raises `SourceError` (unreadable, too large, not YAML, duplicate keys,
    a tag, more than `MAX_DEPTH` deep).
    """
    shown = display or str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError([Fault(shown, 1, "file is too large", f"at most {MAX_BYTES} bytes")])
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError([Fault(shown, 1, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise SourceError([Fault(shown, 1, f"byte {error.start} is not UTF-8")]) from None
    return loads(text, shown)


def loads(text: str, shown: str = "<text>") -> Map:
    """As `load`, from text."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        wanted = _hint("".join(text.splitlines()[line - 1 : line]), str(error.problem))
        raise SourceError([Fault(shown, line, f"not YAML: {error.problem}", wanted)]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SourceError([Fault(shown, 1, f"not YAML: {error}")]) from None
    builder = _Builder(shown)
    value = builder.value(node, 0) if node is not None else _map(shown, 1)
    if not isinstance(value, Map):
        builder.faults.append(Fault(shown, 1, "the top of the file is no mapping", "key: value lines"))
    if builder.faults:
        raise SourceError(builder.faults)
    assert isinstance(value, Map)
    return value


def _hint(line: str, problem: str) -> str:
    """What was probably meant in a line that is no YAML."""
    if re.match(r"[ ]*\t", line):
        return "blanks before the key, a tab stands there"
    if "mapping values" in problem and re.match(r"\s*(- )?[\w-]+: [^\"'{\[].*: ", line):
        return "quotes around a text with a colon in it"
    if "mapping values" in problem or "expected <block end>" in problem:
        return "the key in one column with its neighbours"
    return "quotes around a path with [] inside {…}" if re.search(r"[{,].*[:,]\s*[\w.]+\[\]", line) else ""


_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\Z")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def scalar(text: str) -> Any:
    """A plain YAML scalar: true, false, null, an integer, a decimal, else text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text)
    if _DECIMAL.match(text):
        return Decimal(text)
    return text


def _map(file: str, line: int) -> Map:
    made = Map()
    made.file, made.line, made.lines = file, line, {}
    return made


def _list(file: str, line: int) -> List:
    made = List()
    made.file, made.line, made.lines = file, line, []
    return made


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.nodes = 0

    def value(self, node: yaml.Node, depth: int) -> Any:
        self.nodes += 1
        line = node.start_mark.line + 1
        if not str(node.tag).startswith("tag:yaml.org,2002:") or "python" in node.tag:
            self.faults.append(Fault(self.file, line, f"the tag {node.tag!r} is not allowed here"))
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise SourceError([Fault(self.file, line, "nested too deep or too much aliased")])
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, line, depth)
        if isinstance(node, yaml.SequenceNode):
            made = _list(self.file, line)
            for item in node.value:
                made.append(self.value(item, depth + 1))
                made.lines.append(item.start_mark.line + 1)
            return made
        assert isinstance(node, yaml.ScalarNode)
        return node.value if node.style else scalar(node.value)

    def mapping(self, node: yaml.MappingNode, line: int, depth: int) -> Map:
        made = _map(self.file, line)
        for key_node, item in node.value:
            at = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.faults.append(Fault(self.file, at, "a key must be plain text"))
                continue
            key = str(key_node.value)
            if key in made:
                self.faults.append(
                    Fault(self.file, at, f"the key {key!r} stands twice", f"once (first at line {made.lines[key]})")
                )
            made[key] = self.value(item, depth + 1)
            made.lines[key] = at
        return made
