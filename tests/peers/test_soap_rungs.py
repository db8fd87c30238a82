"""1.2 and 1.6 over SOAP with zeep at the far end: stations on a JSON back end, back ends of a JSON station."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree
from ocpp.exceptions import OCPPError
from ocpp.v16 import call
from websockets.sync.client import connect

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.dialects.wsdl import write_wsdl
from gateway.messages import Side
from tests import wsdls
from tests.peers.mobilityhouse import Backend
from tests.peers.running import PATIENCE, Gateway, free_port, until
from tests.peers.zeep_station import ANSWERS, NoNetwork, ZeepStation

SPACES = {"1.2": "2010/08", "1.6": "2015/10"}
WSA = "http://www.w3.org/2005/08/addressing"
NEWER = {
    "unlockConnector": {"status": "UnlockFailed"},
    "triggerMessage": {"status": "Accepted"},
    "setChargingProfile": {"status": "Accepted"},
    "getConfiguration": {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}], "unknownKey": []},
}


def described(version: str, side: Side, folder: Path) -> Path:
    """The official WSDL; for 1.2, which no package has, ours: `tests.dialects.test_structure` compares the two."""
    if version != "1.2":
        return wsdls.find(version, side)
    path = folder / f"{side}.wsdl"
    path.write_bytes(write_wsdl(load_dialects(Folders())["ocpp1.2"], side, "http://x/"))
    return path


def headed(space: str, identity: str, callback: str) -> list[Any]:
    name = etree.Element(f"{{urn://Ocpp/{space}/}}chargeBoxIdentity")
    name.text = identity
    sender = etree.Element(f"{{{WSA}}}From")
    etree.SubElement(sender, f"{{{WSA}}}Address").text = callback
    return [name, sender]


class Caller:
    """zeep as a station's client, by the gateway's own WSDL."""

    def __init__(self, port: int, version: str, callback: str) -> None:
        self.client = zeep.Client(f"http://127.0.0.1:{port}/ocpp?wsdl=ocpp{version}")
        self.headers = headed(f"Cs/{SPACES[version]}", f"S{version}", callback)

    def __call__(self, operation: str, **given: Any) -> Any:
        return getattr(self.client.service, operation)(**given, _soapheaders=self.headers)


@pytest.fixture
def backend() -> Iterator[Backend]:
    one = Backend(free_port()).start()
    yield one
    one.end()


@pytest.fixture
def port(backend: Backend, tmp_path: Path) -> Iterator[int]:
    one = free_port()
    listen, up = f"ocpp1.2,ocpp1.5,ocpp1.6+http://127.0.0.1:{one}/ocpp", f"ocpp1.6+ws://127.0.0.1:{backend.port}/central"
    with Gateway(tmp_path / "data", "--listen", listen, "--backend", up):
        yield one


def test_soap_stations_of_two_versions_on_one_port(backend: Backend, port: int, tmp_path: Path) -> None:
    for version, answers in (("1.2", ANSWERS), ("1.6", {**ANSWERS, **NEWER})):
        service = ZeepStation(described(version, "backend", tmp_path), answers)
        station, identity = Caller(port, version, service.url), f"S{version}"
        boot = station("BootNotification", chargePointVendor="Zeep", chargePointModel="Z1")
        assert (boot.status, boot.heartbeatInterval if version == "1.2" else boot.interval) == ("Accepted", 300)
        assert station("Authorize", idTag="BAD").status == "Invalid"
        when = "2026-01-01T10:00:00Z"
        start = station("StartTransaction", connectorId=1, idTag="GOOD", timestamp=when, meterStart=1000)
        assert start.idTagInfo.status == "Accepted"
        if version == "1.2":
            station("MeterValues", connectorId=1, values=[{"timestamp": when, "value": 1500}])
        else:
            sample = [
                {"value": "1.5", "unit": "kWh"},
                {"value": "31", "unit": "Celsius", "measurand": "Temperature", "phase": "L1"},
            ]
            given = {"transactionId": start.transactionId, "meterValue": [{"timestamp": when, "sampledValue": sample}]}
            station("MeterValues", connectorId=1, **given)
        station("StopTransaction", transactionId=start.transactionId, timestamp=when, meterStop=8000)
        until(lambda who=identity: backend.book.of("StopTransaction", who), "the stop reached the back end")
        (begun,), (meter,), (stopped,) = (
            backend.book.of(a, identity) for a in ("StartTransaction", "MeterValues", "StopTransaction")
        )
        assert (begun["meter_start"], stopped["meter_stop"]) == (1000, 8000)
        assert stopped["transaction_id"] == begun["transaction_id"] != start.transactionId
        values = [(one["value"], one.get("unit")) for one in meter["meter_value"][0]["sampled_value"]]
        assert values == ([("1500", None)] if version == "1.2" else [("1.5", "kWh"), ("31", "Celcius")])
        commands(backend, identity, service)
        service.close()
        station.client.transport.session.close()


def commands(backend: Backend, identity: str, service: ZeepStation) -> None:
    old = identity == "S1.2"
    assert backend.command(identity, call.Reset(type="Soft")).status == "Accepted"
    assert backend.command(identity, call.RemoteStartTransaction(id_tag="T", connector_id=1)).status == "Accepted"
    assert service.heard[-1] == (
        "remoteStartTransaction",
        {"idTag": "T", "connectorId": 1} | ({} if old else {"chargingProfile": None}),
    )
    assert backend.command(identity, call.UnlockConnector(connector_id=1)).status == ("Unlocked" if old else "UnlockFailed")
    got = backend.command(identity, call.GetConfiguration(key=["HeartbeatInterval"]))
    assert (got.unknown_key, bool(got.configuration_key)) == ((["HeartbeatInterval"], False) if old else (None, True))
    triggered = backend.command(identity, call.TriggerMessage(requested_message="StatusNotification"))
    assert triggered.status == ("NotImplemented" if old else "Accepted")
    periods = [{"start_period": 0, "limit": 16.5}]
    schedule = {"charging_rate_unit": "A", "charging_schedule_period": periods}
    profile = {
        "charging_profile_id": 1,
        "stack_level": 0,
        "charging_profile_purpose": "TxDefaultProfile",
        "charging_profile_kind": "Absolute",
        "charging_schedule": schedule,
    }
    before = len(service.heard)
    told = backend.command(identity, call.SetChargingProfile(connector_id=1, cs_charging_profiles=profile)).status
    assert (told, len(service.heard) - before) == (("NotSupported", 0) if old else ("Accepted", 1))
    if not old:
        heard = service.heard[-1][1]["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"]
        assert [one["limit"] for one in heard] == [Decimal("16.5")]
    # The security whitepaper is for JSON only: a 1.5 or older station has no such operations, 1.6 over SOAP no way to say them.
    certificates = call.GetInstalledCertificateIds(certificate_type="CentralSystemRootCertificate")
    if old:
        assert backend.command(identity, certificates).status == "NotFound"
    else:
        with pytest.raises(OCPPError) as caught:
            backend.command(identity, certificates)
        assert caught.value.code == "NotImplemented"


CENTRAL: dict[str, dict[str, Any]] = {
    "bootNotification": {"status": "Accepted", "currentTime": "2026-01-01T10:00:00Z", "interval": 300},
    "statusNotification": {},
    "authorize": {"idTagInfo": {"status": "Accepted"}},
    "startTransaction": {"transactionId": 4711, "idTagInfo": {"status": "Accepted"}},
    "stopTransaction": {},
    "meterValues": {},
    "heartbeat": {"currentTime": "2026-01-01T10:00:00Z"},
}


class JsonStation:
    """A 1.6J station of a few lines; it answers whatever it is asked with ``answers``."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.count = socket, 0

    def ask(self, action: str, payload: dict[str, Any]) -> Any:
        self.count += 1
        self.socket.send(json.dumps([2, str(self.count), action, payload]))
        kind, id, told = json.loads(self.socket.recv(timeout=PATIENCE))[:3]
        assert (kind, id) == (3, str(self.count)), told
        return told

    def serve(self, answer: dict[str, Any]) -> tuple[str, Any]:
        _, id, action, payload = json.loads(self.socket.recv(timeout=PATIENCE))
        self.socket.send(json.dumps([3, id, answer]))
        return action, payload


@pytest.mark.parametrize("version", ["1.2", "1.6"])
def test_a_json_station_on_a_soap_back_end(version: str, tmp_path: Path) -> None:
    boot = CENTRAL["bootNotification"]
    # A back end of 1.2 may leave out time and interval.
    answers = {**CENTRAL, "bootNotification": {"status": "Accepted"} if version == "1.2" else boot}
    central = ZeepStation(described(version, "station", tmp_path), answers)
    port, back = free_port(), free_port()
    arguments = ("--listen", f"ocpp1.5,ocpp1.6+ws://127.0.0.1:{port}/ocpp", "--backend", f"ocpp{version}+{central.url}")
    offers: Any = ["ocpp2.0.1", "ocpp1.5", "ocpp1.6"]
    with (
        Gateway(tmp_path / "data", *arguments, "--callback", f"http://127.0.0.1:{back}/back"),
        connect(f"ws://127.0.0.1:{port}/ocpp/J1", subprotocols=offers, open_timeout=PATIENCE) as socket,
    ):
        station = JsonStation(socket)
        assert station.socket.subprotocol == "ocpp1.6"
        told = station.ask("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        assert (told["status"], told["interval"]) == ("Accepted", 300)
        assert told["currentTime"] > "2026"
        begin = {"connectorId": 1, "idTag": "T", "timestamp": "2026-01-01T10:00:00Z", "meterStart": 5}
        ours = station.ask("StartTransaction", begin)["transactionId"]
        sample = [{"value": "1.25", "unit": "kWh"}, {"value": "30", "unit": "Celcius", "measurand": "Temperature"}]
        reading = {"timestamp": "2026-01-01T10:10:00Z", "sampledValue": sample}
        station.ask("MeterValues", {"connectorId": 1, "transactionId": ours, "meterValue": [reading]})
        station.ask("StopTransaction", {"transactionId": ours, "timestamp": "2026-01-01T11:00:00Z", "meterStop": 9})
        until(lambda: "stopTransaction" in dict(central.heard), "the stop reached the back end")
        heard = dict(central.heard)
        assert heard["stopTransaction"]["transactionId"] == 4711
        if version == "1.2":
            assert [one["value"] for one in heard["meterValues"]["values"]] == [1250]
        else:
            values = heard["meterValues"]["meterValue"][0]["sampledValue"]
            assert [(one["value"], one["unit"]) for one in values] == [("1.25", "kWh"), ("30", "Celsius")]
        command(version, back, station, tmp_path)
    central.close()


def command(version: str, back: int, station: JsonStation, folder: Path) -> None:
    """The back end asks, by the official WSDL."""
    client = zeep.Client(str(described(version, "backend", folder)), transport=NoNetwork())
    binding = next(iter(next(iter(client.wsdl.services.values())).ports.values())).binding.name
    service = client.create_service(binding, f"http://127.0.0.1:{back}/back")
    pending = Later(
        lambda: service.UnlockConnector(connectorId=1, _soapheaders=headed(f"Cp/{SPACES[version]}", "J1", "http://x/"))
    )
    assert station.serve({"status": "UnlockFailed"}) == ("UnlockConnector", {"connectorId": 1})
    assert pending.result() == ("Rejected" if version == "1.2" else "UnlockFailed")
    client.transport.session.close()


class Later:
    """A call on a thread of its own."""

    def __init__(self, work: Any) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.pool = ThreadPoolExecutor(1)
        self.future = self.pool.submit(work)

    def result(self) -> Any:
        try:
            return self.future.result(PATIENCE)
        finally:
            self.pool.shutdown()
