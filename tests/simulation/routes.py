"""The routes that are simulated: which station in front of which back end.

In: nothing.  Out: `ROUTES` by name.
Not here: the peers themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.simulation.event_backend import EventBackend
from tests.simulation.event_station import EventStation
from tests.simulation.json_backend import JsonBackend
from tests.simulation.json_station import JsonStation
from tests.simulation.soap_backend import SoapBackend
from tests.simulation.soap_station import SoapStation


@dataclass(frozen=True)
class Route:
    """``listen`` and ``connect`` as in a site file, without host and path."""

    listen: str
    connect: str
    station: Callable[[Any], Any]
    backend: Callable[[Any], Any]


ROUTES = {
    "1.5-1.6": Route("ocpp1.5+http", "ocpp1.6+ws", SoapStation, JsonBackend),
    "1.6-1.6": Route("ocpp1.6+ws", "ocpp1.6+ws", JsonStation, JsonBackend),
    "1.6-1.5": Route("ocpp1.6+ws", "ocpp1.5+http", JsonStation, SoapBackend),
    "1.6-2.0.1": Route("ocpp1.6+ws", "ocpp2.0.1+ws", JsonStation, EventBackend),
    "1.5-2.0.1": Route("ocpp1.5+http", "ocpp2.0.1+ws", SoapStation, EventBackend),
    "2.0.1-1.6": Route("ocpp2.0.1+ws", "ocpp1.6+ws", EventStation, JsonBackend),
    "2.0.1-1.5": Route("ocpp2.0.1+ws", "ocpp1.5+http", EventStation, SoapBackend),
}
