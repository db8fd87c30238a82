"""The closed list of things that a profile may do to one field.

In: an operation's name and argument, as they stand in a profile.  Out: a `FieldChange`.
Not here: where in the payload it is done (`gateway.quirks.path`), when (`gateway.quirks.condition`), what the single
operations do to a value (`gateway.quirks.values`, `gateway.quirks.times`).

What cannot be said with these is a new operation here, with a test, for everybody.  A value that an operation does not
understand is left as it is; the strict decode after it says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.quirks import arguments, fields, times, values
from gateway.quirks.digits import is_number, number, plain, same, spell
from gateway.quirks.path import FieldChange, Scene

__all__ = ["OPERATIONS", "Operation", "compile_change", "number", "plain", "same", "spell"]

When: TypeAlias = Callable[[Any, Any, Scene], bool]
"""Given ``it`` (the object that holds the field, or the item), the value and the scene: whether the rule applies."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.  ``takes`` says in words what its argument is, ``does`` what happens; ``accepts`` checks the argument.

    ``field`` makes a change of the field as a whole (it may be absent), ``value`` one of a value that is there, ``timed``
    one that looks at the clock.  None of them: the rule itself does it (`gateway.quirks.rule`).  ``form`` is its JSON schema.
    """

    does: str
    takes: str
    accepts: Callable[[Any], bool]
    field: Callable[[Any], FieldChange] | None = None
    value: Callable[[Any], values.Change] | None = None
    timed: Callable[[Any], times.Timed] | None = None
    repeatable: bool = True
    form: Any = None

    @property
    def single(self) -> bool:
        """Whether it works on one value, and so on each item of a list too."""
        return self.value is not None or self.timed is not None


def compile_change(name: str, argument: Any, each: bool, when: When | None = None) -> FieldChange:
    """The change that operation ``name`` makes; ``each`` where it is meant for each item of a list in the field."""
    operation, argument = OPERATIONS[name], plain(argument)
    if each and name == "drop":
        return _without(when)
    if operation.field is not None:
        return only(when, operation.field(argument))
    timed = operation.timed(argument) if operation.timed is not None else _timeless(operation, argument)
    return _on_items(timed, when) if each else only(when, _on_value(timed))


def _timeless(operation: Operation, argument: Any) -> times.Timed:
    assert operation.value is not None
    change = operation.value(argument)
    return lambda value, scene: change(value)


def only(when: When | None, change: FieldChange) -> FieldChange:
    """The change where the condition holds."""
    if when is None:
        return change
    return lambda holder, name, scene: change(holder, name, scene) if when(holder, holder.get(name), scene) else holder


def _on_value(change: times.Timed) -> FieldChange:
    def apply(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        if name not in holder:
            return holder
        new = change(holder[name], scene)
        return holder if new is holder[name] else {**holder, name: new}

    return apply


def _on_items(change: times.Timed, when: When | None) -> FieldChange:
    def one(item: Any, scene: Scene) -> Any:
        return item if when is not None and not when(item, item, scene) else change(item, scene)

    def apply(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        items = holder.get(name)
        if not isinstance(items, list):
            return holder
        made = [one(item, scene) for item in items]
        return holder if all(a is b for a, b in zip(made, items, strict=True)) else {**holder, name: made}

    return apply


def _without(when: When | None) -> FieldChange:
    def apply(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        items = holder.get(name)
        if not isinstance(items, list):
            return holder
        made = [item for item in items if when is not None and not when(item, item, scene)]
        return holder if len(made) == len(items) else {**holder, name: made}

    return apply


_TRUE, _TEXT = {"const": True}, {"type": "string", "minLength": 1}
_COUNT, _NUMBER = {"type": "integer", "minimum": 1}, {"type": "number"}
_CASES = {"enum": ["upper", "lower"]}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1}

OPERATIONS: dict[str, Operation] = {
    "set": Operation("the value stands there", "the value", lambda a: a is not None, field=fields.set_, form=True),
    "default": Operation(
        "the value stands there if there is none, or null", "the value", lambda a: a is not None, field=fields.default, form=True
    ),
    "give": Operation(
        "the field becomes what an expression over it, value, top and asked comes to",
        "an expression",
        arguments.is_text,
        form=_TEXT,
    ),
    "now": Operation(
        "the time of receipt stands there if there is none", "true", arguments.is_true, field=fields.now, form=_TRUE
    ),
    "drop": Operation(
        "the field goes; with [] at the end of the path, the items for which when holds",
        "true",
        arguments.is_true,
        field=fields.drop,
        form=_TRUE,
    ),
    "unset": Operation(
        "the field goes if it has one of these values",
        "a list of values",
        arguments.is_plain_list,
        field=fields.unset,
        form={"type": "array"},
    ),
    "rename": Operation(
        "the field gets its right name", "the field's right name", arguments.is_text, field=fields.rename, form=_TEXT
    ),
    "move": Operation(
        "the value goes elsewhere in the same item, if nothing stands there",
        "names joined by dots",
        arguments.is_text,
        form=_TEXT,
    ),
    "add": Operation(
        "the item is added to the list, if it is not in it; texts that begin with = are expressions",
        "the item",
        lambda a: a is not None,
        form=True,
    ),
    "to_text": Operation(
        "a number or truth value becomes text, digits unchanged", "true", arguments.is_true, value=values.to_text, form=_TRUE
    ),
    "to_number": Operation(
        "text that spells a number becomes one", "true", arguments.is_true, value=values.to_number, form=_TRUE
    ),
    "to_whole": Operation(
        "a number is rounded to a whole one",
        "true (half up) or down",
        lambda a: a is True or a == "down",
        value=values.to_whole,
        form={"enum": [True, "down"]},
    ),
    "to_bool": Operation(
        "0, 1, yes, no, on, off become a truth value", "true", arguments.is_true, value=values.to_bool, form=_TRUE
    ),
    "to_json": Operation("an object or list becomes its JSON text", "true", arguments.is_true, value=values.to_json, form=_TRUE),
    "from_json": Operation("JSON text becomes the object or list", "true", arguments.is_true, value=values.from_json, form=_TRUE),
    "wrap": Operation("a single value becomes a list of one", "true", arguments.is_true, value=values.wrap, form=_TRUE),
    "unwrap": Operation("a list of one becomes its item", "true", arguments.is_true, value=values.unwrap, form=_TRUE),
    "trim": Operation("blanks at both ends go", "true", arguments.is_true, value=values.trim, form=_TRUE),
    "strip_control": Operation("control characters go", "true", arguments.is_true, value=values.strip_control, form=_TRUE),
    "case": Operation(
        "letters become capitals or small", "upper or lower", lambda a: a in ("upper", "lower"), value=values.case, form=_CASES
    ),
    "truncate": Operation(
        "longer text is cut, and a longer list",
        "how many characters stay, or items",
        arguments.is_count,
        value=values.truncate,
        form=_COUNT,
    ),
    "replace": Operation(
        "what the regular expression finds becomes the text",
        "{find: expression, put: text}",
        values.is_replacement,
        value=values.replace,
        form={"type": "object", "required": ["find", "put"]},
    ),
    "enum": Operation(
        "a word is replaced; whole numbers are looked up as text",
        "wrong: right lines",
        arguments.is_words,
        value=values.enum,
        form={"type": "object", "minProperties": 1},
    ),
    "spelling": Operation(
        "a word in any letter case is spelled as listed",
        "a list of words",
        arguments.is_texts,
        value=values.spelling,
        form=_TEXTS,
    ),
    "parts": Operation(
        "a text of parts between commas loses some",
        "{without: [part, …], only: [part, …], most: 4}",
        arguments.is_parts,
        value=values.parts,
        form={"type": "object", "minProperties": 1},
    ),
    "scale": Operation(
        "a number, or text that spells one, is multiplied exactly",
        "the factor, not 0, or {by: factor, times: FIELD, else: number}",
        arguments.is_factor,
        field=fields.scale,
        repeatable=False,
        form={"anyOf": [_NUMBER, {"type": "object", "required": ["by"]}]},
    ),
    "clamp": Operation(
        "a number is brought between bounds",
        "{least: number, most: number}",
        arguments.is_bounds,
        value=values.clamp,
        form={"type": "object", "minProperties": 1},
    ),
    "from_epoch": Operation(
        "seconds or milliseconds since 1970 become a time",
        "seconds or milliseconds",
        lambda a: a in ("seconds", "milliseconds"),
        value=times.from_epoch,
        form={"enum": ["seconds", "milliseconds"]},
    ),
    "shift": Operation(
        "a time is so many seconds later",
        "seconds, or a negative number of them",
        lambda a: isinstance(a, int) and is_number(a) and a != 0,
        timed=times.shift,
        repeatable=False,
        form={"type": "integer"},
    ),
    "zone": Operation(
        "a time without a zone is in this one", "+02:00 or Europe/Rome", times.is_zone, timed=times.zone, form=_TEXT
    ),
    "local": Operation(
        "a time is what the clocks of this zone show, whatever zone it says",
        "+02:00 or Europe/Rome",
        times.is_zone,
        timed=times.local,
        repeatable=False,
        form=_TEXT,
    ),
    "unskew": Operation(
        "a time is put right by what the station's clock was off in its last state, where that was more than so many seconds",
        "seconds",
        arguments.is_count,
        timed=times.unskew,
        repeatable=False,
        form=_COUNT,
    ),
    "local_as_utc": Operation(
        "a time that says UTC and is of this zone is put right, where that brings it to now (true: any half hours)",
        "+02:00, Europe/Rome or true",
        lambda a: a is True or times.is_zone(a),
        timed=times.local_as_utc,
        form={"anyOf": [_TRUE, _TEXT]},
    ),
    "not_before": Operation(
        "an earlier time becomes the time of receipt", "a time with its zone", times.is_time, timed=times.not_before, form=_TEXT
    ),
    "not_after": Operation(
        "a time further ahead than so many seconds becomes the time of receipt",
        "seconds",
        lambda a: isinstance(a, int) and is_number(a) and a >= 0,
        timed=times.not_after,
        form={"type": "integer", "minimum": 0},
    ),
    "in_zone": Operation(
        "a time is written as the clocks of this zone show it, with their offset",
        "+02:00 or Europe/Rome",
        times.is_zone,
        value=times.in_zone,
        form=_TEXT,
    ),
    "ahead": Operation(
        "a time less than so many seconds ahead becomes so far ahead",
        "seconds",
        arguments.is_count,
        timed=times.ahead,
        repeatable=False,
        form=_COUNT,
    ),
    "keep_clock": Operation(
        "a time that comes every day keeps what the clocks of this zone showed on its own day, whatever they are ahead now",
        "Europe/Rome",
        times.is_zone,
        timed=times.keep_clock,
        repeatable=False,
        form=_TEXT,
    ),
    "fraction": Operation(
        "a time keeps so many digits of its fraction",
        "0 to 6",
        times.is_digits,
        value=times.fraction,
        form={"type": "integer", "minimum": 0, "maximum": 6},
    ),
    "pem": Operation(
        "base64 of DER becomes PEM", "the label, such as CERTIFICATE REQUEST", arguments.is_text, value=values.pem, form=_TEXT
    ),
    "reverse_bytes": Operation(
        "hexadecimal text has its bytes the other way round",
        "true",
        arguments.is_true,
        value=values.reverse_bytes,
        repeatable=False,
        form=_TRUE,
    ),
    "radix": Operation(
        "digits of one base become those of another, with zeros in front",
        "{from: 10, to: 16, digits: 8}",
        values.is_radix,
        value=values.radix,
        repeatable=False,
        form={"type": "object", "required": ["from", "to"]},
    ),
    "to_hex": Operation(
        "text becomes the mark and its hexadecimal codes",
        "a mark of capital hexadecimal digits",
        arguments.is_mark,
        value=values.to_hex,
        form={"type": "string"},
    ),
    "from_hex": Operation(
        "what to_hex made becomes the text again",
        "the same mark",
        arguments.is_mark,
        value=values.from_hex,
        form={"type": "string"},
    ),
    "answer": Operation(
        "the call is answered here with this result and goes no further; an error becomes this result; no at",
        "a result",
        lambda a: isinstance(a, dict),
        form={"type": "object"},
    ),
}
"""By name.  ``repeatable`` is false where doing it twice is not the same as doing it once."""
MILD = frozenset(
    [
        "to_text",
        "to_number",
        "to_whole",
        "to_bool",
        "to_json",
        "from_json",
        "trim",
        "strip_control",
        "truncate",
        "spelling",
        "unset",
        "fraction",
        "zone",
        "not_before",
        "not_after",
        "in_zone",
        "local_as_utc",
        "unskew",
        "pem",
        "wrap",
        "unwrap",
        "default",
        "now",
        "replace",
        "parts",
        "add",
    ]
)
"""Those that only bring a value into form: they can stand beside other operations on the same field, in any order."""
