"""Commands of our own that a quirk profile wants: on a connect, after a call of the station, again and again.

In: the session's switches ``ask_on_connect``, ``ask_after`` and ``ask_every``.  Out: calls to the station; the answers are for
nobody.  Not here: their place among the back end's commands (`gateway.session.orders`), reading them
(`gateway.quirks.questions`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from gateway.messages import Call, Payload
from gateway.session.scenery import Moment

WHILE = 5.0
"""Seconds from the connect to the questions of ``ask_on_connect``."""


class Again(Protocol):
    """A command that is asked again and again (`gateway.quirks.questions.Every`)."""

    @property
    def seconds(self) -> float:
        """From one time to the next."""

    @property
    def charging(self) -> bool:
        """Only while a transaction runs."""

    @property
    def call(self) -> tuple[str, Payload]:
        """What is asked."""


class Questions:
    """A station without such a profile costs one look at whether its switches are those of before."""

    def __init__(self, moment: Moment, send: Callable[[Call], None]) -> None:
        self.moment, self.desk, self.transactions, self.send = moment, moment.desk, moment.transactions, send
        self._seen: Mapping[str, Any] | None = None
        self._greeted: Any = None

    def here(self) -> None:
        """The station came over a new link."""
        self._seen = self._greeted = None

    def pump(self) -> None:
        """The switches may be others than before: begin what is new in them."""
        if self._seen is self.desk.switches:
            return
        self._seen = self.desk.switches
        wanted = self._seen.get("ask_on_connect")
        if wanted and wanted != self._greeted:  # a boot that comes meanwhile is answered first, as before any other command
            self._greeted = wanted
            self.desk.timer("ask-on-connect", WHILE, lambda: self._greet(wanted))
        for number, again in enumerate(self._seen.get("ask_every", ())):
            self._later(number, again)

    def _greet(self, wanted: Sequence[tuple[str, Payload]]) -> None:
        self.desk.acted("ask_on_connect")
        for call in wanted:
            self._ask(call)

    def _ask(self, call: tuple[str, Payload]) -> None:
        self.send(Call(self.desk.ids(), *call))

    def _later(self, number: int, again: Again) -> None:
        self.desk.timer(f"ask-every:{number}", again.seconds, lambda: self._once_more(number, again))

    def _once_more(self, number: int, again: Again) -> None:
        if not self.desk.present or again not in self.desk.switches.get("ask_every", ()):
            return
        if not again.charging or self.transactions.busy():
            self.desk.acted("ask_every")
            self._ask(again.call)
        self._later(number, again)

    def heard(self, call: Call) -> None:
        """The station said something."""
        for number, after in enumerate(self.desk.switches.get("ask_after", {}).get(call.action, ())):
            if after.fits(call.payload, self.moment):
                asked = after.call(call.payload, self.moment)
                self.desk.timer(f"ask-after:{call.action}:{number}", after.seconds, partial(self._follow, call.action, asked))

    def _follow(self, heard: str, asked: tuple[str, Payload]) -> None:
        self.desk.acted("ask_after", heard)
        self._ask(asked)
