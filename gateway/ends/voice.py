"""How one peer speaks: its dialect, and what its quirk profiles mend in both directions.

In: raw payloads and text.  Out: valid messages; what was heard and said goes to a `Witness`.
Not here: links, message ids, waiting for answers (`gateway.ends.frames`, `gateway.ends.envelopes`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar

from msgspec.structs import replace

from gateway.dialects.clocks import with_times
from gateway.dialects.errors import Garbled, Violation
from gateway.dialects.schema import Dialect
from gateway.messages import Answer, Call, Error, Message, Payload, Result, Side
from gateway.quirks import refusals
from gateway.quirks.cures import NO_SCENE, NONE, Answered, Cures, Fired, Steps, run, run_text
from gateway.quirks.path import Scene
from gateway.quirks.times import read_time, written

M = TypeVar("M", Call, Result)
Written = TypeVar("Written", str, bytes)
MOST_ASKED = 64
"""Calls that are remembered for the conditions of their results."""


class Witness(Protocol):
    """Sees every message on both sides of the gateway, and every refusal."""

    def message(self, voice: Voice, heard: bool, message: Message, raw: str | bytes, fired: Sequence[Fired]) -> None:
        """A message was heard from (or said to) the peer of that voice; ``raw`` as it came, or as its codec wrote it."""

    def refused(self, voice: Voice | None, reason: str, why: str, raw: str = "") -> None:
        """A peer's input was refused; ``reason`` is one of `gateway.observe.metrics.REASONS`."""


class Owner(Protocol):
    """Whoever holds an end: told what the peer said."""

    def asked(self, call: Call, raw: str) -> None:
        """The peer asks; answer with the end's ``answer``."""

    def answered(self, answer: Answer) -> None:
        """The peer answers the ``ask`` of that id."""

    def failed(self, id: str, why: str, reached: bool, after: float = 0.0) -> None:
        """The ``ask`` of that id will have no answer; the peer asks to be left alone for ``after`` seconds."""

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
        self.introduce: Callable[[Mapping[str, Any], Any], None] | None = None
        self.now: Callable[[], datetime] = lambda: NO_SCENE.now
        self.facts: Any = None
        """What a profile may ask of the station (`gateway.session.scenery.Moment`)."""
        self._fired: list[Fired] = []
        self._asked: dict[tuple[bool, str], Payload] = {}  # calls whose results a profile's condition may ask about
        self._skew: timedelta | None = None

    def mend_text(self, text: str, open: Collection[str] = ()) -> str:
        """The text after the profile's text repairs; ``open``: the ids of the calls that the peer has yet to answer."""
        if not self.cures.texts:
            return text
        mended, fired = self.cures.text(text, open)
        self._fired = list(fired)
        return mended

    def admit(self, message: M, raw: str) -> M:
        """Repair and check a message that was heard.  Raises `gateway.dialects.errors.Violation`, and `Answered` where a profile
        ends it here."""
        payload = message.payload
        fired, self._fired = self._fired, []
        known = self.dialect.messages.get(message.action)
        if known is not None and known.role == "boot" and message.kind == "call" and self.introduce is not None:
            # Boots are among the broken messages: who it is must be read before the strict decode, to cure the boot itself.
            self.introduce(self.dialect.facts(message), payload)
        if not self.cures.empty:
            if self.cures.asks:
                self._remember(message, heard=True)
            if self.cures.measures:
                self._measure(message)
            steps = self.cures.repairs.get((message.kind, message.action))
            if steps is not None and not steps.idle(payload):
                payload, fired = self._mended(steps, message, raw, fired)
        if known is not None or self.unknown != "pass":
            try:
                payload = self.dialect.check(message.kind, message.action, payload, self.unknown)
            except Violation as violation:
                message = self._timely(message, payload, violation)
                payload = message.payload
        if payload is not message.payload:
            message = message.__class__(message.id, message.action, payload)
        self.witness.message(self, True, message, raw, fired)
        return message

    def _timely(self, message: M, payload: Payload, violation: Violation) -> M:
        """A transaction message in which only times are wrong, with the time of receipt in their place; else it is refused."""
        known = self.dialect.messages.get(message.action)
        if not isinstance(message, Call) or self.side != "station" or known is None:
            raise violation
        made = with_times(known.request, payload, written(self.now()))
        if made is payload:
            raise violation
        checked = replace(message, payload=self.dialect.check("call", message.action, made, self.unknown), said=payload)
        if self.dialect.answer_of(checked) is None:
            raise violation
        return checked

    def _mended(self, steps: Steps, message: Call | Result | Error, raw: str, fired: list[Fired]) -> tuple[Payload, list[Fired]]:
        """The payload after the profiles' repairs, and all that fired.  Raises `Answered`."""
        payload = refusals.heard(message) if isinstance(message, Error) else message.payload
        try:
            scene = Scene(None, self._asked_by(message, heard=True), self.now(), skew=self._skew, facts=self.facts)
            made, more = run("repair", steps, payload, scene)
        except Answered as done:
            self.witness.message(self, True, message, raw, [*fired, *done.fired])
            raise
        return made, [*fired, *more]

    def _measure(self, message: Call | Result) -> None:
        """What the peer's clock is off: a state is told as it comes about, and its time is now."""
        if message.kind == "call" and self.dialect.role(message.action) == "status":
            read = read_time(self.dialect.facts(message).get("time"))
            self._skew = read[0] - self.now() if read is not None else self._skew

    def _remember(self, message: Message, heard: bool) -> None:
        """Keep a call for the conditions of its result: only where a profile asks for it."""
        if isinstance(message, Call):
            while len(self._asked) >= MOST_ASKED:
                del self._asked[next(iter(self._asked))]
            self._asked[not heard, message.id] = message.payload

    def _asked_by(self, message: Message, heard: bool) -> Payload | None:
        """The call that a message answers, where it is remembered."""
        return self._asked.get((heard, message.id)) if self.cures.asks and not isinstance(message, Call) else None

    def heard_error(self, error: Error, raw: str) -> Error:
        """Mend and note an error that was heard.  Raises `Answered` where a profile makes a result of it."""
        fired, self._fired = self._fired, []
        steps = self.cures.repairs.get(("error", error.action))
        if steps is not None:
            made, fired = self._mended(steps, error, raw, fired)
            error = refusals.mended(error, made)
        self.witness.message(self, True, error, raw, fired)
        return error

    def said(self, message: Message, write: Callable[[Message], Written]) -> Written:
        """Adjust a message, write it, and return what ``write`` made of it.  Raises `Answered` where a profile ends it here."""
        fired: list[Fired] = []
        if not self.cures.empty:
            if self.cures.asks:
                self._remember(message, heard=False)
            steps = self.cures.adjusts.get((message.kind, message.action))
            if steps is not None:
                message, fired = self._fitted(steps, message)
        written = write(message)
        if self.cures.written:
            written = self._rewritten(written, fired)
        self.witness.message(self, False, message, written, fired)
        return written

    def _rewritten(self, written: Written, fired: list[Fired]) -> Written:
        """What was written, after the profiles' changes of its text; which fired is added to ``fired``."""
        text = written if isinstance(written, str) else written.decode()
        made, more = run_text("adjust", self.cures.written, text)
        fired += more
        return made if isinstance(written, str) else made.encode()

    def _fitted(self, steps: Steps, message: Message) -> tuple[Message, list[Fired]]:
        """The message after the profiles' adjustments.  An error's code is seen as it is spelled on the wire."""
        scene = Scene(None, self._asked_by(message, heard=False), self.now(), facts=self.facts)
        if not isinstance(message, Error):
            if steps.idle(message.payload):
                return message, []
            payload, fired = run("adjust", steps, message.payload, scene)
            return replace(message, payload=payload), fired
        made, fired = run("adjust", steps, refusals.written(message, self.dialect, self.codec), scene)
        return (refusals.adjusted(message, made, self.codec) if fired else message), fired

    def garbled(self, error: Exception, raw: str, action: str = "") -> None:
        """Note something that could not be read or that breaks the schema; ``action`` where it is known."""
        reason = "garbled" if isinstance(error, Garbled) else "violation"
        self.witness.refused(self, reason, f"{action}: {error}" if action else str(error), raw)
