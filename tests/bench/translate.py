"""Translation alone: microseconds for one message, by the tables and by hand.

In: the shipped data.  Out: figures.
The gateway's side is what it does at run time: `Dialect.check` of what came, then the route.  Messages of 1.5 come as
SOAP brings them (numbers are text), messages of 1.6 as JSON does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.dialects.schema import Dialect
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.ladder import Ladder
from tests.bench import handwritten, samples
from tests.bench.figures import Figure, figure, timed

PAIRS = (("ocpp1.5", "ocpp1.6"), ("ocpp1.6", "ocpp1.5"))
TARGET = "<= 1.5"


@dataclass(frozen=True)
class Data:
    dialects: dict[str, Dialect]
    ladder: Ladder


def load() -> Data:
    folders = Folders()
    dialects = load_dialects(folders)
    return Data(dialects, Ladder.load(folders, dialects))


def came(dialect: str, payload: dict[str, Any]) -> dict[str, Any]:
    """A payload as its codec gives it to the check."""
    return samples.as_text(payload) if dialect == "ocpp1.5" else payload  # type: ignore[no-any-return]


def by_tables(data: Data, pair: tuple[str, str], action: str) -> Callable[[], Any]:
    source, target = pair
    route, check, cx = data.ladder.route(source, target), data.dialects[source].check, Context(Recorded())
    given = came(source, samples.REQUESTS[source][action])
    return lambda: route.request(action, check("call", action, given, "drop"), cx)


def by_hand(pair: tuple[str, str], action: str) -> Callable[[], Any]:
    (asker, answerer), facts = pair, Recorded()
    given = came(asker, samples.REQUESTS[asker][action])
    return lambda: handwritten.request(asker, answerer, action, given, facts)


def result_by_tables(data: Data, pair: tuple[str, str], action: str) -> Callable[[], Any]:
    """The result on its way back from ``pair[1]``, which was asked, to ``pair[0]``."""
    asker, answerer = pair
    route, cx = data.ladder.route(asker, answerer), Context(Recorded())
    asked = data.dialects[asker].check("call", action, came(asker, samples.REQUESTS[asker][action]), "drop")
    passage, check = route.request(action, asked, cx), data.dialects[answerer].check
    given = came(answerer, samples.RESULTS[answerer][action])
    return lambda: passage.result(check("result", action, given, "drop"), cx)


def result_by_hand(pair: tuple[str, str], action: str) -> Callable[[], Any]:
    asker, answerer = pair
    asked = samples.REQUESTS[asker][action]
    given = came(answerer, samples.RESULTS[answerer][action])
    return lambda: handwritten.result(answerer, asker, action, given, asked)


def measure(quick: bool) -> Iterator[Figure]:
    """A figure for each operation, direction and kind, and the median of each."""
    data = load()
    seconds, rounds = (0.001, 7) if quick else (0.002, 25)
    for asker, answerer in PAIRS:
        for kind in ("request", "result"):
            way = f"{asker[4:]}->{answerer[4:]}" if kind == "request" else f"{answerer[4:]}->{asker[4:]}"
            found = []
            for action in handwritten.REQUESTS[asker, answerer]:
                if kind == "request":
                    pair = [by_tables(data, (asker, answerer), action), by_hand((asker, answerer), action)]
                else:
                    pair = [result_by_tables(data, (asker, answerer), action), result_by_hand((asker, answerer), action)]
                tables, hand = timed(pair, seconds, rounds)
                found.append((tables, hand))
                yield figure(f"translate {way} {action} {kind}", tables, "us", hand, TARGET)
            ratio = median(tables / hand for tables, hand in found)
            yield figure(f"translate {way} {kind}s, median ratio", ratio, "ratio", 1.0, TARGET)
