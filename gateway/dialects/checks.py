"""Compiles a shape to a plain Python function that checks and normalises one object.

In: a `Shape`.  Out: a function of (object, mode) that gives the object itself where nothing about it need be changed, else a
checked copy, or raises `Violation` with the path.
Not here: what single values may look like (`gateway.dialects.values`).

The source text holds only field names (quoted by `repr`) and names of our own; everything else is handed in through the
namespace.  The usual value costs one inline test, any other one call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import CodeType
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


def _quick(field: Field, index: int) -> str:
    """The expression for an unusual value: what XML brings for numbers and booleans is usual enough to be read here."""
    if field.type == Scalar("integer") and field.bits > 30:
        return f"int(v) if v.__class__ is str and len(v) < 10 and v.isascii() and v.isdigit() else item{index}(v)"
    if field.type == Scalar("boolean"):
        return f"booleans[v] if v.__class__ is str and v in booleans else item{index}(v)"
    return f"item{index}(v)"


_COPY = "if o is p: o = p.copy()"


def _lines(field: Field, index: int) -> list[str]:
    """The statements that check one field, whose value is ``v``; an optional one is counted where it stays."""
    name = repr(field.name)
    gone = [f"raise missing({name})"] if field.required else [_COPY, f"del o[{name}]"]
    kept = [] if field.required else ["n += 1"]
    if field.many:
        return _list_lines(field, index, [f"raise few({name})"] if field.least else gone, kept)
    if isinstance(field.type, Shape):
        return [
            "if v is None:" if field.required else "if v == '':",
            *(" " + line for line in gone),
            "else:",
            f" try: w = item{index}(v, m)",
            f" except Violation as e: raise inside(e, {name})",
            " if w is not v:",
            f"  {_COPY}",
            f"  o[{name}] = w",
            *(" " + line for line in kept),
        ]
    changed = [_COPY, f"o[{name}] = v", *kept]
    return [
        f"if {_doubt(field).replace('words', f'words{index}')}:",
        f" v = {_quick(field, index)}",
        " if v is None:",
        *("  " + line for line in gone),
        " else:",
        *("  " + line for line in changed),
        *(["else: n += 1"] if kept else []),
    ]


def _list_lines(field: Field, index: int, none: list[str], kept: list[str]) -> list[str]:
    """The statements that check a list; ``none`` are those for an empty one."""
    name, look = repr(field.name), f"item{index}(v, m)"
    if not isinstance(field.type, Shape):
        look = f"{look} if {_doubt(field).replace('words', f'words{index}')} else v"
    return [
        f"if v.__class__ is not list: v = items(v, {name})",
        f"try: w = [{look} for v in v]",
        f"except Violation: raise which(v, {name}, item{index}, m) from None",
        "if w:",
        f" {_COPY}",
        f" o[{name}] = w",
        *(" " + line for line in kept),
        "else:",
        *(" " + line for line in none),
    ]


def source(shape: Shape) -> str:
    """The source text of the check of ``shape``; for the curious and for tests."""
    required = sum(f.required for f in shape.fields.values())
    text = ["def check(p, m):", " if p.__class__ is not dict: raise wrong_type('', 'an object', p)"]
    if not shape.fields:
        return "\n".join([*text, " return tidy(p, p, known, m) if p else p"])
    text += [" o = p"]
    text += [" g = p.get"] if len(shape.fields) > 1 else []
    get = "g" if len(shape.fields) > 1 else "p.get"
    count = str(required) if required == len(shape.fields) else "n"
    text += [f" n = {required}"] if count == "n" else []
    for index, field in enumerate(shape.fields.values()):
        if field.extra:
            continue
        text.append(f" v = {get}({field.name!r})")
        text += [" if v is not None:"] if not field.required else []
        text += [(" " if field.required else "  ") + line for line in _lines(field, index)]
    # What is left out has not been counted, and no null: those that are there make the count wrong.
    text += [f" return o if len(o) == {count} else tidy(o, p, known, m)"]
    return "\n".join(text)


def _compile(shape: Shape, checks: Checks) -> Check:
    space: dict[str, Any] = dict(_NAMES, known=frozenset(shape.fields))
    for index, field in enumerate(shape.fields.values()):
        deep = field.many or isinstance(field.type, Shape)
        space[f"item{index}"] = checks.item(field) if deep else _single(field)
        if isinstance(field.type, Enum):
            space[f"words{index}"] = frozenset(field.type.values)
    if shape.open:
        space["tidy"] = _without_nulls
    elif any(field.extra for field in shape.fields.values()):
        space["tidy"] = _extras([(f, checks.item(f)) for f in shape.fields.values() if f.extra])
    # The source is ours but for the names of fields, which stand in it as quoted text.
    exec(_code(source(shape), shape.name), space)  # noqa: S102
    made: Check = space["check"]
    return made


@lru_cache(maxsize=1024)
def _code(text: str, name: str) -> CodeType:
    """Versions of one protocol share most of their shapes, and a reload finds nearly all as they were."""
    return compile(text, f"<check {name}>", "exec")


def _items(value: Any, name: str) -> list[Any]:
    """What is no list, but means an empty one."""
    if value is None or value == "":
        return []
    raise values.wrong_type(name, "a list", value)


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


def _tidy(made: dict[str, Any], came: dict[str, Any], known: frozenset[str], mode: str) -> dict[str, Any]:
    """Without nulls, and without fields that nobody knows."""
    if made is came:
        made = came.copy()
    for name in [name for name in made if name not in known or made[name] is None]:
        if mode == "refuse" and name not in known:
            raise Violation("FormatViolation", "is not known here", name[:100])
        del made[name]
    return made


def _without_nulls(made: dict[str, Any], came: dict[str, Any], known: frozenset[str], mode: str) -> dict[str, Any]:
    """For an object that may have any other field: only nulls go, of the fields that are known."""
    return {name: value for name, value in made.items() if value is not None or name not in known}


def _extras(looks: list[tuple[Field, _Item]]) -> Callable[[dict[str, Any], dict[str, Any], frozenset[str], str], dict[str, Any]]:
    """Checks the fields that every object may carry, then the rest; no object without such a field pays for them."""

    def tidy(made: dict[str, Any], came: dict[str, Any], known: frozenset[str], mode: str) -> dict[str, Any]:
        if made is came:
            made = came.copy()
        for field, look in looks:
            value = made.pop(field.name, None)
            if value is not None and value != "":
                try:
                    made[field.name] = look(value, mode)
                except Violation as error:
                    raise _inside(error, field.name) if isinstance(field.type, Shape) else error from None
        return _tidy(made, came, known, mode)

    return tidy


_NAMES = {
    "Violation": Violation,
    "missing": values.missing,
    "wrong_type": values.wrong_type,
    "usual_time": values.usual_time,
    "booleans": values.BOOLEANS,
    "items": _items,
    "inside": _inside,
    "few": _few,
    "tidy": _tidy,
    "which": _which,
}


def overlay(came: Any, checked: Any) -> Any:
    """What came, with only its text turned into numbers and booleans: the payload of a pass-through.

    Order, nulls, unknown fields, spellings of words and times and the digits of decimals stay; an empty text where a
    number, word or time belongs goes, as it says nothing and not every receiver can read it.
    """
    if came is checked:
        return came
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
