"""``make torture``: a real gateway process, real sockets, a disk that fails by order; prints what became of every message.

    python -m tests.torture [--cycles N] [--only NAME ...] [--seed N] [--at-once N]

Ends with exit code 1 if anything acknowledged was lost, doubled or disordered.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.torture.disk import built, unavailable
from tests.torture.scenarios import NEED_SHIM, SCENARIOS, SHORT, may_mount
from tests.torture.world import Account


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="Tortures a gateway.")
    parser.add_argument("--cycles", type=int, default=0, metavar="N", help="of each; default: a few (the short form)")
    parser.add_argument("--only", action="append", choices=SCENARIOS, metavar="NAME", help=f"{', '.join(SCENARIOS)}; may repeat")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--at-once", type=int, default=3, metavar="N", help="so many gateways side by side; default: 3")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        accounts = asyncio.run(
            tortured(
                Path(folder),
                args.only or [name for name in SCENARIOS if args.cycles or SHORT[name]],
                args.cycles,
                args.seed,
                args.at_once,
            )
        )
    print(summary(accounts))
    return 0 if accounts and all(one.good for one in accounts) else 1


async def tortured(folder: Path, names: list[str], cycles: int, seed: int, at_once: int) -> list[Account]:
    """Run scenarios, so many side by side; print each account as it comes."""
    shim, missing = None if unavailable() else built(folder), left_out(folder)
    for name in missing.keys() & names:
        print(f"{name:10} left out: {missing[name]}")
    places = asyncio.Semaphore(at_once)

    async def one(name: str) -> Account:
        async with places:
            begin = time.monotonic()
            account = await SCENARIOS[name](folder / name, random.Random(seed), cycles or SHORT[name] or 5, shim)
            print(f"{account}; {time.monotonic() - begin:.0f} s", flush=True)
            return account

    return await asyncio.gather(*(one(name) for name in names if name not in missing))


def left_out(folder: Path) -> dict[str, str]:
    """What cannot be done on this machine, and why."""
    missing = dict.fromkeys(NEED_SHIM, unavailable()) if unavailable() else {}
    return missing if may_mount(folder) else {**missing, "tmpfs": "this user may not mount a file system"}


def summary(accounts: list[Account]) -> str:
    """All accounts in one line."""
    total = Account(
        "all", *(sum(getattr(one, what) for one in accounts) for what in ("cycles", "acknowledged", "lost", "doubled"))
    )
    return str(total).partition(" (")[0]


if __name__ == "__main__":
    sys.exit(main())
