"""All metrics of a gateway, in one place.

In: what happened, in plain words.  Out: the Prometheus text of `Metrics.exposition`.
Not here: when to count (`gateway.witness`, `gateway.server`), serving it (`gateway.observe.console`).

No label names a station, a token or anything else that a peer may choose: see `gateway.observe.labels`.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector, generate_latest

from gateway import __version__
from gateway.dialects.errors import CODES
from gateway.journal.contract import Depth
from gateway.observe.labels import Names, Words
from gateway.observe.tally import Readings, Tally

PREFIX = "ocpp_gateway_"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

REASONS = (
    "address",
    "body_too_large",
    "connections",
    "crash",
    "displaced",
    "duplicate_header",
    "encoding",
    "garbled",
    "headers_too_large",
    "http2",
    "hung_up",
    "identity",
    "malformed",
    "method",
    "noise",
    "overload",
    "slow_reader",
    "slow_request",
    "smuggling",
    "spoofed",
    "store",
    "stranger",
    "subprotocol",
    "target",
    "unanswered",
    "unauthorized",
    "unknown_id",
    "unsent",
    "upgrade",
    "version",
    "violation",
    "ws_binary",
    "ws_dead",
    "ws_protocol",
    "ws_text",
    "ws_too_big",
)
"""Why a peer's input was turned away; the links, the doors and the ends say it with these words."""

NOTES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "call": ("calls", "Calls that came to their end.", ("direction", "dialect", "operation", "outcome")),
    "loss": ("losses", "Values that did not cross, by the rule that declares it.", ("table", "rule")),
    "stray": ("strays", "Answers and commits that nobody waited for.", ("peer", "kind")),
    "link": ("link_changes", "What happened to the links of stations.", ("change",)),
    "uplink": ("uplink_changes", "What happened to the links to the back ends.", ("change",)),
    "registration": ("registrations", "The back end's word on stations that announced themselves.", ("verdict",)),
    "row": ("rows", "What happened to transaction messages in the journal.", ("change",)),
    "status": ("statuses", "States that were left out of the queue.", ("change",)),
    "flag": ("flags", "Transaction messages that are not as they should be.", ("why",)),
    "token": ("local_verdicts", "Tokens judged here, for the back end was away or too slow.", ("choice", "verdict")),
    "late_refusal": ("late_refusals", "Tokens refused after the station was told to charge.", ("done",)),
}
"""What a session may note: name and meaning of the counter, and its labels (as `gateway.session.notes` has them)."""

_WORDS: dict[str, tuple[str, ...]] = {
    "direction": ("up", "down", "heard", "said"),
    "side": ("station", "backend"),
    "peer": ("station", "backend", "gateway"),
    "done": ("remote_stop", "report"),
    "choice": ("accept", "refuse", "last_known"),
    "verdict": ("accepted", "pending", "rejected", "failed"),
    "kind": ("call", "answer", "commit", "event"),
    "reason": REASONS,
    "outcome": (
        *("answered", "refused", "local", "stored", "repeat", "busy", "late", "lost"),
        *("call", "result", "error", *CODES),
    ),
    "change": (
        *("up", "down", "silent", "closed", "recycled", "unanswered"),
        *("stored", "repeated", "delivered", "refused", "parked", "coalesced", "dropped"),
    ),
}

_TRANSLATE = (5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 1e-2, 5e-2, 0.25)
_COMMIT = (2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counts.  ``dialects`` and ``operations`` close the sets of their labels; call `know` after a reload."""

    def __init__(self, dialects: Iterable[str] = (), operations: Iterable[str] = ()) -> None:
        self._registry = CollectorRegistry()
        self._labels: dict[str, Callable[[object], str]] = {name: Words(words) for name, words in _WORDS.items()}
        self._labels |= {name: Names() for name in ("table", "rule", "quirk", "why", "remark")}
        self._tallies: dict[str, Tally] = {}
        self._readings: list[Readings] = []
        self.know(dialects, operations)
        self._count_events()
        self._measure_state()
        ProcessCollector(registry=self._registry)

    def know(self, dialects: Iterable[str], operations: Iterable[str]) -> None:
        """Say which dialects and operations are loaded; others are counted as ``other`` and ``unknown``."""
        self._settle()
        self._labels["dialect"] = Words(dialects)
        self._labels["operation"] = Words(operations, "unknown")

    def _count_events(self) -> None:
        labels = ("dialect", "side", "direction", "operation", "outcome")
        for what, shape in {**NOTES, "message": ("messages", "Messages heard from and said to peers.", labels)}.items():
            self._tallies[what] = Tally(self._counter(*shape), shape[2], self._labels)
        self.called = self._tallies["message"]
        """Messages: dialect, side of the peer, ``heard`` from it or ``said`` to it, operation; ``call``, ``result``, or the code
        of an error."""
        self._refused = self._counter("refused", "Input of peers that was turned away.", ("reason",))
        for reason in REASONS:
            self._refused.labels(reason)
        self._fired = self._counter("quirk_firings", "Messages that a quirk profile changed, and what else it did.", ("quirk",))
        self._remarks = self._counter("device_remarks", "What stations without OCPP gave reason to remark.", ("dialect", "kind"))
        self._held = self._counter("links_held", "Links that had to wait, for they said more than station_pace.")
        self._untraced = self._counter("trace_dropped", "Trace lines that were not written.")
        self.translated = self._histogram("translate_seconds", "Time to translate one message.", _TRANSLATE).add
        """So many seconds took one message through the ladder."""
        self.committed = self._histogram("commit_seconds", "Time from asking for a commit to its answer.", _COMMIT).add
        """After so many seconds the journal answered a commit."""

    def _measure_state(self) -> None:
        build = self._gauge("build_info", "Which gateway this is; always 1.", ("version", "python"))
        build.labels(__version__, platform.python_version()).set(1)
        self._spoken = self._gauge(
            "dialect_spoken", "Dialects that the site speaks, and how sure they are; always 1.", ("dialect", "status")
        )
        self._ready = self._gauge("ready", "1 while the gateway takes stations, as /readyz says.")
        self._load = self._gauge("load_level", "How far the gateway is behind: 0 not at all … 4 it reads nothing more.")
        self._full = self._gauge("descriptors_scarce", "1 while no descriptor is left for another station.")
        self._stations = self._gauge("stations_connected", "Stations with a link, or with a recent exchange.")
        self._uplinks = self._gauge("uplinks_up", "Links to back ends that stand.")
        self._queued = self._gauge("journal_queued", "Transaction messages that wait for their back end.")
        self._parked = self._gauge("journal_parked", "Transaction messages put aside; somebody must look at them.")
        self._age = self._gauge("journal_oldest_seconds", "Age of the oldest waiting message when last measured.")
        self._measured = self._gauge("journal_measured_timestamp_seconds", "When the journal last answered, Unix time.")

    def _counter(self, name: str, meaning: str, labels: Iterable[str] = ()) -> Counter:
        return Counter(PREFIX + name, meaning, list(labels), registry=self._registry)

    def _gauge(self, name: str, meaning: str, labels: Iterable[str] = ()) -> Gauge:
        return Gauge(PREFIX + name, meaning, list(labels), registry=self._registry)

    def _histogram(self, name: str, meaning: str, buckets: Iterable[float]) -> Readings:
        made = Readings(Histogram(PREFIX + name, meaning, buckets=tuple(buckets), registry=self._registry))
        self._readings.append(made)
        return made

    def noted(self, what: str, labels: Mapping[str, str]) -> None:
        """A session noted something (`gateway.session.notes`); an unknown note is no reason to fail."""
        if what in NOTES:
            self._tallies[what][tuple(map(labels.get, NOTES[what][2]))] += 1

    def lost(self, table: str, rule: str) -> None:
        """A value did not cross, as the rule declares."""
        self.noted("loss", {"table": table, "rule": rule})

    def loaded(self, level: int) -> None:
        """The gateway is so far behind (`gateway.load`)."""
        self._load.set(level)

    def full(self, full: bool) -> None:
        """Whether the last descriptors are reached, which are kept from stations."""
        self._full.set(int(full))

    def refused(self, reason: str) -> None:
        """A peer's input was turned away; ``reason`` is one of `REASONS`."""
        self._refused.labels(self._labels["reason"](reason)).inc()

    def held(self) -> None:
        """A peer said more than its link may."""
        self._held.inc()

    def fired(self, quirk: str) -> None:
        """A quirk profile did something."""
        self._fired.labels(self._labels["quirk"](quirk)).inc()

    def remarked(self, dialect: str, kind: str) -> None:
        """A station without OCPP gave reason to a remark; ``kind`` is a word of its protocol's data."""
        self._remarks.labels(self._labels["dialect"](dialect), self._labels["remark"](kind)).inc()

    def untraced(self, lines: int = 1) -> None:
        """Trace lines were dropped: no room, or the disk refused."""
        self._untraced.inc(lines)

    def stations(self, count: int) -> None:
        """So many stations are connected now."""
        self._stations.set(count)

    def uplinks(self, count: int) -> None:
        """So many links to back ends stand now."""
        self._uplinks.set(count)

    def station(self, delta: int) -> None:
        """Stations came (1) or went (-1)."""
        self._stations.inc(delta)

    def uplink(self, delta: int) -> None:
        """A link to a back end came up (1) or went down (-1)."""
        self._uplinks.inc(delta)

    def spoken(self, dialect: str, status: str) -> None:
        """The site speaks that dialect; ``status`` says whether it comes from an official document."""
        self._spoken.labels(self._labels["dialect"](dialect), status).set(1)

    def ready(self, ready: bool) -> None:
        """Whether /readyz says yes."""
        self._ready.set(int(ready))

    def journal(self, depth: Depth, now: datetime) -> None:
        """The journal said how full it is; ``now`` is aware."""
        self._queued.set(depth.queued)
        self._parked.set(depth.parked)
        self._age.set(_age(depth.oldest, now))
        self._measured.set(now.timestamp())

    def exposition(self) -> bytes:
        """The text that Prometheus reads (`CONTENT_TYPE`)."""
        self._settle()
        return generate_latest(_Plain(self._registry))

    def _settle(self) -> None:
        for tally in self._tallies.values():
            tally.settle()
        for readings in self._readings:
            readings.settle()


class _Plain(CollectorRegistry):
    """A registry without the ``_created`` series, which double the counters and say nothing that a rate needs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__()
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            if metric.samples or metric.type == "counter":
                yield metric


def _age(oldest: str | None, now: datetime) -> float:
    if oldest is None:
        return 0.0
    try:
        then = datetime.fromisoformat(oldest)
    except ValueError:
        return 0.0
    return max(0.0, (now - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds())
