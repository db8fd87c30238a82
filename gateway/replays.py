"""Brings parked rows back that an operator asked for while this gateway runs.

In: a relay whose journal holds such requests.  Out: the rows queued again, and their conversations begun anew.
Not here: asking (`gateway.cli.journal`), what bringing back means (`gateway.journal.parked`).

A conversation holds its queue in memory, in order, so one that runs is closed first; what it still had to store was asked
for earlier and is stored earlier.  The station comes back by itself, and its new conversation reads the queue as it is then.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from gateway.backlog import take_up
from gateway.journal.contract import JournalFailed
from gateway.relay import Relay


def carry_out(relay: Relay) -> None:
    """Do all that was asked for."""
    relay.journal.asked(partial(_asked, relay))


def _asked(relay: Relay, stations: Sequence[str] | JournalFailed) -> None:
    if isinstance(stations, JournalFailed) or relay.stopping:
        return  # the requests stay where they are
    for station in stations:
        running = relay.conversations.get(station)
        if running is not None:
            running.close("an operator brought parked messages back")
            relay.ended(running)
        relay.journal.replay(station, partial(_brought, relay, station))


def _brought(relay: Relay, station: str, count: int | JournalFailed) -> None:
    if not isinstance(count, JournalFailed):
        relay.witness.log.info("parked messages brought back", station=station, rows=count)
        take_up(relay, station)
