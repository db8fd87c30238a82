"""Stations that are polled, over real sockets, through a real gateway: pymodbus' server, an OpenEVSE behind an adapter."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ocpp.v16 import call as call16
from ocpp.v201 import call as call201
from pymodbus import FramerType

from tests.devices.modbus_station import STATIONS
from tests.devices.rapi import OpenEvse
from tests.peers.mobilityhouse import Backend
from tests.peers.mobilityhouse201 import Station201
from tests.peers.modbus_server import Rapi, Server
from tests.peers.running import Gateway, free_port, until


def site(folder: Path, dial: str, backend: str, **options: Any) -> Path:
    path = folder / "gateway.yaml"
    spelled = ", ".join(f"{name}: {value}" for name, value in {"poll": 0.2, **options}.items())
    path.write_text(
        f"devices:\n  - {{dial: '{dial}', identity: BOX, options: {{{spelled}}}}}\nbackends: [{{connect: '{backend}'}}]\n"
    )
    return path


def limited(amps: float) -> Any:
    schedule = {"charging_rate_unit": "A", "charging_schedule_period": [{"start_period": 0, "limit": amps}]}
    profile = {"charging_profile_id": 1, "stack_level": 0, "charging_profile_purpose": "TxDefaultProfile"}
    return call16.SetChargingProfile(
        connector_id=1, cs_charging_profiles={**profile, "charging_profile_kind": "Absolute", "charging_schedule": schedule}
    )


@pytest.mark.parametrize("name", ["abb-terra-ac", "amtron-hcc3"])
def test_a_modbus_station_on_a_1_6_back_end_through_a_kill_of_the_gateway(
    tmp_path: Path, later: Callable[[Any], Any], name: str
) -> None:
    backend = later(Backend(free_port()).start())
    server = later(Server(STATIONS[name](), free_port()).start())
    where = site(tmp_path, f"{name}+tcp://127.0.0.1:{server.port}", f"ocpp1.6+ws://127.0.0.1:{backend.port}/central")
    gateway = Gateway(tmp_path / "data", "-c", str(where))
    with gateway:
        until(lambda: backend.book.of("BootNotification", "BOX"), "it boots")
        until(lambda: [one["status"] for one in backend.book.of("StatusNotification")][-1:] == ["Available"], "it is free")
        server.do(server.car.plug)
        until(lambda: backend.book.of("StartTransaction"), "the session is told")
        until(lambda: backend.command("BOX", limited(10)).status == "Accepted", "the limit is taken")
        assert server.car.amps == 10
        server.do(server.car.charge, 1000)
        gateway.kill()
        server.do(server.car.charge, 500)
        gateway.start()
        until(lambda: "BOX" in backend.stations, "it is there again")

        def starts() -> list[Any]:
            """One that was killed may send again what it sent last; then the back end calls it by another number."""
            return backend.book.of("StartTransaction")

        def stop() -> Any:
            return call16.RemoteStopTransaction(transaction_id=starts()[-1]["transaction_id"])

        until(lambda: backend.command("BOX", stop()).status == "Accepted", "the stop is taken")
        (ended,) = until(lambda: backend.book.of("StopTransaction"), "its end is told")
        assert ended["meter_stop"] - starts()[-1]["meter_start"] == 1500
        assert (ended["reason"], server.car.amps) == ("Remote", 0)
        server.do(server.car.unplug)
        until(lambda: backend.book.of("StatusNotification")[-1]["status"] == "Available", "it is free again")
        assert len({(start["timestamp"], start["meter_start"]) for start in starts()}) == 1


@pytest.mark.parametrize(
    ("name", "framer", "written"),
    [("heidelberg-ec", FramerType.RTU, [(258, [4]), (259, [1])]), ("amtron-hcc3", FramerType.SOCKET, [])],
)
def test_a_modbus_station_on_a_2_0_1_back_end(
    tmp_path: Path, later: Callable[[Any], Any], name: str, framer: FramerType, written: list[Any]
) -> None:
    """``written`` is what it is told before anything else: the one shall stay awake, and not be locked."""
    backend = later(Backend(free_port(), kind=Station201, protocol="ocpp2.0.1").start())
    server = later(Server(STATIONS[name](), free_port(), framer).start())
    where = site(tmp_path, f"{name}+tcp://127.0.0.1:{server.port}", f"ocpp2.0.1+ws://127.0.0.1:{backend.port}/central")
    with Gateway(tmp_path / "data", "-c", str(where)):
        until(lambda: backend.book.of("BootNotification", "BOX"), "it boots")
        until(lambda: backend.book.of("StatusNotification"), "it is free")
        server.do(server.car.plug)
        (began,) = until(lambda: events(backend, "Started"), "the session is told")
        server.do(server.car.charge, 1000)
        stop = call201.RequestStopTransaction(transaction_id=began["transaction_info"]["transaction_id"])
        until(lambda: backend.command("BOX", stop).status == "Accepted", "the stop is taken")
        (ended,) = until(lambda: events(backend, "Ended"), "its end is told")
        assert register(ended) - register(began) == 1000
        assert server.car.registers.written[: len(written)] == written
        assert server.car.amps == 0


def test_an_openevse_on_a_2_0_1_back_end(tmp_path: Path, later: Callable[[Any], Any]) -> None:
    backend = later(Backend(free_port(), kind=Station201, protocol="ocpp2.0.1").start())
    station = OpenEvse()
    adapter = later(Rapi(station).start())
    dial = f"openevse-rapi+tcp://127.0.0.1:{adapter.port}"
    where = site(tmp_path, dial, f"ocpp2.0.1+ws://127.0.0.1:{backend.port}/central", free="false")
    with Gateway(tmp_path / "data", "-c", str(where)):
        (boot,) = until(lambda: backend.book.of("BootNotification", "BOX"), "it boots")
        assert boot["charging_station"]["model"] == "RAPI"
        adapter.do(station.plug)
        token = {"id_token": "TAG", "type": "ISO14443"}
        start = call201.RequestStartTransaction(id_token=token, remote_start_id=7, evse_id=1)
        until(lambda: backend.command("BOX", start).status == "Accepted", "the start is taken")
        (began,) = until(lambda: events(backend, "Started"), "the session is told")
        assert began["id_token"]["id_token"] == "TAG"
        adapter.do(station.charge, 1234)
        number = began["transaction_info"]["transaction_id"]
        stop = call201.RequestStopTransaction(transaction_id=number)
        assert backend.command("BOX", stop).status == "Accepted"
        (ended,) = until(lambda: events(backend, "Ended"), "its end is told")
        assert register(ended) - register(began) == 1234
        assert ended["transaction_info"]["stopped_reason"] == "Remote"


def events(backend: Backend, kind: str) -> list[Any]:
    return [event for event in backend.book.of("TransactionEvent") if event["event_type"] == kind]


def register(event: Any) -> int:
    """The energy register in an event, Wh."""
    values = [sample["value"] for reading in event["meter_value"] for sample in reading["sampled_value"]]
    return int(Decimal(str(values[-1])))
