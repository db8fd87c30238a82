"""The joint: the only module that knows all rooms.

In: a site, loaded data, a reactor, a journal.  Out: a `Relay` with a conversation for every station.
Not here: whom to let in (`gateway.doors`), one conversation's workings (`gateway.conversation`), any rule about content.
"""

from __future__ import annotations

import base64
import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway import lenience
from gateway.address import Address
from gateway.choosing import Choosing, Place, linked
from gateway.config import Backend, Listener, Site, Station
from gateway.conversation import BackendSide, Clock, Conversation
from gateway.data import Data
from gateway.ends.envelopes import EnvelopeEnd, Poster
from gateway.ends.frames import FrameEnd
from gateway.ends.voice import Voice
from gateway.journal.contract import Contradicted, Journal, JournalFailed, PutStation, Restored
from gateway.ladder.route import Route
from gateway.ladder.timed import TimedRoute
from gateway.links.later import NOW, Later, Now
from gateway.links.limits import LinkFailed
from gateway.links.websocket import Receiver, WebSocket
from gateway.load import Load
from gateway.messages import Side
from gateway.pace import Pace
from gateway.quirks.cures import Fired
from gateway.session import commands as do
from gateway.session.events import Stopping
from gateway.session.session import Session
from gateway.session.shared import Shared
from gateway.session.tokens import EVERYBODY, MOST_OF_A_SITE, Tokens
from gateway.turns import Turn, Turns
from gateway.witness import Witness

HEAL_EVERY = 1.0
"""Seconds between tries to store again, once storing failed; a station tries again after some seconds at the soonest."""

Dial = Callable[[str, tuple[str, ...], list[tuple[str, str]], Receiver, Backend], Deferred[WebSocket]]
"""Opens a WebSocket: url, sub-protocols, headers, receiver, and the back end for its TLS settings."""


class Relay:
    """Every station of one process, joined to its back end."""

    def __init__(
        self,
        site: Site,
        data: Data,
        journal: Journal,
        clock: Clock,
        wall: Callable[[], datetime],
        ids: Callable[[], str],
        rng: random.Random,
        witness: Witness,
        dial: Dial,
        poster: Poster,
    ) -> None:
        self.site, self.data, self.journal, self.clock, self.wall = site, data, journal, clock, wall
        self.ids, self.rng, self.witness, self._dial, self.poster = ids, rng, witness, dial, poster
        self.conversations: dict[str, Conversation] = {}
        self._listeners: dict[str, Listener] = {}
        self._agents: dict[str, str | None] = {}
        self._paces: dict[str, Pace] = {}  # by back end
        self._turns: dict[str, Turns] = {}
        self._routes: dict[tuple[str, str], TimedRoute] = {}
        shared = site.backends if site.policy.known_tokens == "site" else ()
        self._tokens = {one.name: Tokens(EVERYBODY, one.name, MOST_OF_A_SITE) for one in shared}
        if self._tokens:  # the journal answers in order: before any station's conversation begins
            journal.restore(EVERYBODY, self._learnt)
        self.load = Load()
        self.healthy = True
        self.stopping = False
        self.choosing = Choosing(witness, self.wall, lambda writes: self.journal.commit(writes, lambda failure: None))
        self.noted, self.committed = witness.noted, witness.metrics.committed
        witness.on_fired = self.fired
        self.on_health: Callable[[bool], None] = lambda healthy: None
        self.later: Later | Now = NOW

    def _learnt(self, found: Restored | JournalFailed) -> None:
        """What all stations together know; where it cannot be read the journal is closed to them too."""
        if not isinstance(found, JournalFailed):
            for tokens in self._tokens.values():
                tokens.restore(found.registers)

    # -- conversations -------------------------------------------------------------------------------------------

    def conversation(self, identity: str, listener: Listener, agent: str | None = None) -> Conversation:
        """The conversation of a station; made, and woken, where there is none."""
        self._listeners[identity], self._agents[identity] = listener, agent
        found = self.conversations.get(identity)
        if found is not None and found.session.desk.dialect.name == listener.address.dialect:
            return found
        if found is not None:
            # The station speaks another dialect now (a new firmware): what it left in the old one is in the journal.
            found.close("the station speaks another dialect now")
        dialect = self.data.dialects[listener.address.dialect]
        backend = self.site.backend_of(identity, listener)
        theirs = self.data.dialects[backend.address.dialect]
        up, down = self._route(dialect.name, theirs.name), self._route(theirs.name, dialect.name)
        policy = self.site.policy
        if backend.address.codec == "soap":
            policy = dataclasses.replace(policy, replay_boot=False)
        turn = Turn(self._turns.setdefault(backend.name, Turns(policy.most_in_flight)))
        tokens = self._tokens.get(backend.name)
        older = self._older(theirs.name)
        shared = Shared(turn, tokens, self.load)
        session = Session(identity, dialect, theirs, up, down, policy, self.ids, self.rng, older, shared)
        made = self.conversations[identity] = Conversation(identity, session, self, self.later)
        made.wake()
        return made

    def _older(self, end: str) -> Callable[[str], Route | None]:
        return lambda start: self._route(start, end) if self.data.ladder.reaches(start, end) else None

    def reroute(self, conversation: Conversation) -> None:
        """Tables changed: a conversation's next calls take the new ones."""
        desk = conversation.session.desk
        here, there = desk.dialect.name, desk.backend.name
        conversation.session.reroute(self._route(here, there), self._route(there, here))

    def _route(self, start: str, end: str) -> Route:
        """One for all stations: it keeps the walks that were made on it."""
        route, kept = self.data.ladder.route(start, end), self._routes.get((start, end))
        if kept is None or kept.of is not route:
            kept = self._routes[start, end] = TimedRoute(route, self.clock.seconds, self.witness.metrics.translated)
        return kept

    def restored(self, conversation: Conversation, found: Restored) -> None:
        """Where a station comes in, and where it can be called, is remembered over a restart."""
        came = {"listener": self._listeners[conversation.station].name, "user_agent": self._agents.get(conversation.station)}
        news = {key: value for key, value in came.items() if value is not None and found.values.get(key) != value}
        if news:
            self.journal.commit([PutStation(conversation.station, news)], lambda failure: None)
        if self._agents.get(conversation.station) is None:
            self._agents[conversation.station] = found.values.get("user_agent")
        conversation.callback = found.values.get("callback")
        conversation.firings.restore(found.values)
        end = conversation.station_end
        if isinstance(end, EnvelopeEnd) and end.url is None:
            end.url = conversation.callback

    def ended(self, conversation: Conversation) -> None:
        """Forget a conversation in which nothing waits and nobody is there."""
        if self.conversations.get(conversation.station) is conversation:
            del self.conversations[conversation.station]
            self._listeners.pop(conversation.station, None)
            self._agents.pop(conversation.station, None)

    def crashed(self, conversation: Conversation, error: Exception) -> None:
        """Drop it without a byte: both peers come again, and a new one takes up what the journal knows."""
        self.witness.crashed(conversation.station, error)
        conversation.abandon()
        self.ended(conversation)

    # -- quirks --------------------------------------------------------------------------------------------------

    def station_voice(self, conversation: Conversation, listener: Listener) -> Voice:
        """A voice for a station's end; it tells who the station is as soon as its boot says so."""
        voice = self._voice("station", conversation, listener.address)

        def introduce(facts: Mapping[str, Any], boot: Any) -> None:
            vendor, model, firmware, serial = (
                one if isinstance(one, str) else None for one in map(facts.get, ("vendor", "model", "firmware", "serial"))
            )
            self.learned(conversation, do.Learned(vendor, model, firmware, serial, boot if isinstance(boot, dict) else {}))

        voice.introduce = introduce
        return voice

    def _voice(self, side: Side, conversation: Conversation, address: Address) -> Voice:
        identity = conversation.station
        listener, backend = self._listeners[identity], self._backend(identity)
        here, there = listener.address, backend.address
        same = (here.dialect, here.codec) == (there.dialect, there.codec)
        unknown = self.site.unknown if same else "drop"
        made = Voice(side, identity, self.data.dialects[address.dialect], address.codec, self.witness, unknown)
        made.now, made.facts = self.wall, conversation.session.moments[side]
        return made

    def _backend(self, identity: str) -> Backend:
        return self.site.backend_of(identity, self._listeners[identity])

    def learned(self, conversation: Conversation, what: do.Learned) -> None:
        """The station said who it is: choose the cures of both ends again."""
        conversation.known = what
        self.choose(conversation)

    def choose(self, conversation: Conversation) -> None:
        """Choose the cures of both ends by what is known now."""
        self.choosing.choose(self.data.quirks, conversation, self._place(conversation))

    def _place(self, conversation: Conversation) -> Place:
        identity = conversation.station
        return Place(self._listeners[identity], self._backend(identity), self._agents.get(identity))

    def acted(self, conversation: Conversation, command: do.Acted) -> None:
        """A switch of a quirk profile did something."""
        self.choosing.acted(conversation, command)

    def fired(self, station: str, fired: Sequence[Fired]) -> None:
        """Quirks changed a message of a station, or of its back end."""
        conversation = self.conversations.get(station)
        if conversation is not None:
            self.choosing.fired(conversation, fired)

    # -- uplinks -------------------------------------------------------------------------------------------------

    def dial(self, conversation: Conversation) -> None:
        """Make the uplink of a conversation, when it is its turn at that back end."""
        name, attempt = self._backend(conversation.station).name, conversation.attempt
        pace = self._paces.setdefault(name, Pace(self.clock, self.site.policy.most_connects))
        pace.take(lambda: self._dial_now(conversation, attempt))

    def _dial_now(self, conversation: Conversation, attempt: int) -> bool:
        if conversation.over or conversation.attempt != attempt:
            return False
        self._make_uplink(conversation)
        return True

    def _make_uplink(self, conversation: Conversation) -> None:
        identity = conversation.station
        backend, upstream = self._backend(identity), self.site.upstream_of(identity)
        side = BackendSide(conversation)
        voice = self._voice("backend", conversation, backend.address)
        voice.cures = self.data.quirks.choose(self._place(conversation).known("backend", conversation))
        headers = self._authorization(backend, self.site.stations.get(identity), upstream) + lenience.headers(voice.cures.connect)
        if backend.address.codec == "soap":
            url, callback = backend.address.url(), backend.callback or ""
            conversation.uplink_made(
                EnvelopeEnd(voice, side, self.poster, upstream, url, callback, self.ids, tuple(headers)), side
            )
            return
        end = FrameEnd(voice, side)
        assert voice.dialect.json is not None, "checked when the site was loaded"
        names = lenience.offered(voice.dialect.json.subprotocol, voice.cures.connect)
        url = backend.address.url(upstream)
        done = self._dial(url, names, headers, end, backend)
        attempt = conversation.attempt
        done.addCallbacks(
            self._dialled,
            self._not_dialled,
            callbackArgs=(conversation, end, side, attempt),
            errbackArgs=(conversation, attempt, url),
        )

    def _dialled(self, socket: WebSocket, conversation: Conversation, end: FrameEnd, side: BackendSide, attempt: int) -> None:
        end.socket = socket
        linked(end, end.voice.cures)
        if socket.subprotocol is None:
            self.witness.refused(end.voice, "subprotocol", "the back end named no sub-protocol")
        if conversation.over or conversation.attempt != attempt:
            end.close("no longer needed")
        else:
            conversation.uplink_made(end, side)

    def _not_dialled(self, failure: Failure, conversation: Conversation, attempt: int, url: str) -> None:
        if not conversation.over and conversation.attempt == attempt:
            after = failure.value.after if isinstance(failure.value, LinkFailed) else 0.0
            conversation.uplink_lost(f"{url}: {failure.getErrorMessage()}", after)

    def _authorization(self, backend: Backend, station: Station | None, upstream: str) -> list[tuple[str, str]]:
        secret = station.credential if station is not None and station.credential is not None else backend.credential
        if secret is None:
            return []
        pair = (backend.username or upstream).encode() + b":" + secret.read()
        return [("authorization", "Basic " + base64.b64encode(pair).decode("ascii"))]

    # -- counting and storing ------------------------------------------------------------------------------------

    def storing_failed(self, conversation: Conversation, failure: JournalFailed) -> None:
        """Closing beats refusing (OCPP 1.6 section 3.7): no byte to anyone, until the journal can store again.

        Where the disk is well, and one conversation's memory contradicts the journal, only that one is begun anew.
        """
        if isinstance(failure, Contradicted):
            self.crashed(conversation, failure)
            return
        self.witness.storing_failed(str(failure))
        self.unhealthy()

    def unhealthy(self) -> None:
        """The journal cannot be used: nobody is answered until a probe of it succeeds."""
        if not self.healthy:
            return
        self.healthy = False
        self.on_health(False)
        for conversation in list(self.conversations.values()):
            conversation.abandon()
        self.conversations.clear()
        self.clock.callLater(HEAL_EVERY, self._heal)

    def _heal(self) -> None:
        if not self.stopping:
            self.journal.probe(self._probed)

    def _probed(self, failure: JournalFailed | None) -> None:
        if failure is not None:
            self.clock.callLater(HEAL_EVERY, self._heal)
            return
        for names in (self._listeners, self._agents):
            names.clear()  # of who was here before; not at once, for then somebody may still have been in the middle of something
        self.healthy = True
        self.on_health(True)

    # -- the end -------------------------------------------------------------------------------------------------

    def stop(self, within: float, done: Callable[[bool], None]) -> None:
        """Drain: sessions finish what is in flight; ``done(True)`` when all did, ``done(False)`` after ``within`` seconds."""
        self.stopping = True
        for conversation in list(self.conversations.values()):
            conversation.feed(Stopping())
        self._drained(self.clock.seconds() + within, done)

    def _drained(self, until: float, done: Callable[[bool], None]) -> None:
        busy = [c for c in self.conversations.values() if not c.over and not c.quiet]
        if busy and self.clock.seconds() < until:
            self.clock.callLater(0.05, self._drained, until, done)
            return
        for conversation in list(self.conversations.values()):
            conversation.close("the gateway stops")
        self.conversations.clear()
        done(not busy)
