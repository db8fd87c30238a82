"""The verb for what comes before any message: the handshake, and the WebSocket itself.

In: the ``connect`` of a profile.  Out: `Connect`.
Not here: who the peer is when the door opens (`gateway.doors`), keeping the rules (`gateway.doors`, `gateway.links`).

At the door only the listener, the User-Agent and, once it is found, the identity are known; and a station's last boot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import parse_qsl, unquote

from gateway.messages import Side
from gateway.quirks.bounded import bounded
from gateway.quirks.digits import is_number, plain
from gateway.source import Checker, Map, nearest, one_of

FORGIVEN = {
    "connection": "the header Connection is missing or wrong",
    "version": "Sec-WebSocket-Version is missing or wrong",
    "key": "Sec-WebSocket-Key is missing or wrong",
    "origin": "there is an Origin, as from a browser",
    "user": "the user of HTTP Basic is not the identity; the password must be right",
    "scheme": "the scheme of its HTTP Basic is followed by a colon",
    "hex_password": "the password is the hexadecimal text of the one that is expected, or the other way round",
    "binary": "messages are binary where they should be text",
    "unmasked": "its frames are not masked",
    "reserved_bits": "its frames have reserved bits set, and are not compressed for all that",
}
"""What a peer may do at its handshake, or on its link, that is refused otherwise."""
_NAME, _VALUE = re.compile(r"[-A-Za-z0-9_]{1,100}\Z"), re.compile(r"[\x20-\x7e]{1,500}\Z")
_OURS = ("host", "upgrade", "connection", "content-length", "content-type", "transfer-encoding", "authorization")
LONGEST = 500
"""Characters of a path that an expression looks at."""
IDENTITY = ("path", "query", "header", "credential")
PASSWORD = ("path", "query", "header")


@dataclass(frozen=True, slots=True)
class Connect:
    """What is forgiven and changed for one peer.  None or empty: as usual."""

    assume_subprotocol: bool | None = None
    subprotocols: tuple[str, ...] = ()
    speak: tuple[str, ...] = ()
    headers: Mapping[str, str] | None = None
    identity: Mapping[str, str] | None = None
    password: Mapping[str, str] | None = None
    decode_twice: bool | None = None
    forgive: tuple[str, ...] = ()
    ping_every: float | None = None
    dead_after: float | None = None
    by_shape: tuple[str, ...] = ()
    charset: str | None = None
    keep_link: float | None = None
    cut_anew: bool | None = None
    owners: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Key → the quirk that it is from."""

    @property
    def beats(self) -> bool:
        """Whether it says something of pings and silence."""
        return self.ping_every is not None or self.dead_after is not None


MEANINGS: dict[str, str] = {
    "assume_subprotocol": "true: a handshake that names no sub-protocol means the listener's; none is named in the answer "
    "(of a back end: none is offered to it)",
    "subprotocols": "[name, …]: these names, in any letter case, mean the listener's dialect too; the "
    "answer repeats the one that was asked (of a back end: these are offered to it, and not the dialect's own)",
    "speak": "[dialect, …]: of several sub-protocols that are offered the first of these is taken, and not the newest",
    "headers": "{NAME: VALUE}: of a back end alone: headers that our handshakes, or requests, have beside the usual",
    "identity": "{path: expression with one group}, {query: NAME}, {header: NAME} or {credential: true}: "
    "where the identity stands",
    "password": "{path: expression with one group}, {query: NAME} or {header: NAME}: where the password stands, in the place of "
    "HTTP Basic",
    "decode_twice": "true: the identity in the path is percent-encoded twice",
    "forgive": f"[{', '.join(FORGIVEN)}]: what may be missing or wrong",
    "ping_every": "seconds between our pings; 0: none, for a peer that cannot answer them",
    "dead_after": "seconds of silence after which the link is cut; 0: never",
    "by_shape": "[dialect, …]: the first message decides: if it is not valid in the listener's "
    "dialect, the first of these that fits is spoken",
    "charset": "latin-1, windows-1252, gbk or another: text that is no UTF-8 is in this",
    "cut_anew": "true: messages come glued together, or in pieces: they are cut anew where a list ends",
    "keep_link": "seconds: a second link is refused while the first was heard of in the last so many seconds",
}
"""Key → form and meaning."""
OF_BACKENDS = ("assume_subprotocol", "subprotocols", "headers", "forgive", "ping_every", "dead_after", "charset", "cut_anew")
"""What can be said of a back end; all but ``headers`` can be said of a station."""
FORGIVEN_BACKENDS = ("binary",)


def keys_of(side: Side) -> list[str]:
    """What can be said of a peer at that side."""
    return [*OF_BACKENDS] if side == "backend" else [key for key in MEANINGS if key != "headers"]


def read_connect(check: Checker, at: Any, holder: Map, dialects: Iterable[str], side: Side) -> Connect:
    """The mapping ``at``, which is ``holder["connect"]``."""
    known = keys_of(side)
    if not isinstance(at, Map) or not at:
        check.fault(holder, "connect", "connect is no mapping", "key: value lines, keys " + one_of(known))
        return Connect()
    made: dict[str, Any] = {}
    for key, value in at.items():
        if key not in MEANINGS:
            check.unknown(at, key, "key in connect", known)
            continue
        if key not in known:
            check.fault(at, key, f"{key} does nothing for a {'back end' if side == 'backend' else side}", one_of(known))
            continue
        trouble = _trouble(key, plain(value), list(dialects), side)
        if trouble:
            near = nearest(*odd) if (odd := _odd(key, value, list(dialects), side)) else ""
            check.fault(at, key, f"{key}: {trouble}", MEANINGS[key], near)
        else:
            made[key] = tuple(value) if isinstance(value, list) else float(value) if is_number(value) else plain(value)
    return Connect(**made)


def _trouble(key: str, value: Any, dialects: list[str], side: Side) -> str:
    """What is wrong with the value of a key, or an empty text."""
    if key in ("assume_subprotocol", "decode_twice", "cut_anew"):
        return "" if value is True else f"does not take {value!r}"
    if key in ("ping_every", "dead_after", "keep_link"):
        return "" if is_number(value) and 0 <= value <= 86400 else f"does not take {value!r}"
    if key == "charset":
        return _charset_trouble(value)
    if key in ("identity", "password"):
        return _place_trouble(value, IDENTITY if key == "identity" else PASSWORD)
    if key == "headers":
        return _header_trouble(value)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        return f"does not take {value!r}"
    odd = _odd(key, value, dialects, side)
    return f"unknown {odd[0]!r}, expected {one_of(odd[1])}" if odd else ""


def _odd(key: str, value: Any, dialects: list[str], side: Side) -> tuple[str, list[str]] | None:
    """The first word of a list that may not stand there, and those that may."""
    forgiven = list(FORGIVEN_BACKENDS if side == "backend" else FORGIVEN)
    known = {"forgive": forgiven, "by_shape": dialects, "speak": dialects}.get(key)
    listed = value if isinstance(value, list) and known is not None else []
    return next(((one, known) for one in listed if known is not None and isinstance(one, str) and one not in known), None)


def _charset_trouble(value: Any) -> str:
    try:
        sound = b"[".decode(value) == "["  # where ASCII is not itself no frame could be read
    except (LookupError, TypeError, UnicodeDecodeError):
        sound = False
    return "" if sound else f"{value!r} is no charset"


def _header_trouble(value: Any) -> str:
    if not isinstance(value, dict) or not value:
        return f"does not take {value!r}"
    for name, text in value.items():
        if not _NAME.match(name) or not isinstance(text, str) or not _VALUE.match(text):
            return f"{name!r} is no header with a text"
        if name.lower() in _OURS or name.lower().startswith("sec-websocket-"):
            return f"{name!r} is written by the gateway itself"
    return ""


def _place_trouble(value: Any, places: tuple[str, ...]) -> str:
    if not isinstance(value, dict) or len(value) != 1 or not set(value) <= set(places):
        return f"does not take {value!r}"
    ((where, what),) = value.items()
    if where == "credential":
        return "" if what is True else "credential is true"
    if not isinstance(what, str):
        return f"{where} is no text"
    if where != "path":
        return ""
    try:
        return "" if bounded(what, LONGEST, 10**9).groups == 1 else "the expression needs one group, around what is looked for"
    except ValueError as error:
        return str(error)


def joined(connects: Iterable[tuple[str, Connect]]) -> Connect | None:
    """The rules of several profiles (by id), the later ones first; None where there are none.

    What they forgive adds up, and each of those has its owner too.
    """
    made: dict[str, Any] = {}
    owners: dict[str, str] = {}
    for id, connect in connects:
        for one in fields(Connect):
            value = getattr(connect, one.name)
            if one.name != "owners" and value not in (None, ()):
                made[one.name] = tuple(sorted({*made.get("forgive", ()), *value})) if one.name == "forgive" else value
                owners |= {one.name: id} | (dict.fromkeys(value, id) if one.name == "forgive" else {})
    return Connect(**made, owners=owners) if made else None


def identity_of(connect: Connect, path: str, target: str, header: Mapping[str, str], user: str | None) -> str | None:
    """The identity by the profile's rule; None where it does not stand there.  ``path`` is what follows the listener's."""
    if connect.identity is None:
        found: str | None = unquote(path)
    else:
        ((where, what),) = connect.identity.items()
        found = _found(where, what, path, target, header, user)
    return unquote(found) if found is not None and connect.decode_twice else found


def password_of(connect: Connect, path: str, target: str, header: Mapping[str, str]) -> str | None:
    """The password by the profile's rule; None where it has none, or where it does not stand there."""
    return next((_found(where, what, path, target, header, None) for where, what in (connect.password or {}).items()), None)


def hidden(connect: Connect | None, path: str, rest: str) -> str:
    """The path as it may be shown: without a password that stands in ``rest``, the end of it behind the listener's."""
    expression = (connect.password or {}).get("path") if connect is not None else None
    match = re.search(expression, rest[:LONGEST]) if expression else None
    return path if match is None or not match[1] else path.replace(rest, f"{rest[: match.start(1)]}***{rest[match.end(1) :]}")


def _found(where: str, what: str, path: str, target: str, header: Mapping[str, str], user: str | None) -> str | None:
    if where == "path":
        match = re.search(what, path[:LONGEST])
        return unquote(match[1]) if match and match[1] else None
    if where == "query":
        query = target.partition("?")[2]
        return next((value for name, value in parse_qsl(query, keep_blank_values=True) if name == what), None)
    return header.get(what.lower()) if where == "header" else user
