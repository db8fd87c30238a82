"""Whole charging sessions between connectors and EVSEs, by the shipped dialects and tables, with crashes where they hurt."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.messages import Call, Payload, Result
from gateway.session import commands as do
from gateway.session import events as on
from tests.memory_journal import MemoryJournal
from tests.session.scene import ACCEPTED, BOOT, GOOD, Scene, meter, start, status, stop

NEW_BOOT = {"chargingStation": {"model": "One", "vendorName": "ACME", "firmwareVersion": "1.0"}, "reason": "PowerUp"}
TOKEN = {"idToken": "04A1B2C3", "type": "ISO14443"}
TX = "0d2f9a52-transaction"


def up(play: Scene, action: str) -> Call:
    """What goes up next, valid in the back end's dialect."""
    call = play.sent(action)
    play.session.desk.backend.check("call", call.action, call.payload)
    return call


def went(play: Scene) -> tuple[Call, ...]:
    """All that goes up until nothing more does; everything is answered well."""
    calls = []
    while any(isinstance(said, do.CallBackend) for said in play.unheard):
        while not isinstance(play.unheard[0], do.CallBackend):
            play << type(play.unheard[0])
        play << do.CallBackend
        call = play.last.call
        play.session.desk.backend.check("call", call.action, call.payload)
        calls.append(call)
        play.replies(call.id, call.action, well(play, call))
    return tuple(calls)


def well(play: Scene, call: Call) -> Payload:
    """The best answer."""
    if call.action == "StartTransaction":
        return {"transactionId": 77, "idTagInfo": GOOD}
    if call.action == "TransactionEvent" and "idToken" in call.payload:
        return {"idTokenInfo": GOOD}
    if call.action == "BootNotification":
        return play.session.desk.backend.result_of(
            call, registration="accepted", interval=300, now=ACCEPTED["currentTime"]
        ).payload
    return {}


def kinds(calls: tuple[Call, ...]) -> list[str]:
    return [call.payload.get("eventType", call.action) for call in calls]


def told(play: Scene, id: str) -> Any:
    """The answer to a call of the station, among what was said meanwhile."""
    while not isinstance(play.unheard[0], do.AnswerStation):
        play << type(play.unheard[0])
    return play.answered(id)


@pytest.mark.parametrize("kind", ["1.6-2.0.1", "1.5-2.0.1"])
def test_a_day_of_a_station_that_counts_connectors(kind: str) -> None:
    old = kind.startswith("1.5")
    reading = [{"timestamp": "2026-03-01T12:10:00Z", "value": [{"value": "15", "unit": "Wh"}]}]
    charging = {**status("Charging"), "status": "Occupied"} if old else status("Charging")
    with Scene(kind=kind) as play:
        play.online(exchange=old)
        call = play.asks("BootNotification", BOOT)
        boot = up(play, "BootNotification")
        assert boot.payload["reason"] == "PowerUp"
        play.replies(boot.id, boot.action, ACCEPTED)
        play.answered(call.id)

        call = play.asks("StartTransaction", {**start(), "timestamp": "2026-03-01T12:00:01Z"})
        event = up(play, "TransactionEvent")
        assert (event.payload["eventType"], event.payload["seqNo"]) == ("Started", 0)
        assert "offline" not in event.payload
        play.replies(event.id, event.action, {"idTokenInfo": GOOD})
        ours = play.answered(call.id).payload["transactionId"]
        name = event.payload["transactionInfo"]["transactionId"]
        assert name.startswith("g")

        play.answered(play.asks("StatusNotification", charging).id)
        calls = went(play)
        values = {"values": reading} if old else {"meterValue": meter(ours)["meterValue"]}
        play.answered(play.asks("MeterValues", {"connectorId": 1, "transactionId": ours, **values}).id)
        calls += went(play)

        play.commands("RequestStopTransaction", {"transactionId": name}, id="b1")
        order = play.ordered("RemoteStopTransaction")
        assert order.payload == {"transactionId": ours}
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        assert play.told("b1").payload == GOOD

        play.answered(play.asks("StopTransaction", stop(ours) if old else {**stop(ours), "reason": "Remote"}).id)
        calls += went(play)
        events = [call.payload for call in calls if call.action == "TransactionEvent"]
        assert [event["seqNo"] for event in events] == list(range(1, len(events) + 1))
        assert {event["transactionInfo"]["transactionId"] for event in events} == {name}
        assert events[-1]["eventType"] == "Ended"
        assert events[-1]["transactionInfo"]["stoppedReason"] == "Remote"
        assert play.session.desk.registers.get("events", str(ours))["over"]


def event(kind: str, seq: int, minute: int, value: str | None = None, context: str = "Sample.Periodic", **more: Any) -> Payload:
    when = f"2026-03-01T12:{minute:02}:00Z"
    made: Payload = {"eventType": kind, "timestamp": when, "triggerReason": "Trigger", "seqNo": seq, **more}
    made["transactionInfo"] = {"transactionId": TX, "chargingState": "Charging"}
    if value is not None:
        sample = {"value": Decimal(value), "context": context, "measurand": "Energy.Active.Import.Register"}
        made["meterValue"] = [{"timestamp": when, "sampledValue": [sample]}]
    return made


@pytest.mark.parametrize("kind", ["2.0.1-1.6", "2.0.1-1.5"])
def test_a_day_of_a_station_that_tells_events(kind: str) -> None:
    with Scene(kind=kind) as play:
        play.online()
        call = play.asks("BootNotification", NEW_BOOT)
        (boot,) = went(play)
        assert boot.payload["chargePointVendor"] == "ACME"
        told(play, call.id)

        state = {"timestamp": "2026-03-01T12:00:00Z", "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
        play.answered(play.asks("StatusNotification", state).id)
        assert kinds(went(play)) == ["StatusNotification"]

        first = event("Started", 0, 0, "10.4", "Transaction.Begin", evse={"id": 1, "connectorId": 1}, idToken=TOKEN)
        call = play.asks("TransactionEvent", first)
        calls = went(play)
        assert calls[0].action == "StartTransaction"
        assert (calls[0].payload["meterStart"], calls[0].payload["idTag"]) == (10, "04A1B2C3")
        assert told(play, call.id).payload == {"idTokenInfo": GOOD}

        play.answered(play.asks("TransactionEvent", event("Updated", 1, 5, "20")).id)
        calls = went(play)
        assert [call.payload["transactionId"] for call in calls if call.action == "MeterValues"] == [77]

        play.commands("RemoteStopTransaction", {"transactionId": 77}, id="b1")
        order = play.ordered("RequestStopTransaction")
        assert order.payload == {"transactionId": TX}
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        assert play.told("b1").payload == GOOD

        last = event("Ended", 2, 9, "31", "Transaction.End")
        last["transactionInfo"] = {"transactionId": TX, "stoppedReason": "Remote"}
        play.answered(play.asks("TransactionEvent", last).id)
        (stopped,) = [call for call in went(play) if call.action == "StopTransaction"]
        assert (stopped.payload["transactionId"], stopped.payload["meterStop"]) == (77, 31)


@pytest.mark.parametrize("kind", ["1.6-2.0.1", "2.0.1-1.6"])
def test_killed_after_every_step_it_says_the_same_in_the_same_order(kind: str) -> None:
    """The gateway dies after each message that it sends: what went up in all is what would have gone up without."""
    calm, hunted = told_in_all(kind, kills=False), told_in_all(kind, kills=True)
    assert len(hunted) > len(calm)
    assert [said for n, said in enumerate(hunted) if said not in hunted[:n]] == calm


def told_in_all(kind: str, kills: bool) -> list[tuple[str, Payload]]:
    """The station's rows are stored while the back end is away; then they go up, in one life or in many."""
    journal = MemoryJournal()
    with Scene(None, journal, kind=kind) as play:
        play.online()
        play >> on.UplinkDown("cut")
        for action, payload in stored(kind, play, journal):
            play.answered(play.asks(action, payload).id)
    said: list[tuple[str, Payload]] = []
    for life in range(60):
        play = Scene(None, journal, kind=kind, life="h", seed=life + 2)
        play.open() << do.OpenUplink
        play >> on.UplinkUp()
        if not play.unheard:
            play >> 3.0  # a row that was cut off twice waits until the link is calm
        for _ in range(2 if kills else 60):
            if play.unheard:
                call = play.sent(play.unheard[0].call.action)  # type: ignore[union-attr]
                said.append((call.action, call.payload))
                if not kills or life % 2:  # in every other life the process dies before the first answer
                    play.replies(call.id, call.action, well(play, call))
        if not kills or life % 2:
            said += [(play.sent(one.call.action).action, one.call.payload) for one in play.unheard[:1]]  # type: ignore[union-attr]
            play >> 1.0  # what was answered is marked, the next is on its way; then the process dies
        if not journal.state("queued"):
            return said
    raise AssertionError("it never comes to an end")


def stored(kind: str, play: Scene, journal: MemoryJournal) -> Any:
    """The messages of a session, one after another: the station learns its number from the first answer."""
    if kind == "2.0.1-1.6":
        yield "TransactionEvent", event("Started", 0, 0, "10", "Transaction.Begin", evse={"id": 1}, idToken=TOKEN)
        yield "TransactionEvent", event("Updated", 1, 5, "20")
        yield "TransactionEvent", event("Ended", 2, 9, "31", "Transaction.End")
        return
    yield "StartTransaction", start()
    ours = next(iter(journal.transactions))
    yield "StatusNotification", status("Charging")
    two = {**meter(ours), "meterValue": [*meter(minute=10)["meterValue"], *meter(minute=11)["meterValue"]]}
    yield "MeterValues", two
    yield "MeterValues", meter(minute=12)
    yield "StopTransaction", stop(ours)
