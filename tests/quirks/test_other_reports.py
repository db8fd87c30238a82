"""Reports that are not among the ninety: a profile can be written for each, in YAML alone."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from gateway import rehearsal, source
from gateway.catalogue import Folders
from gateway.data import Data
from gateway.dialects.load import load_dialects
from gateway.quirks.choose import Quirks
from gateway.quirks.digits import plain
from gateway.quirks.json_schema import schema
from gateway.quirks.match import Known
from tests.office import PEER, Office, data, envelope, pair

FILE = Path(__file__).with_name("other_reports.yaml")
DIALECTS = load_dialects(Folders())
IDS = sorted(source.load(FILE)["quirks"])


@cache
def quirks(folder: Path) -> Quirks:
    (folder / "quirks").mkdir(exist_ok=True)
    shutil.copy(FILE, folder / "quirks" / "other.yaml")
    return Quirks.load(Folders([folder]), DIALECTS)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Quirks:
    return quirks(tmp_path_factory.mktemp("others"))


@pytest.mark.parametrize("id", IDS)
def test_it_loads_and_plays(loaded: Quirks, id: str) -> None:
    profile = loaded.profiles[id]
    assert [str(fault) for fault in rehearsal.play(profile, DIALECTS).faults] == []
    if profile.behave:
        assert any(sample.verb == "dialogue" for sample in profile.samples)


def test_it_fits_the_schema_for_editors() -> None:
    jsonschema.Draft202012Validator(schema()).validate(plain(source.load(FILE)))


def test_all_kinds_are_tried(loaded: Quirks) -> None:
    mine = [loaded.profiles[id] for id in IDS]
    assert {one.match.side for one in mine} == {"station", "backend"}
    assert {name for one in mine for name in one.match.dialects} == {"ocpp1.5", "ocpp1.6", "ocpp2.0.1"}
    assert {name for one in mine for name in one.behave} > {
        *("silence", "fallbacks", "drop_repeats", "attach_readings", "thin_out", "sequences", "split", "ask_after")
    }


def test_a_soap_station_is_named_by_its_path(tmp_path: Path) -> None:
    made = Office(tmp_path, pair(tmp_path, "ocpp1.5+http", "ocpp1.6+ws"))
    made.relay.data = Data(data().dialects, data().ladder, quirks(tmp_path))
    inner = "<chargePointVendor>V</chargePointVendor><chargePointModel>M</chargePointModel>"
    body = envelope("BootNotification", inner, "", f"http://{PEER}:9/cp")
    made.http("POST", "/ocpp/CP-9", body)
    assert list(made.relay.conversations) == []
    made.http("POST", "/ocpp/CP-9", body, headers=(("user-agent", "T-25 1.0"),))
    assert list(made.relay.conversations) == ["CP-9"]
    assert made.uplinks[-1].url.endswith("/CP-9")


def test_nobody_else_has_them(loaded: Quirks) -> None:
    assert loaded.choose(Known("station", dialect="ocpp1.6", vendor="Unheard", boot={"meterType": "fine"})).empty
