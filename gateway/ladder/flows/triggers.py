"""Commands to send a message now: which message it is on the other side, and which connectors shall send one.

In: TriggerMessage, ExtendedTriggerMessage.  Out: the same of the other side, or DataTransfer (`embedded`); what we know, of a
station that knows no triggers.
Not here: what becomes of the message that was asked for.

Sources: OCPP 1.6, 5.17; its security whitepaper, A05; OCPP 2.0.1 part 2, F06.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.ladder.flows.contract import Part, Parts, Rendering, makes
from gateway.ladder.flows.embedded import DATA, put_in
from gateway.ladder.flows.topology import there
from gateway.messages import Payload

PLAIN, EXTENDED = "TriggerMessage", "ExtendedTriggerMessage"
STATE, READINGS, EVENT, BEAT = "StatusNotification", "MeterValues", "TransactionEvent", "Heartbeat"
ONLY_PLAIN = ("DiagnosticsStatusNotification",)
"""What the extended command cannot ask for."""
BEST = ("Accepted", "Rejected", "NotImplemented")


def _best(results: Sequence[Payload | None]) -> Payload:
    """Of several: something will be sent if one of them is accepted."""
    said = {result["status"] for result in results if result is not None}
    return {"status": next((word for word in BEST if word in said), "Rejected")}


@makes(PLAIN)
def trigger(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going right; a state is asked for connector by connector, and readings of a transaction as its event."""
    part, wanted = parts[PLAIN], asked["requestedMessage"]
    made = part.value("Trigger" if wanted in ONLY_PLAIN else "ExtendedTrigger", wanted, run)
    if made is None:
        return Rendering([], lambda results, run: {"status": "NotImplemented"})
    number = asked.get("connectorId") or 0
    calls = [(PLAIN, call) for call in _calls(made, number, part, run)]
    return Rendering(calls, lambda results, run: _best(results))


def _calls(made: str, number: int, part: Part, run: Any) -> list[Payload]:
    if made == STATE:
        known = [int(key) for key, _ in run.cx.registers.items("evses")]
        places = [part.value("LearntEvse", one, run) for one in ([number] if number else known or [1])]
        return [{"requestedMessage": made, "evse": place} for place in places]
    evse = part.value("LearntEvseId", number, run)
    where = {} if evse is None else {"evse": {"id": evse}}
    if made != READINGS:
        return [{"requestedMessage": made}]
    charging = run.cx.facts.busy() if evse is None else run.cx.facts.running(evse)
    names = ([EVENT] if charging else []) + ([] if charging and number else [READINGS])
    return [{"requestedMessage": name, **where} for name in names]


@makes(PLAIN, EXTENDED, DATA)
def trigger_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: by the one command, and by the other where the station does not know that."""
    wanted, place = asked["requestedMessage"], asked.get("evse", {})
    evse = place.get("id", 0)
    idle = wanted == EVENT and not (run.cx.facts.running(evse) if evse else run.cx.facts.busy())
    if idle or not there(place):
        return Rendering([], lambda results, run: {"status": "Rejected"})
    calls = _ways(wanted, evse, parts, run)
    if not calls:
        return put_in(asked, run, Parts({DATA: parts[DATA]}, parts.settings, parts.inside))

    def ask(left: Sequence[tuple[str, Payload]]) -> Rendering:
        def then(results: Sequence[Payload | None], run: Any) -> Rendering | None:
            return ask(left[1:]) if left[1:] and _unknown(results) else None

        return Rendering(
            left[:1],
            lambda results, run: {"status": "Accepted"} if _instead(wanted, evse, results, parts, run) else _best(results),
            after=lambda results, run: _instead(wanted, evse, results, parts, run),
            then=then,
        )

    return ask(calls)


def _ways(wanted: str, evse: int, parts: Parts, run: Any) -> list[tuple[str, Payload]]:
    """Every command that may ask for it, the one that more stations know first."""
    found = ((name, parts[name].value(map, wanted, run)) for name, map in ((PLAIN, "Trigger"), (EXTENDED, "ExtendedTrigger")))
    where = {"connectorId": evse} if evse and wanted in (STATE, READINGS, EVENT) else {}
    return [(name, {"requestedMessage": made, **where}) for name, made in found if made is not None]


def _unknown(results: Sequence[Payload | None]) -> bool:
    return results[-1] is None or results[-1]["status"] == "NotImplemented"


def _instead(wanted: str, evse: int, results: Sequence[Payload | None], parts: Parts, run: Any) -> list[tuple[str, Payload]]:
    """What we can say ourselves for a station that knows no triggers: that it lives, and how its connectors were last."""
    if not _unknown(results):
        return []
    now = run.cx.facts.now()
    states = [(int(key), state) for key, state in run.cx.registers.items("states") if evse in (0, int(key)) and int(key)]
    told = [
        {
            "timestamp": now,
            "connectorStatus": parts[PLAIN].back("ConnectorStatus", state, run),
            "evseId": number,
            "connectorId": 1,
        }
        for number, state in states
    ]
    return [(STATE, one) for one in told] if wanted == STATE else [(BEAT, {})] if wanted == BEAT else []
