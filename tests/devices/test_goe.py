"""Whole sessions of a go-e Charger: asked over HTTP, to back ends of both kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.devices.goe_station import NEUTRAL, OFF, ON, GoE
from tests.devices.test_keba import BACKENDS, energy, limit, remote, transaction
from tests.street import Street


def street(folder: Path, backend: str = "ocpp1.6", station: GoE | None = None, **options: Any) -> tuple[Street, GoE]:
    made, box = Street(folder, "go-e", "http", backend, **options), station or GoE()
    made.plug(box, "GARAGE", shared=True)
    made.run(20)
    return made, box


def ask(made: Street, about: tuple[str, Any]) -> str:
    return str(made.network("GARAGE").ask(*about)["status"])


def states(made: Street) -> list[str]:
    return [one.get("status") or one["connectorStatus"] for one in made.heard("StatusNotification")]


def drive(made: Street, box: GoE, minutes: int) -> None:
    for _ in range(minutes):
        box.charge(100)
        made.run(60)


@BACKENDS
def test_a_whole_session(tmp_path: Path, backend: str) -> None:
    made, box = street(tmp_path, backend, id_tag="HOUSE")
    assert "212345" in str(made.heard("BootNotification")[0])
    assert states(made) == ["Available"]
    box.plug()
    made.run(10)
    drive(made, box, 5)
    box.full = True
    made.run(10)
    box.unplug()
    made.run(20)
    tokens, energies, _ = energy(made, backend)
    assert (tokens, energies) == (["HOUSE"], [500])
    assert states(made)[-1] == "Available"


@BACKENDS
def test_it_is_limited_stopped_and_started(tmp_path: Path, backend: str) -> None:
    made, box = street(tmp_path, backend)
    box.plug()
    made.run(10)
    assert ask(made, limit(backend, 10)) == "Accepted"
    made.run(10)
    assert (box.amp, box.frc, box.car) == (10, NEUTRAL, 2)
    assert ask(made, limit(backend, 0)) == "Accepted"
    made.run(10)
    assert (box.frc, box.car) == (OFF, 4)
    assert ask(made, limit(backend, 32)) == "Accepted"
    made.run(10)
    assert (box.amp, box.car) == (16, 2), "the site says the most"
    assert ask(made, remote(backend, False, transaction=transaction(made, backend))) == "Accepted"
    made.run(10)
    assert box.frc == OFF
    assert ask(made, remote(backend, True, "OTHER")) == "Accepted"
    made.run(10)
    tokens, _, _ = energy(made, backend)
    assert tokens[1:] == ["OTHER"]


def test_one_that_is_not_free_waits_for_a_command(tmp_path: Path) -> None:
    made, box = street(tmp_path, free=False, station=GoE(access=True))
    assert box.frc == OFF
    box.plug()
    made.run(20)
    assert made.heard("StartTransaction") == []
    assert ask(made, remote("ocpp1.6", True, "TAG")) == "Accepted"
    made.run(10)
    assert (box.frc, [one["idTag"] for one in made.heard("StartTransaction")]) == (ON, ["TAG"])


def test_a_crash_in_the_middle_neither_ends_nor_doubles_it(tmp_path: Path) -> None:
    made, box = street(tmp_path)
    box.plug()
    made.run(10)
    drive(made, box, 2)
    made.crash(30)
    made.run(10)
    drive(made, box, 2)
    box.unplug()
    made.run(20)
    assert energy(made, "ocpp1.6")[1] == [400]


def test_a_station_that_refuses_is_no_station_that_is_gone(tmp_path: Path) -> None:
    made, box = street(tmp_path)
    box.locked = True
    before = made.refused("violation")
    made.run(60)
    assert made.refused("violation") > before
    assert ask(made, limit("ocpp1.6", 10)) == "Rejected"
    box.locked = False
    made.run(10)
    assert ask(made, limit("ocpp1.6", 10)) == "Accepted"
    assert len(made.heard("BootNotification")) == 1
