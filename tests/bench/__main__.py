"""``make bench``: measures the gateway against what it must not be much slower than.

    python -m tests.bench [--quick] [--only NAME ...] [--json bench.json]

Prints a table and writes bench.json.  NAME is the group of a figure: translate, flows, walks, quirks, soap, endtoend, memory,
journal.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import endtoend, figures, journal, memory, quirks, soap, translate, two_dot, walks

GROUPS: dict[str, Callable[[bool], Iterator[figures.Figure]]] = {
    "translate": translate.measure,
    "flows": two_dot.measure,
    "walks": walks.measure,
    "quirks": quirks.measure,
    "soap": soap.measure,
    "endtoend": endtoend.measure,
    "memory": memory.measure,
    "journal": journal.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures the gateway.")
    parser.add_argument("--quick", action="store_true", help="less than 40 seconds, and less sure")
    parser.add_argument("--only", action="append", choices=GROUPS, metavar="NAME", help=f"one of {', '.join(GROUPS)}; may repeat")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), metavar="FILE", help="default: bench.json")
    args = parser.parse_args()
    found: list[figures.Figure] = []
    for name, measure in GROUPS.items():
        if args.only is None or name in args.only:
            begin = time.monotonic()
            found += measure(args.quick)
            print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
    print(figures.table(found))
    figures.save(found, args.json)
    missed = [one.name for one in found if one.met is False]
    print(f"\n{len(missed)} of {sum(one.met is not None for one in found)} targets missed.", end=" ")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} in the last minute; written to {args.json}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
