"""``translate``: every form of input, whole dialogues, losses and bad lines on standard error, exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.main import main
from gateway.dialects.soap import read_envelope
from gateway.messages import Call

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
WHEN = "2026-01-02T03:04:05Z"
BEAT = '[2,"7","Heartbeat",{}]\n[3,"7",{"currentTime":"2026-01-02T03:04:05Z"}]\n'
UP = ["translate", "--from", "ocpp1.5", "--to", "ocpp1.6"]
DOWN = ["translate", "--from", "ocpp1.6", "--to", "ocpp1.5"]


class Said:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines() if line.startswith("{")]


@pytest.fixture
def say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(arguments: list[str], text: str | bytes | list[dict[str, Any]]) -> Said:
        if isinstance(text, list):
            text = "\n".join(map(json.dumps, text))
        path = tmp_path / "input"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        code = main([*arguments, str(path)])
        return Said(code, *capsys.readouterr())

    return run


def envelope(element: str, inner: str, id: str = "urn:uuid:1", relates: str = "") -> str:
    related = f"<a:RelatesTo>{relates}</a:RelatesTo>" if relates else ""
    return (
        '<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:a="http://www.w3.org/2005/08/addressing" xmlns:c="urn://Ocpp/Cs/2012/06/"><s:Header>'
        f"<c:chargeBoxIdentity>CP7</c:chargeBoxIdentity><a:MessageID>{id}</a:MessageID>{related}</s:Header>"
        f"<s:Body><c:{element}>{inner}</c:{element}></s:Body></s:Envelope>\n"
    )


START = f"<c:connectorId>1</c:connectorId><c:idTag>A</c:idTag><c:timestamp>{WHEN}</c:timestamp><c:meterStart>5</c:meterStart>"
STATUS = "<c:connectorId>1</c:connectorId><c:status>Occupied</c:status><c:errorCode>NoError</c:errorCode>"


def test_envelopes_in_a_row_are_a_dialogue(say: Any) -> None:
    text = envelope("startTransactionRequest", START) + envelope("statusNotificationRequest", STATUS, "urn:uuid:2")
    said = say(UP, text)
    assert said.code == 0
    assert [line["kind"] for line in said.lines] == ["call", "call"]
    assert said.lines[0]["payload"] == {"connectorId": 1, "idTag": "A", "timestamp": WHEN, "meterStart": 5}
    assert said.lines[1]["payload"]["status"] == "Charging", "the start is supposed to be accepted"
    assert {line["to"] for line in said.lines} == {"backend"}


def test_an_answer_in_the_stream_counts_more_than_a_supposed_one(say: Any) -> None:
    answer = "<c:transactionId>77</c:transactionId><c:idTagInfo><c:status>Accepted</c:status></c:idTagInfo>"
    text = envelope("startTransactionRequest", START)
    text += envelope("startTransactionResponse", answer, "urn:uuid:9", "urn:uuid:1")
    text += envelope("statusNotificationRequest", STATUS, "urn:uuid:2")
    said = say(UP, text)
    assert [(line["to"], line["kind"]) for line in said.lines] == [
        ("backend", "call"),
        ("station", "result"),
        ("backend", "call"),
    ]
    assert said.lines[1]["payload"]["transactionId"] == 77
    assert said.lines[1]["id"] == "urn:uuid:1"


def test_an_http_capture_is_read_with_its_headers_and_chunks(say: Any) -> None:
    body = envelope("heartbeatRequest", "").encode()
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:], b""))
    head = b"POST /cs HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = say(UP, head + chunks + b"POST /cs HTTP/1.1\r\nContent-Length: 9\r\n\r\n" + body)
    assert said.code == 0
    assert [line["action"] for line in said.lines] == ["Heartbeat", "Heartbeat"]


def test_frames_one_a_line(say: Any) -> None:
    said = say(
        DOWN,
        BEAT + '[2,"8","Reset",{"type":"Soft"}]\n[4,"8","GenericError","no",{}]\n',
    )
    assert said.code == 0
    assert [(line["to"], line["kind"], line["action"]) for line in said.lines] == [
        ("backend", "call", "Heartbeat"),
        ("station", "result", "Heartbeat"),
        ("station", "call", "Reset"),
        ("backend", "error", "Reset"),
    ]
    assert said.lines[3]["code"] == "GenericError"


def test_a_trace_tells_who_asks(say: Any) -> None:
    line = {"messageType": "CALL", "messageId": "1", "action": "DataTransfer", "payload": {"vendorId": "v"}}
    said = say(DOWN, [{**line, "direction": "csms-to-cp"}, {**line, "messageId": "2", "direction": "cp-to-csms"}])
    assert [one["to"] for one in said.lines] == ["station", "backend"]


def test_direction_decides_where_both_sides_may_ask(say: Any) -> None:
    line = [{"action": "DataTransfer", "payload": {"vendorId": "v"}}, {"action": "Heartbeat"}]
    assert [one["to"] for one in say(UP, line).lines] == ["backend", "backend"]
    assert [one["to"] for one in say([*UP, "--direction", "down"], line).lines] == ["station", "backend"]


def test_a_lone_result_is_translated(say: Any) -> None:
    payload = {"status": "Pending", "currentTime": WHEN, "interval": 9}
    said = say(DOWN, [{"action": "BootNotification", "kind": "result", "id": "1", "payload": payload}])
    assert said.lines[0]["payload"] == {"status": "Rejected", "currentTime": WHEN, "heartbeatInterval": 9}
    assert said.lines[0]["to"] == "station"
    assert "BootNotification.status: 1.5 has no Pending" in said.err


def test_an_answer_may_stand_before_its_question(say: Any) -> None:
    first, second = BEAT.splitlines()
    said = say(UP, f"{second}\n{first}\n{first}\n")
    assert (said.code, said.err) == (0, "")
    assert [(line["to"], line["kind"]) for line in said.lines] == [
        ("backend", "call"),
        ("station", "result"),
        ("backend", "call"),
    ]


def test_a_whole_day_without_answers(say: Any) -> None:
    status = {"action": "StatusNotification", "payload": {"connectorId": 1, "status": "Occupied", "errorCode": "NoError"}}
    start = {"action": "StartTransaction", "payload": {"connectorId": 1, "idTag": "A", "timestamp": WHEN, "meterStart": 5}}
    stop = {"action": "StopTransaction", "payload": {"transactionId": 1, "timestamp": WHEN, "meterStop": 6}}
    remote = {"action": "RemoteStopTransaction", "payload": {"transactionId": 1}}
    said = say(UP, [status, start, status, remote, stop, status])
    assert [line["payload"].get("status") for line in said.lines] == ["Preparing", None, "Charging", None, None, "Finishing"]
    assert said.lines[4]["payload"]["reason"] == "Remote"
    assert [line["id"] for line in said.lines] == ["1", "2", "3", "4", "5", "6"]


def test_local_answers_only_on_demand_and_the_loss_always(say: Any) -> None:
    line = [{"action": "TriggerMessage", "payload": {"requestedMessage": "Heartbeat"}}]
    quiet, loud = say(DOWN, line), say([*DOWN, "--all"], line)
    assert quiet.lines == []
    assert loud.lines == [
        {"to": "backend", "action": "TriggerMessage", "kind": "result", "id": "1", "payload": {"status": "NotImplemented"}}
    ]
    assert "ocpp1.5--ocpp1.6" in quiet.err
    assert quiet.code == loud.code == 0


def test_a_bad_line_is_named_and_the_next_goes_on(say: Any) -> None:
    said = say(
        UP,
        '{"action":"Heartbeat"}\nnonsense\n\n{"action":"Nope"}\n{"action":"Authorize","payload":{"idTag":5}}\n'
        '[3,"99",{}]\n{"action":"Heartbeat"}\n',
    )
    assert said.code == 1
    assert [line["id"] for line in said.lines] == ["1", "7"]
    assert [line.split(":")[1] for line in said.err.splitlines()] == ["2", "4", "5", "6"]


@pytest.mark.parametrize(
    "text",
    ["<x/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><Envelope>&b;</Envelope>", "POST / HTTP/1.1\r\n\r\n<s:Envelope>", "[" * 100_000],
)
def test_garbage_is_named_and_nothing_breaks(say: Any, text: str) -> None:
    said = say(UP, text)
    assert (said.code, said.lines) == (1, [])
    assert ":1: " in said.err


def test_numbers_stay_exact(say: Any) -> None:
    period = '{"startPeriod":0,"limit":16.10}'
    profile = (
        '{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative",'
        f'"chargingSchedule":{{"chargingRateUnit":"A","chargingSchedulePeriod":[{period}]}}}}'
    )
    text = f'{{"action":"SetChargingProfile","payload":{{"connectorId":1,"csChargingProfiles":{profile}}}}}'
    said = say(["translate", "--from", "ocpp1.6", "--to", "ocpp1.6"], text)
    assert '"limit":16.1' in said.out
    assert "16.10000" not in said.out


def test_wire_forms_can_be_read_by_the_receiver(say: Any) -> None:
    from gateway.catalogue import Folders
    from gateway.dialects.load import load_dialects
    from gateway.dialects.ocppj import read_frame

    framed = say([*UP, "--as", "wire"], envelope("heartbeatRequest", ""))
    assert read_frame(framed.out) == Call("1", "Heartbeat", {})
    said = say(
        [*DOWN, "--as", "wire"],
        BEAT + '[4,"7","GenericError","",{}]',
    )
    old = load_dialects(Folders())["ocpp1.5"]
    first, second = said.out.split("<?xml")[1:]
    asked, told = read_envelope(b"<?xml" + first.encode(), [old]), read_envelope(b"<?xml" + second.encode(), [old])
    assert (asked.kind, asked.action, asked.message_id) == ("call", "Heartbeat", "urn:uuid:7")
    assert (told.kind, told.payload, told.relates_to) == ("result", {"currentTime": WHEN}, "urn:uuid:7")
    assert said.code == 1, "the second answer to one question is a bad line"


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"action":"Heartbeat"}\n')))
    assert main([*UP, "-"]) == 0
    assert json.loads(capsys.readouterr().out)["to"] == "backend"


def test_what_comes_out_can_be_read_again(say: Any) -> None:
    payload = {"connectorId": 1, "status": "Occupied", "errorCode": "Mode3Error"}
    there = say(UP, [{"action": "StatusNotification", "payload": payload}])
    assert say(DOWN, there.out).lines[0]["payload"] == payload


@pytest.mark.parametrize(
    "arguments",
    [["--from", "ocpp1.5", "--to", "ocpp9"], ["--from", "ocpp1.5"], ["--from", "ocpp1.5", "--to", "ocpp1.6", "--as", "x"]],
)
def test_a_wrong_command_line_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: Any = main(["translate", *arguments, "nofile"])
    except SystemExit as exit:
        code = exit.code
    assert code == 2
    assert capsys.readouterr().err


def test_a_missing_file_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*UP, "/nonexistent/file"]) == 2
    assert "nonexistent" in capsys.readouterr().err


def test_an_operators_folder_wins(say: Any, tmp_path: Path) -> None:
    from gateway.catalogue import shipped

    own = tmp_path / "own" / "ladder"
    own.mkdir(parents=True)
    text = (shipped() / "ladder" / "ocpp1.5--ocpp1.6.yaml").read_text(encoding="utf-8")
    (own / "ocpp1.5--ocpp1.6.yaml").write_text(
        text.replace("1.5 has no smart charging, so there", "OWN WORDS, so there"), encoding="utf-8"
    )
    said = say([*DOWN, "--mappings", str(tmp_path / "own")], [{"action": "ClearChargingProfile"}])
    assert "OWN WORDS" in said.err


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of ../shared are not here")
@pytest.mark.parametrize(
    "folder", ["sim_soap_1.5/cp_to_cs", "sim_soap_1.5/cs_to_cp", "gsoap_cp15_vs_stub", "gsoap_cp15_server_from_zeep"]
)
def test_captured_soap_translates_whole(say: Any, folder: str) -> None:
    files = sorted((CAPTURES / folder).glob("*.http"))
    said = say(UP, b"\r\n".join(path.read_bytes() for path in files))
    assert (said.code, said.err.count("refused")) == (0, 0), said.err
    assert len(said.lines) == len(files)


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of ../shared are not here")
def test_a_captured_trace_translates_whole(say: Any) -> None:
    said = say(DOWN, (CAPTURES / "sim_ocppj_1.6J.trace.jsonl").read_bytes())
    assert said.code == 0, said.err
    assert len(said.lines) > 150


def test_each_station_of_a_trace_has_transactions_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two stations whose connectors, ids of messages and ids of transactions are the same."""
    start = {"connectorId": 1, "idTag": "T", "meterStart": 5, "timestamp": "2026-01-01T00:00:00Z"}
    stop = {"transactionId": 7, "meterStop": 9, "timestamp": "2026-01-01T01:00:00Z"}
    lines = []
    for action, payload, answer in (
        ("StartTransaction", start, {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}),
        ("StopTransaction", stop, {}),
    ):
        for station in ("A", "B"):
            common = {"chargePointId": station, "messageId": action, "action": action, "ocppVersion": "1.6"}
            lines.append({**common, "messageType": "CALL", "direction": "cp-to-csms", "payload": payload})
            lines.append({**common, "messageType": "CALLRESULT", "direction": "csms-to-cp", "payload": answer})
    (tmp_path / "trace.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert main(["translate", "--from", "ocpp1.6", "--to", "ocpp1.5", str(tmp_path / "trace.jsonl")]) == 0
    assert main(["translate", "--from", "ocpp1.6", "--to", "ocpp2.0.1", str(tmp_path / "trace.jsonl")]) in (0, 1)
    out, err = capsys.readouterr()
    assert out.count('"eventType":"Started"') == out.count('"eventType":"Ended"') == 2
    assert "refused" not in err
