"""Takes secrets out of text before anybody sees it.

In: secrets as they are read, texts.  Out: the texts with ``***`` in place of each secret, of user names and passwords in
URLs, and of credentials in an Authorization header.
Not here: tags of drivers (`gateway.observe.mask`), where texts go (`gateway.observe.log`).
"""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

HIDDEN = "***"
_PLACES = re.compile(
    r"(?P<url>(?<=://)[^/?#\s\"'<>@]*(?:@[^/?#\s\"'<>@]*)*(?=@))|(?P<head>(?i:(?<=Basic )|(?<=Bearer ))[A-Za-z0-9+/=._~-]{4,})"
)


class Redactor:
    """Knows the secrets of a process."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def hide(self, secret: str | bytes) -> None:
        """Never show this again: as it is, percent-encoded, in hexadecimal, or in base64."""
        raw = secret.encode("utf-8", "surrogateescape") if isinstance(secret, str) else secret
        text = raw.decode("utf-8", "surrogateescape")
        if not raw.strip():
            return
        forms = {text, text.strip(), quote(raw, safe=""), base64.b64encode(raw).decode("ascii"), raw.hex(), raw.hex().upper()}
        self._secrets |= {form for form in forms if form}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        return _PLACES.sub(HIDDEN, text)
