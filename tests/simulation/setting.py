"""What a simulated gateway is set up with: the shipped data files, a site, counters.

In: a route.  Out: a `Site`; data and counters that all runs share.
Not here: anything that a run changes.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

from gateway.address import parse
from gateway.catalogue import Folders
from gateway.config import Backend, Listener, Site
from gateway.data import Data
from gateway.dialects.load import load_dialects
from gateway.ladder.ladder import Ladder
from gateway.observe.metrics import Metrics
from gateway.quirks.choose import Quirks
from gateway.session.policy import Policy
from tests.simulation.routes import Route

GATEWAY = "192.0.2.1"


@cache
def data() -> Data:
    """The shipped dialects and tables."""
    folders = Folders()
    dialects = load_dialects(folders)
    return Data(dialects, Ladder.load(folders, dialects), Quirks.load(folders, dialects))


@cache
def metrics() -> Metrics:
    """Counters, which no run looks at: one set for all."""
    names = data().dialects
    return Metrics(names, {action for dialect in names.values() for action in dialect.messages})


def site(route: Route, folder: Path, chance: random.Random) -> Site:
    """One listener, one back end, and what an operator may choose."""
    names = data().dialects
    listener = Listener("street", parse(f"{route.listen}://{GATEWAY}:8080/ocpp", names), "open")
    soap = route.connect.endswith("http")
    back: dict[str, Any] = {"callback": f"http://{GATEWAY}:8081/back", "callback_listen": (GATEWAY, 8081)} if soap else {}
    backend = Backend("main", parse(f"{route.connect}://192.0.2.2:9000/central", names), **back)
    policy = Policy(
        retry_interval=4.0,
        unknown_retry_interval=20,
        uplink_wait_doublings=4,
        authorize_offline=chance.choice(("accept", "last_known", "refuse")),
        start_offline=chance.choice(("accept", "last_known")),
        late_refusal=chance.choice(("report", "remote_stop")),
        known_tokens=chance.choice(("station", "site")),
        most_in_flight=chance.choice((1, 2, 50)),
    )
    return Site((listener,), (backend,), folder, policy=policy)
