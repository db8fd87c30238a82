"""Value trees as JSON text, and back, without losing a digit or a kind.

In: None, bool, int, text, `Decimal`, lists and dicts of these with text keys (a tuple is written as a list).  Out: JSON text
that reads back equal, kinds included.
Not here: what is in them.

A whole `Decimal` is written with an exponent of nought (``16E0``): a bare ``16`` would come back as an int.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def to_json(tree: Any) -> str:
    """JSON text.  Raises `ValueError` or `TypeError` for what could not be read again: floats, NaN, lone surrogates, objects."""
    return _ENCODER.encode(_plain(tree)).decode("utf-8")


def from_json(text: str) -> Any:
    """The tree."""
    return _DECODER.decode(text)


def _plain(tree: Any) -> Any:
    if tree is None or isinstance(tree, str | int):
        return tree
    if isinstance(tree, Decimal):
        return _exact(tree)
    if isinstance(tree, dict):
        return {_name(name): _plain(value) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_plain(value) for value in tree]
    raise TypeError(f"{type(tree).__name__} cannot be stored")


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the name {name!r} is not text")
    return name


def _exact(number: Decimal) -> msgspec.Raw:
    if not number.is_finite():
        raise ValueError(f"{number} is no number")
    text = str(number)
    return msgspec.Raw((text if "." in text or "E" in text else f"{text}E0").encode("ascii"))
