"""What is left of the descriptors (open files and sockets) that this process may have.

In: how many are wanted, and by whom.  Out: how many may be had.
Not here: who waits, and how long (`gateway.links.server`, `gateway.links.dial`).

Who comes in may not use up what those need who are there already, least of all the journal.  So the last of them are kept: from
stations first, then from links of ours, then from the admin port.  What is left after that is the journal's, the log's and the
trace's.
"""

from __future__ import annotations

import os
import resource
from contextlib import suppress

MOST_KEPT = 64
"""So many are kept, or a quarter of all where the limit is low."""
STATIONS, LINKS, ADMIN = 1.0, 0.5, 0.25
"""The part of what is kept that each may not touch."""


def room(wanted: int, who: float) -> int:
    """How many descriptors there are for ``who`` (`STATIONS`, `LINKS` or `ADMIN`), looking for no more than ``wanted``.

    They are opened to see, and closed again: the system gives the lowest free number, so one at or above the line says that there
    is none left below it.
    """
    most = limit()
    line = most - int(kept(most) * who)
    opened: list[int] = []
    with suppress(OSError):
        while len(opened) < wanted and not (opened and opened[-1] >= line):
            opened.append(os.dup(opened[0]) if opened else os.open(os.devnull, os.O_RDONLY))
    for one in opened:
        os.close(one)
    return min(wanted, sum(one < line for one in opened))


def limit() -> int:
    """How many descriptors this process may have."""
    found = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 2**31 if found == resource.RLIM_INFINITY else found


def kept(most: int) -> int:
    """How many of so many are kept from stations."""
    return min(MOST_KEPT, most // 4)


def connections(most: int) -> int:
    """How many connections of stations so many descriptors allow: each may need another one towards its back end."""
    return (most - kept(most)) // 2


def raise_limit() -> None:
    """Up to what the system grants without being asked twice; many start a program with 1024 and grant far more."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS grants less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
