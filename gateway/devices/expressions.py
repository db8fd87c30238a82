"""The values and conditions of a ``device:`` section: the checked expressions of ladder tables, with bits and a few words more.

In: text and the types of the names in it.  Out: `Value`, a function of a scope (name → value).
Not here: the language itself (`gateway.ladder.expressions`), which names there are (`gateway.devices.names`).

What cannot be worked out, because something is not known yet, is None; a condition over it does not hold.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlsplit

from gateway.dialects.shapes import Enum, Scalar
from gateway.ladder.expressions import FUNCTIONS, TABLES, Expression, Language, Type, parse
from gateway.ladder.given import GIVEN

Scope = Mapping[str, Any]


def padded(value: Any, width: int) -> str:
    """A number as text of so many digits: zeros before it, or only its last ones."""
    return str(value).zfill(width)[-width:]


def cut(text: str, start: int, end: int) -> str:
    """The characters from ``start`` to before ``end``."""
    return text[start:end]


def first(value: Any, other: Any) -> Any:
    """The value, or the other where there is none."""
    return other if value is None else value


def known(value: Any) -> bool:
    """Whether there is a value."""
    return value is not None


def clock(time: str, pattern: str) -> str:
    """A time spelled by strftime's letters."""
    return datetime.fromisoformat(time).strftime(pattern)


def later(time: str, seconds: int) -> str:
    """A time so many seconds on."""
    return (datetime.fromisoformat(time) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def part(url: str, name: str) -> str | None:
    """A piece of an address: host, port, user, password or path; nothing where it has none."""
    found = urlsplit(url)
    pieces = {"host": found.hostname, "port": found.port, "user": found.username, "password": found.password, "path": found.path}
    return None if pieces[name] is None else str(pieces[name])


def spelled(value: Any) -> str:
    """`text`, of what is known."""
    if value is None:
        raise TypeError("nothing to spell")
    return text(value)


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool | None:
    return None if left is None or right is None else compare(left, right)


def _contrary(value: Any) -> bool | None:
    return None if value is None else not value


_OWN: dict[str, tuple[Callable[..., Any], int, str]] = {
    "padded": (padded, 2, "string"),
    "cut": (cut, 3, "string"),
    "part": (part, 2, "string"),
    "clock": (clock, 2, "string"),
    "later": (later, 2, "string"),
    "first": (first, 2, ""),
    "known": (known, 1, "boolean"),
    "lower": (min, 2, ""),
    "higher": (max, 2, ""),
}
_GIVES = {name: kind for name, (_, _, kind) in _OWN.items() if kind}
DEVICES = Language(
    {**FUNCTIONS, **{name: count for name, (_, count, _) in _OWN.items()}},
    {**TABLES.gives, **_GIVES},
    (ast.Add, ast.Sub, ast.Mult, ast.BitAnd, ast.FloorDiv, ast.Mod),
)
_SPACE = {
    "__builtins__": {},
    **GIVEN,
    "text": spelled,
    "_compared": _compared,
    "_contrary": _contrary,
    **{name: function for name, (function, _, _) in _OWN.items()},
}
_UNKNOWN = (TypeError, AttributeError, ArithmeticError, ValueError, LookupError)


@dataclass(frozen=True, eq=False)
class Value:
    """An expression ready to be worked out.  ``reads`` are the fields it looks at, as paths behind their names: ``it.plug``."""

    text: str
    type: Type
    make: Callable[[], Callable[[Scope], Any]]
    reads: frozenset[str] = frozenset()
    values: frozenset[Any] | None = None

    @cached_property
    def work(self) -> Callable[[Scope], Any]:
        """The function itself, compiled when first used: a site uses few of all that are loaded."""
        return self.make()

    def __call__(self, scope: Scope) -> Any:
        """The value, or None where it cannot be told."""
        try:
            return self.work(scope)
        except _UNKNOWN:
            return None

    @property
    def kind(self) -> str:
        """The kind of what it gives, ``string`` for words of a list, an empty text where that cannot be told."""
        return self.type.kind if isinstance(self.type, Scalar) else "string" if isinstance(self.type, Enum) else ""


def value(text: str, names: Mapping[str, Type]) -> Value:
    """Check an expression over ``names``.  Raises `gateway.ladder.expressions.NotAllowed`."""
    found = parse(text, names, DEVICES)
    reads = frozenset(_read(ast.parse(text.strip(), mode="eval").body))
    return Value(text, found.type, partial(_compiled, found, tuple(names)), reads, found.values)


def _compiled(found: Expression, names: Iterable[str]) -> Callable[[Scope], Any]:
    spelled = {name: f"scope[{name!r}]" for name in names} | {name: name for name in DEVICES.functions}
    tree = _Doubting().visit(ast.parse(f"lambda scope: {found.source(spelled)}", mode="eval"))
    code = compile(ast.fix_missing_locations(tree), "<expression>", "eval")
    made: Callable[[Scope], Any] = eval(code, dict(_SPACE))  # noqa: S307 - a checked tree
    return made


class _Doubting(ast.NodeTransformer):
    """A comparison with what is not known is itself not known, and so is its contrary; ``is`` alone sees whether it is known."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if len(node.ops) > 1 or isinstance(node.ops[0], ast.Is | ast.IsNot):
            return node
        sides = ast.arguments([], [ast.arg("a"), ast.arg("b")], None, [], [], None, [])
        names: list[ast.expr] = [ast.Name("b", ast.Load())]
        compare = ast.Lambda(sides, ast.Compare(ast.Name("a", ast.Load()), node.ops, names))
        return ast.Call(ast.Name("_compared", ast.Load()), [compare, node.left, node.comparators[0]], [])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return ast.Call(ast.Name("_contrary", ast.Load()), [node.operand], []) if isinstance(node.op, ast.Not) else node


def text(value: Any) -> str:
    """A number as text, without an exponent; text as it is."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def constant(given: Any) -> Value:
    """A value that is always the same."""
    kind = {bool: "boolean", int: "integer", str: "string"}.get(type(given), "decimal")
    return Value(repr(given), Scalar(kind) if given is not None else None, lambda: lambda scope: given, values=frozenset([given]))


def _read(node: ast.AST) -> Iterator[str]:
    """Every name that is looked at, with the fields behind it."""
    if isinstance(node, ast.Attribute | ast.Name):
        yield ast.unparse(node)
        return
    for child in ast.iter_child_nodes(node):
        yield from _read(child)
