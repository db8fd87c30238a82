"""An OpenEVSE as a whole: what it does becomes sessions, what the back end wants becomes its commands."""

from __future__ import annotations

from typing import Any

from gateway.devices import events as on
from tests.devices.bench import Bench
from tests.devices.rapi import OpenEvse

ACCEPTED = {"status": "Accepted"}


def bench(**options: object) -> tuple[Bench, OpenEvse]:
    station = OpenEvse()
    made = Bench("openevse-rapi", station, **options)
    made.up()
    made.run(10)
    return made, station


def test_it_says_who_it_is_once_that_is_known_and_then_what_it_does() -> None:
    made, station = bench()
    assert made.calls("Boot") == [{"vendor": "OpenEVSE", "model": "RAPI", "serial": "CP1", "firmware": "7.1.3"}]
    assert made.states() == ["available"]
    assert station.supervision == (120, 6)


def test_a_session_is_seen() -> None:
    made, station = bench()
    station.plug()
    made.run(20)
    (start,) = made.calls("Start")
    assert (start["connector"], start["token"], start["energy"]) == (1, "OPENEVSE", 0)
    number = made.session()
    station.charge(1500)
    made.run(120)
    readings = [one["meterValue"][0]["sampledValue"] for one in made.calls("Reading")]
    assert readings[-1][0]["value"] == "1500"
    assert {"value": "32.000", "measurand": "Current.Import", "unit": "A"} in readings[-1]
    station.unplug()
    made.run(30)
    (stop,) = made.calls("Stop")
    assert (stop["session"], stop["energy"], stop["reason"]) == (number, 1500, "EVDisconnected")
    assert made.states() == ["available", "charging", "available"]


def test_a_second_session_goes_on_from_the_register_of_the_first() -> None:
    made, station = bench()
    for _ in range(2):
        station.plug()
        made.run(20)
        station.charge(1000)
        made.run(60)
        station.unplug()
        made.run(30)
    assert [(one["energy"]) for one in made.calls("Start")] == [0, 1000]
    assert [(one["energy"]) for one in made.calls("Stop")] == [1000, 2000]


def test_a_remote_start_wakes_it_and_the_session_is_the_tokens() -> None:
    made, station = bench(free=False)
    station.plug()
    made.run(20)
    assert made.states() == ["available", "connected"]
    assert made.ask("StartCharging", token="TAG", connector=1) == ACCEPTED
    made.run(20)
    assert made.calls("Start")[0]["token"] == "TAG"
    assert made.ask("StopCharging", session=made.session()) == ACCEPTED
    made.run(30)
    (stop,) = made.calls("Stop")
    assert stop["reason"] == "Remote"
    assert made.states()[-1] == "finishing"
    station.unplug()
    made.run(30)
    assert made.states()[-1] == "available"
    assert len(made.calls("Stop")) == 1


def limit(amps: float, unit: str = "A", **more: object) -> dict[str, Any]:
    schedule = {"chargingRateUnit": unit, "chargingSchedulePeriod": [{"startPeriod": 0, "limit": str(amps)}]}
    profile = {"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
    return {**profile, "chargingProfileKind": "Relative", "chargingSchedule": schedule, **more}


def test_the_largest_limit_that_is_not_above_what_is_wanted_is_set() -> None:
    made, station = bench()
    station.plug()
    made.run(20)
    for wanted, unit, expected in ((16, "A", 16), (13.9, "A", 13), (3700, "W", 16), (99, "A", 32)):
        assert made.ask("SetLimit", connector=1, limit=limit(wanted, unit)) == ACCEPTED
        assert station.amps == expected
    made.ask("SetLimit", connector=1, limit=limit(5.9))
    made.run(20)
    assert station.shown == 0xFE
    assert made.states()[-1] == "suspended_evse"
    assert made.ask("ClearLimit") == ACCEPTED
    made.run(20)
    assert (station.shown, station.amps) == (3, 32)
    assert len(made.calls("Start")) == 1


def test_what_it_cannot_do_is_refused() -> None:
    made, _ = bench()
    assert made.ask("Unlock", connector=1) == {"status": "NotSupported"}
    assert made.ask("SendCards", version=1, update="Full") == {"status": "NotSupported"}
    assert made.ask("CardsVersion") == {"version": -1}
    assert made.ask("Update", location="ftp://x/", time="2026-01-01T00:00:00Z") == "NotSupported"


def test_a_restart_in_the_middle_neither_ends_nor_doubles_a_session() -> None:
    made, station = bench()
    station.plug()
    made.run(20)
    station.charge(500)
    made.run(30)
    made.restart()
    made.run(20)
    station.charge(500)
    made.run(60)
    station.unplug()
    made.run(30)
    assert len(made.calls("Start")) == 1
    (stop,) = made.calls("Stop")
    assert stop["energy"] == 1000


def test_a_session_that_ended_while_the_gateway_was_away_is_ended_with_what_is_known() -> None:
    made, station = bench()
    station.plug()
    made.run(20)
    station.charge(700)
    made.run(30)
    station.unplug()
    made.restart()
    made.run(30)
    assert [one["energy"] for one in made.calls("Stop")] == [700]


def test_a_lost_link_ends_nothing() -> None:
    made, station = bench()
    station.plug()
    made.run(20)
    made.happen(on.LinkDown("silent"))
    made.run(600)
    assert made.calls("Stop") == []
    made.happen(on.LinkUp())
    station.charge(100)
    made.run(20)
    station.unplug()
    made.run(30)
    assert [one["energy"] for one in made.calls("Stop")] == [100]
    assert len(made.calls("Start")) == 1
