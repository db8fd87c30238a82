"""Addresses as operators write them: ``dialect+link://host:port/path``, or several dialects with commas between them.

In: text.  Out: `Address`, or `AddressError` that says what was expected.
Not here: opening sockets, or whether the dialect exists (`gateway.config` knows the loaded ones).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import quote, urlsplit

from gateway.source import nearest, one_of

Link = Literal["http", "https", "ws", "wss"]
LINKS: dict[str, tuple[str, int]] = {"http": ("soap", 80), "https": ("soap", 443), "ws": ("json", 80), "wss": ("json", 443)}
"""Link word → (codec, default port)."""


class AddressError(ValueError):
    """An address that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a peer is and what it speaks there.  ``path`` begins with ``/``; ``others`` may be spoken beside ``dialect``."""

    dialect: str
    link: Link
    host: str
    port: int
    path: str
    others: tuple[str, ...] = ()

    @property
    def dialects(self) -> tuple[str, ...]:
        """All that may be spoken there, in the order as written."""
        return (self.dialect, *self.others)

    @property
    def codec(self) -> str:
        """``soap`` or ``json``."""
        return LINKS[self.link][0]

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken."""
        return self.link in ("https", "wss")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def everywhere(self) -> bool:
        """Whether it stands for every address of the machine, so that nobody can connect to it by this name."""
        try:
            return ipaddress.ip_address(self.host).is_unspecified
        except ValueError:
            return False

    def url(self, identity: str | None = None) -> str:
        """The URL without the dialect; with ``identity`` put into the path's ``{identity}``, or appended to it."""
        path = self.path
        if identity is not None:
            name = quote(identity, safe="")
            path = path.replace("{identity}", name) if "{identity}" in path else f"{path.rstrip('/')}/{name}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.link}://{host}:{self.port}{path}"

    def __str__(self) -> str:
        return f"{','.join(self.dialects)}+{self.url()}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse(text: str, dialects: Iterable[str]) -> Address:
    """Read ``dialect+link://host:port/path``.  Raises `AddressError`."""
    known = sorted(dialects)
    scheme, separator, rest = text.partition("://")
    named, plus, link = scheme.rpartition("+")
    if not separator or not plus:
        raise AddressError(
            f"{text!r} is no address: expected dialect+link://host:port/path, as in ocpp1.5+http://127.0.0.1:8080/ocpp"
        )
    if link not in LINKS:
        raise AddressError(f"{text!r}: unknown link {link!r}, expected {one_of(LINKS)}{_hint(link, LINKS)}")
    dialects = tuple(name.strip() for name in named.split(","))
    for dialect in dialects:
        if dialect not in known:
            raise AddressError(f"{text!r}: unknown dialect {dialect!r}, expected {one_of(known)}{_hint(dialect, known)}")
        if dialects.count(dialect) > 1:
            raise AddressError(f"{text!r} names {dialect} twice")
    return _located(text, dialects, cast(Link, link), rest)


def _located(text: str, dialects: tuple[str, ...], link: Link, rest: str) -> Address:
    try:
        parts = urlsplit(f"{link}://{rest}")
        port = LINKS[link][1] if parts.port is None else parts.port
    except ValueError as error:
        raise AddressError(f"{text!r}: {error}") from None
    if port == 0:
        raise AddressError(f"{text!r}: nobody can connect to port 0")
    if not parts.hostname:
        raise AddressError(f"{text!r}: the host is missing")
    if parts.username or parts.password:
        raise AddressError("an address must not hold a password: give it by reference (credential: {env: NAME} or {file: PATH})")
    if parts.query or parts.fragment or any(c <= " " or c == "\x7f" for c in rest):
        raise AddressError(f"{text!r}: an address has no query, fragment or white space")
    return Address(dialects[0], link, parts.hostname, port, parts.path or "/", dialects[1:])


def _hint(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near else ""
