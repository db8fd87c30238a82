"""Transactions between 1.6 and 2.0.1 over real sockets, the gateway killed in the middle: who, when, how much at both ends."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from ocpp.v16 import call as call16
from ocpp.v201 import call as call201

from tests.peers.mobilityhouse import Backend
from tests.peers.mobilityhouse201 import Dialled, Station2, Station16, Station201
from tests.peers.running import Gateway, free_port, until

TAG = {"idToken": "04A1B2C3", "type": "ISO14443"}
T0, T1, T2, T3 = (f"2026-01-01T1{hour}:00:00Z" for hour in range(4))


def running(tmp_path: Path, listen: str, backend: str) -> tuple[Gateway, int]:
    port = free_port()
    arguments = (
        "--listen",
        f"{listen}+ws://127.0.0.1:{port}/ocpp",
        "--backend",
        backend,
        "--trace",
        str(tmp_path / "trace.jsonl"),
    )
    return Gateway(tmp_path / "data", *arguments), port


def reading(value: str, when: str = T1) -> list[dict[str, Any]]:
    return [{"timestamp": when, "sampledValue": [{"value": value, "unit": "Wh"}]}]


def test_a_1_6_station_charges_on_a_2_0_1_back_end_through_two_kills(tmp_path: Path, later: Callable[[Any], Any]) -> None:
    backend = later(Backend(free_port(), kind=Station201, protocol="ocpp2.0.1").start())
    gateway, port = running(tmp_path, "ocpp1.6", f"ocpp2.0.1+ws://127.0.0.1:{backend.port}/central")
    with gateway:
        station = later(Dialled(Station16, "ocpp1.6", f"ws://127.0.0.1:{port}/ocpp/CP1").dial())
        assert station(call16.BootNotification(charge_point_vendor="V", charge_point_model="M")).status == "Accepted"
        assert station(call16.Authorize(id_tag="BAD")).id_tag_info["status"] == "Invalid"
        station(call16.StatusNotification(connector_id=1, status="Preparing", error_code="NoError"))
        started = backend.command(
            "CP1",
            call201.RequestStartTransaction(id_token={"id_token": "04A1B2C3", "type": "ISO14443"}, remote_start_id=5, evse_id=1),
        )
        assert started.status == "Accepted"
        assert station.heard == [("RemoteStartTransaction", {"id_tag": "04A1B2C3", "connector_id": 1})]
        begun = station(call16.StartTransaction(connector_id=1, id_tag="04A1B2C3", meter_start=1000, timestamp=stamp()))
        assert begun.id_tag_info["status"] == "Accepted"
        station(call16.StatusNotification(connector_id=1, status="Charging", error_code="NoError"))
        until(lambda: numbers(backend) == {0, 1}, "two events")
        gateway.kill()
        gateway.start()
        station.hang_up()
        station.dial()
        station(call16.MeterValues(connector_id=1, transaction_id=begun.transaction_id, meter_value=reading("1500.5")))
        until(lambda: numbers(backend) == {0, 1, 2}, "three events")
        backend.stop()
        station(call16.MeterValues(connector_id=1, transaction_id=begun.transaction_id, meter_value=reading("1800", T2)))
        station(call16.StopTransaction(transaction_id=begun.transaction_id, meter_stop=2000, timestamp=T3, reason="Remote"))
        gateway.kill()
        backend.start()
        gateway.start()
        until(lambda: any(event["event_type"] == "Ended" for event in events(backend)), "the end")
    told = {event["seq_no"]: event for event in events(backend)}
    assert sorted(told) == [0, 1, 2, 3, 4]
    assert [told[n]["event_type"] for n in sorted(told)] == ["Started", "Updated", "Updated", "Updated", "Ended"]
    assert len({event["transaction_info"]["transaction_id"] for event in told.values()}) == 1
    assert told[0]["id_token"] == {"id_token": "04A1B2C3", "type": "ISO14443"}
    assert told[0]["transaction_info"]["remote_start_id"] == 5
    assert told[0]["trigger_reason"] == "RemoteStart"
    assert told[4]["trigger_reason"] == "RemoteStop"
    assert amounts(told[0], told[2], told[3], told[4]) == ["1000", "1500.5", "1800", "2000"]


def stamp() -> str:
    from tests.peers.mobilityhouse import now

    return now()


def events(backend: Backend) -> list[dict[str, Any]]:
    return backend.book.of("TransactionEvent")


def numbers(backend: Backend) -> set[int]:
    """A killed gateway may send again what it sent last; it is the same event, by its number."""
    return {event["seq_no"] for event in events(backend)}


def amounts(*told: dict[str, Any]) -> list[str]:
    return [
        str(Decimal(str(event["meter_value"][-1]["sampled_value"][0]["value"])).normalize().__format__("f")) for event in told
    ]


def test_a_2_0_1_station_charges_on_a_1_6_back_end_through_two_kills(tmp_path: Path, later: Callable[[Any], Any]) -> None:
    backend = later(Backend(free_port()).start())
    gateway, port = running(tmp_path, "ocpp2.0.1", f"ocpp1.6+ws://127.0.0.1:{backend.port}/central")
    own = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    token = {"idToken": "3F2504E0-4F89-11D3-9A0C-0305E82C3301", "type": "Central"}

    def event(kind: str, number: int, when: str, value: float, **other: Any) -> Any:
        reason = other.pop("trigger", "MeterValuePeriodic")
        info = {"transactionId": own, **other.pop("info", {})}
        sample = {
            "value": value,
            "context": {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(kind, "Sample.Periodic"),
        }
        return call201.TransactionEvent(
            event_type=kind, timestamp=when, trigger_reason=reason, seq_no=number, transaction_info=info,
            meter_value=[{"timestamp": when, "sampledValue": [sample]}], **other,
        )  # fmt: skip

    with gateway:
        station = later(Dialled(Station2, "ocpp2.0.1", f"ws://127.0.0.1:{port}/ocpp/CP2").dial())
        boot = call201.BootNotification(charging_station={"model": "M", "vendorName": "V"}, reason="PowerUp")
        assert station(boot).status == "Accepted"
        station(call201.StatusNotification(timestamp=T0, connector_status="Occupied", evse_id=1, connector_id=1))
        started = backend.command("CP2", call16.RemoteStartTransaction(id_tag="04A1B2C3", connector_id=1))
        assert started.status == "Accepted"
        assert station.heard[0][1]["id_token"] == {"id_token": "04A1B2C3", "type": "ISO14443"}
        plugged = station(event("Started", 0, T0, 1000.4, trigger="CablePluggedIn", evse={"id": 1, "connectorId": 1}))
        assert plugged.id_token_info is None
        gateway.kill()
        gateway.start()
        station.hang_up()
        station.dial()
        authorized = station(
            event("Updated", 1, T1, 1000.4, trigger="Authorized", id_token=token, info={"chargingState": "Charging"})
        )
        assert authorized.id_token_info["status"] == "Accepted"
        until(lambda: backend.book.of("StartTransaction"), "the start")
        backend.stop()
        station(event("Updated", 2, T2, 1500.25))
        gateway.kill()
        gateway.start()
        station.hang_up()
        station.dial()
        ended = station(event("Ended", 3, T3, 2000.5, trigger="StopAuthorized", id_token=token, info={"stoppedReason": "Local"}))
        assert ended.id_token_info["status"] == "Accepted", "answered here, the back end being away"
        backend.start()
        until(lambda: backend.book.of("StopTransaction"), "the stop")
        theirs = backend.book.of("StartTransaction")[-1]["transaction_id"]
    (begun,) = backend.book.of("StartTransaction")
    assert (begun["id_tag"], begun["meter_start"], begun["timestamp"], begun["connector_id"]) == ("~AAAAAAAB", 1000, T1, 1)
    (stopped,) = backend.book.of("StopTransaction")
    assert (stopped["transaction_id"], stopped["id_tag"], stopped["meter_stop"]) == (theirs, "~AAAAAAAB", 2001)
    values = [m["meter_value"][0]["sampled_value"][0]["value"] for m in backend.book.of("MeterValues")]
    assert values == ["1000.4", "1500.25"]
    assert [s["status"] for s in backend.book.of("StatusNotification")][-1] == "Charging"
