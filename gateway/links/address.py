"""Addresses of peers that we call.

In: a URL as text.  Out: `Address`, or ValueError with what is wrong.
Not here: connecting, which addresses a site permits.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

_PRINTABLE = re.compile(r"[\x21-\x7e]{1,4096}\Z")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}\Z")
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect and what to ask for.  ``authority`` is the value of the Host header."""

    secure: bool
    host: str
    port: int
    target: str
    authority: str

    @property
    def numeric(self) -> bool:
        """True if the host is an IP address, so that nothing must be looked up."""
        return is_ip(self.host)


def read_address(url: str, schemes: Collection[str]) -> Address:
    """Parse a URL of one of ``schemes`` (http, https, ws, wss).

    Raises ValueError: other scheme, no host, control characters, spaces, a user name, a fragment, more than 4096 bytes.
    """
    if not _PRINTABLE.match(url):
        raise ValueError("the URL is empty, too long or holds characters that no URL may hold")
    parts = urlsplit(url)
    if parts.scheme not in schemes:
        raise ValueError(f"the URL must begin with one of {', '.join(f'{scheme}://' for scheme in schemes)}")
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("the URL may hold neither a user name nor a fragment")
    if not _HOST.match(host) and not is_ip(host):
        raise ValueError("the URL names no host")
    shown = f"[{host}]" if ":" in host else host
    authority = shown if port == _PORTS[parts.scheme] else f"{shown}:{port}"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme in ("https", "wss"), host, port, target, authority)


def is_ip(host: str) -> bool:
    """Whether a host is an address that need not be looked up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host
