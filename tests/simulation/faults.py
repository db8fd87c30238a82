"""What goes wrong, and when: drawn from the seed.

In: a world and its chance.  Out: faults at their moments.
Not here: what a fault does to bytes (`tests.simulation.wires`) or to the disk (`tests.simulation.machine`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.simulation.asks import Plan
from tests.simulation.backend import WELL, Mood
from tests.simulation.wires import Wire

KINDS: dict[str, int] = {
    "kill": 6,
    "restart": 1,
    "cut station": 3,
    "cut uplink": 3,
    "stall station": 1,
    "stall uplink": 1,
    "half-open station": 2,
    "half-open uplink": 2,
    "swizzle": 1,
    "backend down": 2,
    "backend hangs": 2,
    "backend moody": 3,
    "gateway refuses": 1,
    "disk slow": 2,
    "disk refuses": 1,
    "disk lies": 1,
    "station reboots": 2,
    "second link": 2,
    "clock steps": 4,
    "poison": 1,
    "token ends": 3,
}
"""Each kind with its weight."""
LOCAL = ("cut station", "cut uplink", "stall station", "stall uplink", "half-open station", "half-open uplink", "station reboots")
LOCAL = (*LOCAL, "second link", "backend moody", "poison")
"""What hurts only the stations that it is meant for."""
OFF = (-86400, 86400, -3600, 3600, -7, 61, -30 * 86400, -1_750_000_000, 0)
"""Seconds by which the gateway's clock is wrong; with one of them it is 1970."""
BOUNDARIES = ("committed", "told", "heard a station", "heard the back end", "told a station", "told the back end")
"""Where a kill may strike."""


class Faults:
    """One run's faults."""

    def __init__(self, world: Any, until: float) -> None:
        self.world, self.until = world, until
        self.chance = random.Random(f"{world.seed} faults")
        self.kill_at: tuple[str, int] | None = None
        self._step_due = False
        self._armed: list[tuple[Callable[[Wire], bool], Callable[[Wire], None]]] = []
        kinds = [kind for kind in KINDS if not world.local or kind in LOCAL]
        for kind in self.chance.choices(kinds, [KINDS[kind] for kind in kinds], k=self.chance.randint(5, 12)):
            world.time.later(None, self.chance.uniform(20, until - 40), self.strike, kind)

    def strike(self, kind: str) -> None:
        """Now."""
        if self.world.calm:
            return
        self.world.log(f"fault: {kind}")
        self.world.count(f"fault: {kind}")
        getattr(self, "_" + kind.replace(" ", "_").replace("-", "_"))()

    # -- whom it meets -------------------------------------------------------------------------------------------

    def _victim(self) -> Any:
        return self.chance.choice([s for s in self.world.stations if not self.world.quiet(s.name)])

    def _wires(self, uplink: bool) -> Callable[[Wire], bool]:
        """Station links, or uplinks; in a local run only those of one victim."""
        victim = self._victim()
        net = self.world.net

        def meets(wire: Wire) -> bool:
            if uplink:
                up = wire.callee.here == ("192.0.2.2", 9000)
                return up and (not self.world.local or self.world.speaks_for(wire) == victim.name)
            return wire.number in {w.number for w in net.of(victim.ip)}

        return meets

    def _on(self, uplink: bool, act: Callable[[Wire], None]) -> None:
        """On a wire with bytes under way; if there is none, on the next one that has."""
        meets = self._wires(uplink)
        busy = [w for w in self.world.net.wires.values() if (w.caller.buffer or w.callee.buffer) and meets(w)]
        if busy:
            act(self.chance.choice(busy))
        else:
            self._armed.append((meets, act))

    def touched(self, wire: Wire) -> None:
        """Bytes are on their way on a wire."""
        for armed in self._armed:
            if armed[0](wire):
                self._armed.remove(armed)
                self.world.time.later(None, self.chance.uniform(0, 0.03), armed[1], wire)
                return

    def disarm(self) -> None:
        """No more of it."""
        self._armed.clear()
        self._step_due = False
        self.kill_at = None

    def boundary(self, name: str) -> bool:
        """Whether the gateway dies here; its clock may step soon after something was said to the back end."""
        if self._step_due and name == "told the back end":
            self._step_due = False
            self._step()
        if self.kill_at is None or self.kill_at[0] != name:
            return False
        left = self.kill_at[1] - 1
        self.kill_at = (name, left) if left else None
        return not left

    # -- the kinds -----------------------------------------------------------------------------------------------

    def _kill(self) -> None:
        self.kill_at = (self.chance.choice(BOUNDARIES), self.chance.randint(1, 12))

    def _restart(self) -> None:
        self.world.restart()

    def _cut_station(self) -> None:
        self._on(False, Wire.cut)

    def _cut_uplink(self) -> None:
        self._on(True, Wire.cut)

    def _stall_station(self) -> None:
        seconds = self.chance.uniform(2, 60)
        self._on(False, lambda wire: wire.stall(seconds))

    def _stall_uplink(self) -> None:
        seconds = self.chance.uniform(2, 60)
        self._on(True, lambda wire: wire.stall(seconds))

    def _half_open_station(self) -> None:
        self._half_open(False)

    def _half_open_uplink(self) -> None:
        self._half_open(True)

    def _half_open(self, uplink: bool) -> None:
        for_good, ways = self.chance.random() < 0.5, self.chance.choice((0, 1, 2))
        self._on(uplink, lambda wire: wire.swallow(wire.ends if ways == 2 else (wire.ends[ways],), for_good))

    def _swizzle(self) -> None:
        """Stop one link after the other, and let them go in another order."""
        for wire in list(self.world.net.wires.values()):
            self._later(0, 30, lambda wire=wire: wire.stall(self.chance.uniform(5, 60)))

    def _backend_down(self) -> None:
        self.world.backend.down()
        self._later(10, 120, self.world.backend.up)

    def _backend_hangs(self) -> None:
        backend = self.world.backend
        backend.hanging = True
        self._later(20, 110, lambda: setattr(backend, "hanging", False))

    def _backend_moody(self) -> None:
        backend = self.world.backend
        names = self.chance.sample(("slow", "late", "lost", "twice", "wrong", "error", "cut"), k=self.chance.randint(1, 4))
        backend.mood = Mood(**{name: self.chance.uniform(0.05, 0.25) for name in names})
        self._later(60, 300, lambda: setattr(backend, "mood", WELL))

    def _gateway_refuses(self) -> None:
        places = {("192.0.2.1", 8080), ("192.0.2.1", 8081)}
        which = self.chance.choice((self.world.net.refusing, self.world.net.silent))
        which |= places
        self._later(5, 40, lambda: which.difference_update(places))

    def _disk_slow(self) -> None:
        self._disk("slow", 20, 120)

    def _disk_refuses(self) -> None:
        self._disk("refuses", 1, 15)

    def _disk_lies(self) -> None:
        self._disk("lies", 0.5, 4)

    def _disk(self, mood: str, least: float, most: float) -> None:
        self.world.disk_mood(mood)
        self._later(least, most, lambda: self.world.disk_mood("fast"))

    def _station_reboots(self) -> None:
        self._victim().reboot(self.chance.uniform(1, 30))

    def _second_link(self) -> None:
        self._victim().speech.double()

    def _clock_steps(self) -> None:
        """As on a machine that hears the time when its network is there; or while a message waits for its answer."""
        if self.chance.random() < 0.3:
            self._backend_down()
            self._step()
        else:
            self._backend_hangs()
            self._step_due = True

    def _step(self) -> None:
        self._later(1, 10, lambda: self.world.wall.set(self.chance.choice(OFF)))

    def _token_ends(self) -> None:
        """Somebody charges for a while, and comes again when his token is over and the back end away."""
        victim, tag = self._victim(), self.world.tokens.ending(self.chance.uniform(25, 45))
        again = self.chance.uniform(50, 80)
        for at, stay, asks in ((0, 15, True), (again, 15, True), (again + 18, 30, False)):
            visit = Plan(at, self.chance.randint(1, 2), tag, stay, asks)
            self.world.time.later(None, visit.at, victim.plugged, visit)
        self._later(again - 10, again - 1, self.world.backend.down)
        self._later(again + 40, again + 60, self.world.backend.up)

    def _poison(self) -> None:
        self.world.poison.append((self._victim().name, self.chance.choice(("start", "meter", "meter", "stop"))))

    def _later(self, least: float, most: float, call: Callable[[], Any]) -> None:
        self.world.time.later(None, self.chance.uniform(least, most), call)
