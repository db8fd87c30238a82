"""A synthetic OCNP station to back ends of three kinds; and the same with another wire, swapped as data only.

No document of OCNP is public: nothing here says that a real station would be understood (see the file's provenance).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.catalogue import Folders, shipped
from gateway.data import Data
from gateway.dialects.load import load_dialects
from gateway.ladder.ladder import Ladder
from gateway.quirks.choose import Quirks
from tests import office
from tests import street as streets
from tests.devices.ocnp_station import SERIAL, Pipes, Station, Xml
from tests.devices.test_keba import energy, limit, remote, transaction
from tests.street import Street

CARD, APP = "04A1B2C3D4E5F6", "APP0001"
BACKENDS = pytest.mark.parametrize("backend", ["ocpp1.5", "ocpp1.6", "ocpp2.0.1"])
Made = Callable[..., tuple[Street, Station]]


@pytest.fixture(scope="module", name="swapped")
def swapped_wire(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """The dialect as shipped but for its section ``codecs``, which is taken from another file."""
    folder = tmp_path_factory.mktemp("swapped")
    text = (shipped() / "dialects" / "ocnp.yaml").read_text(encoding="utf-8")
    codecs = (Path(__file__).parent / "ocnp_xml.yaml").read_text(encoding="utf-8")
    made = folder / "mine" / "dialects" / "ocnp.yaml"
    made.parent.mkdir(parents=True)
    made.write_text(text[: text.index("\ncodecs:") + 1] + codecs + text[text.index("\ndevice:") :], encoding="utf-8")
    folders = Folders([folder / "mine"])
    dialects = load_dialects(folders)
    return Data(dialects, Ladder.load(folders, dialects), Quirks.load(folders, dialects))


@pytest.fixture(params=["pipes", "xml"], name="opened")
def any_wire(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swapped: Data) -> Made:
    """Opens a street with a station that has booted, over either wire."""
    xml = request.param == "xml"
    if xml:
        monkeypatch.setattr(office, "data", lambda: swapped)
        monkeypatch.setattr(streets, "data", lambda: swapped)

    def opened(backend: str = "ocpp1.6", **options: Any) -> tuple[Street, Station]:
        made = Street(tmp_path, "ocnp", "tcp" if xml else "http", backend, **options)
        if backend == "ocpp1.5":
            made.answer = in_older_words(made.answer)  # type: ignore[method-assign]
        station = Station(Xml() if xml else Pipes())
        made.plug(station)
        station.boot()
        made.run(5)
        for port in (1, 2):
            station.status(port)
        made.run(5)
        return made, station

    return opened


def in_older_words(answer: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """A back end of 1.5 calls the interval of a boot otherwise."""

    def older(action: str, payload: Any) -> Any:
        found = answer(action, payload)
        return {"heartbeatInterval" if name == "interval" else name: value for name, value in found.items()}

    return older


def drive(made: Street, station: Station, minutes: int) -> None:
    for _ in range(minutes):
        made.run(60)
        for port in (1, 2):
            station.charge(port, 60)
    made.run(5)


def told(backend: str, made: Street) -> tuple[Any, list[int], list[Any]]:
    return energy(made, "ocpp1.6" if backend == "ocpp1.5" else backend)


def names(backend: str) -> str:
    return "ocpp1.6" if backend == "ocpp1.5" else backend


@BACKENDS
def test_a_card_is_authorised_and_a_session_told(opened: Made, backend: str) -> None:
    made, station = opened(backend)
    assert station.accepted
    assert "CT2100" in str(made.heard("BootNotification"))
    station.arrive(1)
    station.show(1, CARD)
    made.run(5)
    assert station.verdicts == [("GRANT", "0")]
    drive(made, station, 6)
    station.leave(1)
    made.run(10)
    tokens, used, ends = told(backend, made)
    assert (tokens, used) == ([CARD], [pytest.approx(720, abs=2)])
    assert backend == "ocpp1.5" or "EVDisconnected" in str(ends[0]), "1.5 has no reasons"
    assert station.waiting == {}, "all that it said was acknowledged"
    assert len(made.heard("MeterValues", "TransactionEvent")) >= 5
    assert made.refused("violation") == made.refused("garbled") == 0


@BACKENDS
def test_a_card_is_refused(opened: Made, backend: str) -> None:
    made, station = opened(backend)
    made.invalid.add(CARD)
    station.arrive(2)
    station.show(2, CARD)
    made.run(5)
    assert station.verdicts == [("DENY", "1")]
    assert told(backend, made)[0] == []


@BACKENDS
def test_started_and_stopped_from_afar(opened: Made, backend: str) -> None:
    made, station = opened(backend)
    network, name = made.network(SERIAL), names(backend)
    assert network.ask(*remote(name, True, APP))["status"] == "Rejected", "no car is there"
    station.arrive(1)
    made.run(5)
    assert network.ask(*remote(name, True, APP))["status"] == "Accepted"
    drive(made, station, 3)
    assert network.ask(*remote(name, False, transaction=transaction(made, name)))["status"] == "Accepted"
    made.run(10)
    tokens, used, ends = told(backend, made)
    assert (tokens, used) == ([APP], [pytest.approx(360, abs=2)])
    assert backend == "ocpp1.5" or "Remote" in str(ends[0])


@pytest.mark.parametrize("backend", ["ocpp1.6", "ocpp2.0.1"])
def test_load_is_shed(opened: Made, backend: str) -> None:
    made, station = opened(backend)
    network = made.network(SERIAL)
    station.arrive(1)
    station.show(1, CARD)
    made.run(5)
    assert network.ask(*limit(backend, 16))["status"] == "Accepted"
    assert station.kw == {1: pytest.approx(3.84)}
    drive(made, station, 3)
    assert network.ask(*limit(backend, 0))["status"] == "Accepted"
    made.run(5)
    assert "SuspendedEVSE" in str(made.heard("StatusNotification", "TransactionEvent")[-1])
    assert network.ask("ClearChargingProfile", {}) == {"status": "Accepted"}
    made.run(5)
    assert station.kw == {}
    station.leave(1)
    made.run(5)
    assert told(backend, made)[1] == [pytest.approx(192, abs=2)]


def test_an_alarm_ends_a_session_and_is_cleared_from_afar(opened: Made) -> None:
    made, station = opened()
    station.arrive(1)
    station.show(1, CARD)
    drive(made, station, 2)
    station.fault(1)
    made.run(5)
    state = made.heard("StatusNotification")[-1]
    assert (state["status"], state["errorCode"]) == ("Faulted", "GroundFailure")
    assert len(told("ocpp1.6", made)[2]) == 1
    asked = {"vendorId": "Coulomb", "messageId": "clearAlarms"}
    assert made.network(SERIAL).ask("DataTransfer", asked)["status"] == "Accepted"
    made.run(5)
    assert made.heard("StatusNotification")[-1]["errorCode"] == "NoError"
    other = made.network(SERIAL).ask("DataTransfer", {**asked, "messageId": "sing"})
    assert other["status"] == "UnknownMessageId"


def test_out_of_use_unlocked_reset_updated_listed(opened: Made) -> None:
    made, station = opened()
    network = made.network(SERIAL)
    assert network.ask("ChangeAvailability", {"connectorId": 2, "type": "Inoperative"}) == {"status": "Accepted"}
    assert station.closed == {2}
    assert network.ask("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}
    assert network.ask("Reset", {"type": "Hard"}) == {"status": "Accepted"}
    network.ask("UpdateFirmware", {"location": "https://update.example.org/3.3.bin", "retrieveDate": "2026-01-01T00:00:00Z"})
    made.run(20)
    assert [one["status"] for one in made.heard("FirmwareStatusNotification")] == ["Downloading", "Downloaded", "Installed"]
    boots = [values["action"] for verb, values in station.commands if verb == "bootctl"]
    assert boots == ["reboot", "bankswitch"]
    good = {"idTag": CARD, "idTagInfo": {"status": "Accepted"}}
    sent = {"listVersion": 3, "updateType": "Full", "localAuthorizationList": [good, {**good, "idTag": APP}]}
    assert network.ask("SendLocalList", sent) == {"status": "Accepted"}
    assert station.list == [CARD, APP]
    assert network.ask("GetLocalListVersion", {}) == {"listVersion": 3}
    assert network.ask("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "300"}) == {"status": "Accepted"}
    assert (station.commands[-1][0], station.commands[-1][1]["interval"]) == ("config", "300")
    station.unfit = True
    assert network.ask("Reset", {"type": "Hard"}) == {"status": "Rejected"}


@BACKENDS
def test_what_happened_while_the_link_was_away_is_told_with_its_time(opened: Made, backend: str) -> None:
    made, station = opened(backend)
    line, station.line = station.line, None
    station.arrive(1)
    station.begin(1, CARD, "L1")
    drive(made, station, 4)
    station.leave(1)
    made.run(120)
    station.line = line
    station.resend()
    made.run(10)
    station.resend()
    made.run(10)
    tokens, used, ends = told(backend, made)
    assert (tokens, used) == ([CARD], [pytest.approx(480, abs=2)])
    when = ends[0]["timestamp"]
    assert when.startswith("2026-01-01T00:04"), "when it ended, not when it was told"
    assert station.waiting == {}


@BACKENDS
def test_a_restart_in_the_middle(opened: Made, backend: str) -> None:
    made, station = opened(backend)
    station.arrive(1)
    station.show(1, CARD)
    made.run(5)
    drive(made, station, 3)
    made.crash(60)
    made.run(20)
    station.resend()
    drive(made, station, 3)
    station.leave(1)
    made.run(10)
    tokens, used, ends = told(backend, made)
    assert (tokens, used, len(ends)) == ([CARD], [pytest.approx(720, abs=2)], 1)


def test_what_was_used_between_two_sessions_belongs_to_neither(opened: Made) -> None:
    made, station = opened()
    for _ in range(2):
        station.arrive(1)
        station.show(1, CARD)
        made.run(5)
        drive(made, station, 2)
        station.leave(1)
        made.run(10)
        station.wh[1] += 5000
    assert told("ocpp1.6", made)[1] == [pytest.approx(240, abs=2), pytest.approx(240, abs=2)]
    starts = made.heard("StartTransaction")
    assert [one["meterStart"] for one in starts] == [120500, pytest.approx(125740, abs=2)]
