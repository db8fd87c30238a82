"""``make torture``: a real gateway process, real sockets, a disk that fails by order; prints what became of every message.

    python -m tests.torture [--cycles N | --cycles NAME=N,NAME=N] [--only NAME ...] [--stations N] [--seed N] [--at-once N]

Ends with exit code 1 if anything acknowledged was lost, doubled or disordered.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import logging
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.torture import names
from tests.torture.disk import built, unavailable
from tests.torture.scenarios import NEED_SHIM, SCENARIOS, SHORT, may_mount
from tests.torture.world import Account, Trial

NEWS = 20.0
"""Seconds between two words on what runs."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="Tortures a gateway.")
    parser.add_argument(
        "--cycles", type=cycles, default=SHORT, metavar="N | NAME=N,…", help=f"of each, or of these; {', '.join(SHORT)}"
    )
    parser.add_argument("--only", action="append", choices=SCENARIOS, metavar="NAME", help="of those, only this; may repeat")
    parser.add_argument("--stations", type=int, default=3, metavar="N", help="in front of each gateway; default: 3")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--at-once", type=int, default=3, metavar="N", help="so many gateways side by side; default: 3")
    args = parser.parse_args()
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # a handshake that a kill cut off is no news
    wanted = {name: count for name, count in args.cycles.items() if name in (args.only or SCENARIOS)}
    with tempfile.TemporaryDirectory() as folder:
        accounts = asyncio.run(tortured(Path(folder), wanted, args.seed, args.at_once, args.stations))
    print(summary(accounts))
    return 0 if accounts and all(one.good for one in accounts) else 1


def cycles(text: str) -> dict[str, int]:
    """So many of each scenario: ``20``, or ``kills=250,power=60``."""
    if text.isdecimal():
        return dict.fromkeys(SCENARIOS, int(text))
    pairs = [one.partition("=") for one in text.split(",")]
    wrong = [name for name, _, count in pairs if name not in SCENARIOS or not count.isdecimal()]
    if wrong:
        near = difflib.get_close_matches(wrong[0], SCENARIOS, 1)
        raise argparse.ArgumentTypeError(f"{wrong[0]}: expected NAME=N" + (f"; is {near[0]} meant?" if near else ""))
    return {name: int(count) for name, _, count in pairs}


async def tortured(folder: Path, wanted: dict[str, int], seed: int, at_once: int, stations: int = 3) -> list[Account]:
    """Run scenarios (name → cycles), so many side by side; print each account as it comes, and now and then how far they are."""
    shim, missing = None if unavailable() else built(folder), left_out(folder)
    for name in missing.keys() & wanted:
        print(f"{name:10} left out: {missing[name]}")
    trials = {
        name: Trial(folder / name, random.Random(seed), count, shim, stations)
        for name, count in wanted.items()
        if count and name not in missing
    }
    places, running = asyncio.Semaphore(at_once), dict[str, Trial]()
    watch = asyncio.create_task(_watched(running))
    try:
        return await asyncio.gather(*(_tried(name, trial, places, running) for name, trial in trials.items()))
    finally:
        watch.cancel()
        tell(running)


async def _tried(name: str, trial: Trial, places: asyncio.Semaphore, running: dict[str, Trial]) -> Account:
    async with places:
        begin, running[name] = time.monotonic(), trial
        try:
            account = await SCENARIOS[name](trial)
        except Exception:  # the others go on, for what they count is worth having
            traceback.print_exc()
            tell({name: trial})
            account = trial.world.account if trial.world else Account(name)
            account.broken = 1
        del running[name]
        print(f"{account}; {time.monotonic() - begin:.0f} s", flush=True)
        return account


async def _watched(running: dict[str, Trial]) -> None:
    while True:
        await asyncio.sleep(NEWS)
        tell(running)


def tell(running: dict[str, Trial]) -> None:
    """Print how far each is: who ends a long run before its time must not lose its counts."""
    for name, trial in running.items():
        if trial.world is not None:
            print(f"{name:10} so far: {trial.world.so_far}", flush=True)


def left_out(folder: Path) -> dict[str, str]:
    """What cannot be done on this machine, and why."""
    missing = dict.fromkeys(NEED_SHIM, unavailable()) if unavailable() else {}
    if not names.possible():
        missing["names"] = f"{names.OTHER} is no address of this machine"
    return missing if may_mount(folder) else {**missing, "tmpfs": "this user may not mount a file system"}


def summary(accounts: list[Account]) -> str:
    """All accounts in one line."""
    total = Account(
        "all", *(sum(getattr(one, what) for one in accounts) for what in ("cycles", "acknowledged", "lost", "doubled"))
    )
    return str(total).partition(" (")[0]


if __name__ == "__main__":
    sys.exit(main())
