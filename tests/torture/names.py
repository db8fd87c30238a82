"""The name of the back end resolves to nothing, or never, or to another place than before.

In: a trial.  Out: its account.
Not here: what a look-up costs others (``tests/links/test_names.py``).

The gateway's process asks a resolver of ours: `STUB` takes the place of ``socket.getaddrinfo`` before anything else is loaded.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from tests.peers.storm import eventually, further
from tests.torture.proxy import Proxy
from tests.torture.world import Account, Trial, World

NAME = "csms.test"
HANGS, NONE = "hangs", ""
STUB = f"""
import os, socket, time
asked = socket.getaddrinfo

def said():
    with open(os.environ["TORTURE_NAMES"], encoding="utf-8") as file:
        return file.read().split()

def getaddrinfo(host, port, *more):
    if host != {NAME!r}:
        return asked(host, port, *more)
    while said() == [{HANGS!r}]:
        time.sleep(0.05)
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in said()]
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")
    return found

socket.getaddrinfo = getaddrinfo
"""
OTHER = "127.0.0.2"
"""Where the back end moves to; macOS has no such address."""
NOBODY = "127.0.0.9"
"""An address of this machine at which nobody listens."""


class Named(World):
    """Its back end is behind one of two proxies, at two addresses."""

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial, "names")
        self.places = [self.uplinks, Proxy(self.uplinks.port, self.uplinks.onward, OTHER, trial.chance)]
        self._file = trial.folder / "names"
        (trial.folder / "stub").mkdir()
        Path(trial.folder, "stub", "sitecustomize.py").write_text(STUB, encoding="utf-8")
        found = [str(trial.folder / "stub"), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.gateway.environment = {"PYTHONPATH": os.pathsep.join(found), "TORTURE_NAMES": str(self._file)}
        self.say(self.uplinks.host)

    def site(self, place: int) -> str:
        """With a name in the place of the address."""
        return super().site(place).replace(f"127.0.0.1:{place}", f"{NAME}:{place}")

    def say(self, addresses: str) -> None:
        """What the name resolves to from now on."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(addresses, encoding="utf-8")
        fresh.replace(self._file)  # never half of it

    async def unreachable(self, said: str) -> None:
        """The name says that, and all links are cut: stations are served nevertheless."""
        self.say(said)
        self.places[0].cut()
        await self.served()
        self.say(self.places[0].host)

    async def move(self) -> None:
        """The back end goes to its other address; the name gives a dead one before it."""
        before, after = self.places
        self.places.reverse()
        await after.start()
        self.say(f"{NOBODY} {after.host}")
        await before.stop()
        await self.served()

    async def served(self) -> None:
        """Wait until each station was answered again."""
        on = further(self.stations)
        await eventually(on)
        assert on(), "stations are not served"


async def names(trial: Trial) -> Account:
    """No such name, a resolver that hangs, a back end that moves: it is found again, and nobody waits for it."""
    world = Named(trial)
    async with world.storm():
        await world.served()  # one that was never accepted is told to wait while the back end is away
        for number in range(trial.cycles):
            await world.rest(0.2, 0.6)
            if number % 3 == 2:
                await world.move()
            else:
                await world.unreachable((HANGS, NONE)[number % 3])
            heard = _booked(world)
            await eventually(lambda heard=heard: _booked(world) > heard)  # type: ignore[misc]
            assert _booked(world) > heard, "the back end was never found again"
            world.account.cycles += 1
        while world.places[0] is not world.uplinks:
            await world.move()
    return world.account


def possible() -> bool:
    """Whether this machine has more than one address for itself."""
    with socket.socket() as tried:
        try:
            tried.bind((OTHER, 0))
        except OSError:
            return False
        return True


def _booked(world: World) -> int:
    return sum(map(len, world.backend.rows.values()))
