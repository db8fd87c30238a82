"""OCPP-J frames: one JSON array of three to five items to one message, and back.

In: the text of a WebSocket message; a `Message` to send.  Out: a message whose payload is still any JSON value (a repair
may run before `Dialect.check`), or `Garbled`; the text to send.
Not here: binary messages, sizes, closing (`gateway.links`); what an action may carry (`gateway.dialects.schema`).

Numbers with a point or an exponent become exact Decimals and are written with the same digits.  Of two equal names in one
object the last counts: to see the first would cost more than reading the frame, and whatever goes on is written anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from gateway.dialects.errors import SPELLINGS, Garbled, Spelled, Violation
from gateway.dialects.schema import Dialect, JsonCodec
from gateway.messages import Call, Error, Message, Result

ID_LENGTH = 36
"""Longest message id that we may write of our own."""

_CALL, _RESULT, _ERROR = 2, 3, 4
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DESCRIPTION = 255


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """``depth``: arrays and objects inside each other, the frame itself included.  ``id_length``: longest id of a peer."""

    depth: int = 32
    id_length: int = 255


USUAL = FrameLimits()


def read_frame(text: str | bytes, limits: FrameLimits = USUAL) -> Message:
    """One frame.  Answers have an empty ``action``; the payload of a call or result is unchecked.

    Raises `Garbled`, with the id where one can be read, and with ``action=""`` where what is broken is an answer, which
    must not be answered.
    """
    frame = _parse(text, limits)
    if not isinstance(frame, list) or not frame:
        raise Garbled("RpcFrameworkError", "a frame is an array")
    number = frame[0]
    if number.__class__ is not int:
        raise Garbled("RpcFrameworkError", "a frame begins with the number of its type")
    id = _id(frame, limits, number)
    if number == _CALL:
        return _call(frame, id)
    if number == _RESULT:
        if len(frame) != 3:
            raise Garbled("RpcFrameworkError", f"a result has three items, not {len(frame)}", id, "")
        return Result(id, "", frame[2])
    if number == _ERROR:
        return _error(frame, id)
    raise Garbled("MessageTypeNotSupported", f"there is no message type {str(number)[:20]}", id)


def _parse(text: str | bytes, limits: FrameLimits) -> Any:
    try:
        frame = _DECODER.decode(text)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Garbled("RpcFrameworkError", f"not JSON: {str(error)[:100]}") from None
    raw = text if isinstance(text, str) else text.decode("utf-8", "replace")
    # Most frames are shallow, and a count of brackets shows it; only the others are walked.
    if raw.count("[") + raw.count("{") > limits.depth and _deeper(frame, limits.depth):
        raise Garbled("RpcFrameworkError", f"nested more than {limits.depth} deep")
    if "\\u0000" in raw and _holds_nul(frame):
        raise Garbled("FormatViolation", "holds a NUL", _readable(frame))
    return frame


def _deeper(frame: Any, most: int) -> bool:
    """Whether containers nest more than ``most`` deep.  Goes by levels, so that depth costs no stack."""
    level = [frame]
    for _ in range(most):
        level = [value for container in level for value in _inner(container)]
    return any(isinstance(value, list | dict) for value in level)


def _inner(container: Any) -> Iterable[Any]:
    if isinstance(container, dict):
        return container.values()
    return container if isinstance(container, list) else ()


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in name or _holds_nul(one) for name, one in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def _readable(frame: Any) -> str | None:
    """The id of a call that is refused as a whole."""
    known = isinstance(frame, list) and len(frame) > 1 and frame[0] == _CALL and isinstance(frame[1], str)
    return frame[1] if known and "\0" not in frame[1] and len(frame[1]) <= USUAL.id_length else None


def _id(frame: list[Any], limits: FrameLimits, number: int) -> str:
    broken = "" if number in (_RESULT, _ERROR) else None
    if len(frame) < 2 or frame[1].__class__ is not str or not 0 < len(frame[1]) <= limits.id_length:
        raise Garbled("RpcFrameworkError", f"the message id is no text of 1 to {limits.id_length} characters", None, broken)
    return str(frame[1])


def _call(frame: list[Any], id: str) -> Call:
    action = frame[2] if len(frame) > 2 else None
    if action.__class__ is not str or not 0 < len(action) <= _DESCRIPTION:
        raise Garbled("RpcFrameworkError", "the action is no text", id)
    if len(frame) != 4:
        raise Garbled("RpcFrameworkError", f"a call has four items, not {len(frame)}", id, action)
    return Call(id, action, frame[3])


def _error(frame: list[Any], id: str) -> Error:
    """An error; a code that is none becomes GenericError, with its text kept in ``said`` and in the description."""
    code, description, details = [*frame[2:5], *["GenericError", "", {}][len(frame) - 2 :]][:3]
    if len(frame) > 5 or code.__class__ is not str:
        raise Garbled("RpcFrameworkError", "an error has five items, the third is its code", id, "")
    text = description if description.__class__ is str else ""
    said = "" if code in SPELLINGS else code[:_DESCRIPTION]
    if said:
        text = f"{said}: {text}"
    return Error(id, "", SPELLINGS.get(code, "GenericError"), text, details if isinstance(details, dict) else {}, said)


def write_frame(message: Message, dialect: Dialect) -> str:
    """The text of a frame.  Error codes are spelled as the dialect does.

    An id that we made is at most 36 long (ValueError: that is our mistake); an answer repeats whatever the asker chose.
    `Violation` where a text cannot be written.
    """
    frame: list[Any]
    if dialect.json is not None and dialect.json.spelled and not isinstance(message, Error):
        message = _respelled(message, dialect, dialect.json)
    if isinstance(message, Call):
        if not 0 < len(message.id) <= ID_LENGTH:
            raise ValueError(f"a message id of {len(message.id)} characters")
        frame = [_CALL, message.id, message.action, message.payload]
    elif isinstance(message, Result):
        frame = [_RESULT, message.id, message.payload]
    else:
        frame = [_ERROR, message.id, _spelled(message.code, dialect), message.description[:_DESCRIPTION], message.details]
    try:
        return _ENCODER.encode(frame).decode()
    except UnicodeEncodeError:
        raise Violation("FormatViolation", "holds half a surrogate pair") from None


def _respelled(message: Call | Result, dialect: Dialect, codec: JsonCodec) -> Call | Result:
    return message.__class__(message.id, message.action, dialect.wire_names(message.kind, message.action, message.payload, codec))


def _spelled(code: str, dialect: Dialect) -> str:
    if isinstance(code, Spelled) or dialect.json is None:
        return str(code)
    return dialect.json.errors[code]
