"""A peer's mistakes, with the code to answer them by.

In: nothing.  Out: `CODES`, `SPELLINGS` and the exceptions that every reader raises.
Not here: how a dialect spells a code, or a SOAP Fault (``mappings/dialects``).
"""

from __future__ import annotations

CODES = (
    "NotImplemented",
    "NotSupported",
    "InternalError",
    "ProtocolError",
    "SecurityError",
    "FormatViolation",
    "PropertyConstraintViolation",
    "OccurrenceConstraintViolation",
    "TypeConstraintViolation",
    "MessageTypeNotSupported",
    "RpcFrameworkError",
    "GenericError",
)
"""Neutral error codes: OCPP 2.0.1 part 4 table 8; each dialect lists its own spellings."""
SPELLINGS = dict(
    {code: code for code in CODES},
    FormationViolation="FormatViolation",
    OccurenceConstraintViolation="OccurrenceConstraintViolation",
)
"""Spelling → code.  Two codes have had two spellings; peers mix them, so both are read whatever the version."""


class Spelled(str):
    """An error code that is spelled as its reader wants it, and not by the dialect."""

    __slots__ = ()


class PeerError(Exception):
    """A peer sent what it may not send.  The only exception that a reader of `gateway.dialects` raises for bad input."""

    def __init__(self, code: str, why: str, path: str = "") -> None:
        assert code in CODES, code
        self.code, self.why, self.path = code, why, path
        super().__init__(f"{code}: {path + ': ' if path else ''}{why}")


class Garbled(PeerError):
    """A frame or envelope that cannot be read.  ``id`` is the message id where one could still be made out."""

    def __init__(self, code: str, why: str, id: str | None = None, action: str | None = None) -> None:
        super().__init__(code, why)
        self.id, self.action = id, action


class Violation(PeerError):
    """A payload that breaks its dialect's schema, at ``path``."""
