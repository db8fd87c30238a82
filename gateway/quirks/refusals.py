"""Errors as the rules of a profile see them: a code and a description.

In: errors that a peer sent, or that go to one.  Out: their two fields, and the errors again after the rules.
Not here: the rules (`gateway.quirks.rule`), the codes (`gateway.dialects.errors`).

A code is seen as it came, whatever it was; what goes to a peer is seen as it will stand on the wire.
"""

from __future__ import annotations

from gateway.dialects.errors import CODES, SPELLINGS, Spelled
from gateway.dialects.schema import Dialect
from gateway.dialects.shapes import Enum, Field, Scalar, Shape
from gateway.messages import Error, Payload


def heard(error: Error) -> Payload:
    """The fields of an error that a peer sent."""
    if not error.said:
        return {"code": error.code, "description": error.description}
    return {"code": error.said, "description": error.description.removeprefix(f"{error.said}: ")}


def mended(error: Error, fields: Payload) -> Error:
    """The error after repairs; a code that is still none of ours stays what it was taken for."""
    code = SPELLINGS.get(str(fields.get("code")))
    text = str(fields.get("description", ""))
    if code is None:
        return Error(
            error.id, error.action, error.code, f"{error.said}: {text}" if error.said else text, error.details, error.said
        )
    return Error(error.id, error.action, code, text, error.details)


def written(error: Error, dialect: Dialect, codec: str) -> Payload:
    """The fields of an error that goes to a peer."""
    spelled = dialect.json.errors if codec == "json" and dialect.json is not None else {}
    return {"code": spelled.get(error.code, error.code), "description": error.description}


def adjusted(error: Error, fields: Payload, codec: str) -> Error:
    """The error after adjustments: over JSON its code is any text, over SOAP one of ours."""
    known = SPELLINGS.get(str(fields["code"]), error.code)
    code = Spelled(fields["code"]) if codec == "json" else known
    return Error(error.id, error.action, code, str(fields.get("description", "")), error.details)


def shape(dialect: Dialect, coming: bool) -> Shape:
    """What rules may name in an error of that dialect, with the codes that are read, or written."""
    spelled = dialect.json.errors.values() if dialect.json is not None else CODES
    words = tuple(SPELLINGS) if coming else tuple(dict.fromkeys([*spelled, *(CODES if dialect.soap is not None else ())]))
    code = Field("code", Enum("ErrorCode", words))
    return Shape("an error", {"code": code, "description": Field("description", Scalar("string"))})
