"""A whole charging session over real sockets: a gateway process, a back end made of mobilityhouse/ocpp, stations made of zeep."""

from __future__ import annotations

import base64
import http.client
import ssl
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree
from ocpp.exceptions import OCPPError
from ocpp.v16 import call
from ocpp.v16.enums import ResetType

from tests import wsdls
from tests.certified import certified
from tests.peers.mobilityhouse import Backend
from tests.peers.running import PATIENCE, Gateway, free_port, post, until
from tests.peers.zeep_station import ZeepStation

CS = "urn://Ocpp/Cs/2012/06/"
CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"


@pytest.fixture
def backend() -> Iterator[Backend]:
    one = Backend(free_port()).start()
    yield one
    one.end()


@pytest.fixture
def gateway(backend: Backend, tmp_path: Path) -> Iterator[Gateway]:
    port = free_port()
    listen, up = f"ocpp1.5+http://127.0.0.1:{port}/ocpp", f"ocpp1.6+ws://127.0.0.1:{backend.port}/central"
    with Gateway(tmp_path / "data", "--listen", listen, "--backend", up, "--trace", str(tmp_path / "trace.jsonl")) as one:
        one.port = port  # type: ignore[attr-defined]
        yield one


@pytest.fixture
def service() -> Iterator[ZeepStation]:
    one = ZeepStation(wsdls.find("1.5", "backend"))
    yield one
    one.close()


class Caller:
    """zeep as the station's client, by the gateway's own WSDL and unaided."""

    def __init__(self, port: int, identity: str, callback: str) -> None:
        self.client = zeep.Client(f"http://127.0.0.1:{port}/ocpp?wsdl")
        name = etree.Element(f"{{{CS}}}chargeBoxIdentity")
        name.text = identity
        sender = etree.Element("{http://www.w3.org/2005/08/addressing}From")
        etree.SubElement(sender, "{http://www.w3.org/2005/08/addressing}Address").text = callback
        self.headers = [name, sender]

    def __call__(self, operation: str, **given: Any) -> Any:
        return getattr(self.client.service, operation)(**given, _soapheaders=self.headers)

    def boot(self) -> Any:
        return self("BootNotification", chargePointVendor="Zeep", chargePointModel="Z1", firmwareVersion="1.0")

    def close(self) -> None:
        self.client.transport.session.close()


@pytest.fixture
def station(gateway: Gateway, service: ZeepStation) -> Iterator[Caller]:
    one = Caller(gateway.port, "ZEEP 1", service.url)  # type: ignore[attr-defined]
    yield one
    one.close()


def test_a_charging_session_up(backend: Backend, gateway: Gateway, station: Caller) -> None:
    boot = station.boot()
    assert (boot.status, boot.heartbeatInterval) == ("Accepted", 300)
    assert backend.handshakes[0][0] == "/central/ZEEP%201"
    assert station("Heartbeat") is not None
    assert station("Authorize", idTag="GOOD").status == "Accepted"
    assert station("Authorize", idTag="BAD").status == "Invalid"
    station("StatusNotification", connectorId=1, status="Occupied", errorCode="NoError")
    start = station("StartTransaction", connectorId=1, idTag="GOOD", timestamp="2026-01-01T10:00:00Z", meterStart=1000)
    assert start.idTagInfo.status == "Accepted"
    assert 0 < start.transactionId < 2**31
    station("StatusNotification", connectorId=1, status="Occupied", errorCode="NoError")
    value = {
        "timestamp": "2026-01-01T10:10:00Z",
        "value": [{"_value_1": "1.50", "unit": "kWh"}, {"_value_1": "16", "unit": "Amp", "measurand": "Current.Import"}],
    }
    station("MeterValues", connectorId=1, transactionId=start.transactionId, values=[value])
    stop = station(
        "StopTransaction", transactionId=start.transactionId, idTag="GOOD", timestamp="2026-01-01T11:00:00Z", meterStop=8000
    )
    assert stop is None or stop.status in (None, "Accepted")
    until(lambda: backend.book.of("StopTransaction"), "the stop reached the back end")

    begun, meter, stopped = (backend.book.of(a) for a in ("StartTransaction", "MeterValues", "StopTransaction"))
    assert [(b["connector_id"], b["id_tag"], b["meter_start"]) for b in begun] == [(1, "GOOD", 1000)]
    theirs = begun[0]["transaction_id"]
    assert [m["transaction_id"] for m in meter] == [theirs]
    assert meter[0]["meter_value"][0]["sampled_value"] == [
        {"value": "1.50", "unit": "kWh"}, {"value": "16", "unit": "A", "measurand": "Current.Import"},
    ]  # fmt: skip
    assert [(s["transaction_id"], s["meter_stop"]) for s in stopped] == [(theirs, 8000)]
    assert [s["status"] for s in backend.book.of("StatusNotification")] == ["Preparing", "Charging"]
    assert station("DataTransfer", vendorId="V", messageId="m", data="ping").data == "pong"
    station("DiagnosticsStatusNotification", status="Uploaded")
    station("FirmwareStatusNotification", status="Installed")
    until(lambda: backend.book.of("FirmwareStatusNotification"), "the firmware status reached the back end")


DOWN: list[tuple[Any, str, dict[str, Any], dict[str, Any]]] = [
    (call.UnlockConnector(connector_id=1), "unlockConnector", {"connectorId": 1}, {"status": "Unlocked"}),
    (call.Reset(type=ResetType.soft), "reset", {"type": "Soft"}, {"status": "Accepted"}),
    (call.ChangeAvailability(connector_id=0, type="Operative"), "changeAvailability", {"connectorId": 0, "type": "Operative"}, {"status": "Scheduled"}),
    (call.GetDiagnostics(location="ftp://x/y"), "getDiagnostics", {"location": "ftp://x/y"}, {"file_name": "log.txt"}),
    (call.ClearCache(), "clearCache", {}, {"status": "Accepted"}),
    (call.UpdateFirmware(location="http://x/f", retrieve_date="2026-01-01T00:00:00Z"), "updateFirmware", {"location": "http://x/f"}, {}),
    (call.ChangeConfiguration(key="HeartbeatInterval", value="9"), "changeConfiguration", {"key": "HeartBeatInterval", "value": "9"}, {"status": "NotSupported"}),
    (call.RemoteStartTransaction(id_tag="T", connector_id=1), "remoteStartTransaction", {"idTag": "T", "connectorId": 1}, {"status": "Accepted"}),
    (call.CancelReservation(reservation_id=3), "cancelReservation", {"reservationId": 3}, {"status": "Accepted"}),
    (call.DataTransfer(vendor_id="V", data="d"), "dataTransfer", {"vendorId": "V", "data": "d"}, {"status": "UnknownVendorId"}),
    (call.GetConfiguration(key=["HeartbeatInterval", "Foo"]), "getConfiguration", {"key": ["HeartBeatInterval", "Foo"]}, {"unknown_key": ["Foo"]}),
    (call.GetLocalListVersion(), "getLocalListVersion", {}, {"list_version": 5}),
    (call.ReserveNow(connector_id=1, expiry_date="2026-01-01T00:00:00Z", id_tag="T", reservation_id=4), "reserveNow", {"reservationId": 4}, {"status": "Occupied"}),
    (call.SendLocalList(list_version=6, update_type="Full", local_authorization_list=[{"id_tag": "A"}]), "sendLocalList", {"listVersion": 6}, {"status": "Failed"}),
]  # fmt: skip


def test_every_operation_of_the_back_end_reaches_a_zeep_made_station(
    backend: Backend, gateway: Gateway, station: Caller, service: ZeepStation
) -> None:
    station.boot()
    start = station("StartTransaction", connectorId=1, idTag="GOOD", timestamp="2026-01-01T10:00:00Z", meterStart=0)
    theirs = until(lambda: backend.book.of("StartTransaction"), "the start")[0]["transaction_id"]
    for request, operation, arguments, expected in DOWN:
        answer = backend.command("ZEEP%201", request)
        heard, given = service.heard[-1]
        assert heard == operation
        assert {k: given.get(k) for k in arguments} == arguments
        assert {k: getattr(answer, k) for k in expected} == expected, operation
    stopped = backend.command("ZEEP%201", call.RemoteStopTransaction(transaction_id=theirs))
    assert stopped.status == "Accepted"
    assert service.heard[-1] == ("remoteStopTransaction", {"transactionId": start.transactionId}), "the station's own id of it"
    assert {one for one, _ in service.heard} == set(service_operations())
    assert service.headers[-1]["chargeBoxIdentity"] == "ZEEP 1"


def service_operations() -> set[str]:
    from tests.peers.zeep_station import ANSWERS

    return set(ANSWERS)


def test_a_fault_of_the_station_is_an_error_for_the_back_end(backend: Backend, station: Caller, service: ZeepStation) -> None:
    station.boot()
    service.faults = {"reset"}
    with pytest.raises(OCPPError) as caught:
        backend.command("ZEEP%201", call.Reset(type=ResetType.hard))
    assert caught.value.code == "NotSupported"
    service.close()
    with pytest.raises(OCPPError) as caught:
        backend.command("ZEEP%201", call.ClearCache())
    assert caught.value.code == "InternalError"


def test_a_transaction_survives_kill_9_and_an_outage(backend: Backend, gateway: Gateway, station: Caller) -> None:
    station.boot()
    backend.stop()
    start = station("StartTransaction", connectorId=1, idTag="GOOD", timestamp="2026-01-01T10:00:00Z", meterStart=100)
    assert start.idTagInfo.status == "Accepted", "answered locally while the back end is away"
    gateway.kill()
    gateway.start()
    again = station("StartTransaction", connectorId=1, idTag="GOOD", timestamp="2026-01-01T10:00:00Z", meterStart=100)
    assert again.transactionId == start.transactionId, "a retry is the same transaction"
    station(
        "MeterValues",
        connectorId=1,
        transactionId=start.transactionId,
        values=[{"timestamp": "2026-01-01T10:10:00Z", "value": [{"_value_1": "150"}]}],
    )
    station("StopTransaction", transactionId=start.transactionId, timestamp="2026-01-01T11:00:00Z", meterStop=200)
    gateway.kill()
    backend.start()
    gateway.start()
    until(lambda: backend.book.of("StopTransaction"), "the stop is delivered though the station stays away")
    order = [action for _, action, _ in backend.book.notes if action in ("StartTransaction", "MeterValues", "StopTransaction")]
    assert order == ["StartTransaction", "MeterValues", "StopTransaction"]
    theirs = backend.book.of("StartTransaction")[0]["transaction_id"]
    assert (
        backend.book.of("StopTransaction")[0]["transaction_id"] == theirs == backend.book.of("MeterValues")[0]["transaction_id"]
    )
    assert gateway.stop() == 0, "SIGTERM drains"


def captured_requests() -> list[Path]:
    folders = [CAPTURES / "sim_soap_1.5" / "cp_to_cs", CAPTURES / "gsoap_cp15_vs_stub"]
    return sorted(path for folder in folders for path in folder.glob("*_req_*.http"))


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of ../shared are not at hand")
def test_captured_traffic_gives_valid_messages_both_ways(backend: Backend, gateway: Gateway) -> None:
    schema = wsdls.schema("1.5", "station")
    states = 0
    for path in captured_requests():
        head, _, body = path.read_bytes().partition(b"\r\n\r\n")
        lines = [line.decode().partition(": ") for line in head.split(b"\r\n")[1:]]
        headers = {name: value for name, _, value in lines if name.lower() in ("content-type", "soapaction", "user-agent")}
        status, answer = post(gateway.port, body, headers)  # type: ignore[attr-defined]
        content = etree.fromstring(answer).find("{http://www.w3.org/2003/05/soap-envelope}Body")[0]  # type: ignore[index]
        assert status == 200, (path.name, answer)
        schema.assertValid(content)
        # A state is acknowledged before it goes up, and one that waits gives way to the next of its connector.
        states += "statusNotification" in etree.QName(content).localname
        until(lambda: len(backend.book.of("StatusNotification")) == states, "the state arrived")  # noqa: B023
    calls = [etree.fromstring(p.read_bytes().partition(b"\r\n\r\n")[2]) for p in captured_requests()]
    asked = Counter(etree.QName(one[1][0]).localname.removesuffix("Request") for one in calls)
    heard = Counter(action[0].lower() + action[1:] for _, action, _ in backend.book.notes)
    del asked["heartbeat"], heard["heartbeat"]  # answered by the gateway's own clock; one an interval goes up
    assert heard == asked, "every captured request became one valid message"
    assert "FormationViolation" not in gateway.metrics()
    assert {who for who, _, _ in backend.book.notes} == {"CP-15", "GSOAP1"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not xml", 400),
        (b"<html><body>login</body></html>", 400),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 400),
        (b"<a>" * 5000, 400),
        (b"x" * (1 << 21), 413),
    ],
)
def test_bad_input_costs_nobody_anything(gateway: Gateway, station: Caller, body: bytes, status: int) -> None:
    assert station.boot().status == "Accepted"
    try:
        assert post(gateway.port, body)[0] == status  # type: ignore[attr-defined]
    except (BrokenPipeError, ConnectionResetError):
        assert status == 413, "refused before the body was read"
    assert station("Authorize", idTag="GOOD").status == "Accepted"


def test_basic_auth_reaches_the_back_end(backend: Backend, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "key").write_text("s3cret\n")
    site = tmp_path / "gateway.yaml"
    site.write_text(
        f"listeners: [{{listen: 'ocpp1.5+http://127.0.0.1:{port}/ocpp', enroll: listed}}]\n"
        f"backends: [{{connect: 'ocpp1.6+ws://127.0.0.1:{backend.port}/x', credential: {{file: key}}}}]\n"
        "stations: {S1: {as: DE-1}}\n"
    )
    with Gateway(tmp_path / "data", "-c", str(site)) as gateway:
        known, stranger = Caller(port, "S1", "http://127.0.0.1:1/"), Caller(port, "S2", "http://127.0.0.1:1/")
        assert known.boot().status == "Accepted"
        with pytest.raises(zeep.exceptions.Fault, match="not listed"):
            stranger.boot()
        known.close()
        stranger.close()
        assert backend.handshakes == [("/x/DE-1", "Basic " + base64.b64encode(b"DE-1:s3cret").decode())]
        assert "s3cret" not in gateway.log.read_text()


@pytest.mark.parametrize("trusted", [True, False])
def test_an_uplink_over_tls_only_to_whom_we_trust(tmp_path: Path, trusted: bool) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certified(tmp_path))
    backend = Backend(free_port(), server).start()
    port = free_port()
    site = tmp_path / "gateway.yaml"
    site.write_text(
        f"listeners: [{{listen: 'ocpp1.5+http://127.0.0.1:{port}/ocpp'}}]\n"
        f"backends: [{{connect: 'ocpp1.6+wss://localhost:{backend.port}/x'{', trust: cert.pem' if trusted else ''}}}]\n"
        f"policy: {{answer_within: {20 if trusted else 1}}}\n"
    )
    with Gateway(tmp_path / "data", "-c", str(site)):
        station = Caller(port, "S1", "http://127.0.0.1:1/")
        assert station.boot().status == ("Accepted" if trusted else "Rejected")
        station.close()
    assert [path for path, _ in backend.handshakes] == (["/x/S1"] if trusted else [])
    backend.end()


def test_stations_over_tls(backend: Backend, tmp_path: Path) -> None:
    certified(tmp_path)
    port = free_port()
    site = tmp_path / "gateway.yaml"
    site.write_text(
        f"listeners: [{{listen: 'ocpp1.5+https://127.0.0.1:{port}/ocpp', certificate: {{chain: cert.pem, key: key.pem}}}}]\n"
        f"backends: [{{connect: 'ocpp1.6+ws://127.0.0.1:{backend.port}/x'}}]\n"
    )
    with Gateway(tmp_path / "data", "-c", str(site)):
        connection = http.client.HTTPSConnection(
            "localhost", port, timeout=PATIENCE, context=ssl.create_default_context(cafile=tmp_path / "cert.pem")
        )
        connection.request("GET", "/ocpp?wsdl")
        answer = connection.getresponse()
        assert (answer.status, b"CentralSystemService" in answer.read()) == (200, True)
        connection.close()
