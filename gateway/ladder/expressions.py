"""The small language of conditions and values inside tables: a part of Python's expressions, checked node by node.

In: text, and the types of the names it may use.  Out: `Expression`, from which the compiler takes Python source.
Not here: where expressions may stand (``mappings/README.rst``), running them (`gateway.ladder.compiler`).

Nothing is evaluated here.  The text is parsed, each node compared with a short list of what is allowed, every field
looked up in the dialect, and only the tree so checked and rewritten (``it.status`` → ``it.get('status')``) is compiled.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeAlias

from gateway.dialects.shapes import Enum, Scalar, Shape
from gateway.ladder.facts import Facts
from gateway.source import nearest, one_of

LOOPS = ("any", "count", "one", "total")
"""Functions that go through a list."""
FUNCTIONS = {**dict.fromkeys(LOOPS, 1), "decimal": 1, "text": 1, "whole": 1, "pick": 4, "shifted": 2, "tenths": 1, "uri": 1}
_GIVES = {
    "decimal": "decimal",
    "text": "string",
    "any": "boolean",
    "count": "integer",
    "total": "decimal",
    "whole": "integer",
    "shifted": "string",
    "tenths": "decimal",
    "uri": "boolean",
}
QUESTIONS = {
    name: len(inspect.signature(question).parameters) - 1
    for name, question in vars(Facts).items()
    if not name.startswith("_") and inspect.isfunction(question)
}
Type: TypeAlias = "Shape | Scalar | Enum | Many | None"


@dataclass(frozen=True)
class Language:
    """What may be used beside names: functions with the number of their arguments, the kind that each gives, operators, and
    the questions of ``facts``.

    A function without a kind gives what its first argument is.
    """

    functions: Mapping[str, int]
    gives: Mapping[str, str]
    operators: tuple[type[ast.operator], ...] = (ast.Add, ast.Sub, ast.Mult)
    questions: Mapping[str, int] = field(default_factory=lambda: QUESTIONS)


TABLES = Language(FUNCTIONS, _GIVES)
"""The language of ladder tables."""


@dataclass(frozen=True, eq=False)
class Many:
    """A list of things of one type."""

    of: Type


@dataclass(frozen=True, eq=False)
class Expression:
    """A checked expression.

    ``values`` are the constants it can give, or None where they cannot all be told.  ``reads`` are the fields of ``it``
    that its value is taken from, ``above`` those of ``up``.
    """

    tree: ast.expr
    type: Type
    values: frozenset[Any] | None
    reads: frozenset[str]
    above: frozenset[str] = frozenset()

    def source(self, names: Mapping[str, str]) -> str:
        """Python source, with the names of this language replaced by those of the compiled function."""
        return ast.unparse(_Rename(names).visit(ast.parse(ast.unparse(self.tree), mode="eval").body))


class NotAllowed(Exception):
    """Something in an expression that may not stand there; the words are for the author of the table."""

    def __init__(self, what: str, expected: str = "", near: str = "") -> None:
        self.what, self.expected, self.near = what, expected, near
        super().__init__(what)


def parse(text: str, names: Mapping[str, Type], language: Language = TABLES) -> Expression:
    """Check an expression over ``names``.  Raises `NotAllowed`."""
    try:
        body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotAllowed(f"{text!r} is no expression", "one such as it.status == 'Accepted' and not it.info") from None
    checked = _Checked(dict(names), language)
    type = checked.type(body)
    values, reads, above = checked.values(body), frozenset(checked.reads(body)), frozenset(checked.reads(body, "up"))
    return Expression(_Get().visit(body), type, values, reads, above)


class _Checked:
    """One walk over a tree: the type of each node, or `NotAllowed`."""

    def __init__(self, names: dict[str, Type], language: Language) -> None:
        self.names, self.language = names, language
        self.types: dict[int, Type] = {}

    def type(self, node: ast.AST) -> Type:
        check = getattr(self, f"on_{type(node).__name__}", None)
        if check is None:
            raise NotAllowed(f"{type(node).__name__} is not allowed in an expression")
        found: Type = check(node)
        self.types[id(node)] = found
        return found

    def each(self, nodes: list[ast.expr]) -> None:
        for node in nodes:
            self.type(node)

    def on_Constant(self, node: ast.Constant) -> Type:
        if not isinstance(node.value, str | int | None):
            raise NotAllowed(
                f"the constant {node.value!r} is not allowed", "a text, an integer, True, False, None or decimal('0.1')"
            )
        if isinstance(node.value, bool):
            return Scalar("boolean")
        return Scalar({str: "string", int: "integer"}[type(node.value)]) if node.value is not None else None

    def on_Name(self, node: ast.Name) -> Type:
        if node.id not in self.names:
            expected = f"{one_of(self.names)}, or a text in quotes of its own: \"'{node.id}'\""
            raise NotAllowed(f"unknown name {node.id!r}", expected, nearest(node.id, self.names))
        return self.names[node.id]

    def on_Attribute(self, node: ast.Attribute) -> Type:
        owner = self.type(node.value)
        if not isinstance(owner, Shape):
            raise NotAllowed(f"{ast.unparse(node.value)!r} has no fields")
        found = owner.fields.get(node.attr)
        if found is None:
            raise NotAllowed(f"unknown field {ast.unparse(node)!r}", one_of(owner.fields), nearest(node.attr, owner.fields))
        return Many(found.type) if found.many else found.type

    def on_BoolOp(self, node: ast.BoolOp) -> Type:
        self.each(node.values)
        return self.types[id(node.values[-1])]

    def on_UnaryOp(self, node: ast.UnaryOp) -> Type:
        if not isinstance(node.op, ast.Not | ast.USub):
            raise NotAllowed(f"{type(node.op).__name__} is not allowed", "not, -")
        inner = self.type(node.operand)
        return Scalar("boolean") if isinstance(node.op, ast.Not) else inner

    def on_BinOp(self, node: ast.BinOp) -> Type:
        if not isinstance(node.op, self.language.operators):
            allowed = one_of(op.__name__ for op in self.language.operators)
            raise NotAllowed(f"{type(node.op).__name__} is not allowed", allowed)
        self.each([node.left, node.right])
        for side in (node.left, node.right):
            if self.kind(side) not in ("integer", "decimal", "string"):
                raise NotAllowed(f"{ast.unparse(side)!r} is neither number nor text")
        if "string" in (self.kind(node.left), self.kind(node.right)):
            if self.kind(node.left) != self.kind(node.right) or not isinstance(node.op, ast.Add):
                raise NotAllowed(f"{ast.unparse(node)!r} mixes text and numbers", "text + text")
            return Scalar("string")
        return Scalar("decimal") if "decimal" in (self.kind(node.left), self.kind(node.right)) else Scalar("integer")

    def kind(self, node: ast.AST) -> str:
        found = self.types.get(id(node))
        return found.kind if isinstance(found, Scalar) else ""

    def on_IfExp(self, node: ast.IfExp) -> Type:
        self.each([node.test, node.body, node.orelse])
        return self.types[id(node.body)] or self.types[id(node.orelse)]

    def on_Tuple(self, node: ast.Tuple) -> Type:
        self.each(node.elts)
        return None

    def on_Compare(self, node: ast.Compare) -> Type:
        sides = [node.left, *node.comparators]
        self.each(sides)
        for left, right in pairwise(sides):
            self.words(left, right)
            self.words(right, left)
        return Scalar("boolean")

    def words(self, field: ast.expr, other: ast.expr) -> None:
        """A word that a field of closed values can never hold is a slip of the pen."""
        closed = self.types[id(field)]
        given = [n for n in (other.elts if isinstance(other, ast.Tuple) else [other]) if isinstance(n, ast.Constant)]
        for constant in given:
            if isinstance(closed, Enum) and constant.value is not None and constant.value not in closed.values:
                near = nearest(str(constant.value), closed.values)
                raise NotAllowed(f"{constant.value!r} is no value of {ast.unparse(field)}", one_of(closed.values), near)

    def on_Call(self, node: ast.Call) -> Type:
        if node.keywords:
            raise NotAllowed("named arguments are not allowed")
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "facts":
            self.known(node.func.attr, len(node.args), self.language.questions, "question of facts")
            self.each(node.args)
            return None
        name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
        self.known(name, len(node.args), self.language.functions, "function")
        scalar = self.language.gives.get(name)
        if (name in LOOPS) != any(isinstance(argument, ast.GeneratorExp) for argument in node.args):
            expected = "any(… for … in …), count(1 for … in …), one(x for … in …), total(x for … in …), decimal(x), text(x)"
            raise NotAllowed(f"{name} takes something else", expected)
        if name in LOOPS:
            found = self.loop(node.args[0])
            return found if name == "one" else Scalar(str(scalar))
        self.each(node.args)
        if name == "pick":
            return self.picked(node.args)
        return Scalar(scalar) if scalar is not None else self.types[id(node.args[0])]  # else as its first argument

    def picked(self, arguments: list[ast.expr]) -> Type:
        """``pick(x, 'word', a, b)``: a where x is that word, else b; x counts as read."""
        self.words(arguments[0], arguments[1])
        return self.types[id(arguments[2])]

    def known(self, name: str, given: int, known: Mapping[str, int], what: str) -> None:
        if name not in known:
            raise NotAllowed(f"unknown {what} {name!r}", one_of(sorted(known)), nearest(name, known))
        if given != known[name]:
            raise NotAllowed(f"{name} takes {known[name]} argument(s), not {given}")

    def loop(self, node: ast.expr) -> Type:
        """The type of each thing that the loop gives."""
        assert isinstance(node, ast.GeneratorExp)
        outer = dict(self.names)
        for part in node.generators:
            over = self.type(part.iter)
            if not isinstance(part.target, ast.Name) or not isinstance(over, Many) or part.is_async:
                raise NotAllowed(f"cannot go through {ast.unparse(part.iter)!r}", "a field that is a list")
            if part.target.id in outer:
                raise NotAllowed(f"the name {part.target.id!r} is taken")
            self.names[part.target.id] = over.of
            self.each(part.ifs)
        found = self.type(node.elt)
        self.names = outer
        return found

    # ------------------------------------------------------------------------------------------- what it can give
    def values(self, node: ast.AST) -> frozenset[Any] | None:
        if isinstance(node, ast.Constant):
            return frozenset([node.value])
        if isinstance(node, ast.IfExp | ast.BoolOp):
            parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
            found = [self.values(part) for part in parts]
            return None if None in found else frozenset().union(*(f for f in found if f is not None))
        kind = self.types.get(id(node))
        return frozenset(kind.values) if isinstance(kind, Enum) else None

    def reads(self, node: ast.AST, owner: str = "it") -> set[str]:
        """The top fields of ``owner`` that flow into the value (not those that only a condition looks at)."""
        if isinstance(node, ast.IfExp):
            return self.reads(node.body, owner) | self.reads(node.orelse, owner)
        if isinstance(node, ast.Compare):
            return set()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return {node.attr} if node.value.id == owner else set()
        return set().union(*(self.reads(child, owner) for child in ast.iter_child_nodes(node)))


class _Get(ast.NodeTransformer):
    """``a.b`` → ``a.get('b')``, absent owners allowed; lists that are absent are empty; ``facts.x()`` stays."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        owner: ast.expr = self.visit(node.value)
        if isinstance(node.value, ast.Attribute):
            owner = ast.BoolOp(ast.Or(), [owner, ast.Dict([], [])])
        return ast.Call(ast.Attribute(owner, "get", ast.Load()), [ast.Constant(node.attr)], [])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.args = [self.visit(arg) for arg in node.args]
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.iter, ast.Call):
            node.iter = ast.BoolOp(ast.Or(), [node.iter, ast.Tuple([], ast.Load())])
        return node


class _Rename(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        own = "" if node.id in FUNCTIONS else "x_"  # a loop's variable must not hide one of the compiler's
        return ast.Name(self.names.get(node.id, own + node.id), node.ctx)
