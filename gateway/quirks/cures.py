"""What the profiles chosen for one peer do to its messages.

In: messages.  Out: the messages after the cures, and which quirks fired.
Not here: who gets which profile (`gateway.quirks.choose`), files (`gateway.quirks.profile`).

Payloads are never changed in place; what a cure leaves alone is shared with the original.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.messages import Payload
from gateway.quirks.connect import Connect
from gateway.quirks.digits import plain
from gateway.quirks.guards import GUARDS, Idle, compiled
from gateway.quirks.path import Scene
from gateway.quirks.rule import Rule
from gateway.quirks.text import TextRule


@dataclass(frozen=True, slots=True)
class Fired:
    """A quirk changed a message: a text (``before`` and ``after`` are texts) or a payload."""

    quirk: str
    verb: str
    before: Any
    after: Any


class Answered(Exception):
    """A profile ends a message here: ``payload`` is the result that its asker gets."""

    def __init__(self, payload: Payload, fired: list[Fired]) -> None:
        self.payload, self.fired = payload, fired
        super().__init__("answered by a quirk profile")


@dataclass(frozen=True, slots=True)
class Steps:
    """For one kind of message: quirk id and its rules, least specific first.

    ``idle`` says whether a payload surely stays as it is: so it is with nearly every message.
    """

    parts: tuple[tuple[str, tuple[Rule, ...]], ...]
    idle: Idle


def steps_of(parts: Sequence[tuple[str, tuple[Rule, ...]]]) -> Steps:
    """The steps of quirks with their rules."""
    rules = [rule for _, rules in parts for rule in rules]
    guarded = [(one.operation, plain(one.source[one.operation]), one.at.steps) for one in rules if one.operation in GUARDS]
    return Steps(tuple(parts), compiled(guarded, [one.may_answer for one in rules if one.operation not in GUARDS]))


Table: TypeAlias = Mapping[tuple[str, str], Steps]
NO_SCENE = Scene()


class Cures:
    """The cures for one peer: ``ids`` are the quirks chosen, ``behave`` the session's switches; ``empty``: there are none.

    ``number_ids``: its message ids are numbers.  ``asks``: a rule looks at the call that a result answers.  ``measures``: one
    wants to know what its clock is off.
    """

    __slots__ = (
        "adjusts",
        "asks",
        "behave",
        "connect",
        "empty",
        "ids",
        "measures",
        "number_ids",
        "owners",
        "repairs",
        "texts",
        "warnings",
        "written",
    )

    def __init__(
        self,
        ids: Sequence[str] = (),
        text: Sequence[tuple[str, tuple[TextRule, ...]]] = (),
        written: Sequence[tuple[str, tuple[TextRule, ...]]] = (),
        repair: Table | None = None,
        adjust: Table | None = None,
        behave: Mapping[str, Any] | None = None,
        owners: Mapping[tuple[str, str], str] | None = None,
        connect: Connect | None = None,
        number_ids: bool = False,
        warnings: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.ids, self.connect, self.number_ids, self.warnings = tuple(ids), connect, number_ids, tuple(warnings)
        self.behave: Mapping[str, Any] = behave or {}
        self.owners = dict(owners or {})
        self.texts, self.written, self.repairs, self.adjusts = tuple(text), tuple(written), dict(repair or {}), dict(adjust or {})
        self.empty = not self.ids
        steps = [*self.repairs.values(), *self.adjusts.values()]
        rules = [rule for one in steps for _, part in one.parts for rule in part]
        self.asks = any(rule.asks for rule in rules)
        self.measures = any(rule.operation == "unskew" for rule in rules)

    def owner(self, switch: str, detail: str) -> str | None:
        """The quirk that set a switch (for that operation or role)."""
        return self.owners.get((switch, detail)) or self.owners.get((switch, ""))

    def text(self, raw: str, open: Collection[str] = ()) -> tuple[str, list[Fired]]:
        """Mend the text of a message that came from the peer, before it is parsed; ``open``: ids of the calls that it owes."""
        return run_text("repair", self.texts, raw, open)

    def repair(self, kind: str, action: str, payload: Payload, scene: Scene = NO_SCENE) -> tuple[Payload, list[Fired]]:
        """Mend the payload of a message that came from the peer, before the strict decode.  An error's is its code and text.

        Raises `Answered` where a profile ends it here.
        """
        return run("repair", self.repairs.get((kind, action)), payload, scene)

    def adjust(self, kind: str, action: str, payload: Payload, scene: Scene = NO_SCENE) -> tuple[Payload, list[Fired]]:
        """Fit a valid message to the peer that it goes to.  Raises `Answered` where a profile ends it here."""
        return run("adjust", self.adjusts.get((kind, action)), payload, scene)


def run_text(
    verb: str, parts: Sequence[tuple[str, tuple[TextRule, ...]]], raw: str, open: Collection[str] = ()
) -> tuple[str, list[Fired]]:
    """The text after the rules, and which quirks fired."""
    fired: list[Fired] = []
    for quirk, rules in parts:
        made = raw
        for rule in rules:
            made = rule.apply(made, open)
        if made != raw:
            fired.append(Fired(quirk, verb, raw, made))
            raw = made
    return raw, fired


def run(verb: str, steps: Steps | None, payload: Payload, scene: Scene) -> tuple[Payload, list[Fired]]:
    """The payload after the rules, and which quirks fired.  Raises `Answered`."""
    fired: list[Fired] = []
    for quirk, rules in steps.parts if steps is not None else ():
        changed = payload
        for rule in rules:
            here = scene.of(changed)
            if rule.answers(changed, here):
                raise Answered(rule.answer, [*fired, Fired(quirk, verb, payload, rule.answer)])
            changed = rule.apply(changed, here)
        if changed is not payload:
            fired.append(Fired(quirk, verb, payload, changed))
            payload = changed
    return payload, fired


NONE = Cures()
"""For a peer without quirks."""
