"""Operations on one value that is there: texts, numbers, words, lists.

In: an operation's argument.  Out: a function from the value to the new one, which is the same object where nothing changed.
Not here: which operations there are and what they are called (`gateway.quirks.operation`), times (`gateway.quirks.times`).

A value that an operation does not understand is left as it is.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, TypeAlias

import msgspec

from gateway.quirks.bounded import bounded
from gateway.quirks.digits import is_number, near, number, spell, spelled

Change: TypeAlias = Callable[[Any], Any]
LONGEST = 4096
"""Characters of a value that ``replace`` and ``like`` look at; a longer one is left alone."""
_EXACT = Context(prec=200)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+\Z")
_BASES = {10: re.compile(r"[0-9]+\Z"), 16: re.compile(r"[0-9A-Fa-f]+\Z")}
_LETTERS = {10: "d", 16: "X"}
_DIGITS = 40
"""Longer numbers are left alone."""
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def to_text(_: Any) -> Change:
    """Numbers and truth values become text, digits unchanged."""

    def apply(value: Any) -> Any:
        if isinstance(value, bool):
            return "true" if value else "false"
        return spell(value) if isinstance(value, Decimal) or (isinstance(value, int) and near(value)) else value

    return apply


def to_number(_: Any) -> Change:
    """Text that spells a number becomes one."""

    def apply(value: Any) -> Any:
        read = number(value) if isinstance(value, str) else None
        return value if read is None else read

    return apply


def to_whole(how: Any) -> Change:
    """A number, or text that spells one, is rounded to a whole number: half away from zero, or ``down``."""
    rounding = "ROUND_FLOOR" if how == "down" else "ROUND_HALF_UP"

    def apply(value: Any) -> Any:
        read = number(value) if isinstance(value, str) else value
        if isinstance(value, bool) or not isinstance(read, int | Decimal) or not near(read):
            return value
        whole = int(Decimal(read).to_integral_value(rounding=rounding))
        return value if value.__class__ is int else whole

    return apply


_TRUTHS = {"0": False, "1": True, "false": False, "true": True, "no": False, "yes": True, "off": False, "on": True}


def to_bool(_: Any) -> Change:
    """0, 1 and the usual words become a truth value."""

    def apply(value: Any) -> Any:
        word = spelled(value)
        return value if word is None else _TRUTHS.get(word.strip().lower(), value)

    return apply


def to_json(_: Any) -> Change:
    """An object or list becomes its JSON text."""
    return lambda value: _ENCODER.encode(value).decode() if isinstance(value, dict | list) else value


def from_json(_: Any) -> Change:
    """Text that spells a JSON object or list becomes that."""

    def apply(value: Any) -> Any:
        if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
            return value
        try:
            return _DECODER.decode(value)
        except (ValueError, ArithmeticError, RecursionError):
            return value

    return apply


def wrap(_: Any) -> Change:
    """A single value becomes a list of one."""
    return lambda value: value if isinstance(value, list) or value is None else [value]


def unwrap(_: Any) -> Change:
    """A list of one becomes its item."""
    return lambda value: value[0] if isinstance(value, list) and len(value) == 1 else value


def truncate(most: int) -> Change:
    """Longer text is cut, and a longer list."""
    return lambda value: value[:most] if isinstance(value, str | list) and len(value) > most else value


def _text(change: Callable[[str], str]) -> Change:
    def apply(value: Any) -> Any:
        made = change(value) if isinstance(value, str) else value
        return value if made == value else made

    return apply


def trim(_: Any) -> Change:
    """Blanks at both ends go."""
    return _text(str.strip)


def strip_control(_: Any) -> Change:
    """Control characters go."""
    return _text(lambda value: _CONTROL.sub("", value))


def case(to: str) -> Change:
    """All letters become capitals, or small."""
    return _text(str.upper if to == "upper" else str.lower)


def replace(argument: Mapping[str, str]) -> Change:
    """What the expression ``find`` finds becomes ``put``."""
    found, put = bounded(argument["find"], LONGEST), argument["put"]
    return _text(lambda value: found.sub(put, value) if len(value) <= LONGEST else value)


def is_replacement(argument: Any) -> bool:
    """Whether it is ``{find: expression, put: text}``."""
    if not isinstance(argument, dict) or set(argument) != {"find", "put"}:
        return False
    try:
        bounded(argument["find"], LONGEST).sub(argument["put"], "")
    except (ValueError, TypeError, IndexError, re.error):
        return False
    return True


def enum(words: Mapping[str, Any]) -> Change:
    """A word is replaced by another value."""

    def apply(value: Any) -> Any:
        word = spelled(value)
        return value if word is None else words.get(word, value)

    return apply


def spelling(words: Sequence[str]) -> Change:
    """A word in any letter case, with blanks around, is spelled as listed."""
    right = {word.casefold(): word for word in words}
    return _text(lambda value: right.get(value.strip().casefold(), value))


def scaled(value: int | Decimal, factor: int | Decimal) -> int | Decimal:
    """The exact product; a value of absurd size is left alone."""
    if not near(value):
        return value
    both_whole = isinstance(value, int) and isinstance(factor, int)
    return value * factor if both_whole else _EXACT.multiply(Decimal(value), Decimal(factor))


def scale_value(value: Any, factor: int | Decimal) -> Any:
    """A number, or text that spells one, multiplied."""
    if isinstance(value, str):
        read = number(value)
        return value if read is None else spell(scaled(read, factor))
    return scaled(value, factor) if is_number(value) else value


def clamp(bounds: Mapping[str, int | Decimal]) -> Change:
    """A number below ``least`` or above ``most`` becomes that."""
    least, most = bounds.get("least"), bounds.get("most")

    def apply(value: Any) -> Any:
        read: Any = number(value) if isinstance(value, str) else value
        if not is_number(read):
            return value
        bound = least if least is not None and read < least else most if most is not None and read > most else read
        return value if bound is read else spell(bound) if isinstance(value, str) else bound

    return apply


def parts(argument: Mapping[str, Any]) -> Change:
    """A text of parts between commas: without some, with the listed only, and not more than so many."""
    without, only, most = argument.get("without", ()), argument.get("only"), argument.get("most")

    def change(value: str) -> str:
        listed = [part.strip() for part in value.split(",")]
        kept = [part for part in listed if part not in without and (only is None or part in only)][:most]
        return value if kept == listed else ",".join(kept)

    return _text(change)


def pem(label: str) -> Change:
    """Base64 of a certificate or request (DER) becomes PEM with that label."""

    def change(value: str) -> str:
        bare = "".join(value.split())
        try:
            der = base64.b64decode(bare, validate=True)
        except (binascii.Error, ValueError):
            return value
        if not der.startswith(b"\x30"):
            return value
        lines = [bare[at : at + 64] for at in range(0, len(bare), 64)]
        return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])

    return _text(change)


def reverse_bytes(argument: bool) -> Change:
    """Hexadecimal text has its bytes the other way round."""
    return _text(lambda value: bytes.fromhex(value)[::-1].hex().upper() if _HEX.match(value) else value)


def radix(argument: dict[str, int]) -> Change:
    """Digits of one base become those of another, with zeros in front."""
    source, goal, width = argument["from"], argument["to"], argument.get("digits", 1)

    def change(value: str) -> str:
        if len(value) > _DIGITS or not _BASES[source].match(value):
            return value
        return format(int(value, source), f"0{width}{_LETTERS[goal]}")

    return _text(change)


def is_radix(argument: Any) -> bool:
    """{from: 10 or 16, to: 10 or 16, digits: count}."""
    if not isinstance(argument, dict) or not {"from", "to"} <= set(argument) <= {"from", "to", "digits"}:
        return False
    bases = all(is_number(argument[key]) and argument[key] in _BASES for key in ("from", "to"))
    digits = argument.get("digits", 1)
    return bases and isinstance(digits, int) and is_number(digits) and 0 < digits <= _DIGITS


def to_hex(mark: str) -> Change:
    """Text that is not plain hexadecimal becomes the mark and its characters' codes in hexadecimal."""

    def change(value: str) -> str:
        return value if _HEX.match(value) or not value.isascii() else mark + value.encode("ascii").hex().upper()

    return _text(change)


def from_hex(mark: str) -> Change:
    """What ``to_hex`` made becomes the text again."""

    def change(value: str) -> str:
        rest = value[len(mark) :]
        if not value.upper().startswith(mark) or not _HEX.match(rest):
            return value
        made = bytes.fromhex(rest)
        return made.decode("ascii") if made.isascii() and made.decode("ascii").isprintable() else value

    return _text(change)
