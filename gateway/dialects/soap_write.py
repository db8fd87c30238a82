"""Writes SOAP envelopes: strings joined by functions compiled from the dialect.

In: messages with checked payloads.  Out: bytes, or `Violation` where a text cannot stand in XML.
Not here: reading (`gateway.dialects.soap`), HTTP.

Children come in the order of the schema, all in the namespace of the operation; unknown fields of a pass-through follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from gateway.dialects.envelopes import ANONYMOUS, SOAP11, SOAP12, WSA, element
from gateway.dialects.errors import Violation
from gateway.dialects.schema import Dialect, Field, Shape, SoapCodec
from gateway.messages import Call, Error, Result, Side

_Write: TypeAlias = Callable[[dict[str, Any]], str]

_SPECIAL = re.compile('[&<>"\r\n\t\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
# A reader turns a bare carriage return into a line feed, and in an attribute both into a space.
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_DEPTH = 32


def _reference(match: re.Match[str]) -> str:
    if match[0] not in _REFERENCES:
        raise Violation("FormatViolation", f"holds U+{ord(match[0]):04X}, which XML cannot say")
    return _REFERENCES[match[0]]


def text(value: Any) -> str:
    """A value as XML text, escaped."""
    if value.__class__ is str:
        return _SPECIAL.sub(_reference, value) if _SPECIAL.search(value) else value
    if value is True or value is False:
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    return _SPECIAL.sub(_reference, str(value))


def _whole(bits: int) -> Callable[[int], str]:
    """Writes an integer that must fit into so many bits."""

    def whole(value: int) -> str:
        if not -(1 << bits - 1) <= value < 1 << bits - 1:
            raise Violation("PropertyConstraintViolation", f"{value} does not fit into {bits} bits")
        return str(value)

    return whole


def compile_shape(shape: Shape, made: dict[Shape, _Write], bits: int = 60) -> _Write:
    """The function that writes the inside of an element of ``shape`` (its children; not its attributes)."""
    if shape not in made:
        space: dict[str, Any] = {"text": text, "known": frozenset(shape.fields), "others": _others, "whole": _whole(bits)}
        lines = ["def write(p):", " g = p.get", " s = ''"]
        for index, field in enumerate(shape.fields.values()):
            if field.place == "element":
                space[f"item{index}"] = _item(field, made, bits)
                lines += _lines(field, index, "whole" if bits < field.bits else "str")
        lines += [" return s if p.keys() <= known else s + others(p, known)"]
        # The source is ours but for the names of fields, which stand in it as quoted text.
        exec(compile("\n".join(lines), f"<write {shape.name}>", "exec"), space)  # noqa: S102
        made[shape] = space["write"]
    return made[shape]


def _lines(field: Field, index: int, whole: str) -> list[str]:
    """The statements that write one child element."""
    open_, close = f"<{field.name}>", f"</{field.name}>"
    lines = [f" v = g({field.name!r})"]
    if field.many:
        return [*lines, " if v:", f"  for x in v: s += item{index}(x)"]
    if isinstance(field.type, Shape):
        return [*lines, " if v is not None:", f"  s += item{index}(v)"]
    return [*lines, " if v is not None:", f"  s += {open_!r} + ({whole}(v) if v.__class__ is int else text(v)) + {close!r}"]


def _item(field: Field, made: dict[Shape, _Write], bits: int) -> Callable[[Any], str]:
    """Writes one whole element of ``field``."""
    name = field.name
    if not isinstance(field.type, Shape):
        return lambda value: f"<{name}>{text(value)}</{name}>"
    inside, own = compile_shape(field.type, made, bits), field.type.text
    attributes = [one.name for one in field.type.fields.values() if one.place == "attribute"]
    if not attributes and own is None:
        return lambda value: f"<{name}>{inside(value)}</{name}>"

    def item(value: dict[str, Any]) -> str:
        marks = "".join([f' {a}="{text(value[a])}"' for a in attributes if value.get(a) is not None])
        body = text(value.get(own.name)) if own is not None else inside(value)
        return f"<{name}{marks}>{body}</{name}>"

    return item


def _others(payload: dict[str, Any], known: frozenset[str]) -> str:
    return "".join(_any(name, value, _DEPTH) for name, value in payload.items() if name not in known)


def _any(name: str, value: Any, depth: int) -> str:
    """A field that the schema does not know, as a pass-through carries it."""
    if not depth or not _NAME.fullmatch(name):
        raise Violation("FormatViolation", "cannot be written as XML", name[:100])
    if isinstance(value, list):
        return "".join(_any(name, one, depth - 1) for one in value)
    if isinstance(value, dict):
        inside = "".join(_any(inner, one, depth - 1) for inner, one in value.items())
        return f"<{name}>{inside}</{name}>"
    return f"<{name}>{text(value)}</{name}>"


def speakable(value: Any, depth: int = _DEPTH) -> Any:
    """A payload as XML can say it: U+FFFD for what is no character there, and no field whose name or depth it cannot bear.

    An integer becomes the nearest that fits xs:int: what is answered must be valid, and such a number is no real one.
    """
    if value.__class__ is int:
        return max(-(1 << 31), min(value, (1 << 31) - 1))
    if isinstance(value, str):
        return _SPECIAL.sub(lambda match: match[0] if match[0] in _REFERENCES else "\ufffd", value)
    if isinstance(value, list):
        return [speakable(one, depth - 1) for one in value if depth]
    if isinstance(value, dict):
        return {name: speakable(one, depth - 1) for name, one in value.items() if depth and _NAME.fullmatch(name)}
    return value


def _codec(dialect: Dialect) -> SoapCodec:
    if dialect.soap is None:
        raise ValueError(f"{dialect.name} has no SOAP form")
    return dialect.soap


def _inside(dialect: Dialect, kind: str, action: str) -> _Write:
    """The function that writes what is inside the body element.  It is compiled at first use and kept with the dialect."""
    made: dict[Shape, _Write] = dialect.compiled.setdefault("soap write", {})
    message, codec = dialect.messages[action], _codec(dialect)
    if message.codec not in (None, "soap"):
        raise Violation("NotImplemented", f"{dialect.name} has {action} in JSON only", "")
    inside = compile_shape(message.shape(kind), made, codec.integers)
    if not codec.spelled:
        return inside
    return lambda payload: inside(dialect.wire_names(kind, action, payload, codec))


# A fixed prefix each, declared once: some embedded parsers look for prefixes, not for namespaces.
def _opened(soap: str) -> str:
    xml = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{xml}<soap:Envelope xmlns:soap="{soap}" xmlns:wsa="{WSA}"><soap:Header>'


_TURNED = "</soap:Header><soap:Body>"
_CLOSED = "</soap:Body></soap:Envelope>"


def _envelope(header: str, body: str, soap: str = SOAP12) -> bytes:
    return f"{_opened(soap)}{header}{_TURNED}{body}{_CLOSED}".encode()


def caller_of(dialect: Dialect, action: str, caller: Side | None) -> Side:
    """Who calls ``action``; ``caller`` is needed (ValueError) only where both sides may."""
    sender = dialect.messages[action].sender
    if sender != "both":
        return sender
    if caller is None:
        raise ValueError(f"{action} goes both ways: say who calls")
    return caller


def write_request(
    dialect: Dialect,
    call: Call,
    identity: str,
    from_address: str,
    to: str,
    message_id: str | None = None,
    *,
    caller: Side | None = None,
) -> bytes:
    """The envelope of a call.  ``message_id`` is the id as a URI (the call's own, as urn:uuid:, where not given).

    ``caller`` says who calls an operation that goes both ways.
    """
    codec = _codec(dialect)
    namespace = codec.namespaces[caller_of(dialect, call.action, caller)]
    must = ' soap:mustUnderstand="true"' if codec.must_understand else ""
    source = f"<wsa:From><wsa:Address>{text(from_address)}</wsa:Address></wsa:From>" if from_address else ""
    header = (
        f'<cb:{codec.identity} xmlns:cb="{namespace}"{must}>{text(identity)}</cb:{codec.identity}>'
        f"<wsa:Action>/{call.action}</wsa:Action>"
        f"<wsa:MessageID>{text(message_id or 'urn:uuid:' + call.id)}</wsa:MessageID>{source}"
        f"<wsa:ReplyTo><wsa:Address>{ANONYMOUS}</wsa:Address></wsa:ReplyTo><wsa:To>{text(to)}</wsa:To>"
    )
    name = element(call.action, "call")
    inside = _inside(dialect, "call", call.action)(call.payload)
    return _envelope(header, f'<{name} xmlns="{namespace}">{inside}</{name}>')


def _answer_ids(relates_to: str, message_id: str) -> str:
    # Some stations refuse an answer without To and RelatesTo, others one without MessageID.
    own = f"<wsa:MessageID>{text(message_id)}</wsa:MessageID>" if message_id else ""
    return f"{own}<wsa:RelatesTo>{text(relates_to)}</wsa:RelatesTo>" if relates_to else own


_ANSWERED = f"<wsa:To>{ANONYMOUS}</wsa:To>"


class _Frame(NamedTuple):
    """The parts of a response that never change.  The two ids come before ``turn``, the inside of the body before ``foot``."""

    head: str
    turn: str
    inside: _Write
    foot: str


def _frame(dialect: Dialect, action: str, caller: Side | None, soap: str) -> _Frame:
    namespace = _codec(dialect).namespaces[caller_of(dialect, action, caller)]
    name = element(action, "result")
    return _Frame(
        f"{_opened(soap)}<wsa:Action>/{text(action)}Response</wsa:Action>",
        f'{_ANSWERED}{_TURNED}<{name} xmlns="{namespace}">',
        _inside(dialect, "result", action),
        f"</{name}>{_CLOSED}",
    )


def write_response(
    dialect: Dialect,
    result: Result,
    relates_to: str,
    message_id: str = "",
    *,
    caller: Side | None = None,
    soap: str = SOAP12,
) -> bytes:
    """The envelope of a result.  ``relates_to`` is the MessageID of the call, as it came; ``soap`` its envelope's namespace."""
    frames: dict[tuple[str, Side | None, str], _Frame] = dialect.compiled.setdefault("soap responses", {})
    key = (result.action, caller, soap)
    frame = frames.get(key)
    if frame is None:
        frame = frames[key] = _frame(dialect, *key)
    head, turn, inside, foot = frame
    return f"{head}{_answer_ids(relates_to, message_id)}{turn}{inside(result.payload)}{foot}".encode()


def write_fault(
    dialect: Dialect | None,
    error: Error,
    relates_to: str = "",
    message_id: str = "",
    *,
    caller: Side = "station",
    soap: str = SOAP12,
) -> tuple[int, bytes]:
    """The HTTP status and the envelope of a refusal; ``dialect`` is None where even that could not be made out.

    The sub-code stands in the namespace of the operation, as the text of no version is followed by its own examples.
    """
    codec = dialect.soap if dialect is not None else None
    side, sub = codec.faults[error.code] if codec is not None else ("Sender", "")
    reason = _printable(error.description or error.code)
    spaced = f' xmlns:f="{codec.namespaces[caller]}"' if codec is not None else ""
    value = f"<soap:Subcode><soap:Value{spaced}>f:{sub}</soap:Value></soap:Subcode>" if sub else ""
    if soap == SOAP11:
        code = {"Sender": "soap:Client", "Receiver": "soap:Server"}[side]
        body = f"<soap:Fault><faultcode>{code}</faultcode><faultstring>{reason}</faultstring></soap:Fault>"
    else:
        body = (
            f"<soap:Fault><soap:Code><soap:Value>soap:{side}</soap:Value>{value}</soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="en">{reason}</soap:Text></soap:Reason></soap:Fault>'
        )
    status = 400 if side == "Sender" and soap != SOAP11 else 500
    return status, _envelope(f"<wsa:Action>{WSA}/fault</wsa:Action>{_answer_ids(relates_to, message_id)}{_ANSWERED}", body, soap)


def _printable(reason: str) -> str:
    """A reason may quote a peer: what XML cannot say is replaced, for a fault must always be possible."""
    try:
        return text(reason)
    except Violation:
        return text("".join(char if char.isprintable() else "?" for char in reason))
