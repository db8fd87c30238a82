"""Whole sessions of a YKC pile, to back ends of both kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.devices.test_keba import BACKENDS, energy, limit, remote, transaction
from tests.devices.ykc_pile import PILE, Pile, crc, frame
from tests.street import AT, Street

CARD, APP = "D14B0A54", "APP-USER-7"


def street(folder: Path, backend: str = "ocpp1.6", **options: Any) -> tuple[Street, Pile]:
    made, pile = Street(folder, "ykc", "tcp", backend, **options), Pile()
    made.plug(pile)
    pile.login()
    made.run(5)
    pile.realtime()
    made.run(5)
    return made, pile


def drive(made: Street, pile: Pile, seconds: float, watts: float = 11000) -> None:
    """It charges for so long, and says so every 15 seconds, with a heartbeat between."""
    for _ in range(int(seconds / 15)):
        pile.charge(watts, 15)
        pile.realtime()
        pile.beat()
        made.run(15)


def end(made: Street, pile: Pile) -> None:
    pile.leave()
    made.run(10)
    pile.resend()
    made.run(10)


def states(made: Street) -> list[str]:
    return [one.get("status") or one["connectorStatus"] for one in made.heard("StatusNotification")]


def test_it_logs_in_and_is_told_its_tariff_and_the_time(tmp_path: Path) -> None:
    made, pile = street(tmp_path, price=1, service=1)
    assert made.heard("BootNotification") == [
        {"chargePointVendor": "YKC", "chargePointModel": "DC", "chargePointSerialNumber": PILE, "firmwareVersion": "V1.6.001"}
    ]
    assert pile.online
    (tariff,) = pile.told(0x0A)
    assert tariff[7:17] == bytes.fromhex("0100A0860100A0860100")
    (clock,) = pile.told(0x56)
    assert clock[9:14] == bytes([0, 8, 1, 1, 26]), "Beijing's clock"
    assert next(kind for kind, _ in pile.heard) == 0x02, "nothing before the login is answered"
    assert states(made)[-1] == "Available"


def test_a_station_that_the_back_end_rejects_is_not_let_in(tmp_path: Path) -> None:
    made, pile = Street(tmp_path, "ykc", "tcp"), Pile()
    usual = made.answer
    made.answer = lambda action, payload: {**usual(action, payload), **({"status": "Rejected"} if "Boot" in action else {})}  # type: ignore[method-assign]
    made.plug(pile)
    pile.login()
    made.run(10)
    assert not pile.online


@BACKENDS
def test_a_card_starts_a_session_and_the_record_ends_it(tmp_path: Path, backend: str) -> None:
    made, pile = street(tmp_path, backend)
    pile.arrive()
    made.run(5)
    pile.show(CARD)
    made.run(5)
    assert pile.charging
    (answer,) = pile.told(0x32)
    assert answer[:8] == pile.pile + b"\x01", "the trade number begins with pile and gun"
    drive(made, pile, 1800)
    end(made, pile)
    tokens, used, ends = energy(made, backend)
    assert (tokens, used) == ([CARD], [5500])
    assert "Local" in str(ends[0])
    assert pile.unconfirmed == []
    assert made.refused("violation") == made.refused("garbled") == 0
    assert states(made)[-1] == "Available"


@BACKENDS
def test_started_and_stopped_from_afar(tmp_path: Path, backend: str) -> None:
    made, pile = street(tmp_path, backend)
    assert made.network(PILE).ask(*remote(backend, True, APP))["status"] == "Rejected", "no car is there"
    pile.arrive()
    made.run(5)
    assert made.network(PILE).ask(*remote(backend, True, APP))["status"] == "Accepted"
    drive(made, pile, 600)
    assert made.network(PILE).ask(*remote(backend, False, transaction=transaction(made, backend)))["status"] == "Accepted"
    end(made, pile)
    tokens, used, ends = energy(made, backend)
    assert (tokens, used) == ([APP], [1833])
    assert "Remote" in str(ends[0])
    assert len({body[:16] for body in pile.told(0x34)}) == 2, "each trade has its own number"


@BACKENDS
def test_a_share_of_its_power(tmp_path: Path, backend: str) -> None:
    made, pile = street(tmp_path, backend)
    network = made.network(PILE)
    for amps, verdict, work in (
        (16, "Accepted", (0, 50)),
        (9.9, "Accepted", (0, 30)),
        (5, "Rejected", (0, 30)),
        (63, "Accepted", (0, 100)),
    ):
        assert network.ask(*limit(backend, amps))["status"] == verdict
        assert pile.work == work


def test_out_of_use_rebooted_updated(tmp_path: Path) -> None:
    made, pile = street(tmp_path)
    network = made.network(PILE)
    assert network.ask("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}) == {"status": "Accepted"}
    assert pile.work[0] == 1
    pile.arrive()
    pile.show(CARD)
    made.run(5)
    assert (pile.charging, pile.told(0x32)[-1][36:38]) == (False, b"\x00\x05"), "out of use"
    assert network.ask("ChangeAvailability", {"connectorId": 0, "type": "Operative"}) == {"status": "Accepted"}
    assert network.ask("Reset", {"type": "Soft"}) == {"status": "Accepted"}
    assert pile.told(0x92)[-1][-1] == 2, "when it is idle"
    where = {"location": "ftp://pile:secret@192.0.2.7:2121/v5.bin", "retrieveDate": "2026-01-01T00:00:00Z"}
    network.ask("UpdateFirmware", where)
    made.run(10)
    (update,) = pile.told(0x94)
    assert update[10:26].rstrip(b"\0") == b"192.0.2.7"
    assert int.from_bytes(update[26:28], "little") == 2121
    assert [update[a:b].rstrip(b"\0") for a, b in ((28, 44), (44, 60), (60, 92))] == [b"pile", b"secret", b"/v5.bin"]
    assert [one["status"] for one in made.heard("FirmwareStatusNotification")] == ["Downloading", "Installed"]


def test_offline_cards(tmp_path: Path) -> None:
    made, pile = street(tmp_path)
    network = made.network(PILE)

    def send(version: int, update: str, *cards: Any) -> Any:
        return network.ask("SendLocalList", {"listVersion": version, "updateType": update, "localAuthorizationList": list(cards)})

    good = {"idTag": CARD, "idTagInfo": {"status": "Accepted"}}
    assert send(1, "Full", good) == {"status": "Accepted"}
    assert pile.offline_cards == [bytes.fromhex(CARD.zfill(16))]
    assert network.ask("GetLocalListVersion", {}) == {"listVersion": 1}
    assert send(2, "Differential", {"idTag": CARD}) == {"status": "Accepted"}
    assert pile.offline_cards == []
    assert send(3, "Full", good) == {"status": "NotSupported"}, "it cannot be emptied"
    assert send(3, "Differential", {**good, "idTag": "no-hex"})["status"] == "NotSupported"


@BACKENDS
def test_a_session_charged_offline_is_told_whole(tmp_path: Path, backend: str) -> None:
    made, pile = street(tmp_path, backend)
    pile.card = bytes.fromhex(CARD.zfill(16))
    pile.record(bytes.fromhex(PILE + "01" + "9" * 16), 3_600_000 * 7, 0x45)
    made.run(10)
    pile.resend()
    made.run(10)
    tokens, used, _ = energy(made, backend)
    assert (tokens, used) == ([CARD], [7000])
    assert pile.unconfirmed == []


@BACKENDS
def test_a_restart_in_the_middle_neither_ends_nor_doubles_it(tmp_path: Path, backend: str) -> None:
    made, pile = street(tmp_path, backend)
    pile.arrive()
    made.run(5)
    pile.show(CARD)
    made.run(5)
    drive(made, pile, 600)
    made.crash(30)
    made.run(20)
    pile.login()
    made.run(5)
    drive(made, pile, 600)
    made.crash(30)  # and this time the session ends while the gateway is down
    pile.end()
    made.run(20)
    pile.login()
    made.run(5)
    pile.resend()
    end(made, pile)
    tokens, used, ends = energy(made, backend)
    assert (tokens, used, len(ends)) == ([CARD], [3667], 1)


def test_a_record_is_not_confirmed_before_it_is_kept_and_counts_once(tmp_path: Path) -> None:
    made, pile = street(tmp_path)
    pile.arrive()
    made.run(5)
    pile.show(CARD)
    made.run(5)
    drive(made, pile, 300)
    made.mute = True
    pile.end()
    made.run(5)
    pile.resend()
    pile.resend()
    made.run(60)
    assert len(made.heard("StopTransaction")) >= 1
    assert pile.unconfirmed == [], "it is in the journal"


def test_a_fault_is_told_with_its_reason(tmp_path: Path) -> None:
    made, pile = street(tmp_path)
    pile.faults = 0b100
    pile.realtime()
    made.run(10)
    told = made.heard("StatusNotification")[-1]
    assert (told["status"], told["errorCode"]) == ("Faulted", "HighTemperature")


@pytest.mark.parametrize(
    "noise",
    [
        b"\x68\x22\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x68" * 300,
        frame(1, 0x03, bytes(9))[:-1] + b"\0",
        frame(1, 0x77, bytes(9)),
        frame(1, 0x13, bytes(5)),
        bytes([0x68, 13, 1, 0, 1, 3]) + bytes(9) + crc(bytes([1, 0, 1, 3]) + bytes(9)),
    ],
    ids=["half", "http", "starts", "check", "type", "short", "encrypted"],
)
def test_noise_is_counted_and_the_line_goes_on(tmp_path: Path, noise: bytes) -> None:
    made, pile = street(tmp_path)
    pile.line.heard(noise, AT)
    made.run(2)
    before = len(pile.told(0x04))
    pile.beat()
    pile.beat()
    made.run(5)
    assert len(pile.told(0x04)) == before + 2
    assert sum(made.refused(reason) for reason in ("violation", "garbled", "noise")) >= 1
