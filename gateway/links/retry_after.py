"""How long a server asks to be left alone: ``Retry-After`` (RFC 9110 section 10.2.3).

In: the headers of its answer.  Out: seconds.
Not here: whether that is too long (`gateway.session.uplink`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]+\Z")


def retry_after(headers: Iterable[tuple[str, str]]) -> float:
    """Seconds; 0 where it asks for nothing, or for nothing that can be read.  Names in lower case.

    A date is held against the answer's own ``Date``, never against our clock: one of the two may be wrong.
    """
    known = dict(reversed([*headers]))
    said = known.get("retry-after", "").strip()
    if _SECONDS.match(said):
        return float(said)
    then, now = _moment(said), _moment(known.get("date", ""))
    return max(0.0, then - now) if then is not None and now is not None else 0.0


def _moment(text: str) -> float | None:
    try:
        read = parsedate_to_datetime(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):  # no date, or no such day
        return None
