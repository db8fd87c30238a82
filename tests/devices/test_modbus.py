"""Every Modbus profile as a whole: sessions that are seen, limits, remote starts and stops, restarts in the middle."""

from __future__ import annotations

from typing import Any

import pytest

from tests.devices.bench import Bench
from tests.devices.modbus_station import STATIONS, Car, keba

ACCEPTED = {"status": "Accepted"}
TAGS = {"bender-cc612": "04A1B2C3", "phoenix-ev-eth": "04A1B2C3", "wallbe-eco": "04A1B2C3"}
TAGS |= {"webasto-next": "04A1B2C3", "vestel-evc04": "04A1B2C3", "keba-modbus": "e3f76b8d"}
TAGS |= {"abb-terra-ac": "ABB", "alfen-ng9": "ALFEN", "amtron-hcc3": "AMTRON", "heidelberg-ec": "HEIDELBERG"}
each = pytest.mark.parametrize("name", STATIONS)


def bench(name: str, car: Car | None = None, **options: Any) -> tuple[Bench, Car]:
    station = car or STATIONS[name]()
    made = Bench(name, station, **options)
    made.up()
    made.run(15)
    return made, station


def limit(amps: float, **more: Any) -> dict[str, Any]:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": str(amps)}]}
    profile = {"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
    return {**profile, "chargingProfileKind": "Relative", "chargingSchedule": schedule, **more}


@each
def test_a_session_is_seen_with_its_energy(name: str) -> None:
    made, car = bench(name)
    assert made.calls("Boot")[0]["vendor"]
    assert made.states() == ["available"]
    car.plug()
    made.run(20)
    (start,) = made.calls("Start")
    assert start["token"].lower() == TAGS[name].lower()
    for _ in range(6):
        car.charge(500)
        made.run(60)
    car.unplug()
    made.run(30)
    (stop,) = made.calls("Stop")
    assert stop["energy"] - start["energy"] == 3000
    assert stop["reason"] == "EVDisconnected"
    assert made.states() == ["available", "charging", "available"]
    last = {one.get("measurand"): one["value"] for one in made.calls("Reading")[-1]["meterValue"][0]["sampledValue"]}
    assert start["energy"] < int(last[None].split(".")[0]) <= stop["energy"]
    assert {note.kind for note in made.notes} <= {"meter"}


@each
def test_the_back_end_limits_pauses_stops_and_starts_it(name: str) -> None:
    made, car = bench(name)
    car.plug()
    made.run(20)
    assert made.ask("SetLimit", connector=1, limit=limit(10)) == ACCEPTED
    made.run(20)
    assert car.amps == 10
    assert made.ask("SetLimit", connector=1, limit=limit(0)) == ACCEPTED
    made.run(20)
    assert (car.amps, made.states()[-1]) == (0, "suspended_evse")
    assert made.ask("ClearLimit") == ACCEPTED
    made.run(20)
    assert (car.charging, made.states()[-1]) == (True, "charging")
    assert len(made.calls("Start")) == 1
    assert made.ask("StopCharging", session=made.session()) == ACCEPTED
    made.run(30)
    (stop,) = made.calls("Stop")
    assert (stop["reason"], car.amps, made.states()[-1]) == ("Remote", 0, "finishing")
    assert made.ask("StartCharging", token="OTHER", connector=1) == ACCEPTED
    made.run(30)
    assert [one["token"] for one in made.calls("Start")][1:] == ["OTHER"]
    car.unplug()
    made.run(30)
    assert len(made.calls("Stop")) == 2


@each
def test_one_that_is_not_free_waits_for_a_command_each_time(name: str) -> None:
    made, car = bench(name, free=False)
    for number in range(2):
        car.plug()
        made.run(30)
        assert len(made.calls("Start")) == number
        assert made.ask("StartCharging", token=f"T{number}", connector=1) == ACCEPTED
        made.run(30)
        assert made.calls("Start")[-1]["token"] == f"T{number}"
        car.unplug()
        made.run(60)
    assert len(made.calls("Stop")) == 2


@each
def test_a_restart_in_the_middle_neither_ends_nor_doubles_it(name: str) -> None:
    made, car = bench(name)
    car.plug()
    made.run(20)
    start = made.calls("Start")[0]["energy"]
    for _ in range(3):
        car.charge(400)
        made.run(40)
        made.restart()
        made.run(20)
    car.unplug()
    made.run(30)
    assert len(made.calls("Start")) == 1
    (stop,) = made.calls("Stop")
    assert stop["energy"] - start == 1200
    assert len(made.calls("Boot")) == 1


@each
def test_out_of_use_it_charges_nobody(name: str) -> None:
    made, car = bench(name)
    assert made.ask("SetAvailability", connector=0, type="Inoperative") == ACCEPTED
    made.run(20)
    car.plug()
    made.run(30)
    assert (car.amps, made.calls("Start"), made.states()[-1]) == (0, [], "unavailable")
    made.restart()
    made.run(20)
    assert made.ask("SetAvailability", connector=1, type="Operative") == ACCEPTED
    made.run(30)
    assert len(made.calls("Start")) == 1


@each
def test_it_is_never_set_above_the_most_that_the_site_allows(name: str) -> None:
    made, car = bench(name, most=13)
    car.plug()
    made.run(20)
    for amps in (32, 13.7, 6, 5.9):
        made.ask("SetLimit", connector=1, limit=limit(amps))
        made.run(20)
        assert car.amps <= min(13, amps)
    made.ask("ClearLimit")
    made.run(20)
    assert car.amps == 13


def test_old_firmware_of_a_keba_p40_counts_whole_watt_hours() -> None:
    for version, product in ((10200, 4_100_021), (10201, 4_100_021), (31015, 314_221)):
        made, car = bench("keba-modbus", keba(product, version))
        car.plug()
        made.run(20)
        assert made.calls("Start")[0]["energy"] == 85021


def test_what_must_be_told_again_and_again_is() -> None:
    made, car = bench("webasto-next")
    made.run(60)
    assert sum(at == 6000 for at, _ in car.registers.written) >= 5
    made, car = bench("alfen-ng9")
    car.plug()
    made.run(20)
    made.ask("SetLimit", connector=1, limit=limit(10))
    made.run(120)
    assert sum(at == 1210 for at, _ in car.registers.written) >= 4
    made, car = bench("keba-modbus")
    made.run(120)
    assert (5018, [60]) in car.registers.written
