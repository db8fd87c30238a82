"""Field reports that need no profile: what the gateway does for everybody copes with them.

Tests have the numbers of ``field_reports.yaml`` in their names; a law in ``test_catalogue_laws.py`` asks for one of each, here or
beside the rooms that it is about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Station
from gateway.dialects.ocppj import read_frame, write_frame
from gateway.dialects.soap import read_envelope
from gateway.links.heads import HeadCutter, read_request, tokens
from gateway.links.limits import Limits
from gateway.messages import Error
from tests.office import Office, Socket, data, envelope, pair

START = {"connectorId": 1, "idTag": "A", "meterStart": 5, "timestamp": "2026-01-01T00:00:00Z"}
GOOD = {"idTagInfo": {"status": "Accepted"}}


def office(folder: Path, listen: str = "ocpp1.6+ws", connect: str = "ocpp1.6+ws") -> Office:
    return Office(folder, pair(folder, listen, connect))


def booted(made: Office, path: str = "/ocpp/CP1") -> Socket:
    socket = made.connect(path).socket
    assert socket is not None
    socket.say(2, "b", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    made.accept()
    return socket


def started(made: Office, theirs: int = 77, connector: int = 1) -> tuple[Socket, int]:
    """A transaction; the back end calls it ``theirs``, the station as is given back."""
    socket = booted(made)
    socket.say(2, "s", "StartTransaction", {**START, "connectorId": connector})
    made.uplinks[-1].say(3, made.uplinks[-1].calls("StartTransaction")[-1][1], {"transactionId": theirs, **GOOD})
    return socket, socket.sent[-1][2]["transactionId"]


def stop(id: Any, **more: Any) -> dict[str, Any]:
    return {"transactionId": id, "meterStop": 9, "timestamp": "2026-01-01T01:00:00Z", **more}


def request(target: str, *headers: str) -> Any:
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" + "".join(f"{one}\r\n" for one in headers) + "\r\n"
    cut = HeadCutter(Limits()).take(bytearray(head.encode()))
    assert cut is not None
    return read_request(cut, Limits())


def test_q02_empty_elements_of_an_offer_are_skipped() -> None:
    for offer in (",ocpp2.0.1", "ocpp2.0.1,", " , ocpp2.0.1 ,,"):
        assert tokens(request("/", f"Sec-WebSocket-Protocol: {offer}").headers, "sec-websocket-protocol") == ["ocpp2.0.1"]


def test_q05_nothing_of_a_probe_in_another_version_is_kept(tmp_path: Path) -> None:
    made = office(tmp_path, "ocpp1.6,ocpp2.0.1+ws")
    made.connect()
    first = made.relay.conversations["CP1"]
    made.connect(headers=(("sec-websocket-protocol", "ocpp2.0.1"),))
    second = made.relay.conversations["CP1"]
    assert second is not first
    assert second.session.desk.dialect.name == "ocpp2.0.1"


def test_q07_q08_slashes_that_repeat_count_as_one() -> None:
    assert request("///charger").path == "/charger"
    assert request("/ocpp//CP1?a=//").path == "/ocpp/CP1"


def test_q12_a_path_may_be_short(tmp_path: Path) -> None:
    made = office(tmp_path)
    assert made.doors.listeners[0].address.path == "/ocpp"
    short = made.doors.listeners[0].address.__class__("ocpp1.6", "ws", "192.0.2.1", 80, "/")
    assert short.url("C") == "ws://192.0.2.1:80/C"


def test_q16_a_new_link_takes_the_place_of_the_old(tmp_path: Path) -> None:
    made = office(tmp_path)
    old = booted(made)
    made.uplinks[-1].say(2, "c", "ClearCache", {})
    new = booted(made)
    assert old.end is not None
    assert [4, "c", "InternalError"] in [frame[:3] for frame in made.uplinks[-1].sent]
    new.say(2, "h", "Heartbeat", {})
    assert new.sent[-1][:2] == [3, "h"]


def test_q19_the_station_s_link_stays_while_the_back_end_is_away(tmp_path: Path) -> None:
    made = office(tmp_path)
    socket = booted(made)
    made.uplinks[-1].receiver.closed(1006, "gone")
    socket.say(2, "h", "Heartbeat", {})
    assert socket.sent[-1][:2] == [3, "h"]
    assert socket.end is None


def test_q25_both_spellings_are_read_and_the_dialects_own_is_written() -> None:
    dialects = data().dialects
    for spelled in ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"):
        error = read_frame(f'[4,"7","{spelled}","",{{}}]')
        assert isinstance(error, Error)
        assert write_frame(error, dialects["ocpp1.6"]) == '[4,"7","OccurenceConstraintViolation","",{}]'
        assert write_frame(error, dialects["ocpp2.0.1"]) == '[4,"7","OccurrenceConstraintViolation","",{}]'


def test_q27_one_message_id_for_everything(tmp_path: Path) -> None:
    made = office(tmp_path)
    socket = booted(made)
    for at in ("2026-01-01T00:00:00Z", "2026-01-01T00:10:00Z"):
        socket.say(2, "1000001", "StartTransaction", {**START, "timestamp": at})
        up = made.uplinks[-1].calls("StartTransaction")[-1]
        made.uplinks[-1].say(3, up[1], {"transactionId": 7, **GOOD})
        socket.say(2, "1000001", "StartTransaction", {**START, "timestamp": at})
    assert len(made.uplinks[-1].calls("StartTransaction")) == 2
    assert [frame[1] for frame in socket.sent[-4:]] == ["1000001"] * 4


def test_q30_blanks_and_line_ends_are_json() -> None:
    assert read_frame('[\n  2,\r\n "7",\t"Heartbeat",\n { }\n]\n').kind == "call"


def test_q32_the_last_boot_is_told_again(tmp_path: Path) -> None:
    made = office(tmp_path)
    booted(made)
    made.uplinks[-1].receiver.closed(1006, "gone")
    made.clock.pump([1.0] * 20)
    assert len(made.uplinks) == 2
    assert made.uplinks[-1].calls("BootNotification")[0][3]["chargePointModel"] == "M"


@pytest.mark.parametrize("id", [0, -1])
def test_q75_q76_zero_or_less_is_the_open_transaction(tmp_path: Path, id: int) -> None:
    made = office(tmp_path)
    socket, _ = started(made)
    socket.say(2, "e", "StopTransaction", stop(id))
    assert made.uplinks[-1].calls("StopTransaction")[0][3]["transactionId"] == 77


def test_q78_late_readings_go_up_with_their_transaction(tmp_path: Path) -> None:
    made = office(tmp_path)
    socket, ours = started(made)
    socket.say(2, "e", "StopTransaction", stop(ours))
    made.uplinks[-1].say(3, made.uplinks[-1].calls("StopTransaction")[0][1], GOOD)
    reading = [{"timestamp": "2026-01-01T01:00:01Z", "sampledValue": [{"value": "9"}]}]
    socket.say(2, "m", "MeterValues", {"connectorId": 1, "transactionId": ours, "meterValue": reading})
    assert made.uplinks[-1].calls("MeterValues")[0][3]["transactionId"] == 77


def test_q80_a_stop_of_nothing_is_answered_and_kept_aside(tmp_path: Path) -> None:
    made = office(tmp_path)
    socket = booted(made)
    socket.say(2, "e", "StopTransaction", stop(4711))
    assert socket.sent[-1][:2] == [3, "e"]
    assert made.uplinks[-1].calls("StopTransaction") == []


def test_q82_a_meter_value_is_no_reason_to_refuse(tmp_path: Path) -> None:
    made = office(tmp_path)
    socket, ours = started(made)
    socket.say(2, "e", "StopTransaction", stop(ours, meterStop=-1))
    assert made.uplinks[-1].calls("StopTransaction")[0][3]["meterStop"] == -1


def test_q83_ids_that_collide_at_the_back_end(tmp_path: Path) -> None:
    made = office(tmp_path)
    socket, first = started(made, 1)
    socket.say(2, "t", "StartTransaction", {**START, "connectorId": 2})
    made.uplinks[-1].say(3, made.uplinks[-1].calls("StartTransaction")[-1][1], {"transactionId": 1, **GOOD})
    assert socket.sent[-1][2]["transactionId"] != first


def test_q84_a_start_where_one_runs_is_taken_and_flagged(tmp_path: Path) -> None:
    made = office(tmp_path)
    socket, _ = started(made)
    socket.say(2, "t", "StartTransaction", {**START, "timestamp": "2026-01-01T00:30:00Z"})
    assert len(made.uplinks[-1].calls("StartTransaction")) == 2
    assert made.uplinks[-1].calls("StopTransaction") == []


def test_q85_a_start_is_answered_in_time_and_known_again(tmp_path: Path) -> None:
    made = office(tmp_path)
    socket = booted(made)
    old = {**START, "timestamp": "2025-12-31T20:00:00Z"}
    socket.say(2, "s", "StartTransaction", old)
    made.clock.advance(11)
    assert socket.sent[-1][:2] == [3, "s"]
    given = socket.sent[-1][2]["transactionId"]
    socket.say(2, "s2", "StartTransaction", old)
    assert len(made.uplinks[-1].calls("StartTransaction")) == 1
    made.clock.advance(11)
    assert socket.sent[-1][:2] == [3, "s2"]
    assert socket.sent[-1][2]["transactionId"] == given


def soap(folder: Path) -> Office:
    return office(folder, "ocpp1.5+http")


BOOT = "<chargePointVendor>V</chargePointVendor><chargePointModel>M</chargePointModel>"


def test_q102_wsa_from_is_optional(tmp_path: Path) -> None:
    body = envelope("BootNotification", BOOT, "CP1", "x").decode()
    cut = body[: body.index("<a:From>")] + body[body.index("</a:From>") + len("</a:From>") :]
    made = soap(tmp_path)
    made.http("POST", "/ocpp", cut.encode())
    assert len(made.uplinks[-1].calls("BootNotification")) == 1


def test_q104_the_identity_is_found_whatever_its_namespace() -> None:
    body = envelope("BootNotification", BOOT, "CP1", "x").decode()
    for wrong in ("urn://Ocpp/Cp/2012/06/", "urn://Ocpp/Cs/2012/06"):
        odd = body.replace('chargeBoxIdentity xmlns:c="urn://Ocpp/Cs/2012/06/"', f'chargeBoxIdentity xmlns:c="{wrong}"')
        assert wrong in odd
        assert read_envelope(odd.encode(), [data().dialects["ocpp1.5"]]).identity == "CP1"


def test_q106_a_callback_may_be_configured(tmp_path: Path) -> None:
    made = soap(tmp_path)
    made.relay.site = replace(made.site, stations={"CP1": Station("CP1", "CP1", callback="http://192.0.2.9:8/cp")})
    made.soap("BootNotification", BOOT, callback="")
    made.accept()
    made.uplinks[-1].say(2, "c", "ClearCache", {})
    assert [url for url, _, _ in made.posts] == ["http://192.0.2.9:8/cp"]


def test_q107_units_of_1_5_have_their_words_in_1_6(tmp_path: Path) -> None:
    made = soap(tmp_path)
    made.boot()
    made.accept()
    value = '<value unit="Amp" measurand="Current.Import">7</value>'
    inner = f"<connectorId>1</connectorId><values><timestamp>2026-01-01T00:00:00Z</timestamp>{value}</values>"
    made.soap("MeterValues", inner)
    [up] = made.uplinks[-1].calls("MeterValues")
    assert up[3]["meterValue"][0]["sampledValue"][0]["unit"] == "A"


def test_q112_a_field_that_the_schema_allows_is_read() -> None:
    event = {
        "eventType": "Updated",
        "timestamp": "2026-01-01T00:00:00Z",
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 1,
        "transactionInfo": {"transactionId": "t"},
        "evse": {"id": 1, "connectorId": 1},
    }
    assert data().dialects["ocpp2.0.1"].check("call", "TransactionEvent", event)["evse"] == {"id": 1, "connectorId": 1}
