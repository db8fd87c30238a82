"""``ocpp-gateway`` with an eye inside: on SIGUSR1 it writes what its process holds into the file ``SOAK_SEEN``, as JSON.

In: a command line.  Out: its exit code.
Not here: what is made of what was seen (`tests.soak.churn`).
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
from collections import Counter
from pathlib import Path

from gateway import load
from gateway.cli.main import main


def see() -> None:
    """Objects by type (not those that were there at start), timers, threads, descriptors."""
    from twisted.internet import reactor

    gc.collect()
    objects = Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())
    found = {
        "objects": objects,
        "timers": len(reactor.getDelayedCalls()),  # type: ignore[attr-defined]
        "threads": threading.active_count(),
        "descriptors": len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0,
    }
    place = Path(os.environ["SOAK_SEEN"])
    place.with_suffix(".new").write_text(json.dumps(found), encoding="utf-8")
    place.with_suffix(".new").replace(place)


def asked(*_: object) -> None:
    """By a signal, which may come amid anything."""
    from twisted.internet import reactor

    reactor.callFromThread(see)  # type: ignore[attr-defined]


if __name__ == "__main__":
    load.LATE = (3600.0,) * 4  # a machine that stands still for a moment is none of what is tried here
    signal.signal(signal.SIGUSR1, asked)
    sys.exit(main())
