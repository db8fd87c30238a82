"""HTTP Digest (RFC 7616): a name and a secret shown to a station without saying the secret.

In: a challenge, a method and a path.  Out: the header that answers it.
Not here: asking again with it (`gateway.links.polls`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable

_PARTS = re.compile(r'([a-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', re.IGNORECASE)
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class Digest:
    """``chance`` gives fresh text for each answer.  Of the protections that a challenge offers only ``auth`` is known."""

    def __init__(self, user: str, secret: bytes, chance: Callable[[], str]) -> None:
        self._user, self._secret, self._chance = user.encode(), secret, chance
        self._challenge: dict[str, str] = {}
        self._count = 0

    def challenged(self, headers: Iterable[tuple[str, str]]) -> bool:
        """Take the first challenge that can be answered; false where there is none."""
        for name, value in headers:
            kind, _, rest = value.partition(" ")
            if name == "www-authenticate" and kind.lower() == "digest" and self._taken(rest):
                return True
        return False

    def _taken(self, text: str) -> bool:
        found = {name.lower(): quoted or bare for name, quoted, bare in _PARTS.findall(text)}
        offered = [one.strip() for one in found.get("qop", "").split(",") if one.strip()]
        known = found.get("algorithm", "MD5").upper() in _HASHES and (not offered or "auth" in offered)
        if not known or not {"realm", "nonce"} <= set(found):
            return False
        self._challenge, self._count = {**found, "qop": "auth" if offered else ""}, 0
        return True

    def header(self, method: str, path: str) -> str | None:
        """The value of Authorization; None before a challenge."""
        asked = self._challenge
        if not asked:
            return None
        self._count += 1
        count, chance = f"{self._count:08x}", self._chance()
        who = self._hashed(self._user + b":" + asked["realm"].encode("latin-1") + b":" + self._secret)
        what = self._hashed(f"{method}:{path}".encode())
        between = [asked["nonce"], *([count, chance, "auth"] if asked["qop"] else [])]
        told = {"username": self._user.decode(), "realm": asked["realm"], "nonce": asked["nonce"], "uri": path}
        told["response"] = self._hashed(":".join([who, *between, what]).encode("latin-1"))
        told |= {"opaque": asked["opaque"]} if "opaque" in asked else {}
        bare = {"algorithm": asked["algorithm"]} if "algorithm" in asked else {}
        if asked["qop"]:
            told["cnonce"] = chance
            bare |= {"qop": "auth", "nc": count}
        parts = [f'{name}="{value}"' for name, value in told.items()] + [f"{name}={value}" for name, value in bare.items()]
        return "Digest " + ", ".join(parts)

    def _hashed(self, data: bytes) -> str:
        return _HASHES[self._challenge.get("algorithm", "MD5").upper()](data).hexdigest()
