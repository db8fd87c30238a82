"""Stations that never spoke OCPP, over real sockets, through a real gateway process: KEBA's emulator, boxes behind an adapter."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ocpp.v16 import call as call16

from tests.devices.evbox_box import Box
from tests.devices.goe_station import OFF, GoE
from tests.devices.ocnp_station import SERIAL, Pipes
from tests.devices.ykc_pile import PILE, Pile
from tests.peers.adapters import Adapter, Caller, Web
from tests.peers.brokers import Broker, SmartEvse
from tests.peers.mobilityhouse import Backend
from tests.peers.mobilityhouse201 import Station201
from tests.peers.running import Gateway, free_port, lease, post, release, until

CARD = "04A1B2C3D4E5F6"
LIMIT = {
    "charging_profile_id": 1,
    "stack_level": 0,
    "charging_profile_purpose": "TxDefaultProfile",
    "charging_profile_kind": "Absolute",
    "charging_schedule": {"charging_rate_unit": "A", "charging_schedule_period": [{"start_period": 0, "limit": 16}]},
}


class Emulator:
    """``keba-kecontact --emu``: it stands at port 7090, whatever is asked."""

    port = 7090

    def __init__(self) -> None:
        lease(self.port)
        self.child = subprocess.Popen([sys.executable, "-m", "keba_kecontact", "--emu"], stdout=subprocess.DEVNULL)

    def end(self) -> None:
        self.child.kill()
        self.child.wait()
        release(self.port)


def test_keba_s_emulator_stands_on_a_1_6_back_end(tmp_path: Path, later: Callable[[Any], Any]) -> None:
    backend = later(Backend(free_port()).start())
    emulator = later(Emulator())
    site = tmp_path / "gateway.yaml"
    site.write_text(
        f"""\
devices:
  - dial: keba-udp+udp://127.0.0.1:{emulator.port}
    identity: GARAGE
    bind: 127.0.0.1:{free_port()}
backends:
  - connect: ocpp1.6+ws://127.0.0.1:{backend.port}/central
"""
    )
    with Gateway(tmp_path / "data", "-c", str(site)) as gateway:
        boot, *_ = until(lambda: backend.book.of("BootNotification", "GARAGE"), "it boots")
        assert (boot["charge_point_vendor"], boot["charge_point_model"]) == ("KEBA", "KC-P30-Emulator-000")
        assert boot["charge_point_serial_number"] == "123456789"
        until(lambda: [one["status"] for one in backend.book.of("StatusNotification")][-1:] == ["Available"], "it is free")
        assert (
            backend.command("GARAGE", call16.SetChargingProfile(connector_id=1, cs_charging_profiles=LIMIT)).status == "Accepted"
        )
        assert backend.command("GARAGE", call16.RemoteStartTransaction(id_tag="TAG")).status == "Accepted"
        assert backend.command("GARAGE", call16.UnlockConnector(connector_id=1)).status == "Unlocked"
        assert backend.command("GARAGE", call16.Reset(type="Soft")).status == "Rejected"
        triggered = call16.TriggerMessage(requested_message="MeterValues", connector_id=1)
        assert backend.command("GARAGE", triggered).status == "Accepted"
        readings = until(lambda: backend.book.of("MeterValues"), "its meter is read")
        assert "230" in str(readings[0])
        assert 'refused_total{reason="crash"} 0.0' in gateway.metrics()


def test_a_box_behind_an_adapter_charges_through_a_kill_of_the_gateway(tmp_path: Path, later: Callable[[Any], Any]) -> None:
    backend = later(Backend(free_port(), kind=Station201, protocol="ocpp2.0.1").start())
    box = Box("1917911")
    adapter = later(Adapter(box).start())
    gateway = Gateway(
        tmp_path / "data",
        "--device",
        f"evbox-max+tcp://127.0.0.1:{adapter.port}",
        "--backend",
        f"ocpp2.0.1+ws://127.0.0.1:{backend.port}/central",
    )
    with gateway:
        until(lambda: box.address == 1, "it is registered")
        adapter.do(box.show, CARD)
        until(lambda: box.phase == "81", "it charges")
        until(lambda: events(backend, "Started"), "the session is told")
        gateway.kill()
        gateway.start()
        until(lambda: adapter.bus.line is not None, "the line is there again")
        adapter.do(box.show, CARD)
        until(lambda: events(backend, "Ended"), "its end is told")
    (began,), (ended,) = events(backend, "Started"), events(backend, "Ended")
    assert began["id_token"]["id_token"] == CARD
    assert register(began) == 85021
    assert register(ended) == int(box.meter)
    assert began["transaction_info"]["transaction_id"] == ended["transaction_info"]["transaction_id"]


def test_a_station_that_posts_is_charged_at_a_1_6_back_end(tmp_path: Path, later: Callable[[Any], Any]) -> None:
    backend, port, pipes, numbers = later(Backend(free_port()).start()), free_port(), Pipes(), itertools.count(1)

    def say(verb: str, **values: Any) -> str:
        status, answer = post(port, pipes.write(verb, datetime.now(UTC), next(numbers), **values), path="/")
        assert status == 200, answer
        ((heard, _, _),) = pipes.read(answer)
        return heard

    site = tmp_path / "gateway.yaml"
    site.write_text(
        f"""\
listeners:
  - {{listen: "ocnp+http://127.0.0.1:{port}/", enroll: open, accept: reconstructed}}
backends:
  - connect: ocpp1.6+ws://127.0.0.1:{backend.port}/central
"""
    )
    with Gateway(tmp_path / "data", "-c", str(site)):
        assert say("boot", model="CT", firmware="1", ports=1) == "saddr"
        assert say("auth", port=1, tag=CARD, medium=1) == "authr"
        assert say("start", session=77, port=1, tag=CARD, wh=1000) == "ackn"
        assert say("stop", session=77, port=1, wh=2500, why="USER") == "ackn"
        (stop,) = until(lambda: backend.book.of("StopTransaction", SERIAL), "the stop arrives")
    (start,) = backend.book.of("StartTransaction", SERIAL)
    assert (start["id_tag"], start["meter_start"], stop["meter_stop"]) == (CARD, 1000, 2500)
    assert stop["transaction_id"] == start["transaction_id"]


def test_a_pile_that_dials_charges_through_a_kill_of_the_gateway(tmp_path: Path, later: Callable[[Any], Any]) -> None:
    backend, port, pile = later(Backend(free_port()).start()), free_port(), Pile()
    site = tmp_path / "gateway.yaml"
    site.write_text(
        f"""\
listeners:
  - {{listen: "ykc+tcp://127.0.0.1:{port}", enroll: open}}
backends:
  - connect: ocpp1.6+ws://127.0.0.1:{backend.port}/central
"""
    )
    gateway = Gateway(tmp_path / "data", "-c", str(site))
    with gateway:
        caller = later(Caller(pile, port).start())
        caller.do(pile.login)
        until(lambda: pile.online, "it is let in")
        caller.do(pile.arrive)
        caller.do(pile.show, CARD[:8])
        until(lambda: pile.charging, "it charges")
        until(lambda: backend.book.of("StartTransaction", PILE), "the session is told")
        caller.do(pile.charge, 11000, 600)
        caller.do(pile.realtime)
        gateway.kill()
        caller.hang_up()
        gateway.start()
        caller.start()
        caller.do(pile.login)
        until(lambda: pile.online, "it is let in again")
        caller.do(pile.charge, 11000, 1200)
        caller.do(pile.leave)
        (stop,) = until(lambda: backend.book.of("StopTransaction", PILE), "its end is told")
        until(lambda: pile.unconfirmed == [], "its record is confirmed")
    starts = backend.book.of("StartTransaction", PILE)  # one that was killed may send again what it sent last
    assert (starts[-1]["id_tag"], stop["meter_stop"] - starts[-1]["meter_start"]) == (CARD[:8], 5500)
    assert stop["transaction_id"] == starts[-1]["transaction_id"]
    assert len({(start["timestamp"], start["meter_start"]) for start in starts}) == 1


def test_a_station_that_is_asked_over_http(tmp_path: Path, later: Callable[[Any], Any]) -> None:
    backend, box = later(Backend(free_port()).start()), GoE()
    web = later(Web(box).start())
    site = tmp_path / "gateway.yaml"
    site.write_text(
        f"""\
devices:
  - {{dial: "go-e+http://127.0.0.1:{web.port}", identity: GARAGE, options: {{poll: 0.2}}}}
backends:
  - connect: ocpp1.6+ws://127.0.0.1:{backend.port}/central
"""
    )
    with Gateway(tmp_path / "data", "-c", str(site)):
        (boot,) = until(lambda: backend.book.of("BootNotification", "GARAGE"), "it boots")
        assert boot["charge_point_serial_number"] == "212345"
        box.locked = True
        assert backend.command("GARAGE", call16.RemoteStartTransaction(id_tag="TAG")).status == "Rejected", "it says 403"
        box.locked = False
        web.do(box.plug)
        (start,) = until(lambda: backend.book.of("StartTransaction"), "the session is told")
        assert (
            backend.command("GARAGE", call16.SetChargingProfile(connector_id=1, cs_charging_profiles=LIMIT)).status == "Accepted"
        )
        web.do(box.charge, 1234)
        stop = call16.RemoteStopTransaction(transaction_id=start["transaction_id"])
        until(lambda: backend.command("GARAGE", stop).status == "Accepted", "the stop is taken")
        (ended,) = until(lambda: backend.book.of("StopTransaction"), "its end is told")
        assert (ended["meter_stop"] - start["meter_start"], box.frc) == (1234, OFF)


def test_a_station_behind_a_broker(tmp_path: Path, later: Callable[[Any], Any]) -> None:
    backend, broker = later(Backend(free_port()).start()), later(Broker(tmp_path).start())
    station = later(SmartEvse(broker.port).start())
    dial = f"smartevse+mqtt://127.0.0.1:{broker.port}"
    with Gateway(tmp_path / "data", "--device", dial, "--backend", f"ocpp1.6+ws://127.0.0.1:{backend.port}/central"):
        until(lambda: backend.book.of("BootNotification", "51446"), "it boots")
        station.do("there", True)
        (start,) = until(lambda: backend.book.of("StartTransaction"), "the session is told")
        limited = call16.SetChargingProfile(connector_id=1, cs_charging_profiles=LIMIT)
        assert backend.command("51446", limited).status == "Accepted"
        until(lambda: station.override == 160, "its current is set")
        station.do("wh", 86255)
        triggered = call16.TriggerMessage(requested_message="MeterValues", connector_id=1)
        until(lambda: backend.command("51446", triggered) and "86255" in str(backend.book.of("MeterValues")), "its meter is read")
        stop = call16.RemoteStopTransaction(transaction_id=start["transaction_id"])
        assert backend.command("51446", stop).status == "Accepted"
        (ended,) = until(lambda: backend.book.of("StopTransaction"), "its end is told")
    assert ended["meter_stop"] - start["meter_start"] == 1234
    assert (ended["reason"], station.mode) == ("Remote", "Off")


def events(backend: Backend, kind: str) -> list[Any]:
    """A killed gateway may send again what it sent last; it is the same event, by its number."""
    numbered = {event["seq_no"]: event for event in backend.book.of("TransactionEvent") if event["event_type"] == kind}
    return list(numbered.values())


def register(event: Any) -> int:
    """The energy register in an event, Wh."""
    values = [
        sample["value"]
        for reading in event["meter_value"]
        for sample in reading["sampled_value"]
        if sample.get("measurand", "Energy.Active.Import.Register") == "Energy.Active.Import.Register"
    ]
    return int(Decimal(str(values[0])))
