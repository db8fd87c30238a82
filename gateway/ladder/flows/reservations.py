"""Reservations of a station that does not tell how they end: then the gateway does.

In: ReserveNow, CancelReservation; starts and states, from `station_left`.  Out: the same commands; ReservationStatusUpdate.
Not here: when its time is up (`gateway.session.when_due`).

A reservation ends with a start that names it, or one by its token at its connector, and when it is cancelled: the back end knows
all that.  It is removed where its connector, or the station, cannot be used any more; else it expires.
Register ``reservations`` {id: {connector, tag, since, until}}: 0 is any connector.
Sources: OCPP 2.0.1 part 2, H01–H04; OCPP 1.6, 5.2 and 5.13.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from gateway.ladder.flows.contract import Parts, Rendering, makes, the_answer
from gateway.ladder.registers import DUE
from gateway.messages import Payload

RESERVE, CANCEL, TOLD = "ReserveNow", "CancelReservation", "ReservationStatusUpdate"
KEPT = "reservations"
OUT_OF_USE = ("Faulted", "Unavailable")


@makes(RESERVE)
def reserve_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: once the station takes it, its end is due."""
    part, id = parts[RESERVE], asked["id"]
    made = part.ask(asked, run)
    if made is None:
        refused = {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}}
        return Rendering([], lambda results, run: refused)

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        told = part.answer(the_answer(results), asked, run)
        if told["status"] == "Accepted":
            _forget_passed(run.cx)
            kept = {"connector": made["connectorId"], "tag": made["idTag"].casefold()}
            kept |= {"since": run.cx.now.isoformat(), "until": asked["expiryDateTime"]}
            run.cx.registers.put(KEPT, str(id), kept)
        return told

    def due(results: Sequence[Payload | None], run: Any) -> Sequence[tuple[str, str, str, Payload]]:
        if the_answer(results)["status"] != "Accepted":
            return ()
        return [(_name(str(id)), asked["expiryDateTime"], TOLD, {"reservationId": id, "reservationUpdateStatus": "Expired"})]

    return Rendering([(RESERVE, made)], answer, due=due)


@makes(CANCEL)
def cancel_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: of one that the station gave up nothing more is told."""
    part = parts[CANCEL]

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        told = part.answer(the_answer(results), asked, run)
        if told["status"] == "Accepted":
            _forget(str(asked["reservationId"]), run.cx)
        return told

    return Rendering([(CANCEL, part.ask(asked, run) or {})], answer)


def used(start: Payload, cx: Any) -> None:
    """A transaction begins: whose reservation that was is over."""
    here, tag = start["connectorId"], start["idTag"].casefold()
    for key, kept in cx.registers.items(KEPT):
        if key == str(start.get("reservationId")) or (kept["connector"] == here and kept["tag"] == tag):
            _forget(key, cx)


def removed(status: Payload, cx: Any) -> Iterator[tuple[str, Payload]]:
    """What is told of the reservations for a connector (0: of all) that goes out of use."""
    here, when = status["connectorId"], _moment(status["timestamp"])
    if status["status"] not in OUT_OF_USE or when is None:
        return
    for key, kept in cx.registers.items(KEPT):
        until = _moment(kept["until"]) or cx.now
        if here in (0, kept["connector"]) and datetime.fromisoformat(kept["since"]) <= when and cx.now < until:
            _forget(key, cx)
            yield TOLD, {"reservationId": int(key), "reservationUpdateStatus": "Removed"}


def _name(key: str) -> str:
    return f"reservation {key}"


def _forget(key: str, cx: Any) -> None:
    cx.registers.put(KEPT, key, None)
    cx.registers.put(DUE, _name(key), None)


def _forget_passed(cx: Any) -> None:
    """What is due is told none the less."""
    for key, kept in cx.registers.items(KEPT):
        if (_moment(kept["until"]) or cx.now) < cx.now:
            cx.registers.put(KEPT, key, None)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
