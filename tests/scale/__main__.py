"""``make scale``: a real gateway process with 5,000 stations, over real sockets; prints what it measured and what was promised.

    python -m tests.scale [--stations N] [--only NAME ...] [--json scale.json]

Ends with exit code 1 if a promise was broken.  NAME is outage, herd, idle or flood.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.bench import figures
from tests.scale import trials
from tests.scale.flood import flood
from tests.scale.town import may_open


async def _idle(folder: Path, count: int) -> list[figures.Figure]:
    return [one for tls in (False, True) for one in await trials.idle(folder / str(tls), count, tls)]


TRIALS: dict[str, Callable[[Path, int], Coroutine[Any, Any, list[figures.Figure]]]] = {
    "idle": _idle,
    "herd": trials.herd,
    "outage": trials.outage,
    "flood": flood,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description="Many stations, and a slow back end.")
    parser.add_argument("--stations", type=int, default=5000, metavar="N", help="default: 5000")
    parser.add_argument("--only", action="append", choices=TRIALS, metavar="NAME", help=f"{', '.join(TRIALS)}; may repeat")
    parser.add_argument("--json", type=Path, default=Path("scale.json"), metavar="FILE", help="default: scale.json")
    args = parser.parse_args()
    why = may_open(2 * (args.stations + trials.WARM))
    if why:
        parser.error(why)
    found: list[figures.Figure] = []
    for name in args.only or TRIALS:
        with tempfile.TemporaryDirectory(prefix="ocpp-scale-") as folder:
            found += asyncio.run(TRIALS[name](Path(folder), args.stations))
    print(figures.table(found))
    figures.save(found, args.json)
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} in the last minute; written to {args.json}.")
    return 1 if any(one.met is False for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
