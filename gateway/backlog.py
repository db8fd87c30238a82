"""Takes up the conversations of stations that left something in the journal, so that it is delivered though they stay away.

In: a relay.  Out: conversations, some in each second.
Not here: what a conversation does (`gateway.conversation`), rows that an operator brings back (`gateway.replays`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from gateway.config import Listener
from gateway.journal.contract import JournalFailed, Restored
from gateway.pace import Pace
from gateway.relay import Relay

TAKEN_UP = 500
"""So many stations are taken up in a second: those that are there must not wait behind them for the journal."""


def resume(relay: Relay) -> None:
    """Take up all that have a backlog."""
    relay.journal.backlog(partial(_resume, relay))


def _resume(relay: Relay, stations: Sequence[str] | JournalFailed) -> None:
    if isinstance(stations, JournalFailed):
        relay.unhealthy()
        return
    pace = Pace(relay.clock, TAKEN_UP)
    for identity in stations:
        pace.take(partial(take_up, relay, identity))


def take_up(relay: Relay, identity: str) -> bool:
    """Take up one station's conversation where the journal has it; false where it is there already."""
    if identity in relay.conversations or relay.stopping or not relay.healthy:
        return False
    relay.journal.restore(identity, partial(_take_up, relay, identity))
    return True


def _take_up(relay: Relay, identity: str, found: Restored | JournalFailed) -> None:
    if isinstance(found, JournalFailed):
        relay.unhealthy()
    elif identity not in relay.conversations and not relay.stopping:
        relay.conversation(identity, _came_by(relay, found))


def _came_by(relay: Relay, found: Restored) -> Listener:
    """The listener by which a station came last; else one that speaks what it left; else the first."""
    spoke = found.queue[0].dialect if found.queue else (found.values.get("boot") or {}).get("dialect", "")
    entrances = relay.site.entrances
    named = [one for one in entrances if one.name == found.values.get("listener")]
    fit = [one for one in entrances if spoke in one.address.dialects]
    return ([*named, *fit, *entrances])[0].speaking(spoke)
