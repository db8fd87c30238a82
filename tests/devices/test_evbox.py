"""Boxes of EVBox behind one line: registered, addressed, authorised, charged, limited, over restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.devices.evbox_box import Box, Bus, frame
from tests.devices.test_keba import BACKENDS, energy, limit, remote, transaction
from tests.street import AT, Street

CARD, OTHER = "04A1B2C3D4E5F6", "DEADBEEF"


def street(folder: Path, *serials: str, backend: str = "ocpp1.6") -> tuple[Street, list[Box]]:
    made, boxes = Street(folder, "evbox-max", "tcp", backend), [Box(serial) for serial in serials or ("1917911",)]
    made.plug(Bus(*boxes))
    for box in boxes:
        box.power_up()
        made.run(1)
    made.run(5)
    return made, boxes


@BACKENDS
def test_a_whole_session(tmp_path: Path, backend: str) -> None:
    made, (box,) = street(tmp_path, backend=backend)
    assert "1917911" in str(made.heard("BootNotification"))
    assert "Max G3" in str(made.heard("BootNotification"))
    box.show(CARD)
    made.run(1800)
    assert (box.verdicts, box.phase, box.amps) == (["01"], "81", 320)
    box.show(CARD)
    box.leave()
    made.run(30)
    tokens, used, _ = energy(made, backend)
    assert (tokens, used) == ([CARD], [pytest.approx(5500, abs=30)])
    assert made.refused("violation") == made.refused("garbled") == made.refused("noise") == 0
    assert len(made.heard("MeterValues", "TransactionEvent")) > 10


@BACKENDS
def test_the_session_of_the_box_is_that_of_the_back_end(tmp_path: Path, backend: str) -> None:
    made, (box,) = street(tmp_path, backend=backend)
    assert made.network("1917911").ask(*remote(backend, True, CARD))["status"] == "Accepted"
    made.run(300)
    assert box.phase == "81"
    stop = remote(backend, False, transaction=transaction(made, backend))
    assert made.network("1917911").ask(*stop)["status"] == "Accepted"
    made.run(30)
    assert (box.phase, len(energy(made, backend)[1])) == ("C1", 1)


def test_a_card_that_the_back_end_refuses(tmp_path: Path) -> None:
    made, (box,) = street(tmp_path)
    made.invalid.add(OTHER)
    box.show(OTHER)
    made.run(30)
    assert (box.verdicts, made.heard("StartTransaction")) == (["12"], [])


def test_limits_go_to_the_running_session_and_wait_for_the_next(tmp_path: Path) -> None:
    made, (box,) = street(tmp_path)
    network = made.network("1917911")
    assert network.ask(*limit("ocpp1.6", 10))["status"] == "Accepted"
    assert not [one for one in box.heard if one[4:6] == "6B"], "before a session a limit could start one"
    box.show(CARD)
    made.run(60)
    assert box.amps == 100
    assert network.ask(*limit("ocpp1.6", 16))["status"] == "Accepted"
    made.run(5)
    assert box.amps == 160


def test_boxes_of_one_line_keep_their_addresses_and_do_not_mix(tmp_path: Path) -> None:
    made, (one, two, three) = street(tmp_path, "1000001", "1000002", "1000003")
    assert [box.address for box in (one, two, three)] == [1, 2, 3]
    one.show(CARD)
    two.show(OTHER)
    made.run(600)
    made.network("1000001").ask(*limit("ocpp1.6", 8))
    assert (one.amps, two.amps, three.amps) == (80, 320, 0)
    two.power_up()
    made.run(10)
    assert two.address == 2
    assert len({socket.url for socket in made.uplinks}) == 3


@BACKENDS
def test_a_restart_of_the_gateway_in_the_middle_neither_ends_nor_doubles_a_session(tmp_path: Path, backend: str) -> None:
    made, (box, idle) = street(tmp_path, "1000001", "1000002", backend=backend)
    box.show(CARD)
    made.run(600)
    made.crash(down=60)
    made.run(600)
    made.crash()
    made.run(60)
    assert (box.address, idle.address) == (1, 2), "nobody had to register again"
    box.show(CARD)
    made.run(60)
    tokens, used, _ = energy(made, backend)
    assert (tokens, used) == ([CARD], [pytest.approx(4033, abs=30)])


def test_a_session_that_ends_while_the_gateway_is_down(tmp_path: Path) -> None:
    made, (box,) = street(tmp_path)
    box.show(CARD)
    made.run(600)
    made.clock.callLater(30, box.show, CARD)
    made.crash(down=120)
    made.run(60)
    (stop,) = made.heard("StopTransaction")
    assert stop["meterStop"] - 85021 == pytest.approx(1925, abs=30)


@pytest.mark.parametrize("lost", ["22", "23", "24", "6A", "66", "6B"])
def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_is_told_twice(tmp_path: Path, lost: str) -> None:
    made, (box,) = street(tmp_path)
    box.lose.add(lost)
    box.show(CARD)
    made.run(300)
    box.show(CARD)
    made.run(60)
    assert (len(made.heard("StartTransaction")), len(made.heard("StopTransaction"))) == (1, 1)
    box.show(CARD)
    made.run(60)
    assert len(made.heard("StartTransaction")) == 2, "the same card at the same meter is another session"


def test_the_back_end_is_away(tmp_path: Path) -> None:
    made, (box,) = street(tmp_path)
    made.mute = True
    box.show(CARD)
    made.run(120)
    assert box.verdicts, "the box is not left waiting"


def test_a_reset_restarts_the_box_and_it_registers_again(tmp_path: Path) -> None:
    made, (box,) = street(tmp_path)
    before = len(made.heard("BootNotification"))
    assert made.network("1917911").ask("Reset", {"type": "Hard"})["status"] == "Accepted"
    made.run(10)
    assert (box.address, len(made.heard("BootNotification"))) == (1, before + 1)


def test_bad_input_is_counted_and_costs_nobody_anything(tmp_path: Path) -> None:
    made, (one, two) = street(tmp_path, "1000001", "1000002")
    line = one.bus.line
    one.show(CARD)
    made.run(60)
    heartbeat = frame("800221")
    for data in (
        b"\x02\x02\x02",
        b"\x02800121",
        heartbeat[:5],
        heartbeat.replace(b"21", b"22", 1),
        frame("800924"),
        frame("80011"),
        frame("8001FF00"),
        frame("800124" + "ZZ" * 25),
        frame("80001120000010125"),
        b"\x02" + b"A" * 5000,
        b"\x00\xff" * 300,
        frame("018021"),
    ):
        line.heard(data, AT)
        line.heard(heartbeat, AT)
        made.run(2)
    made.run(540)
    one.show(CARD)
    made.run(30)
    assert two.heard.count("028021") == 12, "each sound frame behind the noise was answered"
    (stop,) = made.heard("StopTransaction")
    assert stop["meterStop"] - 85021 == pytest.approx(11000 * 624 / 3600, abs=40)
    assert made.refused("crash") == 0
    assert made.refused("noise") + made.refused("violation") + made.refused("garbled") + made.refused("stranger") >= 8


SOUND = [frame("800121"), frame("80016AA700"), frame("800123" + "0E04A1B2C3D4E5F600000000" + "00014C1D"), frame("018021")]
PIECES = st.one_of(st.binary(max_size=40), st.sampled_from(SOUND), st.tuples(st.sampled_from(SOUND), st.integers(1, 11)))


def quiet(made: Street, box: Box) -> None:
    """Let all be said that was begun: on such a bus each word waits for silence before it."""
    for _ in range(50):
        before = len(box.heard)
        made.run(3)
        if len(box.heard) == before:
            return


@settings(max_examples=25, deadline=None)
@given(pieces=st.lists(PIECES))
def test_whatever_comes_the_next_sound_frame_is_answered(street_once: tuple[Street, Box], pieces: list[Any]) -> None:
    made, box = street_once
    for piece in pieces:
        box.bus.line.heard(piece if isinstance(piece, bytes) else piece[0][: -piece[1]], AT)
    quiet(made, box)
    before = box.heard.count("018021")
    box.bus.line.heard(frame("800121"), AT)
    made.run(3)
    assert box.heard.count("018021") == before + 1
    assert made.refused("crash") == 0


@pytest.fixture(scope="module")
def street_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Street, Box]:
    made, (box,) = street(tmp_path_factory.mktemp("street"))
    return made, box
