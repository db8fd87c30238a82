"""Transactions to and from 2.1 over real sockets, the peers not ours: who, when and how much at both ends."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ocpp.v16 import call as call16
from ocpp.v21 import call as call21

from tests.peers import mobilityhouse as peer16
from tests.peers.mobilityhouse import Backend, now
from tests.peers.mobilityhouse201 import Dialled, Station3, Station16, Station21, Station201
from tests.peers.running import free_port, until
from tests.peers.test_hard_rung import T0, T1, T2, T3, amounts, reading, running

OWN = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
TOKEN = {"idToken": "04A1B2C3", "type": "ISO14443"}


def listening(ends: ExitStack, kind: type[Any], protocol: str) -> Backend:
    backend = Backend(free_port(), kind=kind, protocol=protocol).start()
    ends.callback(backend.end)
    return backend


def dialled(ends: ExitStack, kind: type[Any], protocol: str, port: int) -> Dialled:
    station = Dialled(kind, protocol, f"ws://127.0.0.1:{port}/ocpp/CP1")
    ends.callback(station.end)
    return station.dial()


def events(book: peer16.Book) -> list[dict[str, Any]]:
    """Each once: what a slow peer did not answer in time is sent again, and is the same event by its number."""
    return list({event["seq_no"]: event for event in book.of("TransactionEvent")}.values())


def test_a_1_6_station_charges_on_a_2_1_back_end(tmp_path: Path) -> None:
    with ExitStack() as ends:
        backend = listening(ends, Station21, "ocpp2.1")
        gateway, port = running(tmp_path, "ocpp1.6", f"ocpp2.1+ws://127.0.0.1:{backend.port}/central")
        ends.enter_context(gateway)
        station = dialled(ends, Station16, "ocpp1.6", port)
        assert station(call16.BootNotification(charge_point_vendor="V", charge_point_model="M")).status == "Accepted"
        assert station(call16.Authorize(id_tag="BAD")).id_tag_info["status"] == "Invalid"
        station(call16.StatusNotification(connector_id=1, status="Preparing", error_code="NoError"))
        token = {"id_token": "04A1B2C3", "type": "ISO14443"}
        asked = call21.RequestStartTransaction(id_token=token, remote_start_id=5, evse_id=1)
        assert backend.command("CP1", asked).status == "Accepted"
        assert station.heard == [("RemoteStartTransaction", {"id_tag": "04A1B2C3", "connector_id": 1})]
        begin = now()
        begun = station(call16.StartTransaction(connector_id=1, id_tag="04A1B2C3", meter_start=1000, timestamp=begin))
        assert begun.id_tag_info["status"] == "Accepted"
        number = begun.transaction_id
        station(call16.MeterValues(connector_id=1, transaction_id=number, meter_value=reading("1500.5")))
        station(call16.StopTransaction(transaction_id=number, meter_stop=2000, timestamp=T3, reason="Remote"))
        until(lambda: len(events(backend.book)) == 3, "three events")
        started, updated, ended = events(backend.book)
    assert [event["event_type"] for event in (started, updated, ended)] == ["Started", "Updated", "Ended"]
    assert [event["seq_no"] for event in (started, updated, ended)] == [0, 1, 2]
    assert len({event["transaction_info"]["transaction_id"] for event in (started, updated, ended)}) == 1
    assert (started["id_token"], started["timestamp"]) == (token, begin)
    assert (started["transaction_info"]["remote_start_id"], ended["timestamp"]) == (5, T3)
    assert amounts(started, updated, ended) == ["1000", "1500.5", "2000"]


def event(kind: str, number: int, when: str, value: float, trigger: str = "MeterValuePeriodic", **other: Any) -> Any:
    info = {"transactionId": OWN, **other.pop("info", {})}
    context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(kind, "Sample.Periodic")
    samples = [{"timestamp": when, "sampledValue": [{"value": value, "context": context}]}]
    told = {"event_type": kind, "timestamp": when, "trigger_reason": trigger, "seq_no": number, "meter_value": samples}
    return call21.TransactionEvent(**told, transaction_info=info, **other)


@pytest.mark.parametrize(("kind", "protocol"), [(peer16.Station, "ocpp1.6"), (Station201, "ocpp2.0.1")])
def test_a_2_1_station_charges_on_an_older_back_end(tmp_path: Path, kind: type[Any], protocol: str) -> None:
    with ExitStack() as ends:
        backend = listening(ends, kind, protocol)
        gateway, port = running(tmp_path, "ocpp2.1", f"{protocol}+ws://127.0.0.1:{backend.port}/central")
        ends.enter_context(gateway)
        station = dialled(ends, Station3, "ocpp2.1", port)
        boot = call21.BootNotification(charging_station={"model": "M", "vendorName": "V"}, reason="PowerUp")
        assert station(boot).status == "Accepted"
        station(call21.StatusNotification(timestamp=T0, connector_status="Occupied", evse_id=1, connector_id=1))
        first = station(event("Started", 0, T0, 1000, "Authorized", evse={"id": 1, "connectorId": 1}, id_token=TOKEN))
        assert first.id_token_info["status"] == "Accepted"
        station(event("Updated", 1, T1, 1500.25))
        # A reason that only 2.1 has.
        station(event("Updated", 2, T2, 1800, "RunningCost", info={"chargingState": "Charging"}))
        ended = event("Ended", 3, T3, 2000.5, "StopAuthorized", id_token=TOKEN, info={"stoppedReason": "Local"})
        assert station(ended).id_token_info["status"] == "Accepted"
        if protocol == "ocpp1.6":
            until(lambda: backend.book.of("StopTransaction"), "the stop")
            books_of_1_6(backend.book)
        else:
            until(lambda: len(events(backend.book)) == 4, "four events")
            books_of_2_0_1(backend.book)


def books_of_1_6(book: peer16.Book) -> None:
    (begun,), (stopped,) = book.of("StartTransaction"), book.of("StopTransaction")
    assert (begun["id_tag"], begun["meter_start"], begun["timestamp"], begun["connector_id"]) == ("04A1B2C3", 1000, T0, 1)
    assert stopped["transaction_id"] == begun["transaction_id"]
    assert (stopped["id_tag"], stopped["meter_stop"], stopped["timestamp"]) == ("04A1B2C3", 2001, T3)
    values = [m["meter_value"][0]["sampled_value"][0]["value"] for m in book.of("MeterValues")]
    assert [Decimal(value) for value in values] == [Decimal("1500.25"), 1800]


def books_of_2_0_1(book: peer16.Book) -> None:
    told = events(book)
    assert [(one["event_type"], one["seq_no"], one["timestamp"]) for one in told] == [
        ("Started", 0, T0),
        ("Updated", 1, T1),
        ("Updated", 2, T2),
        ("Ended", 3, T3),
    ]
    assert {one["transaction_info"]["transaction_id"] for one in told} == {OWN}
    assert told[0]["id_token"] == told[3]["id_token"] == {"id_token": "04A1B2C3", "type": "ISO14443"}
    assert told[2]["trigger_reason"] == "MeterValuePeriodic"
    assert amounts(*told) == ["1000", "1500.25", "1800", "2000.5"]
