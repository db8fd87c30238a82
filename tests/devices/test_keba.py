"""Whole sessions of KEBA stations: polled, made by the gateway, to back ends of both kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.devices.keba_station import Keba
from tests.street import Street

CARD = "e3f76b8d00000000"
BACKENDS = pytest.mark.parametrize("backend", ["ocpp1.6", "ocpp2.0.1"])


def street(folder: Path, backend: str = "ocpp1.6", keba: Keba | None = None, **options: Any) -> tuple[Street, Keba]:
    made, station = Street(folder, "keba-udp", "udp", backend, **options), keba or Keba()
    made.plug(station, "GARAGE", shared=True)
    made.run(20)
    return made, station


def energy(street: Street, backend: str) -> tuple[Any, list[int], list[Any]]:
    """Tokens, registers in Wh, and the ends of the sessions that were told."""
    if backend == "ocpp1.6":
        starts, stops = street.heard("StartTransaction"), street.heard("StopTransaction")
        return (
            [s["idTag"] for s in starts],
            [s["meterStop"] - t["meterStart"] for s, t in zip(stops, starts, strict=False)],
            stops,
        )
    events = street.heard("TransactionEvent")
    began = [e for e in events if e["eventType"] == "Started"]
    ended = [e for e in events if e["eventType"] == "Ended"]
    return (
        [e["idToken"]["idToken"] for e in began],
        [int(_register(s) - _register(t)) for s, t in zip(ended, began, strict=False)],
        ended,
    )


def _register(event: Any) -> float:
    (value,) = [
        sample["value"]
        for reading in event["meterValue"]
        for sample in reading["sampledValue"]
        if sample.get("measurand", "Energy.Active.Import.Register") == "Energy.Active.Import.Register"
    ][:1]
    return float(value)


@BACKENDS
def test_a_whole_session(tmp_path: Path, backend: str) -> None:
    made, station = street(tmp_path, backend, id_tag="HOUSE")
    boot = made.heard("BootNotification")[0]
    assert "KC-P30-EC2204B2-M0R" in str(boot)
    station.arrive()
    made.run(1800)
    station.leave()
    made.run(60)
    tokens, used, ends = energy(made, backend)
    assert tokens == ["HOUSE"]
    assert used == [pytest.approx(5500, abs=45)], "half an hour of 11 kW"
    assert "EVDisconnected" in str(ends[0])
    assert made.refused("violation") == 0


def remote(backend: str, start: bool, token: str = CARD, transaction: Any = None) -> tuple[str, Any]:
    """The back end's word for starting or stopping from afar."""
    if backend == "ocpp1.6":
        return (
            ("RemoteStartTransaction", {"idTag": token}) if start else ("RemoteStopTransaction", {"transactionId": transaction})
        )
    if start:
        return "RequestStartTransaction", {"idToken": {"idToken": token, "type": "Central"}, "remoteStartId": 1, "evseId": 1}
    return "RequestStopTransaction", {"transactionId": transaction}


def limit(backend: str, amps: float) -> tuple[str, Any]:
    """A limit for the first connector."""
    periods = [{"startPeriod": 0, "limit": amps}]
    if backend == "ocpp1.6":
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
        profile: Any = {"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
        return "SetChargingProfile", {
            "connectorId": 1,
            "csChargingProfiles": {**profile, "chargingProfileKind": "Absolute", "chargingSchedule": schedule},
        }
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    profile = {"id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute"}
    return "SetChargingProfile", {"evseId": 1, "chargingProfile": {**profile, "chargingSchedule": [schedule]}}


def transaction(made: Street, backend: str) -> Any:
    """The newest transaction as the back end calls it."""
    if backend == "ocpp1.6":
        return made.transactions
    return made.heard("TransactionEvent")[-1]["transactionInfo"]["transactionId"]


@BACKENDS
def test_a_card_is_told_as_the_token_of_the_session(tmp_path: Path, backend: str) -> None:
    made, station = street(tmp_path, backend, Keba(auth=True, card=CARD))
    station.arrive()
    made.run(60)
    assert energy(made, backend)[0] == [], "nobody has shown a card yet"
    station.show(CARD)
    made.run(600)
    station.leave()
    made.run(60)
    tokens, used, _ = energy(made, backend)
    assert tokens == [CARD]
    assert used == [pytest.approx(1833, abs=45)]


@BACKENDS
def test_started_and_stopped_from_afar(tmp_path: Path, backend: str) -> None:
    made, station = street(tmp_path, backend, Keba(auth=True, card=CARD))
    station.arrive()
    made.run(20)
    assert made.network("GARAGE").ask(*remote(backend, True))["status"] == "Accepted"
    made.run(600)
    assert f"start {CARD} 01010400000000000000" in station.commands
    assert made.network("GARAGE").ask(*remote(backend, False, transaction=transaction(made, backend)))["status"] == "Accepted"
    made.run(60)
    assert f"stop {CARD}" in station.commands
    tokens, used, ends = energy(made, backend)
    assert (tokens, len(used)) == ([CARD], 1)
    assert "Remote" in str(ends[0])
    station.leave()
    made.run(60)
    assert len(energy(made, backend)[1]) == 1, "its end is told once"


@BACKENDS
def test_a_station_without_cards_is_stopped_by_disabling_it_until_the_car_is_gone(tmp_path: Path, backend: str) -> None:
    made, station = street(tmp_path, backend)
    station.arrive()
    made.run(300)
    assert made.network("GARAGE").ask(*remote(backend, False, transaction=transaction(made, backend)))["status"] == "Accepted"
    made.run(60)
    assert (station.enabled, len(energy(made, backend)[1])) == (False, 1)
    station.leave()
    made.run(30)
    station.arrive()
    made.run(60)
    assert len(energy(made, backend)[0]) == 2, "the next car charges again"


@BACKENDS
def test_limits_are_set_and_nought_is_a_pause(tmp_path: Path, backend: str) -> None:
    made, station = street(tmp_path, backend)
    station.arrive()
    made.run(60)
    network = made.network("GARAGE")
    assert network.ask(*limit(backend, 10.5))["status"] == "Accepted"
    assert (station.limit, station.state) == (10500, 3)
    assert network.ask(*limit(backend, 0))["status"] == "Accepted"
    made.run(10)
    assert station.enabled is False
    assert network.ask(*limit(backend, 50))["status"] == "Accepted"
    made.run(20)
    assert (station.limit, station.enabled, station.state) == (32000, True, 3), "never more than the hardware carries"
    station.leave()
    made.run(60)
    assert len(energy(made, backend)[1]) == 1, "a pause ends no session"


@BACKENDS
def test_a_restart_of_the_gateway_in_the_middle_neither_ends_nor_doubles_a_session(tmp_path: Path, backend: str) -> None:
    made, station = street(tmp_path, backend)
    station.arrive()
    made.run(600)
    made.crash()
    made.run(600)
    made.crash()
    made.run(300)
    station.leave()
    made.run(60)
    tokens, used, _ = energy(made, backend)
    assert len(tokens) == 1
    assert used == [pytest.approx(4583, abs=45)], "twenty-five minutes of 11 kW"


@BACKENDS
def test_a_car_that_leaves_while_the_gateway_is_down(tmp_path: Path, backend: str) -> None:
    made, station = street(tmp_path, backend)
    station.arrive()
    made.run(600)
    made.clock.callLater(300, station.leave)
    made.crash(down=400)
    made.run(60)
    tokens, used, _ = energy(made, backend)
    assert len(tokens) == 1
    assert used == [pytest.approx(2750, abs=60)], "the meter went on without us"


def test_a_token_that_the_back_end_refuses_ends_the_session(tmp_path: Path) -> None:
    made, station = street(tmp_path, keba=Keba(auth=True, card=CARD))
    made.invalid.add(CARD)
    station.arrive()
    station.show(CARD)
    made.run(60)
    assert station.state != 3
    (stop,) = made.heard("StopTransaction")
    assert stop["reason"] == "DeAuthorized"


def test_a_station_that_falls_silent_goes_offline_and_comes_back_with_its_session(tmp_path: Path) -> None:
    made, station = street(tmp_path)
    station.arrive()
    made.run(300)
    station.deaf = True
    made.run(200)
    assert made.network("GARAGE").end is not None, "the back end sees it offline"
    station.deaf = False
    made.run(120)
    station.leave()
    made.run(60)
    assert (len(made.heard("StartTransaction")), len(made.heard("StopTransaction"))) == (1, 1)
    (used,) = energy(made, "ocpp1.6")[1]
    assert used == pytest.approx(1894, abs=45)


def test_what_such_a_station_cannot_do_is_refused(tmp_path: Path) -> None:
    made, _ = street(tmp_path)
    network = made.network("GARAGE")
    assert network.ask("Reset", {"type": "Soft"})["status"] == "Rejected"
    assert network.ask("SendLocalList", {"listVersion": 1, "updateType": "Full"})["status"] == "NotSupported"
    assert network.ask("UnlockConnector", {"connectorId": 1})["status"] == "Unlocked"


HOSTILE = [
    b"",
    b"\x00" * 500,
    b"{",
    b'{"ID": "2"}',
    b'{"ID": "2", "State": "three", "Plug": 7}',
    b'{"ID": "3", "E pres": 1e400}',
    b'{"State": 99, "Plug": -5}',
    b'{"State": ' + b"[" * 900,
    b"TCH-ERR",
    b"TCH-OK :done",
    b'{"ID": "100", "RFID tag": "' + b"A" * 400 + b'"}',
    '{"State": "\ud800"}'.encode("utf-8", "surrogatepass"),
]


def test_bad_input_is_counted_and_costs_the_session_nothing(tmp_path: Path) -> None:
    made, station = street(tmp_path)
    line = station.line
    station.arrive()
    made.run(60)
    for data in HOSTILE:
        for peer in (("192.0.2.9", 7090), ("203.0.113.66", 7090)):
            line.heard(data, peer)
        made.run(6)
    line.heard(b'{"State": 2, "Plug": 1}', ("203.0.113.66", 7090))
    made.run(600)
    assert not made.heard("StopTransaction"), "a stranger cannot end a session"
    station.leave()
    made.run(60)
    (used,) = energy(made, "ocpp1.6")[1]
    assert used == pytest.approx(11000 * (60 + 6 * len(HOSTILE) + 600) / 3600, abs=60)
    assert made.refused("stranger") > 3
    assert made.refused("crash") == 0


def test_reports_of_long_ago_that_are_sent_again_change_nothing_for_good(tmp_path: Path) -> None:
    made, station = street(tmp_path)
    line, old = station.line, []
    heard = line.heard
    line.heard = lambda data, peer: (old.append(data), heard(data, peer))
    made.run(30)
    line.heard = heard
    station.arrive()
    made.run(300)
    for data in old[-4:]:
        heard(data, ("192.0.2.9", 7090))
    made.run(600)
    station.leave()
    made.run(60)
    starts, stops = made.heard("StartTransaction"), made.heard("StopTransaction")
    assert len(starts) == len(stops)
    used = sum(stop["meterStop"] - start["meterStart"] for stop, start in zip(stops, starts, strict=True))
    assert used == pytest.approx(11000 * 900 / 3600, abs=60), "no energy is lost or doubled"
