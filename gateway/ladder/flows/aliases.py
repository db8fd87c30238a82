"""Texts that one side of a step cannot hold in full.

In: a text of at most 36 characters on the left, of any length on the right.  Out: the same text on the other side.
Not here: tokens with a kind (`gateway.ladder.flows.tokens`).

A longer text is given an alias, once and for all: two long texts may begin alike, so none is ever cut.
"""

from __future__ import annotations

import base64
from typing import Any

LONGEST = 36
ALIAS = "~"


class Aliases:
    """Registers: ``long_texts`` {folded alias: text}, ``long_aliases`` {folded text: alias}."""

    total = "<>"

    def right(self, value: str, run: Any) -> str:
        """The text that an alias stands for; any other text itself."""
        return str(run.cx.registers.get("long_texts", value.casefold()) or value)

    def left(self, value: str, run: Any) -> str:
        """The text itself where it fits and cannot be taken for an alias."""
        if len(value) <= LONGEST and not value.startswith(ALIAS):
            return value
        registers = run.cx.registers
        alias = registers.get("long_aliases", value.casefold())
        if alias is None:
            alias = ALIAS + base64.b32encode(registers.next("alias").to_bytes(5, "big")).decode("ascii")
            registers.put("long_aliases", value.casefold(), alias)
        registers.put("long_texts", alias.casefold(), value)
        return str(alias)
