"""What the profiles chosen for one peer do to its messages.

In: messages.  Out: the messages after the cures, and which quirks fired.
Not here: who gets which profile (`gateway.quirks.choose`), files (`gateway.quirks.profile`).

Payloads are never changed in place; what a cure leaves alone is shared with the original.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.messages import Payload
from gateway.quirks.rule import Rule
from gateway.quirks.text import TextRule


@dataclass(frozen=True, slots=True)
class Fired:
    """A quirk changed a message: a text (``before`` and ``after`` are texts) or a payload."""

    quirk: str
    verb: str
    before: Any
    after: Any


Steps: TypeAlias = tuple[tuple[str, tuple[Rule, ...]], ...]
"""For one kind of message: quirk id and its rules, least specific first."""
Table: TypeAlias = Mapping[tuple[str, str], Steps]


class Cures:
    """The cures for one peer: ``ids`` are the quirks chosen, ``behave`` the session's switches; ``empty``: there are none."""

    __slots__ = ("_adjust", "_repair", "_text", "behave", "empty", "ids")

    def __init__(
        self,
        ids: Sequence[str] = (),
        text: Sequence[tuple[str, tuple[TextRule, ...]]] = (),
        repair: Table | None = None,
        adjust: Table | None = None,
        behave: Mapping[str, Any] | None = None,
    ) -> None:
        self.ids = tuple(ids)
        self.behave: Mapping[str, Any] = behave or {}
        self._text, self._repair, self._adjust = tuple(text), repair or {}, adjust or {}
        self.empty = not self.ids

    def text(self, raw: str) -> tuple[str, list[Fired]]:
        """Mend the text of a message that came from the peer, before it is parsed."""
        fired: list[Fired] = []
        for quirk, rules in self._text:
            mended = raw
            for rule in rules:
                mended = rule.change(mended)
            if mended != raw:
                fired.append(Fired(quirk, "repair", raw, mended))
                raw = mended
        return raw, fired

    def repair(self, kind: str, action: str, payload: Payload) -> tuple[Payload, list[Fired]]:
        """Mend the payload of a call or result that came from the peer, before the strict decode."""
        return _run("repair", self._repair.get((kind, action), ()), payload)

    def adjust(self, kind: str, action: str, payload: Payload) -> tuple[Payload, list[Fired]]:
        """Fit a valid call or result to the peer that it goes to."""
        return _run("adjust", self._adjust.get((kind, action), ()), payload)


def _run(verb: str, steps: Steps, payload: Payload) -> tuple[Payload, list[Fired]]:
    fired: list[Fired] = []
    for quirk, rules in steps:
        changed = payload
        for rule in rules:
            changed = rule.apply(changed)
        if changed is not payload:
            fired.append(Fired(quirk, verb, payload, changed))
            payload = changed
    return payload, fired


NONE = Cures()
"""For a peer without quirks."""
