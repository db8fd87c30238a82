"""The simulated network and disk do what a network and a disk do: else the simulation would be blind."""

from __future__ import annotations

import sqlite3

import pytest

from gateway.journal.contract import JournalFailed, PutStation
from tests.simulation.clock import Time
from tests.simulation.lines import Dialling, Line
from tests.simulation.machine import Disk, Process
from tests.simulation.network import Network

SERVER = ("192.0.2.1", 80)


class Ear(Line):
    """Keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.ends: list[str] = []

    def dataReceived(self, data: bytes) -> None:
        self.pieces.append(data)

    def gone(self, why: str) -> None:
        self.ends.append(why)


class Scene:
    """A caller, a listener, and what happened."""

    def __init__(self, seed: int = 1) -> None:
        self.time, self.counts, self.failed = Time(), list[str](), list[str]()
        self.net = Network(self.time, f"test {seed}", self)
        self.caller, self.callee = Ear(), Ear()

    def sent(self, to, data):
        """Nobody minds."""

    def arrived(self, at):
        """Nobody minds."""

    def count(self, what):
        self.counts.append(what)

    def listen(self, owner=None):
        self.net.listen(SERVER, lambda address: self.callee, owner)
        return self

    def dial(self, timeout=15.0):
        self.net.connect(None, "192.0.2.9", SERVER, Dialling(self.caller, self.failed.append), timeout)
        return self

    def run(self, seconds=30.0):
        until = self.time.now + seconds
        while self.time.step(until):
            pass
        return self


@pytest.mark.parametrize("seed", range(20))
def test_bytes_come_whole_and_in_order_however_they_are_cut(seed):
    scene = Scene(seed).listen().dial().run(1)
    said = [bytes([65 + number]) * (number * 7 + 1) for number in range(20)]
    for one in said:
        scene.caller.end.write(one)
    scene.caller.end.loseConnection()
    scene.run()
    assert b"".join(scene.callee.pieces) == b"".join(said)
    assert scene.callee.ends == ["ConnectionDone"]


def test_messages_are_cut_and_joined():
    pieces = set()
    for seed in range(40):
        scene = Scene(seed).listen().dial().run(1)
        scene.caller.end.write(b"x" * 100)
        scene.caller.end.write(b"y" * 100)
        scene.run()
        pieces |= {len(piece) for piece in scene.callee.pieces}
    assert {100, 200} < pieces


def test_a_cut_may_leave_a_part():
    left = set()
    for seed in range(60):
        scene = Scene(seed).listen().dial().run(1)
        scene.caller.end.write(b"x" * 100)
        next(iter(scene.net.wires.values())).cut()
        scene.run()
        left.add(len(b"".join(scene.callee.pieces)))
        assert scene.caller.ends == scene.callee.ends == ["ConnectionLost"]
    assert 0 in left
    assert len(left) > 5


def test_half_open_means_that_nobody_is_told():
    scene = Scene().listen().dial().run(1)
    wire = next(iter(scene.net.wires.values()))
    wire.swallow(wire.ends, for_good=True)
    scene.caller.end.write(b"lost")
    scene.caller.hang_up(politely=False)
    scene.run(3600)
    scene.net.calm()
    assert scene.callee.pieces == scene.callee.ends == []


def test_a_stall_passes():
    scene = Scene().listen().dial().run(1)
    next(iter(scene.net.wires.values())).stall(20)
    scene.caller.end.write(b"late")
    assert scene.run(15).callee.pieces == []
    assert b"".join(scene.run(10).callee.pieces) == b"late"


def test_nobody_listens():
    assert Scene().dial().run().failed == ["ConnectionRefusedError"]


def test_nobody_answers():
    scene = Scene().listen()
    scene.net.silent.add(SERVER)
    assert scene.dial(timeout=12.0).run().failed == ["TimeoutError"]


def test_what_a_dead_process_said_last_may_be_lost():
    heard = set()
    for seed in range(40):
        scene = Scene(seed)
        process = Process(scene.time, scene.net, SERVER[0], 1)
        scene.listen(process).dial().run(1)
        scene.callee.end.write(b"answer")
        process.dead = True
        scene.net.owner_died(process)
        scene.run()
        heard.add(b"".join(scene.caller.pieces))
        assert len(scene.caller.ends) == 1
        assert scene.callee.ends == []
    assert {b"", b"answer"} <= heard


def test_whether_an_answer_was_heard_is_told():
    scene = Scene().listen().dial().run(1)
    told = []
    scene.callee.end.tell(b"one", told.append)
    scene.run()
    scene.callee.end.tell(b"two", told.append)
    scene.caller.hang_up()
    scene.run()
    assert told == [True, False]


def test_time_keeps_the_order_and_moves_calls():
    time, said = Time(), []
    first = time.callLater(1, said.append, "first")
    time.callLater(2, said.append, "second")
    moved = time.callLater(0.5, said.append, "moved")
    moved.reset(3)
    gone = time.callLater(1.5, said.append, "gone")
    gone.cancel()
    while time.step(10):
        pass
    assert said == ["first", "second", "moved"]
    assert not first.active()
    assert time.now == 10


# -- the disk ------------------------------------------------------------------------------------------------------------


class Machine(Scene):
    """A process with a disk."""

    def __init__(self, folder, mood="fast"):
        super().__init__()
        self.failures, self.heard, self.path = 0, [], folder / "journal.sqlite"
        self.process = Process(self.time, self.net, SERVER[0], 1)
        self.disk = Disk(self.process, self.path, "test", self.counts.append, self.fail, mood)

    def fail(self):
        self.failures += 1

    def commit(self):
        self.disk.commit([PutStation("CP-1", {"a": 1})], self.heard.append)

    @property
    def stored(self):
        with sqlite3.connect(self.path) as db:
            found = db.execute("SELECT count(*) FROM value").fetchone()[0]
        db.close()
        return found


def test_a_kill_before_the_commit_loses_it(tmp_path):
    machine = Machine(tmp_path)
    machine.commit()
    assert machine.stored == 0
    machine.disk.unplug()
    machine.process.dead = True
    machine.run()
    assert (machine.stored, machine.heard) == (0, [])


def test_a_kill_between_commit_and_answer_keeps_it_and_nobody_hears(tmp_path):
    machine = Machine(tmp_path)
    machine.commit()
    while "committed" not in machine.counts:
        machine.time.step(10)
    assert machine.disk.owes
    machine.process.dead = True
    machine.disk.unplug()
    machine.run()
    assert (machine.stored, machine.heard) == (1, [])


def test_a_commit_is_heard_after_it_is_stored(tmp_path):
    machine = Machine(tmp_path)
    machine.commit()
    machine.run()
    machine.disk.unplug()
    assert (machine.stored, machine.heard, machine.counts) == (1, [None], ["committed", "told"])


@pytest.mark.parametrize(("mood", "stored"), [("refuses", 0), ("lies", 1)])
def test_a_commit_that_fails(tmp_path, mood, stored):
    machine = Machine(tmp_path, mood)
    machine.commit()
    machine.run()
    machine.disk.unplug()
    assert isinstance(machine.heard[0], JournalFailed)
    assert (machine.stored, machine.failures) == (stored, 1)
