"""A real gateway process with thousands of stations before it and a slow back end behind it, all over loopback.

In: a folder, how many.  Out: `Town`.
Not here: what is done with it, and what must come of it (`tests.scale.trials`).
"""

from __future__ import annotations

import asyncio
import json
import resource
import ssl
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tests.bench.processes import cpu, rss
from tests.certified import certified
from tests.peers.running import AS_IT_IS, Gateway, free_port
from tests.peers.storm import eventually
from tests.scale.backend import SlowBackend
from tests.scale.stations import Place, Station

SPARE_FILES = 200
"""What a process has open beside its links."""


def may_open(links: int) -> str:
    """Let this process, and those that it starts, open so many links; why not, where the machine forbids it."""
    needed = links + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in (-1, resource.RLIM_INFINITY) and hard < needed:
        return f"{needed} open files are needed, and the hard limit of this machine is {hard} (ulimit -Hn)"
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return ""


class Town:
    """Stations come when they are told to (`come`), and stay.  Use it as a context; the back end listens by then.

    Raises OSError where the machine forbids so many links.
    """

    def __init__(self, folder: Path, count: int, tls: bool, policy: str = "") -> None:
        if why := may_open(2 * count):
            raise OSError(why)
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.backend = SlowBackend(free_port())
        place = Place(port, _trusting(folder) if tls else None)
        self.stations = [Station(f"SCALE-{number:05d}", place) for number in range(count)]
        shown = ", certificate: {chain: cert.pem, key: key.pem}" if tls else ""
        site = folder / "gateway.yaml"
        site.write_text(
            f"listeners: [{{listen: 'ocpp1.6+ws{'s' if tls else ''}://127.0.0.1:{port}/ocpp'{shown}}}]\n"
            f"backends: [{{connect: 'ocpp1.6+ws://127.0.0.1:{self.backend.port}/central'}}]\n"
            f"policy: {{{policy}}}\n"
        )
        self.gateway = Gateway(folder / "data", "-c", str(site), way=AS_IT_IS)
        self._lives: list[asyncio.Task[None]] = []
        self._coming: Iterator[Station] = iter(self.stations)

    async def __aenter__(self) -> Town:
        await self.backend.start()
        await self.restart()
        return self

    async def __aexit__(self, *_: object) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        await self.backend.stop()
        self.gateway.__exit__()

    async def come(self, count: int | None = None, at_once: int | None = None) -> None:
        """The next so many stations (all that are left) come, all or so many at once; until they and their uplinks are here."""
        new = list(islice(self._coming, count))
        while new:
            crowd, new = new[:at_once], new[at_once:] if at_once else []
            self._lives += [asyncio.create_task(one.stay()) for one in crowd]
            await self.all_here()
        await self.linked()

    async def restart(self) -> None:
        """Start the gateway again; it is ready when this returns."""
        await asyncio.to_thread(self.gateway.start)

    async def all_back(self) -> None:
        """As `all_here`, for stations that do not know yet that they were cut off."""
        await eventually(lambda: not any(one.here.is_set() for one in self.stations), 30)
        await self.all_here()

    async def all_here(self) -> None:
        """Until every station that came has its boot accepted."""
        for one in self.stations[: len(self._lives)]:
            await one.here.wait()

    async def linked(self) -> None:
        """Until the back end has a link for each of them."""
        await eventually(lambda: len(self.backend.links) >= len(self._lives), 300)

    def complaints(self) -> list[str]:
        """Errors in the gateway's log."""
        return [str(line) for line in self._log() if line["level"] in ("error", "critical")]

    def behind(self) -> int:
        """How far the gateway was behind at the worst, by its own word: 0 to 4 (`gateway.load`)."""
        return max((line["load"] for line in self._log() if "load" in line), default=0)

    def _log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.gateway.log.read_text().splitlines()]

    def memory(self) -> int:
        """Bytes that the gateway holds."""
        assert self.gateway.child is not None
        return rss(self.gateway.child.pid)

    def processor(self) -> float:
        """Seconds of the processor that the gateway has used since its last start."""
        assert self.gateway.child is not None
        return cpu(self.gateway.child.pid)

    async def rest(self, most: float = 10.0) -> None:
        """Until the gateway has nothing to do but to ping, or so many seconds."""
        loop, used = asyncio.get_running_loop(), -1.0
        end = loop.time() + most
        while (now := self.processor()) - used > 0.02 and loop.time() < end:
            used = now
            await asyncio.sleep(0.5)


def _trusting(folder: Path) -> ssl.SSLContext:
    certificate, _ = certified(folder)
    return ssl.create_default_context(cafile=str(certificate))
