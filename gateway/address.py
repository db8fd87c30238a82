"""Addresses as operators write them: ``dialect+link://host:port/path``, or several dialects with commas between them.

In: text.  Out: `Address`, or `AddressError` that says what was expected.
Not here: opening sockets, or whether the dialect exists (`gateway.config` knows the loaded ones).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import SplitResult, quote, urlsplit

from gateway.source import nearest, one_of

LINKS: dict[str, tuple[str, int]] = {"http": ("soap", 80), "https": ("soap", 443), "ws": ("json", 80), "wss": ("json", 443)}
"""Link word → (codec, default port)."""
WIRED: dict[str, tuple[str, int | None]] = {
    "tcp": ("tcp", None),
    "tls": ("tcp", None),
    "udp": ("udp", None),
    "http": ("http", 80),
    "https": ("http", 443),
    "ws": ("ws", 80),
    "wss": ("ws", 443),
    "mqtt": ("mqtt", 1883),
    "mqtts": ("mqtt", 8883),
}
"""Link word of a protocol that brings its own bytes → (kind of link, default port)."""
SECURE = ("https", "wss", "tls", "mqtts")
Wires: TypeAlias = Mapping[str, Mapping[str, int | None]]
"""Dialect with bytes of its own → the kinds of link that it runs on → its own default port there, if it has one."""


class AddressError(ValueError):
    """An address that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a peer is and what it speaks there.  ``path`` begins with ``/``; ``others`` may be spoken beside ``dialect``.

    ``wired``: the dialect brings bytes of its own to that link.
    """

    dialect: str
    link: str
    host: str
    port: int
    path: str
    others: tuple[str, ...] = ()
    wired: bool = False

    @property
    def dialects(self) -> tuple[str, ...]:
        """All that may be spoken there, in the order as written."""
        return (self.dialect, *self.others)

    @property
    def codec(self) -> str:
        """``soap``, ``json`` or ``wire``."""
        return "wire" if self.wired else LINKS[self.link][0]

    @property
    def kind(self) -> str:
        """The kind of link, whether it is secure or not."""
        return WIRED[self.link][0]

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken."""
        return self.link in SECURE

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


def parse(text: str, dialects: Iterable[str], wires: Wires = MappingProxyType({})) -> Address:
    """Read ``dialect+link://host:port/path``.  Raises `AddressError`."""
    known = sorted(dialects)
    scheme, separator, rest = text.partition("://")
    named, plus, link = scheme.rpartition("+")
    if not separator or not plus:
        raise AddressError(
            f"{text!r} is no address: expected dialect+link://host:port/path, as in ocpp1.5+http://127.0.0.1:8080/ocpp"
        )
    if link not in WIRED:
        links = _links(named, wires)
        raise AddressError(f"{text!r}: unknown link {link!r}, expected {one_of(links)}{_hint(link, links)}")
    dialects = tuple(name.strip() for name in named.split(","))
    for dialect in dialects:
        if dialect not in known:
            raise AddressError(f"{text!r}: unknown dialect {dialect!r}, expected {one_of(known)}{_hint(dialect, known)}")
        if dialects.count(dialect) > 1:
            raise AddressError(f"{text!r} names {dialect} twice")
    return _located(text, dialects, link, rest, wires)


def _links(dialect: str, wires: Wires) -> list[str]:
    """The link words that fit a dialect."""
    if dialect not in wires:
        return list(LINKS)
    return [link for link, (kind, _) in WIRED.items() if kind in wires[dialect]]


def _located(text: str, dialects: tuple[str, ...], link: str, rest: str, wires: Wires) -> Address:
    wired = [name for name in dialects if WIRED[link][0] in wires.get(name, ())]
    if wired and len(dialects) > 1:
        raise AddressError(f"{text!r}: {wired[0]} brings bytes of its own, so it cannot share an address")
    if not wired and link not in LINKS:
        links = _links(dialects[0], wires)
        raise AddressError(f"{text!r}: {dialects[0]} does not run on {link!r}, expected {one_of(links)}")
    own = wires[wired[0]][WIRED[link][0]] if wired else None
    try:
        parts = urlsplit(f"http://{rest}")
        port = parts.port if parts.port is not None else own or WIRED[link][1]
    except ValueError as error:
        raise AddressError(f"{text!r}: {error}") from None
    if port is None:
        raise AddressError(f"{text!r}: the port is missing")
    _sound(text, parts, rest, port)
    return Address(dialects[0], link, parts.hostname or "", port, parts.path or "/", dialects[1:], bool(wired))


def _sound(text: str, parts: SplitResult, rest: str, port: int) -> None:
    if port == 0:
        raise AddressError(f"{text!r}: nobody can connect to port 0")
    if not parts.hostname:
        raise AddressError(f"{text!r}: the host is missing")
    if parts.username or parts.password:
        raise AddressError("an address must not hold a password: give it by reference (credential: {env: NAME} or {file: PATH})")
    if parts.query or parts.fragment or any(c <= " " or c == "\x7f" for c in rest):
        raise AddressError(f"{text!r}: an address has no query, fragment or white space")


def _hint(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near else ""
