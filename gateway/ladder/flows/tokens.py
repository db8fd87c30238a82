"""Tokens between 20 characters of text and a value with a kind; and transaction numbers between number and text.

In: a token of either side.  Out: the same token on the other.
Not here: what a token may do.

A token that does not fit is given an alias, once and for all: two long tokens may begin alike, so none is ever cut.  A token
whose kind is not what its looks suggest is remembered with it.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from gateway.messages import Payload

LONGEST = 20
NOBODY = "NOAUTH"
"""What stands for a token that is none (kind NoAuthorization) where the other side demands one."""
ALIAS = "~"
MOST_KINDS = 1000

_KINDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"E0[0-9A-F]{14}\Z", re.IGNORECASE | re.ASCII), "ISO15693"),
    (re.compile(r"([0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})\Z", re.IGNORECASE | re.ASCII), "ISO14443"),
    (re.compile(r"[A-Z]{2}(-?)[A-Z0-9]{3}\1[A-Z0-9]{9}(\1[A-Z0-9])?\Z", re.IGNORECASE | re.ASCII), "eMAID"),
)


def looks_like(tag: str) -> str:
    """The kind that a token's text suggests: a card's number, a contract's, else one of the back end's own."""
    return next((kind for form, kind in _KINDS if form.match(tag)), "Central")


class Tokens:
    """Left an ``idTag``, right an ``IdToken``.  Registers: ``tokens`` {folded tag: token}, ``aliases`` {folded token: alias}."""

    total = "<>"
    reads = ("idToken", "type")

    def right(self, value: str, run: Any) -> Payload:
        """The token that the tag stands for."""
        known = run.cx.registers.get("tokens", value.casefold())
        if known is not None:
            return dict(known)
        if value == NOBODY:
            return {"idToken": "", "type": "NoAuthorization"}
        return {"idToken": value, "type": looks_like(value)}

    def left(self, value: Payload, run: Any) -> str:
        """The tag by which the other side knows the token."""
        text, kind, registers = value["idToken"], value["type"], run.cx.registers
        if kind == "NoAuthorization" or not text:
            return NOBODY
        if len(text) > LONGEST or text.startswith(ALIAS) or text == NOBODY:
            return self._alias(text, kind, registers)
        if looks_like(text) == kind:
            if registers.get("tokens", text.casefold()) is not None:
                registers.put("tokens", text.casefold(), None)
        else:
            self._remember(text, {"idToken": text, "type": kind}, registers)
        return str(text)

    def _alias(self, text: str, kind: str, registers: Any) -> str:
        alias = registers.get("aliases", text.casefold())
        if alias is None:
            number = registers.next("alias")
            alias = ALIAS + base64.b32encode(number.to_bytes(5, "big")).decode("ascii")
            registers.put("aliases", text.casefold(), alias)
        registers.put("tokens", alias.casefold(), {"idToken": text, "type": kind})
        return str(alias)

    def _remember(self, tag: str, token: Payload, registers: Any) -> None:
        kept = [key for key, _ in registers.items("tokens") if not key.startswith(ALIAS)]
        if len(kept) >= MOST_KINDS and tag.casefold() not in kept:
            registers.put("tokens", kept[0], None)
        registers.put("tokens", tag.casefold(), token)


class Numbers:
    """Left a number, right the same as text: how the ladder names transactions."""

    total = "<>"

    def right(self, value: int, run: Any) -> str:
        """As text."""
        return str(value)

    def left(self, value: str, run: Any) -> int:
        """As a number; 0, which no transaction has, for what is none."""
        return int(value) if value.isascii() and value.isdigit() and len(value) < 11 else 0
