"""How one peer speaks: its dialect, and what its quirk profiles mend in both directions.

In: raw payloads and text.  Out: valid messages; what was heard and said goes to a `Witness`.
Not here: links, message ids, waiting for answers (`gateway.ends.frames`, `gateway.ends.envelopes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

from msgspec.structs import replace

from gateway.dialects.errors import Garbled
from gateway.dialects.schema import Dialect
from gateway.messages import Answer, Call, Error, Message, Payload, Result, Side
from gateway.quirks.cures import NONE, Cures, Fired

M = TypeVar("M", Call, Result)


class Witness(Protocol):
    """Sees every message on both sides of the gateway, and every refusal."""

    def message(self, voice: Voice, heard: bool, message: Message, raw: str, fired: Sequence[Fired]) -> None:
        """A message was heard from (or said to) the peer of that voice."""

    def refused(self, voice: Voice | None, reason: str, why: str, raw: str = "") -> None:
        """A peer's input was refused; ``reason`` is one of `gateway.observe.metrics.REASONS`."""


class Owner(Protocol):
    """Whoever holds an end: told what the peer said."""

    def asked(self, call: Call, raw: str) -> None:
        """The peer asks; answer with the end's ``answer``."""

    def answered(self, answer: Answer) -> None:
        """The peer answers the ``ask`` of that id."""

    def failed(self, id: str, why: str, reached: bool) -> None:
        """The ``ask`` of that id will have no answer."""

    def gone(self, why: str) -> None:
        """The link closed."""


class Voice:
    """One peer's dialect and cures.  ``unknown`` says what to do with actions and fields that the dialect lacks."""

    def __init__(
        self, side: Side, station: str, dialect: Dialect, codec: str, witness: Witness, unknown: Literal["pass", "refuse", "drop"]
    ) -> None:
        self.side, self.station, self.dialect, self.codec = side, station, dialect, codec
        self.witness, self.unknown = witness, unknown
        self.cures: Cures = NONE
        self.introduce: Callable[[Mapping[str, Any]], None] | None = None
        self._fired: list[Fired] = []

    def mend_text(self, text: str) -> str:
        """The text after the profile's text repairs."""
        if self.cures.empty:
            return text
        mended, fired = self.cures.text(text)
        self._fired = list(fired)
        return mended

    def admit(self, message: M, raw: str) -> M:
        """Repair and check a message that was heard.  Raises `gateway.dialects.errors.Violation`."""
        payload = message.payload
        fired: list[Fired] = self._fired
        self._fired = []
        if self.introduce is not None and message.kind == "call" and self.dialect.role(message.action) == "boot":
            # Boots are among the broken messages: who it is must be read before the strict decode, to cure the boot itself.
            self.introduce(self.dialect.facts(message))
        if not self.cures.empty:
            mended: tuple[Payload, list[Fired]] = self.cures.repair(message.kind, message.action, payload)
            payload, fired = mended[0], [*fired, *mended[1]]
        if message.action in self.dialect.messages or self.unknown != "pass":
            payload = self.dialect.check(message.kind, message.action, payload, self.unknown)
        heard = message.__class__(message.id, message.action, payload)
        self.witness.message(self, True, heard, raw, fired)
        return heard

    def heard_error(self, error: Error, raw: str) -> None:
        """Note an error that was heard."""
        self._fired = []
        self.witness.message(self, True, error, raw, ())

    def said(self, message: Message, write: Callable[[Message], Any]) -> Any:
        """Adjust a message, write it, and return what ``write`` made of it."""
        fired: Sequence[Fired] = ()
        if not self.cures.empty and not isinstance(message, Error):
            payload, fired = self.cures.adjust(message.kind, message.action, message.payload)
            message = replace(message, payload=payload)
        written = write(message)
        raw = written if isinstance(written, str) else written.decode("utf-8", "replace") if isinstance(written, bytes) else ""
        self.witness.message(self, False, message, raw, fired)
        return written

    def garbled(self, error: Exception, raw: str, action: str = "") -> None:
        """Note something that could not be read or that breaks the schema; ``action`` where it is known."""
        reason = "garbled" if isinstance(error, Garbled) else "violation"
        self.witness.refused(self, reason, f"{action}: {error}" if action else str(error), raw)
