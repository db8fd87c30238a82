"""``make soak``: a real gateway whose stations, back end and files come and go; prints what it holds too much of afterwards.

    python -m tests.soak [--cycles N] [--stations N] [--reload-every N]

Ends with exit code 1 if anything has grown, was lost, or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from tests.soak.churn import Churn


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Looks for what a gateway keeps.")
    parser.add_argument("--cycles", type=int, default=400, metavar="N", help="after a fifth as many to warm up; default: 400")
    parser.add_argument("--stations", type=int, default=10, metavar="N", help="that come, charge and go in each; default: 10")
    parser.add_argument("--reload-every", type=int, default=20, metavar="N", help="cycles; default: 20")
    args = parser.parse_args()
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        churn = Churn(Path(folder), args.stations, args.reload_every)
        found = asyncio.run(churn.run(max(args.cycles // 5, args.reload_every), args.cycles))
    print(found)
    return 0 if found.good else 1


if __name__ == "__main__":
    sys.exit(main())
