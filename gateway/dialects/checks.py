"""Compiles a shape to a plain Python function that checks and normalises one object.

In: a `Shape`.  Out: a function of (object, mode) that gives a checked copy or raises `Violation` with the path.
Not here: what single values may look like (`gateway.dialects.values`).

The source text holds only field names (quoted by `repr`) and names of our own; everything else is handed in through the
namespace.  The usual value costs one inline test, any other one call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from gateway.dialects import values
from gateway.dialects.errors import Violation
from gateway.dialects.shapes import Enum, Field, Scalar, Shape

Mode: TypeAlias = Literal["refuse", "drop", "pass"]
Check: TypeAlias = Callable[[Any, str], dict[str, Any]]
_Item: TypeAlias = Callable[[Any, str], Any]


class Checks:
    """The compiled checks of one dialect, each made at first use."""

    def __init__(self) -> None:
        self._made: dict[Shape, Check] = {}

    def of(self, shape: Shape) -> Check:
        """The check of ``shape``.  Its mode is ``refuse`` or ``drop``: what to do with unknown fields."""
        if shape not in self._made:
            self._made[shape] = _compile(shape, self)
        return self._made[shape]

    def item(self, field: Field) -> _Item:
        """The check of one value of ``field``, or of one item of its list."""
        if isinstance(field.type, Shape):
            return self.of(field.type)
        look = _single(field)

        def item(value: Any, mode: str) -> Any:
            made = look(value)
            if made is None:
                raise values.missing(field.name)
            return made

        return item


def _single(field: Field) -> Callable[[Any], Any]:
    """The slow and thorough check of one value; None means that it was left out."""
    kind, name = field.type, field.name
    if isinstance(kind, Enum):
        words, read = frozenset(kind.values), kind.read
        return lambda value: values.word(value, name, words, read)
    assert isinstance(kind, Scalar)
    makers: dict[str, Callable[[Any], Any]] = {
        "integer": lambda value: values.integer(value, name, field.bits),
        "decimal": lambda value: values.decimal(value, name, field.step),
        "boolean": lambda value: values.boolean(value, name),
        "dateTime": lambda value: values.time(value, name),
        "any": lambda value: value,
    }
    if kind.kind in makers:
        return makers[kind.kind]
    return lambda value: None if value is None else values.string(value, name, field.max_length)


def _doubt(field: Field) -> str:
    """The inline test that sends an unusual value to the thorough check."""
    if isinstance(field.type, Enum):
        return "v.__class__ is not str or v not in words"
    kind = field.type.name
    if kind == "integer":
        low, high = -(1 << field.bits - 1), (1 << field.bits - 1) - 1
        return f"v.__class__ is not int or not {low} <= v <= {high}"
    if kind in ("string", "anyURI"):
        # Control characters and half surrogates are not printable; the thorough check lets the harmless ones pass.
        long = f" or len(v) > {field.max_length:d}" if field.max_length is not None else ""
        return f"v.__class__ is not str{long} or not v.isprintable()"
    return {
        "boolean": "v is not True and v is not False",
        "dateTime": "v.__class__ is not str or not usual_time(v)",
        "any": "v is None",
    }.get(kind, "True")


def _lines(field: Field, index: int) -> list[str]:
    """The statements that check one field, as an indented block would hold them."""
    name = repr(field.name)
    gone = f"raise missing({name})" if field.required else f"del o[{name}]; n -= 1"
    if field.many:
        return [
            f"o[{name}] = v = items(v, {name}, item{index}, m)",
            f"if not v: {'raise few(' + name + ')' if field.least else gone}",
        ]
    if isinstance(field.type, Shape):
        empty = "v is None" if field.required else "v is None or v == ''"
        return [
            f"if {empty}: {gone}",
            "else:",
            f" try: o[{name}] = item{index}(v, m)",
            f" except Violation as e: raise inside(e, {name})",
        ]
    return [
        f"if {_doubt(field).replace('words', f'words{index}')}:",
        f" v = item{index}(v)",
        f" if v is None: {gone}",
        f" else: o[{name}] = v",
    ]


def source(shape: Shape) -> str:
    """The source text of the check of ``shape``; for the curious and for tests."""
    required = sum(f.required for f in shape.fields.values())
    text = ["def check(p, m):", " if p.__class__ is not dict: raise wrong_type('', 'an object', p)"]
    text += [" o = p.copy()", " g = o.get", f" n = {required}"]
    for index, field in enumerate(shape.fields.values()):
        if field.extra:
            continue
        text.append(f" v = g({field.name!r})")
        indent = " "
        if not field.required:
            text += [f" if v is not None or {field.name!r} in o:", "  n += 1"]
            indent = "  "
        text += [indent + line for line in _lines(field, index)]
    if not shape.open:
        text.append(" if len(o) != n: unknown(o, known, m)")
    text.append(" return o")
    return "\n".join(text)


def _compile(shape: Shape, checks: Checks) -> Check:
    space: dict[str, Any] = dict(_NAMES, known=frozenset(shape.fields))
    for index, field in enumerate(shape.fields.values()):
        deep = field.many or isinstance(field.type, Shape)
        space[f"item{index}"] = checks.item(field) if deep else _single(field)
        if isinstance(field.type, Enum):
            space[f"words{index}"] = frozenset(field.type.values)
    if any(field.extra for field in shape.fields.values()):
        space["unknown"] = _extras([(f, checks.item(f)) for f in shape.fields.values() if f.extra])
    # The source is ours but for the names of fields, which stand in it as quoted text.
    exec(compile(source(shape), f"<check {shape.name}>", "exec"), space)  # noqa: S102
    made: Check = space["check"]
    return made


def _items(value: Any, name: str, item: _Item, mode: str) -> list[Any]:
    if value is None or value == "":
        return []
    if value.__class__ is not list:
        raise values.wrong_type(name, "a list", value)
    try:
        return [item(one, mode) for one in value]
    except Violation:
        raise _which(value, name, item, mode) from None


def _which(value: list[Any], name: str, item: _Item, mode: str) -> Violation:
    """The violation again, with the place in the list: only a list that fails pays for counting."""
    for index, one in enumerate(value):
        try:
            item(one, mode)
        except Violation as error:
            rest = error.path.removeprefix(name).removeprefix(".") if error.path == name else error.path
            return _inside(Violation(error.code, error.why, rest), f"{name}[{index}]")
    raise AssertionError("a check failed and then did not")


def _inside(error: Violation, name: str) -> Violation:
    return Violation(error.code, error.why, f"{name}.{error.path}" if error.path else name)


def _few(name: str) -> Violation:
    return Violation("OccurrenceConstraintViolation", "needs at least one item", name)


def _unknown(made: dict[str, Any], known: frozenset[str], mode: str) -> None:
    for name in [name for name in made if name not in known]:
        if mode == "refuse":
            raise Violation("FormatViolation", "is not known here", name[:100])
        del made[name]


def _extras(looks: list[tuple[Field, _Item]]) -> Callable[[dict[str, Any], frozenset[str], str], None]:
    """Checks the fields that every object may carry, then the rest; no object without such a field pays for them."""

    def unknown(made: dict[str, Any], known: frozenset[str], mode: str) -> None:
        for field, look in looks:
            value = made.pop(field.name, None)
            if value is not None and value != "":
                try:
                    made[field.name] = look(value, mode)
                except Violation as error:
                    raise _inside(error, field.name) if isinstance(field.type, Shape) else error from None
        _unknown(made, known, mode)

    return unknown


_NAMES = {
    "Violation": Violation,
    "missing": values.missing,
    "wrong_type": values.wrong_type,
    "usual_time": values.usual_time,
    "items": _items,
    "inside": _inside,
    "few": _few,
    "unknown": _unknown,
}


def overlay(came: Any, checked: Any) -> Any:
    """What came, with only its text turned into numbers and booleans: the payload of a pass-through.

    Order, nulls, unknown fields, spellings of words and times and the digits of decimals stay; an empty text where a
    number, word or time belongs goes, as it says nothing and not every receiver can read it.
    """
    if isinstance(came, dict):
        made = {}
        for name, value in came.items():
            if name in checked:
                made[name] = overlay(value, checked[name])
            elif value != "":
                made[name] = value
        return made
    if isinstance(came, list):
        return [overlay(*pair) for pair in zip(came, checked, strict=True)] if came else came
    return checked if came.__class__ is str and checked.__class__ is not str else came
