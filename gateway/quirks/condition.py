"""The expressions of a rule: a checked part of Python's, as in the ladder's tables.

In: the text of ``when`` or ``give``, the types of the names in it.  Out: a function that says whether it holds, or gives a value.
Not here: the language itself (`gateway.ladder.expressions`).

A condition that cannot be judged, because the peer sent something else than its dialect has there, does not hold.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from gateway.dialects.shapes import Enum, Field, Scalar, Shape
from gateway.ladder.expressions import FUNCTIONS, TABLES, NotAllowed, Type, parse
from gateway.ladder.given import GIVEN
from gateway.ladder.losses import Refused
from gateway.quirks.bounded import bounded
from gateway.quirks.digits import number, spell
from gateway.quirks.operation import When
from gateway.quirks.path import Scene

Give: TypeAlias = Callable[[Any, Any, Scene], Any]
"""Given ``it``, the value and the scene: what an expression comes to."""
NAMES = ("it", "value", "top", "asked", "last", "facts")
QUESTIONS = ("transaction", "running", "ended", "token", "meter_start")
"""What a profile may ask of a connector, as ``facts.running(1)`` (`gateway.session.scenery`)."""
LONGEST = 4096
"""Characters of a text that ``found`` looks at."""


def _decimal(value: Any) -> Any:
    read = number(value) if isinstance(value, str) else value
    return Decimal(read) if isinstance(read, int | Decimal) and not isinstance(read, bool) else None


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return spell(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else str(value)


def _found(text: Any, expression: str) -> str | None:
    """What the first group of an expression finds, or all of it where it has no group; None where it finds nothing."""
    match = re.search(expression, text) if isinstance(text, str) and len(text) <= LONGEST else None
    return match[min(1, match.re.groups)] if match else None


def _like(text: Any, pattern: str) -> bool:
    """Whether a text fits a shell pattern."""
    return isinstance(text, str) and len(text) <= LONGEST and fnmatchcase(text, pattern)


_OWN: Mapping[str, tuple[Callable[..., Any], int, str]] = {
    "found": (_found, 2, "string"),
    "like": (_like, 2, "boolean"),
}
"""Functions beside those of the tables: what they do, how many arguments, what they give."""
LANGUAGE = replace(
    TABLES,
    functions={**FUNCTIONS, **{name: count for name, (_, count, _) in _OWN.items()}},
    gives={**TABLES.gives, **{name: kind for name, (_, _, kind) in _OWN.items()}},
    questions=dict.fromkeys(QUESTIONS, 1),
)
_GIVEN = {name: GIVEN[name] for name in FUNCTIONS} | {name: function for name, (function, _, _) in _OWN.items()}
_FUNCTIONS = {**_GIVEN, "decimal": _decimal, "text": _text}


class Given:
    """Facts of a sample: question → connector → answer."""

    def __init__(self, told: Mapping[str, Mapping[str, Any]]) -> None:
        self._told = told

    def __getattr__(self, question: str) -> Callable[[Any], Any]:
        return lambda connector: self._told.get(question, {}).get(str(connector or 0))


_LOOSENED: WeakKeyDictionary[Shape, Shape] = WeakKeyDictionary()  # a reload brings new shapes, and the old ones go


def loosened(shape: Shape) -> Shape:
    """The shape with words of any spelling: what a peer sends wrongly may be named in a condition."""
    found = _LOOSENED.get(shape)
    if found is None:
        found = _LOOSENED[shape] = Shape(shape.name, {name: _loose(field) for name, field in shape.fields.items()})
    return found


def _loose(field: Field) -> Field:
    kind = field.type
    loose = loosened(kind) if isinstance(kind, Shape) else Scalar("string") if isinstance(kind, Enum) else kind
    return Field(field.name, loose, field.required, field.many)


class _Forgiving(ast.NodeTransformer):
    """``x in absent`` is false and ``x not in absent`` true, instead of a mistake."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        pairs = zip(node.ops, node.comparators, strict=True)
        node.comparators = [
            ast.BoolOp(ast.Or(), [right, ast.Tuple([], ast.Load())]) if isinstance(op, ast.In | ast.NotIn) else right
            for op, right in pairs
        ]
        return node


def compile_when(text: str, names: Mapping[str, Type]) -> When:
    """The condition ``text`` over some of `NAMES`.  Raises `NotAllowed`."""
    give = compile_give(text, names)
    return lambda it, value, scene: bool(give(it, value, scene))


def compile_give(text: str, names: Mapping[str, Type]) -> Give:
    """The value of the expression ``text``; None where it cannot be told.  Raises `NotAllowed`."""
    source = parse(text, names, LANGUAGE).source({name: name for name in _OWN})
    _check_expressions(text)
    tree = ast.parse(f"lambda {', '.join('x_' + name for name in NAMES)}: {source}", mode="eval")
    code = compile(ast.fix_missing_locations(_Forgiving().visit(tree)), "<quirk>", "eval")
    value_of = eval(code, {"__builtins__": {}, **_FUNCTIONS})  # noqa: S307 - a checked tree

    def give(it: Any, value: Any, scene: Scene) -> Any:
        try:
            return value_of(it, value, scene.top, scene.asked or {}, scene.last or {}, scene.facts)
        except (TypeError, AttributeError, ArithmeticError, ValueError, Refused):
            return None

    return give


def _check_expressions(text: str) -> None:
    """A regular expression is a text, and one that no peer's text can keep busy.  Raises `NotAllowed`."""
    for node in _nodes(text):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in ("found", "like"):
            continue
        wanted = node.args[1]
        if not isinstance(wanted, ast.Constant) or not isinstance(wanted.value, str):
            raise NotAllowed(f"{ast.unparse(wanted)!r} is no text", f"{node.func.id}(text, 'pattern')")
        try:
            if node.func.id == "found":
                bounded(wanted.value, LONGEST)
        except ValueError as error:
            raise NotAllowed(str(error)) from None


def _nodes(text: str) -> list[ast.AST]:
    try:
        return list(ast.walk(ast.parse(text.strip(), mode="eval")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def like(patterns: tuple[str, ...]) -> When:
    """Whether the value is text that fits one of the shell patterns."""

    def when(it: Any, value: Any, scene: Scene) -> bool:
        return any(_like(value, one) for one in patterns)

    return when


def both(one: When | None, other: When | None) -> When | None:
    """Both conditions, where there are two."""
    if one is None or other is None:
        return one or other
    return lambda it, value, scene: one(it, value, scene) and other(it, value, scene)
