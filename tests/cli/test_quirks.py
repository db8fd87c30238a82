"""``quirks``: what it tells, tries and drafts; and that what is generated from it is current."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gateway import source
from gateway.catalogue import Folders, shipped
from gateway.cli.main import main
from gateway.cli.quirks_why import facts, told
from gateway.dialects.load import load_dialects
from gateway.journal.contract import PutStation
from gateway.journal.sqlite import SqliteJournal
from gateway.quirks import describe
from gateway.quirks.choose import Quirks
from gateway.quirks.digits import plain
from gateway.quirks.json_schema import schema

ROOT = Path(__file__).resolve().parents[2]
Out = pytest.CaptureFixture[str]


def test_the_shipped_schema_is_current(capsys: Out) -> None:
    assert main(["quirks", "schema"]) == 0
    assert (shipped() / "quirks.schema.json").read_text(encoding="utf-8") == capsys.readouterr().out, "ocpp-gateway quirks schema"


def test_the_page_of_models_is_current(capsys: Out) -> None:
    assert main(["quirks", "models"]) == 0
    assert (ROOT / "docs" / "models.rst").read_text(encoding="utf-8") == capsys.readouterr().out, "ocpp-gateway quirks models"


@pytest.mark.parametrize("name", sorted(Folders().files("quirks")))
def test_every_shipped_file_fits_the_schema(name: str) -> None:
    content = plain(source.load(Folders().files("quirks")[name]))
    jsonschema.Draft202012Validator(schema()).validate(json.loads(json.dumps(content, default=float)))


@pytest.mark.parametrize(
    "wrong",
    [
        "quirks: {A: {}}",
        "quirks: {a: {title: T, why: W, link: L, match: {side: left}}}",
        "quirks: {a: {title: T, why: W, link: L, match: {side: station}, repair: {text: [balance]}}}",
        "quirks: {a: {title: T, why: W, link: L, match: {side: station}, adjust: [{on: call X, at: y, tuncate: 3}]}}",
        "quirks: {a: {title: T, why: W, link: L, match: {side: station}, behave: {settle: 3}}}",
        "uses: {}",
    ],
)
def test_the_schema_finds_slips(wrong: str) -> None:
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(yaml.safe_load(wrong)))


def test_list_and_show(capsys: Out) -> None:
    assert main(["quirks", "list"]) == 0
    assert "openevse-numeric-samples" in capsys.readouterr().out
    assert main(["quirks", "list", "--json"]) == 0
    listed = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["no-pong"]["on_request"]
    assert listed["alfen-illegal-context"]["verbs"] == ["repair", "behave"]
    assert main(["quirks", "show", "no-pong"]) == 0
    assert listed["no-pong"]["title"] in capsys.readouterr().out
    assert main(["quirks", "show", "openevse-numeric-sample"]) == 1
    assert "did you mean 'openevse-numeric-samples'" in capsys.readouterr().err


def test_every_profile_can_be_shown() -> None:
    shown = [line for one in Quirks.load(Folders(), load_dialects(Folders())).profiles.values() for line in describe.shown(one)]
    assert any("when it.code == 'NotImplemented'" in line for line in shown)


GOOD = """
quirks:
  acme-long-tags:
    title: Long tags
    why: They are long.
    link: https://example.org/1
    match: {side: station, dialect: ocpp1.6, vendor: Acme}
    repair:
      payload:
        - {on: call Authorize, at: idTag, truncate: 20}
    samples:
      - {repair: call Authorize, before: {idTag: "0123456789012345678901"}, after: {idTag: "01234567890123456789"}}
"""


def test_a_file_is_tried(tmp_path: Path, capsys: Out) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(GOOD)
    assert main(["quirks", "test", str(file)]) == 0
    assert "acme-long-tags: 1 sample as shown; for a station: vendor acme, ocpp1.6" in capsys.readouterr().out
    file.write_text(GOOD.replace("truncate: 20", "truncate: 19"))
    assert main(["quirks", "test", str(file)]) == 1
    assert "acme.yaml:12: the sample becomes" in capsys.readouterr().out
    file.write_text(GOOD.replace("vendor: Acme", "vendor: Wall Box Chargers") + "    behave: {hold_calls_until_boot: 3}\n")
    assert main(["quirks", "test", str(file)]) == 0, capsys.readouterr().out
    assert "; no dialogue shows hold_calls_until_boot at work" in capsys.readouterr().out
    file.write_text("quirks: [")
    assert main(["quirks", "test", str(file)]) == 1


SITE = """
use:
  no-pong: {station: CP-07*}
off: [wallbox-stack-level-zero]
"""


def test_a_file_that_only_switches_is_tried(tmp_path: Path, capsys: Out) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(SITE)
    assert main(["quirks", "test", str(file)]) == 0
    said = capsys.readouterr().out
    assert "no-pong: in use for a station: station CP-07*" in said
    assert "wallbox-stack-level-zero: off" in said
    file.write_text(SITE.replace("no-pong", "no-ping").replace("level-zero", "level-nil"))
    assert main(["quirks", "test", str(file)]) == 1
    said = capsys.readouterr().out
    assert "site.yaml:3: unknown quirk 'no-ping'" in said
    assert "site.yaml:4: unknown quirk 'wallbox-stack-level-nil'" in said
    assert "did you mean 'wallbox-stack-level-zero'?" in said


def test_what_is_off_is_shown_as_off(tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "quirks").mkdir()
    (tmp_path / "quirks" / "site.yaml").write_text(SITE)
    own = ["--mappings", str(tmp_path)]
    assert main(["quirks", "list", *own]) == 0
    listed = capsys.readouterr().out
    assert "- wallbox-stack-level-zero" in listed
    assert "site.yaml:4)" in listed
    assert main(["quirks", "list", "--json", *own]) == 0
    assert {one["id"] for one in json.loads(capsys.readouterr().out) if one["off"]} == {"wallbox-stack-level-zero"}
    assert main(["quirks", "show", "wallbox-stack-level-zero", *own]) == 0
    assert "switched off in" in capsys.readouterr().out
    folders = Folders([tmp_path])
    quirks = Quirks.load(folders, load_dialects(folders))
    values = {"vendor": "Wall Box Chargers", "boot": {"dialect": "ocpp1.6"}}
    said = list(told(quirks, facts("CP1", values, None), values))
    assert any(line.startswith("wallbox-stack-level-zero: switched off in ") for line in said)


FRAMES = r"""
[2,"1","BootNotification",{"chargePointVendor":"Odd","chargePointModel":"Box","firmwareVersion":"V1.2","chargeBoxSerialNumber":12}]
[2,"2","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2024-05-01T10:00:00Z","sampledValue":[,{"value":5,"unit":"Hz"}]}]}]
[2,"3","StatusNotification",{"connectorid":1,"status":"charging","errorCode":"NoError"}]
[2,"4","Heartbeat",null]
[2,"5","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":1.0}
"""


def test_a_draft_can_be_tried_at_once(tmp_path: Path, capsys: Out) -> None:
    frames = tmp_path / "frames.txt"
    frames.write_text(FRAMES)
    assert main(["quirks", "draft", str(frames)]) == 2, "frames alone do not say which version they are"
    assert "--dialect" in capsys.readouterr().err
    assert main(["quirks", "draft", str(frames), "--dialect", "ocpp1.6"]) == 0
    drafted = capsys.readouterr()
    for words in (
        "vendor: Odd",
        "drop_leading_comma",
        "null_payload",
        "to_text: true",
        "unset: [Hz]",
        "rename: connectorId",
        "now: true",
    ):
        assert words in drafted.out
    assert "0 not cured" in drafted.err
    (tmp_path / "draft.yaml").write_text(drafted.out)
    assert main(["quirks", "test", str(tmp_path / "draft.yaml")]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, '[2,"1","Heartbeat",' + '{"a":' * 50_000])
def test_a_draft_from_what_is_nested_without_end(deep: str, tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "frames.txt").write_text(deep)
    assert main(["quirks", "draft", str(tmp_path / "frames.txt"), "--dialect", "ocpp1.6"]) == 0
    assert "1 not cured" in capsys.readouterr().err


def line(raw: str, **more: Any) -> str:
    return json.dumps(
        {"hop": "station", "direction": "cp-to-csms", "chargePointId": "CP1", "ocppVersion": "1.6", "raw": raw, **more}
    )


def test_a_draft_from_a_trace_knows_what_a_result_answers(tmp_path: Path, capsys: Out) -> None:
    asked = line("", direction="csms-to-cp", messageId="9", action="GetConfiguration")
    answer = line(
        '[3,"9",{"configurationKey":[{"key":"K","readonly":true,"value":7},{"key":"L","readonly":"maybe"}]}]', refused="why"
    )
    other = line('[2,"1","Authorize",{}]', chargePointId="CP2")
    (tmp_path / "trace.jsonl").write_text("\n".join([asked, answer, other]))
    assert main(["quirks", "draft", str(tmp_path / "trace.jsonl"), "--station", "CP1"]) == 0
    drafted = capsys.readouterr().out
    assert "on: result GetConfiguration" in drafted
    assert "call Authorize" not in drafted
    assert "# Not cured: result GetConfiguration: configurationKey[1].readonly" in drafted
    assert main(["quirks", "draft", str(tmp_path / "trace.jsonl"), "--dialect", "ocpp9"]) == 2


ENVELOPE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:c="urn://Ocpp/Cs/2012/06/"><s:Header>'
    "<c:chargeBoxIdentity>CP1</c:chargeBoxIdentity></s:Header><s:Body>{}</s:Body></s:Envelope>"
)


def test_a_draft_from_the_trace_of_a_soap_station(tmp_path: Path, capsys: Out) -> None:
    status = "<c:{0}><c:connectorId>1</c:connectorId><c:status>{1}</c:status><c:errorCode>NoError</c:errorCode></c:{0}>"
    said = [
        "<c:heartbeatRequest/>",
        status.format("statusNotificationRequest", "available"),
        "<c:danceRequest/>",
    ]
    lines = [line(ENVELOPE.format(one), ocppVersion="1.5") for one in said]
    (tmp_path / "trace.jsonl").write_text("\n".join([*lines, line("<s:Envelope", ocppVersion="1.5")]))
    assert main(["quirks", "draft", str(tmp_path / "trace.jsonl")]) == 0
    drafted, told = capsys.readouterr()
    assert "{on: call StatusNotification, at: status, spelling: [Available, " in drafted
    assert drafted.count("# Not cured: no repair makes an envelope of") == 2, drafted
    assert told == "4 messages; 1 repairs, 2 not cured\n"
    (tmp_path / "draft.yaml").write_text(drafted)
    assert main(["quirks", "test", str(tmp_path / "draft.yaml")]) == 0, capsys.readouterr().out


def test_why_tells_facts_and_firmwares(tmp_path: Path, capsys: Out) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    seen = {"wallbox-calls-before-boot": {"6.6.12": "2026-01-01T00:00:00Z"}, "gone": {"5.0": "2025-01-01T00:00:00Z"}}
    boot = {"dialect": "ocpp1.6", "action": "B", "payload": {}}
    values = {"vendor": "Wall Box Chargers", "model": "PLP2", "firmware": "6.7.17", "boot": boot, "quirks": seen}
    journal.commit([PutStation("CP1", values)], lambda failure: None)
    journal.close(lambda: None)
    assert main(["quirks", "why", "CP1", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "CP1: vendor 'Wall Box Chargers', model 'PLP2'" in said
    assert "by vendor 'Wall Box Chargers' (wall box chargers), firmware '6.7.17' (read by" in said
    assert "first fired 2026-01-01T00:00:00Z under firmware 6.6.12; not since the firmware is 6.7.17: perhaps it is cured" in said
    assert "has not fired yet" in said
    assert "gone: no longer meant for it" in said
    assert main(["quirks", "why", "CP2", "--data", str(tmp_path)]) == 1
    assert "did you mean CP1?" in capsys.readouterr().err


def test_why_of_a_station_without_any() -> None:
    folders = Folders()
    quirks = Quirks.load(folders, load_dialects(folders))
    assert list(told(quirks, facts("CP3", {}, None), {}))[-1] == "no profile is meant for it"
