"""mappings/README.rst, section "Devices": its example loads and plays as it says, and it names all that there is."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from gateway.devices.expressions import DEVICES
from gateway.devices.heard import CALLS
from gateway.devices.load import SECTIONS
from gateway.devices.names import LOCAL, STATES, TEXTS
from gateway.devices.steps import KINDS
from gateway.dialects.load import read_text
from gateway.ladder.expressions import FUNCTIONS
from gateway.source import loads
from gateway.wires.vectors import run
from tests.devices.bench import Bench

MANUAL = (Path(__file__).resolve().parents[2] / "mappings" / "README.rst").read_text(encoding="utf-8")
SECTION = MANUAL.partition("Devices: a station that never spoke OCPP\n====")[2].partition("\n\nQuirks\n======")[0]


def blocks() -> list[str]:
    found = re.findall(r"\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)", SECTION)
    return [textwrap.dedent(one).strip() + "\n" for one in found]


class Brick:
    """As the manual tells it."""

    def __init__(self) -> None:
        self.state, self.energy, self.amps, self.on = 0, 85021, 20, True

    def __call__(self, frame: bytes) -> list[bytes]:
        word, *rest = frame.decode().split()
        if word == "S":
            return [f"S {self.state} {self.energy}\n".encode()]
        if word == "E":
            self.on = rest == ["1"]
            self.state = self.state and (2 if self.on else 1)
            return [b"OK\n"]
        if word == "I" and (rest == ["0"] or 6 <= int(rest[0]) <= 20):
            self.amps = int(rest[0])
            return [b"OK\n"]
        return [b"NO\n"]


def test_the_example_is_whole_and_plays() -> None:
    dialect = read_text(blocks()[0], "README.rst")
    assert dialect.wire is not None
    assert run(dialect.wire) == []
    brick = Brick()
    bench = Bench(dialect, brick)
    bench.up()
    bench.run(1)
    assert bench.calls("Boot") == [{"vendor": "ACME", "model": "brick", "serial": "CP1"}]
    brick.state = 2
    bench.run(20)
    assert bench.calls("Start")[0]["token"] == "BRICK"
    period = {"startPeriod": 0, "limit": "10.5"}
    limit = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]},
    }
    assert bench.ask("SetLimit", connector=1, limit=limit) == {"status": "Accepted"}
    assert brick.amps == 10
    brick.energy += 1000
    bench.run(70)
    assert bench.ask("StopCharging", session=bench.session()) == {"status": "Accepted"}
    bench.run(30)
    (stop,) = bench.calls("Stop")
    assert (stop["energy"], stop["reason"]) == (86021, "Remote")
    brick.state = 0
    bench.run(60)
    assert bench.states() == ["available", "charging", "finishing", "available"]
    assert bench.ask("Unlock", connector=1) == {"status": "NotSupported"}


def test_a_car_that_comes_back_before_the_last_word_of_the_meter_has_a_session_of_its_own() -> None:
    brick = Brick()
    bench = Bench(read_text(blocks()[0], "README.rst"), brick)
    bench.up()
    brick.state = 2
    bench.run(20)
    brick.state, brick.energy = 0, 86000

    def back_again(frame: bytes) -> list[bytes]:
        """Free for one answer, which lasts; then it charges again."""
        if bench.device.station.states.of(1).state == "available":
            brick.state = 2
        return brick(frame)

    bench.station = back_again
    bench.run(30)
    assert [one["energy"] for one in bench.calls("Stop")] == [86000]
    assert [one["energy"] for one in bench.calls("Start")] == [85021, 86000]


def test_the_second_example_is_part_of_one() -> None:
    rules = loads(blocks()[1], "README.rst")
    assert [sorted(rule) for rule in rules.values()] == [["answer", "start"], ["answer", "stop"]]


def test_it_names_all_that_there_is() -> None:
    functions = set(DEVICES.functions) - set(FUNCTIONS)
    for word in (*SECTIONS, *STATES, *TEXTS, *LOCAL, *KINDS, *CALLS, *functions):
        assert re.search(rf"(``|\*\*|[`,: (]){re.escape(word)}\b", SECTION), word
