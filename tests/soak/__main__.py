"""``make soak``: a real gateway whose stations, back end and files come and go; prints what it holds too much of afterwards.

    python -m tests.soak [--cycles N] [--stations N] [--reload-every N]
    python -m tests.soak --backlog N

Ends with exit code 1 if anything has grown, was lost, or doubled; with ``--backlog`` if so many waiting messages take more than
32 MiB of memory.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from tests.soak.backlog import TOLD, Figures, measured
from tests.soak.churn import Churn, Findings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Looks for what a gateway keeps.")
    parser.add_argument("--cycles", type=int, default=400, metavar="N", help="after a fifth as many to warm up; default: 400")
    parser.add_argument("--stations", type=int, default=10, metavar="N", help="that come, charge and go in each; default: 10")
    parser.add_argument("--reload-every", type=int, default=20, metavar="N", help="cycles; default: 20")
    parser.add_argument("--backlog", type=int, metavar="N", help="instead: the memory that so many waiting messages take")
    args = parser.parse_args()
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        if args.backlog is not None:
            found: Figures | Findings = measured(Path(folder), LADEN, max(2, args.backlog // (LADEN * TOLD)))
        else:
            churn = Churn(Path(folder), args.stations, args.reload_every)
            found = asyncio.run(churn.run(max(args.cycles // 5, args.reload_every), args.cycles))
    print(found)
    return 0 if found.good else 1


LADEN = 50
"""Stations of a backlog."""


if __name__ == "__main__":
    sys.exit(main())
