"""Stations that come over a line of their own, or are dialled: joined to sessions like any other."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from gateway.config import Secret, Station
from gateway.data import Data
from gateway.devices import events as on
from gateway.devices.places import Addressing
from gateway.lines import MOST_NOISE
from tests.devices.toys import Link, Wire, line
from tests.office import Broken
from tests.wired_office import PEER, WiredOffice


def test_a_station_that_shows_itself_boots_and_is_told_its_address(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path)
    yard = office.line()
    yard.heard(line("hello", id="A"), PEER)
    boot = office.uplinks[0].calls("BootNotification")[0]
    assert boot[3]["chargePointVendor"] == "ACME"
    assert office.uplinks[0].url.endswith("/central/A")
    assert office.toy("A").options["address"] == 1
    assert [type(event).__name__ for event in office.toy("A").events][:3] == ["Restored", "LinkUp", "Heard"]
    office.accept()
    assert office.toy("A").of(on.AnsweredUp)[0].answer.payload["status"] == "Accepted"


def test_a_command_of_the_back_end_goes_to_the_station_and_its_answer_back(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path)
    yard = office.line()
    yard.heard(line("hello", id="A"), PEER)
    socket = office.accept()
    socket.say(2, "x", "ClearCache", {})
    assert yard.link.taken()[-1] == "ask v=ClearCache dst=1 n=1"
    yard.heard(line("answer", src=1, n=1), PEER)
    assert socket.sent[-1][:2] == [3, "x"]


def test_a_station_that_does_not_answer_costs_the_back_end_no_more_than_an_error(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path, within=2)
    yard = office.line()
    yard.heard(line("hello", id="A"), PEER)
    socket = office.accept()
    socket.say(2, "x", "ClearCache", {})
    office.clock.advance(2)
    assert socket.sent[-1][:3] == [4, "x", "GenericError"]


def test_what_is_kept_is_safe_before_it_is_told_and_is_there_after_a_restart(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path)
    yard = office.line()
    yard.heard(line("hello", id="A"), PEER)
    office.accept()
    yard.heard(line("start", src=1), PEER)
    assert office.uplinks[0].calls("StartTransaction")
    for conversation in list(office.relay.conversations.values()):
        conversation.abandon()
    office.open()
    again = office.line()
    again.heard(line("state", src=1), PEER)
    toy = office.toy("A")
    assert toy.of(on.Restored)[0].values == {"session": 7}
    assert toy.options["address"] == 1, "its address outlives the gateway, so that it need not show itself again"


def test_nothing_is_told_of_what_could_not_be_stored(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path)
    yard = office.line(accepted=True)
    yard.heard(line("hello", id="A"), PEER)
    office.accept()
    office.relay.journal = yard.journal = Broken(office.journal)
    yard.heard(line("start", src=1), PEER)
    assert not office.uplinks[0].calls("StartTransaction")
    assert (office.relay.healthy, yard.ends, bool(yard.link.ended)) == (False, {}, True)
    yard.heard(line("hello", id="B"), PEER)
    assert "B" not in office.relay.conversations


def test_who_may_come(tmp_path: Path) -> None:
    known = {"A": Station("A", "A"), "P": Station("P", "P", password=Secret(env="HOME"))}
    office = WiredOffice(tmp_path, known, "listed", Addressing(identity={"hello": "id"}))
    yard = office.line()
    for name in ("A", "B", "P", "", "..", "x" * 300):
        yard.heard(line("hello", id=name), PEER)
    assert list(yard.ends) == ["A"]
    assert (office.refused("identity"), office.refused("unauthorized"), office.refused("stranger")) == (3, 1, 0)


def test_no_address_is_given_twice_and_none_is_left_for_the_fourth(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path)
    yard = office.line()
    for name in "ABCDA":
        yard.heard(line("hello", id=name), PEER)
    assert sorted(toy.options["address"] for toy in (office.toy(name) for name in "ABC")) == [1, 2, 3]
    assert (sorted(yard.ends), office.refused("address")) == (["A", "B", "C"], 1)


def test_a_connection_that_shows_nobody_is_closed(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path)
    silent, loud = office.line(accepted=True), office.line(accepted=True)
    loud.heard(b"x\n" * MOST_NOISE, PEER)
    assert loud.link.ended == "nothing but noise"
    loud.closed("closed here")
    office.clock.advance(30)
    assert silent.link.ended == "it did not say who it is"
    assert office.refused("slow_request") == 1


def test_a_station_that_comes_again_over_a_new_connection_has_it_and_the_old_one_is_closed(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path, addressing=Addressing(identity={"hello": "id"}))
    old, new = office.line(accepted=True), office.line(accepted=True)
    old.heard(line("hello", id="A"), PEER)
    new.heard(line("hello", id="A"), PEER)
    assert (list(old.ends), bool(old.link.ended)) == ([], True)
    assert (list(new.ends), new.link.ended, office.refused("displaced")) == (["A"], None, 1)
    old.closed("late news of the old connection")
    assert office.relay.conversations["A"].station_end is new.ends["A"]


def test_when_the_line_is_lost_the_session_hears_it(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path)
    yard = office.line(accepted=True)
    yard.heard(line("hello", id="A"), PEER)
    office.accept()
    yard.closed("cut")
    assert yard.ends == {}
    assert "A" not in office.relay.conversations or office.relay.conversations["A"].station_end is None


def test_a_station_that_we_dial_is_here_once_it_is_heard(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path, addressing=Addressing(address="src", to="dst"))
    yard = office.line([office.device("A", unit=1), office.device("B", unit=2)], open=False)
    assert [len(office.toy(name).of(on.LinkUp)) for name in "AB"] == [1, 1]
    assert not office.relay.conversations
    yard.heard(line("state", src=2), PEER)
    assert list(office.relay.conversations) == ["B"]


def test_one_that_leaves_its_questions_open_is_gone_and_asked_again_after_longer_and_longer_pauses(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path, addressing=Addressing(address="src", to="dst"), within=1, misses=1)
    yard = office.line([office.device("A", unit=1)], open=False)
    yard.heard(line("hello", src=1), PEER)
    socket = office.accept()
    toy = office.toy("A")
    ups = []
    for _ in range(3):
        yard.send("A", on.Send(1, "ask", {}))
        office.clock.advance(1)
        before = office.clock.seconds()
        while len(toy.of(on.LinkUp)) == len(ups) + 1:
            office.clock.advance(1)
        ups.append(office.clock.seconds() - before)
    assert ups == [1, 2, 4]
    assert "A" not in office.relay.conversations or office.relay.conversations["A"].station_end is None
    office.clock.advance(60)
    assert socket.end is not None, "after its grace the back end sees it offline"
    yard.heard(line("state", src=1), PEER)
    assert office.relay.conversations["A"].station_end is yard.ends["A"]
    assert office.toy("A") is toy, "the device remembers what it knew"


def test_a_line_that_comes_back_goes_on_with_the_same_devices(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path, addressing=Addressing(address="src", to="dst"))
    yard = office.line([office.device("A", unit=1)], open=False)
    yard.heard(line("hello", src=1), PEER)
    link = yard.link
    yard.closed("cut")
    yard.opened(link)
    assert [type(event).__name__ for event in office.toy("A").events][-2:] == ["LinkDown", "LinkUp"]
    yard.heard(line("state", src=2), PEER)
    assert (list(yard.ends), office.refused("stranger")) == (["A"], 1)


def test_a_fault_of_ours_costs_that_station_its_device_and_nobody_else_anything(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path, addressing=Addressing(address="src", to="dst"))
    yard = office.line([office.device("A", unit=1), office.device("B", unit=2)], open=False)
    yard.heard(line("state", src=1) + line("state", src=2), PEER)
    first = office.toy("A")
    yard.heard(line("crash", src=1) + line("state", src=2), PEER)
    assert (list(yard.ends), office.refused("crash")) == (["B"], 1)
    office.clock.advance(1)
    assert office.toy("A") is not first, "it is begun anew after a pause"
    yard.heard(line("state", src=1), PEER)
    assert office.relay.conversations["A"].station_end is yard.ends["A"]


def test_what_a_protocol_s_data_get_wrong_is_counted_and_answered(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path)
    yard = office.line()
    yard.heard(line("hello", id="A"), PEER)
    yard.heard(line("wrong", src=1), PEER)
    assert office.refused("violation") == 1
    assert office.toy("A").of(on.AnsweredUp)[-1].answer.code == "OccurrenceConstraintViolation"


def test_a_flood_is_counted_and_logged_once_a_minute(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path)
    yard = office.line()
    yard.heard(b"x\n" * 500, PEER)
    assert office.refused("violation") == 500
    assert office.log.getvalue().count("violation") == 1


def test_the_gateway_stops_and_says_nothing_more(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path, addressing=Addressing(address="src", to="dst"))
    yard = office.line([office.device("A", unit=1)], open=False)
    yard.heard(line("hello", src=1), PEER)
    yard.end("the gateway stops")
    office.clock.advance(100)
    assert yard.ends == {}


def test_a_station_that_is_alive_elsewhere_cannot_be_taken_over_from_another_host(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path, addressing=Addressing(identity={"hello": "id"}))
    old, thief, again = (office.line(accepted=True) for _ in range(3))
    old.heard(line("hello", id="A"), PEER)
    thief.heard(line("hello", id="A"), ("203.0.113.9", 1))
    assert (list(old.ends), list(thief.ends), office.refused("spoofed")) == (["A"], [], 1)
    office.clock.advance(61)
    again.heard(line("hello", id="A"), ("203.0.113.9", 1))
    assert (list(old.ends), list(again.ends)) == ([], ["A"]), "after silence it may have moved"


def test_a_line_that_cannot_be_made_is_told_once_and_not_at_each_try(tmp_path: Path) -> None:
    office = WiredOffice(tmp_path, addressing=Addressing(address="src", to="dst"))
    yard = office.line([office.device("A", unit=1)], link=False, open=False)
    for _ in range(5):
        yard.closed("connection refused")
    assert office.log.getvalue().count("connection refused") == 1
    yard.opened(Link())
    yard.closed("cut")
    assert office.log.getvalue().count("cut") == 1


def test_the_key_of_the_site_is_that_of_the_frames(tmp_path: Path) -> None:
    class Sealed(Wire):
        def keyed(self, key: bytes) -> Wire:
            self.key = key
            return self

    (tmp_path / "key").write_bytes(b"sixteen letters!\n")
    office = WiredOffice(tmp_path)
    office.spoken = dataclasses.replace(office.spoken, wire=Sealed())
    office.listener = dataclasses.replace(office.listener, key=Secret(file=tmp_path / "key"))
    office.relay.data = Data(
        {**office.relay.data.dialects, "ocpp1.6": office.spoken}, office.relay.data.ladder, office.relay.data.quirks
    )
    assert office.line().bus.wire.key == b"sixteen letters!"
