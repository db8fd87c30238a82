"""Mends an OCPP-J frame as a list, between its text and its reading: types, missing and needless items.

In: ``repair: {frame: [id_to_text, null_payload]}`` of a profile.  Out: changes of a text, to run after the text repairs.
Not here: what a sound frame is (`gateway.dialects.ocppj`).

A text that is no JSON list, or that needs no mending, is given back as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from gateway.quirks.text import TextRule
from gateway.source import Checker, List, Map, nearest

Frame: TypeAlias = list[Any]
_CALL, _RESULT, _ERROR = 2, 3, 4
_LENGTHS = {_CALL: 4, _RESULT: 3, _ERROR: 5}
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
NUMBER_IDS = "id_to_text"
_SPELLED = re.compile(r"[^0-9a-z]")


def _type_to_number(frame: Frame) -> Frame:
    return [int(frame[0]), *frame[1:]] if frame[0] in ("2", "3", "4") else frame


def _id_to_text(frame: Frame) -> Frame:
    whole = len(frame) > 1 and isinstance(frame[1], int) and not isinstance(frame[1], bool)
    return [frame[0], str(frame[1]), *frame[2:]] if whole else frame


def _payload_at(frame: Frame) -> int:
    return {_CALL: 3, _RESULT: 2}.get(frame[0] if isinstance(frame[0], int) else 0, 0)


def _null_payload(frame: Frame) -> Frame:
    at = _payload_at(frame)
    return [*frame[:at], {}, *frame[at + 1 :]] if at and len(frame) > at and frame[at] in (None, "", []) else frame


def _missing_payload(frame: Frame) -> Frame:
    at = _payload_at(frame)
    return [*frame, {}] if at and len(frame) == at else frame


def _text_payload(frame: Frame) -> Frame:
    at = _payload_at(frame)
    if not at or len(frame) <= at or not isinstance(frame[at], str):
        return frame
    try:
        read = _DECODER.decode(frame[at])
    except (ValueError, ArithmeticError, RecursionError):
        return frame
    return [*frame[:at], read, *frame[at + 1 :]] if isinstance(read, dict) else frame


def _extra_items(frame: Frame) -> Frame:
    most = _LENGTHS.get(frame[0] if isinstance(frame[0], int) else 0, len(frame))
    return frame[:most] if len(frame) > most else frame


def _action_in_result(frame: Frame) -> Frame:
    named = frame[0] == _RESULT and len(frame) == 4 and isinstance(frame[2], str)
    return [*frame[:2], frame[3]] if named else frame


def _error_items(frame: Frame) -> Frame:
    """Description and details where they are missing; details that are text are kept inside an object."""
    if frame[0] != _ERROR or not 2 <= len(frame) <= 5:
        return frame
    code, description, details = [*frame[2:], *["GenericError", "", {}][len(frame) - 2 :]][:3]
    details = details if isinstance(details, dict) else {"text": details} if details else {}
    made = [*frame[:2], code or "GenericError", description if isinstance(description, str) else "", details]
    return frame if made == frame else made


NAMED: dict[str, tuple[Callable[[Frame], Frame], str]] = {
    "type_to_number": (_type_to_number, 'the message type "2" becomes 2'),
    NUMBER_IDS: (_id_to_text, "a message id that is a number becomes text; our answer has the number again"),
    "null_payload": (_null_payload, "a payload that is null or empty becomes {}"),
    "missing_payload": (_missing_payload, "a payload that is left out becomes {}"),
    "text_payload": (_text_payload, "a payload that is JSON inside a text is unpacked"),
    "action_in_result": (_action_in_result, "a result that names its operation loses the name"),
    "extra_items": (_extra_items, "items behind the payload go"),
    "error_items": (_error_items, "an error gets the items that it lacks; details that are text are wrapped"),
}
"""Name → change and what it does."""


def _id_spelling(frame: Frame, open: Collection[str]) -> Any:
    """The open id that is the same but for letter case and signs; the frame's own where that is not just one."""
    key = _SPELLED.sub("", str(frame[1]).casefold())
    found = [one for one in open if _SPELLED.sub("", one.casefold()) == key]
    return found[0] if len(found) == 1 else frame[1]


def _id_in_turn(frame: Frame, open: Collection[str]) -> Any:
    return next(reversed([*open]), frame[1])


ANSWERING: dict[str, tuple[Callable[[Frame, Collection[str]], Any], str]] = {
    "id_spelling": (
        _id_spelling,
        "an answer whose id differs from that of a call in letter case, blanks, quotes or other signs belongs to that call",
    ),
    "id_in_turn": (_id_in_turn, "an answer with an id that no call has belongs to the call that was made last and still waits"),
}
"""Those that mend the id of an answer: name → the right id, given those of the calls that wait; and what it does."""

OPERATION = "operation"


def _answering(name: str) -> TextRule:
    id_of = ANSWERING[name][0]

    def mend(text: str, open: Collection[str]) -> str:
        return on_text(lambda frame: _with_id(frame, id_of, open))(text)

    return TextRule(name, lambda text: text, (), mend)


def _with_id(frame: Frame, id_of: Callable[[Frame, Collection[str]], Any], open: Collection[str]) -> Frame:
    if frame[0] not in (_RESULT, _ERROR) or len(frame) < 3 or (isinstance(frame[1], str) and frame[1] in open):
        return frame
    id = id_of(frame, open)
    return frame if id == frame[1] else [frame[0], id, *frame[2:]]


def _operations(check: Checker, at: Map, known: Collection[str]) -> list[TextRule]:
    """``operation: {wrong: right, …}``: calls get the right name of their operation."""
    words = at[OPERATION]
    if not isinstance(words, Map) or not words:
        check.fault(at, OPERATION, "operation is no mapping", "wrong: right lines")
        return []
    for wrong, right in words.items():
        if right not in known:
            check.fault(words, wrong, f"unknown operation {right!r}", "", nearest(str(right), known))
        elif wrong in known:
            check.fault(words, wrong, f"{wrong} is the name of an operation, so renaming it would hide that one")
    names = dict(words)

    def rename(frame: Frame) -> Frame:
        wrong = len(frame) == 4 and frame[0] == _CALL and isinstance(frame[2], str) and frame[2] in names
        return [*frame[:2], names[frame[2]], frame[3]] if wrong else frame

    return [TextRule(f"{OPERATION} {', '.join(names)}", on_text(rename), (OPERATION, *sorted(names)))]


def read_frame_rules(check: Checker, at: Map, key: str, known: Collection[str]) -> tuple[TextRule, ...]:
    """The list of names at ``at[key]``; ``known`` are the operations of the dialects."""
    listed = at[key]
    if not isinstance(listed, List) or not listed:
        check.fault(at, key, "no list of frame repairs", "one or more of " + ", ".join([*NAMED, *ANSWERING]))
        return ()
    made = []
    for number, name in enumerate(listed):
        if isinstance(name, Map) and set(name) == {"operation"}:
            made += _operations(check, name, known)
        elif isinstance(name, str) and name in NAMED:
            made.append(TextRule(name, on_text(NAMED[name][0]), ()))
        elif isinstance(name, str) and name in ANSWERING:
            made.append(_answering(name))
        else:
            holder = Map({str(name): None})
            holder.file, holder.line, holder.lines = listed.file, listed.lines[number], {}
            check.unknown(holder, str(name), "frame repair", [*NAMED, *ANSWERING, OPERATION])
    return tuple(made)


def on_text(change: Callable[[Frame], Frame]) -> Callable[[str], str]:
    """The change of a frame as one of its text."""

    def apply(text: str) -> str:
        try:
            frame = _DECODER.decode(text)
        except (ValueError, ArithmeticError, RecursionError):
            return text
        if not isinstance(frame, list) or not frame:
            return text
        made = change(frame)
        return text if made is frame else _ENCODER.encode(made).decode()

    return apply


def with_number_id(text: str) -> str:
    """The text of an answer of ours whose id is a number again."""
    head, quote, rest = text[:3], text[3:4], text[4:]
    digits, closing, tail = rest.partition('"')
    return f"{head}{digits}{tail}" if quote == '"' and closing and digits.isdecimal() else text
