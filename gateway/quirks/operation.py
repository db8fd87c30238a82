"""The closed list of things that a profile may do to one field.

In: an operation's name and argument, as they stand in a profile.  Out: a `FieldChange`.
Not here: where in the payload it is done (`gateway.quirks.path`), when (`gateway.quirks.repair`, `adjust`).

None takes an expression: what cannot be said with these is a new operation here, with a test, for everybody.  A value that
an operation does not understand is left as it is; the strict decode after it says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from gateway.quirks.path import FieldChange

_NUMBER = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?\Z")
_EXACT = Context(prec=200)
_FAR = 60
"""Powers of ten beyond which a number is left alone: `1e999999999` must not become a gigabyte of zeros."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.  ``takes`` says in words what its argument is; ``accepts`` checks it.

    ``field`` makes a change of the field as a whole (it may be absent), ``value`` one of a value that is there.
    """

    takes: str
    accepts: Callable[[Any], bool]
    field: Callable[[Any], FieldChange] | None = None
    value: Callable[[Any], Callable[[Any], Any]] | None = None
    repeatable: bool = True


def compile_change(name: str, argument: Any, each: bool) -> FieldChange:
    """The change that operation ``name`` makes; ``each`` where it is meant for each item of a list in the field."""
    operation = OPERATIONS[name]
    if operation.field is not None:
        return operation.field(plain(argument))
    assert operation.value is not None
    change = operation.value(plain(argument))
    return _on_value(_on_items(change) if each else change)


def plain(value: Any) -> Any:
    """The same value in plain dicts and lists, without line numbers."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def same(a: Any, b: Any) -> bool:
    """Equal, and not a truth value on one side only."""
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def number(text: str) -> int | Decimal | None:
    """The number that ``text`` spells plainly, or None."""
    text = text.strip()
    if not _NUMBER.match(text):
        return None
    return Decimal(text) if "." in text else int(text)


def spell(value: int | Decimal) -> str:
    """A number in plain digits, never with an exponent, unless it is absurdly large or small."""
    if isinstance(value, Decimal) and _near(value):
        return format(value, "f")
    return str(value)


def _near(value: int | Decimal) -> bool:
    if isinstance(value, int):
        return value.bit_length() < 4 * _FAR
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and abs(exponent) < _FAR and abs(value.adjusted()) < _FAR


def _on_value(change: Callable[[Any], Any]) -> FieldChange:
    def apply(holder: dict[str, Any], name: str) -> dict[str, Any]:
        if name not in holder:
            return holder
        new = change(holder[name])
        return holder if new is holder[name] else {**holder, name: new}

    return apply


def _on_items(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def apply(items: Any) -> Any:
        if not isinstance(items, list):
            return items
        made = [change(item) for item in items]
        return items if all(a is b for a, b in zip(made, items, strict=True)) else made

    return apply


def _set(wanted: Any) -> FieldChange:
    def apply(holder: dict[str, Any], name: str) -> dict[str, Any]:
        return holder if name in holder and same(holder[name], wanted) else {**holder, name: wanted}

    return apply


def _default(wanted: Any) -> FieldChange:
    return lambda holder, name: holder if holder.get(name) is not None else {**holder, name: wanted}


def _drop(_: Any) -> FieldChange:
    return lambda holder, name: {k: v for k, v in holder.items() if k != name} if name in holder else holder


def _rename(to: str) -> FieldChange:
    def apply(holder: dict[str, Any], name: str) -> dict[str, Any]:
        if name not in holder or to in holder:
            return holder
        return {to if k == name else k: v for k, v in holder.items()}

    return apply


def _to_text(_: Any) -> Callable[[Any], Any]:
    def apply(value: Any) -> Any:
        if isinstance(value, bool):
            return "true" if value else "false"
        return spell(value) if isinstance(value, Decimal) or (isinstance(value, int) and _near(value)) else value

    return apply


def _to_number(_: Any) -> Callable[[Any], Any]:
    def apply(value: Any) -> Any:
        read = number(value) if isinstance(value, str) else None
        return value if read is None else read

    return apply


def _wrap(_: Any) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, list) or value is None else [value]


def _unwrap(_: Any) -> Callable[[Any], Any]:
    return lambda value: value[0] if isinstance(value, list) and len(value) == 1 else value


def _truncate(most: int) -> Callable[[Any], Any]:
    return lambda value: value[:most] if isinstance(value, str) and len(value) > most else value


def _enum(words: Mapping[str, Any]) -> Callable[[Any], Any]:
    def apply(value: Any) -> Any:
        if isinstance(value, bool) or not (isinstance(value, str) or (isinstance(value, int) and _near(value))):
            return value
        return words.get(str(value), value)

    return apply


def _scale(factor: int | Decimal) -> Callable[[Any], Any]:
    def times(value: int | Decimal) -> int | Decimal:
        if not _near(value):
            return value
        both_whole = isinstance(value, int) and isinstance(factor, int)
        return value * factor if both_whole else _EXACT.multiply(Decimal(value), Decimal(factor))

    def apply(value: Any) -> Any:
        if isinstance(value, str):
            read = number(value)
            return value if read is None else spell(times(read))
        return times(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value

    return apply


def _is_true(argument: Any) -> bool:
    return argument is True


def _is_number(argument: Any) -> bool:
    return isinstance(argument, int | Decimal) and not isinstance(argument, bool) and argument > 0


def _is_count(argument: Any) -> bool:
    return isinstance(argument, int) and _is_number(argument)


def _is_words(argument: Any) -> bool:
    return isinstance(argument, dict) and bool(argument) and all(isinstance(a, str | int | Decimal) for a in argument.values())


OPERATIONS: dict[str, Operation] = {
    "set": Operation("the value to stand there", lambda a: a is not None, field=_set),
    "default": Operation("the value to stand there if there is none", lambda a: a is not None, field=_default),
    "drop": Operation("true", _is_true, field=_drop),
    "rename": Operation("the field's right name", lambda a: isinstance(a, str) and bool(a), field=_rename),
    "to_text": Operation("true", _is_true, value=_to_text),
    "to_number": Operation("true", _is_true, value=_to_number),
    "wrap": Operation("true", _is_true, value=_wrap),
    "unwrap": Operation("true", _is_true, value=_unwrap),
    "truncate": Operation("how many characters stay", _is_count, value=_truncate),
    "enum": Operation("wrong: right lines", _is_words, value=_enum),
    "scale": Operation("the factor, greater than 0", _is_number, value=_scale, repeatable=False),
}
"""By name.  ``repeatable`` is false where doing it twice is not the same as doing it once."""
