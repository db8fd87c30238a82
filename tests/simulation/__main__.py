"""``make simulate``: the whole gateway on a simulated network, clock and disk, with seeded faults.

    python -m tests.simulation [--seeds N] [--first S] [--route NAME] [--jobs J] [--mutant NAME]
    python -m tests.simulation --replay SEED [--route NAME] [--mutant NAME]

Ends with the line ``N passed, M failed``.  A failing seed is printed with the command that runs it again; a replay runs it
twice, prints the events of the first run, and says whether both went alike, byte for byte.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter

from tests.simulation.campaign import once, parallel, told
from tests.simulation.mutants import MUTANTS
from tests.simulation.routes import ROUTES


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="Simulates the whole gateway.")
    parser.add_argument("--seeds", type=int, default=300, metavar="N", help="how many (default: 300)")
    parser.add_argument("--first", type=int, default=1, metavar="S", help="the first one (default: 1)")
    parser.add_argument("--route", choices=ROUTES, help="only this one; else each seed has its own")
    parser.add_argument("--replay", type=int, metavar="SEED", help="run one seed, and print what happens")
    parser.add_argument("--mutant", choices=MUTANTS, help="with this defect built in")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="J", help="processes (default: one for each core)"
    )
    args = parser.parse_args()
    return replay(args) if args.replay is not None else simulate(args)


def simulate(args: argparse.Namespace) -> int:
    """Many seeds."""
    stats, passed, failed = Counter[str](), 0, 0
    for outcome in parallel(range(args.first, args.first + args.seeds), args.route, args.mutant, args.jobs):
        stats.update(outcome.stats)
        passed, failed = passed + (not outcome.found), failed + bool(outcome.found)
        if outcome.found:
            print(told(outcome, args.mutant), flush=True)
    for what, count in sorted(stats.items()):
        print(f"{count:8} {what}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def replay(args: argparse.Namespace) -> int:
    """One seed, twice."""
    outcome = once(args.replay, args.route, keep=True, mutant=args.mutant)
    again = once(args.replay, args.route, mutant=args.mutant)
    print("\n".join(outcome.log))
    for name, words in outcome.found:
        print(f"{name} {words}")
    same = outcome.digest == again.digest
    print(f"digest {outcome.digest}: {'the same both times' if same else f'but {again.digest} the second time'}")
    print("0 passed, 1 failed" if outcome.found or not same else "1 passed, 0 failed")
    return 1 if outcome.found or not same else 0


if __name__ == "__main__":
    sys.exit(main())
