"""The back end of the storm as one of 2.0.1: it books events of transactions, and holds every copy against the first.

A transaction is known by the id in its events, an event by that and its seqNo.  What is told twice must be told alike.
"""

from __future__ import annotations

from typing import Any

from tests.peers.storm import ANSWERS, Backend, Row


class EventBackend(Backend):
    """``altered`` counts copies of an event that say something else, ``gaps`` events whose seqNo does not follow."""

    dialect = "ocpp2.0.1"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.altered = self.gaps = 0
        self._events: dict[tuple[str, str, int], dict[str, Any]] = {}
        self._starts: dict[str, tuple[Any, ...]] = {}
        self._last: dict[str, int] = {}

    def book(self, station: str, action: str, given: dict[str, Any]) -> dict[str, Any]:
        """Note an event once."""
        if action != "TransactionEvent":
            return ANSWERS.get(action, {})
        id, number = given["transactionInfo"]["transactionId"], given["seqNo"]
        known = self._events.setdefault((station, id, number), given)
        if known is not given:
            self.copies += 1
            self.altered += known != given
        else:
            self.gaps += number != self._last.get(id, -1) + 1
            self._last[id] = number
            self.rows.setdefault(station, []).append(self._row(id, given))
        return {"idTokenInfo": {"status": "Accepted"}} if "idToken" in given else {}

    def _row(self, id: str, given: dict[str, Any]) -> Row:
        when, value = given["timestamp"], given["meterValue"][0]["sampledValue"][0]["value"]
        if given["eventType"] == "Started":
            self._starts[id] = (given["evse"]["id"], given["idToken"]["idToken"], when, value)
            return "StartTransaction", self._starts[id]
        return (
            ("StopTransaction", (id, when, value)) if given["eventType"] == "Ended" else ("MeterValues", (id, (when, str(value))))
        )

    def booked(self, station: str) -> list[Row]:
        """A station's rows, with the start in place of each transaction's id."""
        rows = self.rows.get(station, [])
        return [(a, key if a == "StartTransaction" else (self._starts.get(key[0]), *key[1:])) for a, key in rows]
