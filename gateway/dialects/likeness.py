"""A dialect that is like another: what its file does not say stands in the other.

In: the tree of a file with ``like: NAME``, and the folders.  Out: one tree.
Not here: what the keys mean (`gateway.dialects.load`).

Maps are joined key by key, the own file first; a key that is null there is left out; lists and values are taken whole.  What
several dialects share and no station speaks alone stands in ``dialects/parts/``.
"""

from __future__ import annotations

from typing import Any

from gateway.catalogue import Folders
from gateway.source import Fault, Map, SourceError, load, nearest, one_of

PARTS = "parts/"
DEPTH = 4


def dialect_names(folders: Folders) -> list[str]:
    """The names of all dialects, without the parts that some of them share."""
    return [name for name in folders.files("dialects") if not name.startswith(PARTS)]


def whole(top: Map, folders: Folders, depth: int = DEPTH) -> Map:
    """``top`` with what it does not say itself.  Raises `SourceError` where there is no such other file."""
    if "like" not in top:
        return top
    files, name = folders.files("dialects"), top["like"]
    if name not in files or not depth:
        what = f"there is no dialect {name!r} to be like" if depth else f"{name!r} is like another too many times"
        raise SourceError([Fault(top.file, top.lines["like"], what, one_of(sorted(files)), nearest(str(name), files))])
    other = whole(load(files[name], folders.display(files[name])), folders, depth - 1)
    return _joined(top, other, {"like"})


def _joined(own: Map, other: Map, without: set[str]) -> Map:
    made = Map()
    made.file, made.line, made.lines = own.file, own.line, {}
    for key in dict.fromkeys((*other, *own)):
        value = _value(own, other, key)
        if key not in without and not (key in own and own[key] is None):
            made[key] = value
            made.lines[key] = own.lines[key] if key in own else own.line
    return made


def _value(own: Map, other: Map, key: str) -> Any:
    if key in own and key in other and isinstance(own[key], Map) and isinstance(other[key], Map):
        return _joined(own[key], other[key], set())
    return own[key] if key in own else other[key]
