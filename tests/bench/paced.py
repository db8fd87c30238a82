"""A steady load: so many requests a second, evenly spread over the stations, whether the answers come or not.

    python -m tests.bench.paced --port 8080 --stations 64 --rate 500 --seconds 3 --action MeterValues

Prints one line of JSON: calls, late (those whose turn came before the answer to the one before), errors, latencies in ms.
A latency counts from the moment when the request was due, so a stalled gateway cannot hide what it made wait.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from tests.bench.stations import Crowd


def run(crowd: Crowd, action: str, rate: float, seconds: float) -> dict[str, Any]:
    """Each station asks in its turn; one that still waits loses its turn."""
    crowd.load(action)
    waiting: dict[int, float] = {}
    took: list[float] = []
    files = list(crowd.by_file)
    errors = late = turn = 0
    begin = time.perf_counter()
    while (due := begin + turn / rate) < begin + seconds or waiting:
        now = time.perf_counter()
        if due < begin + seconds and now >= due:
            file = files[turn % len(files)]
            turn += 1
            if file in waiting:
                late += 1
            else:
                waiting[file] = due
                crowd.by_file[file].ask(crowd.next())
            continue
        for file, _ in crowd.poll.poll(min(1.0, max(0.0, due - now)) if due < begin + seconds else 10.0):
            answer = crowd.by_file[file].heard()
            if answer is not None:
                took.append(time.perf_counter() - waiting.pop(file))
                errors += not answer.startswith(b"HTTP/1.1 200")
    took.sort()
    pick = [round(took[int(len(took) * share)] * 1000, 3) if took else 0.0 for share in (0.5, 0.99)]
    return {"calls": len(took), "late": late, "errors": errors, "p50_ms": pick[0], "p99_ms": pick[1]}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--stations", type=int, default=64)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--action", default="MeterValues")
    args = parser.parse_args()
    crowd = Crowd(args.port, args.stations, 0)
    print(json.dumps(run(crowd, args.action, args.rate, args.seconds)), flush=True)


if __name__ == "__main__":
    main()
