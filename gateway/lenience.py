"""What quirk profiles forgive at the door: where the identity stands, which sub-protocol is meant, which dialect is spoken.

In: a handshake, the `Connect` rules of the profiles that fit it.  Out: the identity, the sub-protocol to name, a dialect.
Not here: whom to let in (`gateway.doors`), what a profile may say (`gateway.quirks.connect`).

A site without such profiles never comes here.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from gateway.config import Listener
from gateway.conversation import Conversation
from gateway.dialects.errors import PeerError
from gateway.dialects.ocppj import read_frame
from gateway.dialects.schema import Dialect
from gateway.ends.frames import FrameEnd
from gateway.links.exchange import Handshake, Request
from gateway.messages import Call
from gateway.quirks.choose import Quirks
from gateway.quirks.connect import Connect, identity_of, password_of
from gateway.quirks.cures import Fired
from gateway.quirks.match import Known


def rules(quirks: Quirks, listener: Listener, request: Request, station: str | None) -> Connect | None:
    """What the profiles say of a peer at this door; its identity is known or not yet."""
    agent, dialect = request.header("user-agent"), listener.address.dialect
    known = Known("station", station=station, listener=listener.name, user_agent=agent, dialect=dialect)
    return quirks.choose(known).connect


@dataclasses.dataclass(frozen=True, slots=True)
class Mended:
    """The body of a SOAP request after text repairs, and the quirks that changed it."""

    body: bytes
    fired: Sequence[Fired]


def mended(quirks: Quirks, listener: Listener, request: Request) -> Mended | None:
    """The body as profiles for this listener or User-Agent mend it; None where they change nothing."""
    agent, dialect = request.header("user-agent"), listener.address.dialect
    cures = quirks.choose(Known("station", listener=listener.name, user_agent=agent, dialect=dialect))
    if not cures.texts:
        return None
    text, fired = cures.text(request.body.decode("utf-8", "replace"))
    return Mended(text.encode(), fired) if fired else None


def identity(connect: Connect, rest: str, request: Request, user: str | None) -> str | None:
    """The identity by the rules; ``rest`` is the path behind the listener's, ``user`` that of HTTP Basic."""
    return identity_of(connect, rest, request.target, dict(reversed(request.headers)), user)


def credentials(request: Request, rest: str, identity: str, connect: Connect | None) -> tuple[bytes, bytes] | None:
    """User and password: where a profile says that the password stands, else those of HTTP Basic."""
    if connect is not None and connect.password is not None:
        found = password_of(connect, rest, request.target, dict(reversed(request.headers)))
        if found is not None:
            return identity.encode(), found.encode()
    return basic(request, connect)


def basic(request: Request, connect: Connect | None = None) -> tuple[bytes, bytes] | None:
    """User and password of HTTP Basic; the password is bytes (1.6 keys need not be text)."""
    given = [value for name, value in request.headers if name == "authorization"]
    scheme, _, shown = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "basic" and not (scheme.lower() == "basic:" and connect is not None and "scheme" in connect.forgive):
        return None
    try:
        user, colon, password = base64.b64decode(shown.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if colon else None


def keeper(conversation: Conversation, now: float) -> str | None:
    """The quirk by which a station's link is kept against a second one, where it was heard of lately enough.

    It is pinged all the same, so that the next try finds out.
    """
    end, cures = conversation.station_end, conversation.cures.get("station")
    rules = cures.connect if cures is not None else None
    socket = end.socket if isinstance(end, FrameEnd) else None
    if rules is None or rules.keep_link is None or socket is None or not socket.is_open:
        return None
    lately = now - socket.heard_at < rules.keep_link
    socket.ping()
    return rules.owners["keep_link"] if lately else None


@dataclasses.dataclass(frozen=True, slots=True)
class Spoken:
    """A sub-protocol was agreed on; ``name`` is what the answer names, None for nothing."""

    name: str | None


def offered(usual: str, connect: Connect | None) -> tuple[str, ...]:
    """The sub-protocols to offer to a back end."""
    if connect is None or not (connect.subprotocols or connect.assume_subprotocol):
        return (usual,)
    return connect.subprotocols


def headers(connect: Connect | None) -> list[tuple[str, str]]:
    """What else a back end's handshakes or requests have."""
    return [*connect.headers.items()] if connect is not None and connect.headers else []


def matches(shown: tuple[bytes, bytes] | None, identity: str, expected: bytes, connect: Connect | None) -> bool:
    """Whether these are the station's user and password."""
    if shown is None:
        return False
    user, password = shown
    forgiven = connect.forgive if connect is not None else ()
    right = hmac.compare_digest(password, expected)
    if "hex_password" in forgiven:
        right |= hmac.compare_digest(password.lower(), expected.hex().encode())
        right |= hmac.compare_digest(password.hex().encode(), expected.lower())
    return right & (hmac.compare_digest(user, identity.encode()) | ("user" in forgiven))


def spoken(wanted: str, offered: Sequence[str], connect: Connect | None) -> Spoken | None:
    """How to answer an offer of sub-protocols; None where nothing that is spoken here is meant."""
    if wanted in offered:
        return Spoken(wanted)
    if connect is None:
        return None
    if not offered and connect.assume_subprotocol:
        return Spoken(None)
    meant = {name.casefold() for name in connect.subprotocols}
    return next((Spoken(name) for name in offered if name.casefold() in meant), None)


def pinned(spoken_here: Mapping[str, str], offered: Sequence[str], connect: Connect | None) -> str | None:
    """The dialect that a profile prefers among those offered, by sub-protocol."""
    there = {dialect for name, dialect in spoken_here.items() if name in offered}
    return next((one for one in (connect.speak if connect is not None else ()) if one in there), None)


def used(
    connect: Connect | None, handshake: Handshake, wanted: str, spoken: Spoken, listener: Listener, pinned: str | None
) -> list[str]:
    """The quirks without which a handshake would have been refused, or understood otherwise."""
    if connect is None:
        return []
    request, keys = handshake.request, [key for key in ("identity", "decode_twice", "password") if getattr(connect, key)]
    colon = "scheme" in connect.forgive and (request.header("authorization") or "").lower().startswith("basic:")
    if request.handshake_faults() or request.header("origin") is not None or colon:
        keys.append("forgive")
    if spoken.name is None and listener.assumed is None:
        keys.append("assume_subprotocol")
    elif spoken.name not in (None, wanted):
        keys.append("subprotocols")
    if pinned is not None and len(handshake.subprotocols) > 1:
        keys.append("speak")
    return list(dict.fromkeys(connect.owners[key] for key in keys if key in connect.owners))


class End(Protocol):
    """An end that takes text frames."""

    def text(self, text: str) -> None:
        """A frame came."""

    def closed(self, code: int, reason: str) -> None:
        """The link closed."""


class FirstWord:
    """Receives the first message of a socket, finds out which dialect it is, and lets ``join`` make the end for the rest."""

    def __init__(self, choices: Sequence[Dialect], join: Callable[[Dialect], End]) -> None:
        self.choices, self.join = choices, join
        self.end: End | None = None

    def text(self, text: str) -> None:
        """A frame came."""
        if self.end is None:
            self.end = self.join(by_shape(text, self.choices))
        self.end.text(text)

    def closed(self, code: int, reason: str) -> None:
        """The link closed."""
        if self.end is not None:
            self.end.closed(code, reason)


def by_shape(text: str, choices: Sequence[Dialect]) -> Dialect:
    """The dialect of a first message: the first of which it is valid, else that which knows most of its fields."""
    try:
        frame = read_frame(text)
    except PeerError:
        return choices[0]
    if not isinstance(frame, Call):
        return choices[0]
    return max(choices, key=lambda one: (_valid(one, frame), _known(one, frame), -choices.index(one)))


def _valid(dialect: Dialect, call: Call) -> bool:
    try:
        return call.action in dialect.messages and bool(dialect.check("call", call.action, call.payload) is not None)
    except PeerError:
        return False


def _known(dialect: Dialect, call: Call) -> int:
    message, payload = dialect.messages.get(call.action), call.payload
    if message is None or not isinstance(payload, Mapping):
        return -1
    names: Mapping[str, Any] = message.request.fields
    return sum(1 for name in payload if name in names)


def spoken_in(listener: Listener, dialect: Dialect) -> Listener:
    """The same listener for a station that speaks another dialect."""
    return dataclasses.replace(listener, address=dataclasses.replace(listener.address, dialect=dialect.name))
