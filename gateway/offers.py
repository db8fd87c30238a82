"""Which dialect a handshake agrees on, by the sub-protocols that are offered.

In: the dialects of a listener, the offers of a station.  Out: a dialect's name.
Not here: what quirk profiles forgive (`gateway.lenience`), the answer (`gateway.doors`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gateway.dialects.schema import Dialect

_NUMBER = re.compile(r"[0-9]{1,9}")


def subprotocols(dialects: Sequence[str], known: Mapping[str, Dialect]) -> dict[str, str]:
    """Sub-protocol → dialect, in the order of ``dialects``."""
    codecs = ((name, known[name].json) for name in dialects)
    return {codec.subprotocol: name for name, codec in codecs if codec is not None}


def agreed(names: Mapping[str, str], offered: Sequence[str], assumed: str | None) -> str | None:
    """The dialect of a handshake: the newest of those offered, whatever their order; None where nothing fits.

    The server chooses (RFC 6455, section 4.2.2); a station that speaks a newer version loses less by it.
    """
    if not offered:
        return assumed
    return max((names[name] for name in offered if name in names), key=_age, default=None)


def _age(dialect: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBER.findall(dialect)))
