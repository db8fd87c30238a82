"""A way up the ladder with registers, as a session uses it: each message that comes out is valid by the official schema."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import jsonschema

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.ladder.facts import Context, Known, Recorded
from gateway.ladder.ladder import Ladder
from gateway.ladder.passage import Passage
from gateway.ladder.registers import Registers
from gateway.session.text import from_text, to_text

FOLDERS = Folders()
DIALECTS = load_dialects(FOLDERS)
LADDER = Ladder.load(FOLDERS, DIALECTS)
_FOLDER = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}


@cache
def official(dialect: str, action: str, kind: str) -> Any:
    """The validator of the PyPI package ``ocpp``; numbers are decimals on both sides."""
    name = f"{action}{'Response' if kind == 'result' else 'Request' if dialect != 'ocpp1.6' else ''}.json"
    text = (resources.files("ocpp") / _FOLDER[dialect] / "schemas" / name).read_text(encoding="utf-8-sig")
    return jsonschema.Draft7Validator(json.loads(text, parse_float=Decimal))


@dataclass
class Talk:
    """One station's messages on one route, in order.  ``sent`` gathers what went onward."""

    start: str
    end: str
    registers: Registers = field(default_factory=Registers)
    facts: Recorded = field(default_factory=Recorded)
    sent: list[tuple[str, Any]] = field(default_factory=list)

    def ask(self, action: str, payload: Any, transaction: int | None = None, offline: bool = False) -> Passage:
        """Take a request across; it and all that comes of it is checked."""
        route = LADDER.route(self.start, self.end)
        checked = DIALECTS[self.start].check("call", action, payload)
        return self._went(route.request(action, checked, self.context(transaction, offline)))

    def _went(self, passage: Passage) -> Passage:
        for name, made in passage.onward():
            DIALECTS[self.end].check("call", name, made)
            if self.end in _FOLDER:
                official(self.end, name, "call").validate(json.loads(to_text(made), parse_float=Decimal))
        self.sent += passage.onward()
        return passage

    def further(self, passage: Passage, *results: Any) -> Passage:
        """What is asked next."""
        more = passage.further(list(results), self.context())
        assert more is not None
        return self._went(more)

    def context(self, transaction: int | None = None, offline: bool = False) -> Context:
        """What a translation may look at."""
        return Context(self.facts, registers=self.registers, transaction=transaction, offline=offline)

    def answer(self, passage: Passage, *results: Any, transaction: int | None = None) -> Any:
        """The answer on the asker's side, checked; one result for each message that went onward, None where it was refused."""
        cx = self.context(transaction)
        assert passage.further(list(results), cx) is None
        made, _ = passage.results(list(results), cx)
        for name, call in passage.after:
            DIALECTS[self.start].check("call", name, call)
            if self.start in _FOLDER:
                official(self.start, name, "call").validate(json.loads(to_text(call), parse_float=Decimal))
        return made

    def crash(self) -> None:
        """What was committed is all there is."""
        self.registers.taken()
        kept = {name: dict(self.registers.items(name)) for name in ("events", "held", "tokens", "aliases", "counters", "states")}
        more = (
            "faults",
            "remote",
            "evses",
            "meters",
            "firmware",
            "logs",
            "profiles",
            "profile_ids",
            "inventory",
            "report",
            "limits",
            "told",
            "problems",
            "own",
        )
        kept |= {name: dict(self.registers.items(name)) for name in more}
        self.registers = Registers(from_text(to_text(kept)))

    def begun(self, transaction: int, connector: int) -> None:
        """What the session knows of a transaction from its first message on."""
        self.facts.known[transaction] = Known(connector, "TAG", "2026-01-02T03:04:05Z", "100", True)
