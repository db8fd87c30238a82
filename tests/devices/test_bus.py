"""Noise, strangers, order and manners on a line: sans-I/O, with a clock that is moved."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from gateway.devices.bus import Bus
from gateway.devices.places import Addressing, Peer, Place
from gateway.wires.shapes import Record
from tests.devices.toys import BY_NAME, Link, Wire, line
from tests.wires import toys as wires

HERE: Peer = ("192.0.2.1", 4000)
THERE: Peer = ("192.0.2.2", 4000)


class Scene:
    """A bus and its owner; newcomers are taken in at the next free address."""

    def __init__(self, addressing: Addressing = BY_NAME, shared: bool = False, **rules: Any) -> None:
        self.clock, self.link = Clock(), Link()
        self.told: list[tuple[Any, ...]] = []
        self.noises: list[str] = []
        self.bus = Bus(
            Wire(**rules), Wire(**rules).links["udp" if shared else "tcp"], addressing, self.clock, self, shared, shared
        )  # type: ignore[arg-type]
        self.bus.opened(self.link)
        self.clock.advance(0)

    def newcomer(self, station: str, record: Record, peer: Peer) -> bool:
        self.bus.add(Place(station, peer, len(self.bus.places.stations) + 1 if self.bus.places.addressing.pool else None))
        return True

    def said(self, station: str, record: Record) -> None:
        self.told.append((station, record.name))

    def answered(self, station: str, tag: Any, record: Record) -> None:
        self.told.append((station, tag, record.name))

    def unanswered(self, station: str, tag: Any, why: str) -> None:
        self.told.append((station, tag, why))

    def silent(self, station: str, why: str) -> None:
        self.told.append((station, "silent"))

    def noise(self, reason: str, why: str, peer: Peer, data: bytes) -> None:
        self.noises.append(reason)

    def send(
        self, station: str, tag: Any, name: str = "ask", within: float | None = None, retries: int | None = None, **fields: Any
    ) -> None:
        self.bus.send(station, tag, name, fields, within, retries)

    def heard(self) -> list[tuple[Any, ...]]:
        told, self.told = self.told, []
        return told


def two(**rules: Any) -> Scene:
    scene = Scene(**rules)
    scene.bus.feed(line("hello", id="A") + line("hello", id="B"), HERE)
    scene.heard()
    scene.link.taken()
    return scene


def test_many_stations_of_one_line_are_told_apart_by_their_address() -> None:
    scene = two()
    scene.bus.feed(line("state", src=2, v=1) + line("state", src=1, v=0), HERE)
    assert scene.heard() == [("B", "state"), ("A", "state")]
    assert scene.noises == []


def test_an_address_that_nobody_has_is_noise_and_everybody_is_asked_who_it_was() -> None:
    scene = two()
    scene.clock.advance(40)
    scene.bus.feed(line("state", src=3), HERE)
    scene.bus.feed(line("state", src=3), HERE)
    assert scene.noises == ["stranger", "stranger"]
    assert scene.link.taken() == ["who"], "once in a while, not each time"
    assert scene.heard() == []


def test_what_is_said_gets_the_address_and_the_next_number() -> None:
    scene = two(outstanding=9)
    for tag in range(10):
        scene.send("B", tag)
    assert scene.link.taken() == [f"ask dst=2 n={n}" for n in range(1, 10)]
    scene.bus.feed(line("answer", src=2, n=1), HERE)
    assert scene.link.taken() == ["ask dst=2 n=1"], "round again"


def test_one_question_is_open_at_a_time_and_unasked_messages_come_in_between() -> None:
    scene = two()
    scene.send("A", "first")
    scene.send("B", "second")
    assert scene.link.taken() == ["ask dst=1 n=1"]
    scene.bus.feed(line("state", src=2), HERE)
    scene.bus.feed(line("answer", src=1, n=7), HERE)
    assert scene.heard() == [("B", "state"), ("A", "answer")], "an answer to something else answers nothing"
    scene.bus.feed(line("answer", src=1, n=1), HERE)
    assert scene.heard() == [("A", "first", "answer")]
    assert scene.link.taken() == ["ask dst=2 n=2"]


def test_a_reply_does_not_wait_for_an_open_question() -> None:
    scene = two()
    scene.send("A", "first")
    scene.send("A", "second")
    scene.send("B", None, "reply")
    assert scene.link.taken() == ["ask dst=1 n=1", "reply"]


def test_a_question_is_tried_again_and_then_given_up() -> None:
    scene = two(within=2, retries=1)
    scene.send("A", "q")
    scene.clock.advance(2)
    assert scene.link.taken() == ["ask dst=1 n=1", "ask dst=1 n=2"]
    scene.clock.advance(2)
    assert scene.heard() == [("A", "q", "no answer within 2 seconds")]


def test_a_station_that_leaves_three_questions_open_is_gone_and_the_other_is_served() -> None:
    scene = two(within=1)
    for tag in range(3):
        scene.send("A", tag)
    scene.send("B", "b")
    for _ in range(3):
        scene.clock.advance(1)
    assert ("A", "silent") in scene.heard()
    assert scene.link.taken()[-1].startswith("ask dst=2")


def test_what_waits_too_long_is_never_sent_late() -> None:
    scene = two(within=2)
    scene.send("A", "first", within=20)
    scene.send("A", "late")
    scene.clock.advance(10)
    assert scene.heard() == [("A", "late", "it had to wait too long for its turn")]
    scene.bus.feed(line("answer", src=1, n=1), HERE)
    assert scene.link.taken() == ["ask dst=1 n=1"]


def test_the_line_must_be_silent_before_we_speak() -> None:
    scene = two(idle=0.1)
    scene.clock.advance(1)
    scene.bus.feed(line("state", src=1), HERE)
    scene.send("A", "q")
    scene.clock.advance(0.05)
    scene.bus.feed(b"x", HERE)
    scene.clock.advance(0.09)
    assert scene.link.taken() == []
    scene.clock.advance(0.02)
    assert scene.link.taken() == ["ask dst=1 n=1"]


def test_gaps_between_ours_after_a_command_and_before_the_same_again() -> None:
    scene = two(gap=1, after={"stop": 3}, repeat={"ask": 10}, outstanding=9, within=30)
    scene.bus.wire.sequence = None
    for tag, name in enumerate(("stop", "ask", "ask")):
        scene.send("A", tag, name)
    sent = []
    for moment in range(16):
        sent += [(moment, text.partition(" ")[0]) for text in scene.link.taken()]
        scene.clock.advance(1)
    assert sent == [(1, "stop"), (4, "ask"), (14, "ask")], "the call at the beginning has a gap after it too"


def test_a_field_that_does_not_fit_fails_its_question_alone() -> None:
    scene = two()
    scene.send("A", "bad", v="unfit")
    scene.send("A", "good")
    assert scene.heard() == [("A", "bad", "ask cannot be said: v does not fit")]
    assert scene.link.taken() == ["ask dst=1 n=2"]


def test_too_much_that_waits_is_refused_at_once() -> None:
    scene = two()
    for tag in range(80):
        scene.send("A", tag)
    assert len([one for one in scene.heard() if one[-1] == "too much waits for its turn"]) == 15


def test_a_line_that_is_lost_fails_what_waits() -> None:
    scene = two()
    scene.send("A", "open")
    scene.send("B", None, "reply")
    scene.bus.closed("cut")
    assert scene.heard() == [("A", "open", "cut")]
    scene.send("A", "later")
    assert scene.heard() == [("A", "later", "the line is down")]


def test_half_a_frame_is_thrown_away_after_a_lull_and_the_next_is_read() -> None:
    scene = two()
    scene.bus.feed(b"state src=1", HERE)
    scene.clock.advance(1)
    scene.bus.feed(line("state", src=2), HERE)
    assert scene.noises == ["noise"]
    assert scene.heard() == [("B", "state")]


def test_half_a_datagram_is_never_joined_with_the_next() -> None:
    scene = Scene(shared=True)
    scene.bus.feed(line("hello", id="A"), HERE)
    scene.bus.feed(b"state src=1 ", HERE)
    scene.bus.feed(line("state", src=1), HERE)
    assert scene.noises == ["noise"]
    assert scene.heard() == [("A", "hello"), ("A", "state")]


def test_wrong_sums_endless_frames_and_bytes_without_meaning_are_counted_and_forgotten() -> None:
    scene = two()
    scene.bus.feed(line("state", src=1).replace(b"*", b"*0"), HERE)
    scene.bus.feed(b"A" * 5000, HERE)
    scene.bus.feed(b"\xff\xfe\n" + line("state", src=1), HERE)
    assert scene.noises == ["violation", "noise", "garbled"]
    assert scene.heard() == [("A", "state")]


def peers(**rules: Any) -> Scene:
    scene = Scene(Addressing(identity={"hello": "id"}), shared=True, **rules)
    scene.bus.feed(line("hello", id="A"), HERE)
    scene.bus.feed(line("hello", id="B"), THERE)
    scene.heard()
    return scene


def test_peers_of_a_socket_are_told_apart_and_do_not_wait_for_each_other() -> None:
    scene = peers()
    scene.send("A", 1)
    scene.send("B", 2)
    assert [peer for _, peer in scene.link.sent] == [HERE, THERE]
    scene.bus.feed(line("answer", n=2), HERE)
    assert scene.heard() == [("A", "answer")], "another peer's number answers nothing of ours"
    scene.bus.feed(line("answer", n=2), THERE)
    assert scene.heard() == [("B", 2, "answer")]


def test_another_source_cannot_speak_for_a_station_until_that_was_silent_for_long() -> None:
    scene = peers()
    elsewhere = ("203.0.113.9", 4000)
    scene.bus.feed(line("hello", id="A"), elsewhere)
    assert (scene.noises, scene.heard()) == (["spoofed"], [])
    scene.bus.feed(line("state"), elsewhere)
    assert scene.noises == ["spoofed", "stranger"]
    scene.clock.advance(61)
    scene.bus.feed(line("hello", id="A"), elsewhere)
    scene.send("A", 1)
    assert scene.link.sent[-1][1] == elsewhere


def test_a_station_that_we_dial_is_heard_from_its_own_place_alone() -> None:
    scene = Scene(Addressing(identity={"hello": "id"}), shared=True)
    scene.bus.add(Place("A", HERE, fixed=True))
    scene.clock.advance(1000)
    scene.bus.feed(line("hello", id="A"), (HERE[0], 5))
    scene.bus.feed(line("state"), (HERE[0], 5))
    scene.bus.feed(line("state"), HERE)
    assert scene.noises == ["spoofed", "stranger"]
    assert scene.heard() == [("A", "state")]


def test_a_peer_that_cannot_be_written_to_now_gets_it_when_it_can() -> None:
    scene = peers()
    scene.link.shut.add(HERE)
    scene.send("A", 1)
    scene.send("B", 2)
    assert [peer for _, peer in scene.link.sent] == [THERE]
    scene.link.shut.clear()
    scene.bus.feed(line("state"), HERE)
    assert [peer for _, peer in scene.link.sent] == [THERE, HERE]


def test_a_peer_that_can_be_written_to_again_gets_it_whatever_it_says() -> None:
    scene = peers()
    scene.link.shut.add(HERE)
    scene.send("A", 1)
    scene.link.shut.clear()
    scene.bus.feed(b"rubbish\n", HERE)
    assert [peer for _, peer in scene.link.sent] == [HERE]


def test_what_one_peer_says_costs_no_look_at_all_the_others() -> None:
    scene = Scene(Addressing(identity={"hello": "id"}), shared=True)
    for number in range(50):
        scene.bus.feed(line("hello", id=f"S{number}"), (HERE[0], number))
    for lane in (lanes := scene.bus._lanes.copy()).values():
        lane.late = Mock(wraps=lane.late)  # type: ignore[method-assign]
    scene.bus.feed(line("state"), (HERE[0], 7))
    scene.bus.feed(line("state"), (HERE[0], 99))
    scene.send("S9", 1)
    assert [name for name, lane in lanes.items() if lane.late.called] == ["S7", "S9"]  # type: ignore[attr-defined]


def test_silence_makes_a_station_gone() -> None:
    scene = two(silence=10)
    scene.clock.advance(6)
    scene.bus.feed(line("state", src=1), HERE)
    scene.clock.advance(6)
    assert scene.heard() == [("A", "state"), ("B", "silent")]


def test_who_left_is_not_spoken_to_and_hears_of_nothing() -> None:
    scene = two()
    scene.send("A", "open")
    scene.send("A", "waits")
    scene.bus.remove("A")
    scene.clock.advance(20)
    assert scene.heard() == []
    assert scene.link.taken() == ["ask dst=1 n=1"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=60), st.sampled_from([line("state", src=1), line("hello", id="Z"), b"\n"])), max_size=25
    )
)
def test_after_any_noise_a_sound_frame_is_heard(pieces: list[bytes]) -> None:
    scene = two()
    for piece in pieces:
        scene.bus.feed(piece, HERE)
    scene.clock.advance(2)
    scene.heard()
    scene.bus.feed(line("state", src=2), HERE)
    assert scene.heard() == [("B", "state")]


def test_an_answer_by_another_request_than_the_question_went_out_with() -> None:
    scene = Scene(Addressing(identity={"hello": "id", "answer": "id"}), shared=True)
    scene.bus.feed(line("hello", id="A"), (HERE[0], 1))
    scene.send("A", "q")
    scene.bus.feed(line("answer", id="A", n=1), (HERE[0], 2))
    assert scene.heard() == [("A", "hello"), ("A", "q", "answer")]
    scene.send("A", "q2")
    scene.bus.feed(line("answer", id="A", n=2), ("203.0.113.9", 3))
    assert (scene.heard(), scene.noises) == ([], ["spoofed"]), "nor does another host answer for it"


ASKED = """
wire:
  links: {http: {within: 5, retries: 2}}
  frame: datagram
  form: json
  records:
    set: {from: backend, place: "GET /set?amps={amps}", fields: {amps: int}}
    done: {from: station, answers: set, when: {has: [ok]}, fields: {ok: int}}
    no: {from: station, answers: set, refusal: true, when: {has: [error]}, fields: {error: text}}
  vectors:
    - {record: set, fields: {amps: 6}, place: "GET /set?amps=6", way: write, text: ""}
    - {record: done, fields: {ok: 1}, asked: {record: set}, text: '{"ok":1}'}
    - {record: no, fields: {error: busy}, asked: {record: set}, text: '{"error":"busy"}'}
"""


def asked(shared: bool = True) -> Scene:
    scene, wire = Scene(), wires.wire(ASKED)
    scene.link.taken()
    scene.bus = Bus(wire, wire.links["http"], Addressing(), scene.clock, scene, shared, True)  # type: ignore[arg-type]
    scene.bus.opened(scene.link)
    scene.bus.add(Place("A", HERE))
    scene.send("A", "t", "set", amps=6)
    return scene


@pytest.mark.parametrize("shared", [False, True])
def test_a_status_that_is_none_of_success_is_a_refusal_at_once(shared: bool) -> None:
    scene = asked(shared)
    scene.bus.refused(b"<h1>Forbidden</h1>", HERE, "GET /set?amps=6", "it was answered with the status 403")
    assert scene.heard() == [("A", "t", "set: it was answered with the status 403")]
    assert scene.noises == ["violation"], "an operator sees it"
    scene.clock.advance(60)
    assert (scene.heard(), len(scene.link.sent)) == ([], 1), "it is not asked again"


def test_a_refusal_with_a_record_of_its_own_is_that_record() -> None:
    scene = asked()
    scene.bus.refused(b'{"error":"busy"}', HERE, "GET /set?amps=6", "it was answered with the status 409")
    assert (scene.heard(), scene.noises) == ([("A", "t", "no")], [])


def test_what_would_be_an_answer_is_none_under_such_a_status() -> None:
    scene = asked()
    scene.bus.refused(b'{"ok":1}', HERE, "GET /set?amps=6", "it was answered with the status 500")
    assert scene.heard() == [("A", "t", "set: it was answered with the status 500")]


@pytest.mark.parametrize("body", [b"", b'{"error":"busy"}'])
def test_what_waits_behind_a_refusal_is_asked_at_once(body: bytes) -> None:
    scene = asked()
    scene.send("A", "u", "set", amps=7)
    assert len(scene.link.sent) == 1
    scene.bus.refused(body, HERE, "GET /set?amps=6", "it was answered with the status 409")
    assert len(scene.link.sent) == 2


def test_a_refusal_of_what_nobody_asked_is_nothing() -> None:
    scene = asked()
    scene.bus.refused(b"", HERE, "GET /other", "it was answered with the status 404")
    assert scene.heard() == []
