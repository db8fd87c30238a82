"""Commands that the station has taken: one that only says the same is not sent again, and some are said again by ourselves.

In: the session's switches ``repeats`` and ``say_again``, commands and their answers, the station's calls.  Out: answers, calls.
Not here: the place of those calls among the back end's (`gateway.session.orders`), reading the switches
(`gateway.quirks.remembering`).

What was taken is known since the gateway started; a restart forgets it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from gateway.messages import Answer, Call, Payload, Result
from gateway.session.questions import WHILE
from gateway.session.scenery import Moment

MOST = 32
"""Commands that are kept for one rule; the oldest goes."""
LOOK = 900.0
"""Seconds from one look at a zone's clocks to the next."""


class Repeat(Protocol):
    """Of commands that are equal in some fields one is enough (`gateway.quirks.remembering.Repeat`)."""

    @property
    def within(self) -> float:
        """For so many seconds."""

    @property
    def result(self) -> Payload:
        """How the station answers what it takes."""

    def same(self, last: Call, call: Call, moment: Moment) -> bool:
        """Whether the call says what the last one said."""


class Again(Protocol):
    """A command that is said again (`gateway.quirks.remembering.Again`)."""

    @property
    def seconds(self) -> float:
        """How long after the event."""

    @property
    def forget(self) -> tuple[str, ...]:
        """Commands after which nothing is said again."""

    def takes(self, call: Call, answer: Answer, moment: Moment) -> str | None:
        """What tells this command from others of its kind; None where it is not to be said again."""

    def hears(self, call: Call, moment: Moment) -> bool:
        """Whether it follows that call of the station."""

    def offset(self, moment: Moment) -> timedelta | None:
        """What the clocks of its zone are ahead now; None where it follows a call."""

    def made(self, taken: Payload, moment: Moment) -> Call:
        """The command as it is said again, without an id."""


@dataclass(slots=True)
class Kept:
    """For one rule: the commands by what tells them apart, and what its zone's clocks were ahead."""

    rule: Again
    taken: dict[str, Payload] = field(default_factory=dict)
    ahead: timedelta | None = None


class Remembered:
    """A station without such a profile costs nothing but a look at its switches."""

    def __init__(self, moment: Moment, send: Callable[[Call], None]) -> None:
        self.moment, self.desk, self.send = moment, moment.desk, send
        self._last: dict[str, tuple[Call, float]] = {}
        self._kept: list[Kept] = []
        self._rules: Any = ()

    @property
    def keeps(self) -> bool:
        """Whether it has something to say again, should the station come back."""
        return any(kept.taken for kept in self._kept)

    def here(self) -> None:
        """The station came, over a new link or with a boot: whether it still knows what it took nobody knows."""
        self._last.clear()

    def pump(self) -> None:
        """The switches may be others than before."""
        rules = self.desk.switches.get("say_again", ())
        if rules is self._rules:
            return
        before = {id(one.rule): one for one in self._kept}
        self._rules, self._kept = rules, [before.get(id(rule)) or Kept(rule) for rule in rules]
        for number, kept in enumerate(self._kept):
            kept.ahead = kept.ahead if kept.ahead is not None else kept.rule.offset(self.moment)
            if kept.ahead is not None:
                self.desk.timer(f"zone:{number}", WHILE, partial(self._look, number, kept))

    def spared(self, call: Call) -> Answer | None:
        """The answer to a command that says what the station took last, lately."""
        rule: Repeat | None = self.desk.switches.get("repeats", {}).get(call.action)
        before, at = self._last.get(call.action, (call, 0.0))
        if rule is None or before is call or self.desk.at.mono - at >= rule.within or not rule.same(before, call, self.moment):
            return None
        self.desk.acted("repeats", call.action)
        return Result(call.id, call.action, rule.result)

    def took(self, call: Call, answer: Answer) -> None:
        """The station answered a command of the back end."""
        rule: Repeat | None = self.desk.switches.get("repeats", {}).get(call.action)
        self._last.pop(call.action, None)
        if rule is not None and isinstance(answer, Result) and answer.payload == rule.result:
            self._last[call.action] = call, self.desk.at.mono
        for kept in self._kept:
            if call.action in kept.rule.forget:
                kept.taken.clear()
            told_by = kept.rule.takes(call, answer, self.moment)
            if told_by is not None:
                kept.taken.pop(told_by, None)
                kept.taken[told_by] = call.payload
                while len(kept.taken) > MOST:
                    del kept.taken[next(iter(kept.taken))]

    def heard(self, call: Call) -> None:
        """The station said something."""
        for number, kept in enumerate(self._kept):
            if kept.rule.hears(call, self.moment):
                self.desk.timer(f"say-again:{number}", kept.rule.seconds, partial(self._say, kept))

    def _look(self, number: int, kept: Kept) -> None:
        if kept not in self._kept or not self.desk.present:
            self._rules = ()  # the next that comes begins to look again
            return
        ahead, before = kept.rule.offset(self.moment), kept.ahead
        kept.ahead = ahead
        if ahead != before:
            self._say(kept)
        self.desk.timer(f"zone:{number}", LOOK, partial(self._look, number, kept))

    def _say(self, kept: Kept) -> None:
        for payload in kept.taken.values() if kept in self._kept else ():
            call = kept.rule.made(payload, self.moment)
            self.desk.acted("say_again", call.action)
            self.send(Call(self.desk.ids(), call.action, call.payload))
