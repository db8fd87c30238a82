"""Sessions that are only seen, with what is said in any order, late or never: what is told is what was charged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.devices import events as on
from gateway.devices.rules import DeviceRules
from gateway.wires.wire import Record
from tests.devices.bench import Bench
from tests.devices.modbus_station import STATIONS, Car
from tests.devices.rapi import OpenEvse

TOPICS = ["state_is", "error_is", "mode_is", "most_is", "power_is", "meter_is"]
FIRST = 85_021
UNHEARD = "unheard"
TAGS = dict.fromkeys(["bender-cc612", "phoenix-ev-eth", "vestel-evc04", "wallbe-eco", "webasto-next"], "04A1B2C3")
TAGS |= {"keba-modbus": "E3F76B8D"}


class Told(Bench):
    """A SmartEVSE behind a broker: whatever topics are heard, in whatever order."""

    def __init__(self, **options: Any) -> None:
        super().__init__("smartevse", lambda frame: [], **options)
        self.there, self.mode, self.wh = False, "Normal", FIRST
        self.up()

    def do_send(self, command: on.Send) -> None:
        super().do_send(command)
        if command.name == "set_mode":
            self.mode = command.fields["mode"]

    @property
    def charging(self) -> bool:
        return self.there and self.mode != "Off"

    def say(self, *topics: str) -> None:
        """These topics, in this order."""
        state = "charging" if self.charging else "a car" if self.there else "free"
        what: dict[str, dict[str, Any]] = {
            "state_is": {"state": state},
            "error_is": {"error": "None"},
            "mode_is": {"mode": self.mode},
            "most_is": {"amps": Decimal(16)},
            "power_is": {"power": 11_040 if self.charging else 0},
            "meter_is": {"energy": self.wh},
        }
        for topic in topics:
            self.happen(on.Heard(Record(topic, {"serial": "CP1", **what[topic]})))

    def billed(self) -> int:
        """Wh of all sessions that were told from begin to end."""
        begun = sum(one["energy"] for one in self.calls("Start"))
        return sum(one["energy"] for one in self.calls("Stop")) - int(begun)

    def unheard(self) -> int:
        return sum(note.kind == UNHEARD for note in self.notes)


# -- in any order ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [True, False], ids=["the meter first", "the car first"])
def test_the_start_has_the_meter_whichever_topic_comes_first(before: bool) -> None:
    made = Told()
    made.there = True
    made.say(*(["meter_is", "state_is"] if before else ["state_is", "meter_is"]))
    (start,) = made.calls("Start")
    assert start["energy"] == FIRST
    assert made.unheard() == 0


def test_the_start_waits_with_the_time_at_which_it_was_seen() -> None:
    made = Told()
    made.there = True
    made.say("state_is")
    seen = made.device.desk.now
    made.run(9)
    assert made.calls("Start") == []
    assert made.states() == [], "a state that follows from a session comes after it"
    made.say("meter_is")
    (start,) = made.calls("Start")
    assert (start["energy"], start["time"]) == (FIRST, seen)
    assert made.states()[-1] == "charging"


def test_one_that_is_told_to_stop_ends_with_what_the_meter_says_after_that() -> None:
    made = Told()
    made.there = True
    made.say(*TOPICS)
    assert made.ask("StopCharging", session=made.session()) is None, "it waits for the station to say so"
    made.wh += 70
    made.say("mode_is", "state_is")
    made.run(3)
    assert made.calls("Stop") == []
    made.say("meter_is")
    (stop,) = made.calls("Stop")
    assert (stop["energy"], stop["reason"]) == (FIRST + 70, "Remote")


def test_after_a_restart_an_end_waits_for_the_meter() -> None:
    made = Told()
    made.there = True
    made.say(*TOPICS)
    made.restart()
    made.wh, made.there = made.wh + 4000, False
    made.say("state_is")
    made.run(5)
    assert made.calls("Stop") == []
    made.say("meter_is")
    assert (made.billed(), len(made.calls("Start"))) == (4000, 1)


ROUND = st.tuples(st.permutations(TOPICS), st.lists(st.sampled_from([0.0, 0.1, 1.0, 2.5]), min_size=6, max_size=6))
ACTS = st.sampled_from(["plug", "unplug", "charge", "charge", "restart", "lost", "stop", "nothing"])


@settings(max_examples=60)
@given(st.lists(st.tuples(ACTS, ROUND), max_size=14))
def test_topics_in_every_order_and_a_gateway_that_restarts_anywhere(acts: list[tuple[str, Any]]) -> None:
    made, charged = Told(), 0
    for act, (order, pauses) in [*acts, ("unplug", (TOPICS, [0.0] * 6)), ("nothing", (TOPICS, [0.0] * 6))]:
        if act in ("plug", "unplug"):
            made.there = act == "plug"
        elif act == "charge" and made.charging and made.session() is not None:
            made.wh, charged = made.wh + 100, charged + 100
        elif act == "restart":
            made.restart()
        elif act == "lost":
            made.happen(on.LinkDown("lost"))
            made.happen(on.LinkUp())
        elif act == "stop" and made.session() is not None:
            made.ask("StopCharging", session=made.session())
        for topic, pause in zip(order, pauses, strict=True):
            made.say(topic)
            made.run(pause)
        made.run(10)
    assert made.session() is None
    assert made.billed() == charged
    assert len(made.calls("Start")) == len(made.calls("Stop"))
    assert all(one["energy"] >= FIRST for one in made.calls("Start"))
    assert made.unheard() == 0


# -- a meter that says nothing -----------------------------------------------------------------------------------------


def test_a_meter_that_is_never_heard_is_waited_for_only_so_long() -> None:
    made = Told()
    made.there = True
    for _ in range(4):
        made.say(*TOPICS[:-1])
        made.run(5)
    (start,) = made.calls("Start")
    assert (start["energy"], made.unheard()) == (0, 1)
    made.there = False
    for _ in range(8):
        made.say(*TOPICS[:-1])
        made.run(5)
    (stop,) = made.calls("Stop")
    assert (stop["energy"], made.unheard()) == (0, 2)
    assert made.states()[-1] == "available"


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_a_meter_that_is_heard_after_the_start_counts_from_there(known: bool, restarted: bool) -> None:
    made = Told(meter_within=3)
    if known:
        made.say(*TOPICS)
        made.there = True
        made.say(*TOPICS)
        made.there = False
        made.say(*TOPICS)
        made.run(5)
        made.say("meter_is")
    before = made.billed(), len(made.calls("Start"))
    made.restart()
    made.wh += 50_000  # delivered to others, while nobody looked
    made.there = True
    made.say("state_is")
    made.run(4)
    assert made.calls("Start")[-1]["energy"] == (FIRST if known else 0)
    if restarted:
        made.restart()
    made.say(*TOPICS)
    made.wh += 700
    made.say(*TOPICS)
    made.there = False
    made.say(*TOPICS)
    made.run(3)
    made.say(*TOPICS)
    assert (made.billed(), len(made.calls("Start"))) == (before[0] + 700, before[1] + 1)
    assert made.unheard() == 1


def test_one_that_was_over_before_its_meter_was_heard_was_none() -> None:
    made = Told()
    made.there = True
    made.say("state_is")
    made.there = False
    made.say("state_is")
    made.run(60)
    made.say(*TOPICS)
    assert (made.calls("Start"), made.unheard(), made.states()) == ([], 0, ["available"])


# -- polled ------------------------------------------------------------------------------------------------------------


class Mute(Bench):
    """``lost``: how many of the next questions about ``what`` (a variable of `Session`) have no answer."""

    lost, what = 0, "energy"

    def do_send(self, command: on.Send) -> None:
        if self.lost and command.tag is not None and command.name in self.questions():
            self.lost -= 1
            self.happen(on.Unanswered(command.tag, "lost"))
        else:
            super().do_send(command)

    @property
    def unheard(self) -> int:
        return sum(note.kind == UNHEARD for note in self.notes)

    def questions(self) -> set[str]:
        """The records that ask for it."""
        rules, wire = self.dialect.device, self.dialect.wire
        assert isinstance(rules, DeviceRules)
        assert wire is not None
        reads = getattr(rules.session, self.what).reads
        telling = {name for name, of in rules.records.items() for rule in of if reads & set(rule.set)}
        return {question for name in telling for question in wire.frames[name].answers}


POLLED = {**STATIONS, "openevse-rapi": OpenEvse}
each = pytest.mark.parametrize("name", POLLED)


def polled(name: str, lost: int, what: str = "energy") -> tuple[Mute, Car | OpenEvse]:
    station = POLLED[name]()
    station.plug()
    made = Mute(name, station)
    made.lost, made.what = lost, what
    assert made.questions()
    made.up()
    return made, station


@each
@pytest.mark.parametrize("lost", [1, 3])
def test_an_answer_about_the_meter_that_is_lost_is_asked_for_again(name: str, lost: int) -> None:
    made, station = polled(name, lost)
    made.run(30)
    before = made.device.station.meters.wh(1)
    (start,) = made.calls("Start")
    assert (start["energy"], made.unheard) == (before, 0)
    assert before == (0 if name in ("abb-terra-ac", "amtron-hcc3", "openevse-rapi", "vestel-evc04") else FIRST)
    station.charge(500)
    made.lost = lost
    station.unplug()
    made.run(60)
    (stop,) = made.calls("Stop")
    assert stop["energy"] - start["energy"] == 500


@each
def test_a_meter_that_never_answers_stops_nobody(name: str) -> None:
    made, station = polled(name, 10_000)
    made.run(30)
    (start,) = made.calls("Start")
    station.unplug()
    made.run(90)
    (stop,) = made.calls("Stop")
    assert (start["energy"], stop["energy"], made.unheard) == (0, 0, 2)


@pytest.mark.parametrize("name", sorted(TAGS))
def test_an_answer_about_the_card_that_is_lost_is_asked_for_again(name: str) -> None:
    made, _ = polled(name, 2, "token")
    made.run(30)
    (start,) = made.calls("Start")
    assert (start["token"].upper(), made.unheard) == (TAGS[name], 0)


@pytest.mark.parametrize("name", sorted(TAGS))
def test_a_card_that_is_never_told_stops_nobody(name: str) -> None:
    made, _ = polled(name, 10_000, "token")
    made.run(30)
    (start,) = made.calls("Start")
    assert (start["token"], made.unheard) == (made.device.desk.memory.options["id_tag"], 1)


def test_a_meter_that_is_refused_is_not_waited_for() -> None:
    station = STATIONS["heidelberg-ec"]()
    table = station.registers.tables["input"]
    see = station.see

    def without(car: Car) -> None:
        see(car)
        table.pop(17, None)

    station.see = without
    station.plug()
    made = Mute("heidelberg-ec", station)
    made.up()
    made.run(2)
    (start,) = made.calls("Start")
    assert (start["energy"], made.unheard) == (0, 1)
