"""Figures: what was measured, against what, and whether the target is met; and how two things are timed fairly.

In: functions to time, numbers.  Out: `Figure`, a table as text, bench.json.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """``ratio`` is value to baseline (or baseline to value, where ``name`` says "faster"); None where there is none.

    ``target`` is text such as ``<= 1.5``, about the ratio; empty where no target was set.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    target: str = ""
    met: bool | None = None


def figure(name: str, value: float, unit: str, baseline: float | None = None, target: str = "", faster: bool = False) -> Figure:
    """A figure with its ratio and whether that meets ``target`` (``<= number`` or ``>= number``)."""
    ratio = None
    if baseline:
        ratio = baseline / value if faster else value / baseline
    met = None
    if target and ratio is not None:
        sign, bound = target.split()
        met = ratio <= float(bound) if sign == "<=" else ratio >= float(bound)
    return Figure(name, _short(value), unit, _short(baseline), _short(ratio), target, met)


def _short(number: float | None) -> float | None:  # type: ignore[return]
    return None if number is None else float(f"{number:.4g}")


def timed(calls: Sequence[Callable[[], Any]], seconds: float, rounds: int = 5) -> list[float]:
    """Microseconds for one call of each, as the median over rounds in which they take turns (A B A B).

    The turns of one round follow each other at once, so that a slow moment of the machine is shared.  ``seconds`` is the
    time for one turn.  Time is that of the processor, so that what else runs on the machine disturbs less.
    """
    counts = [_count(call, seconds) for call in calls]
    took: list[list[float]] = [[] for _ in calls]
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for index, call in enumerate(calls):
                took[index].append(_run(call, counts[index]) / counts[index] * 1e6)
    finally:
        gc.enable()
    return [median(one) for one in took]


def _count(call: Callable[[], Any], seconds: float) -> int:
    call()
    count = 8
    while (took := _run(call, count)) < seconds / 4 and count < 1_000_000:
        count *= 2
    return max(1, int(count * seconds / max(took, 1e-9)))


def _run(call: Callable[[], Any], count: int) -> float:
    each = [None] * count
    begin = time.process_time()
    for _ in each:
        call()
    return time.process_time() - begin


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines of text."""
    head = ("figure", "value", "unit", "baseline", "ratio", "target", "")
    rows = [head]
    for one in figures:
        met = "" if one.met is None else "met" if one.met else "MISSED"
        rows.append((one.name, _said(one.value), one.unit, _said(one.baseline), _said(one.ratio), one.target, met))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if at in (0, 2, 5, 6) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _said(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def save(figures: Sequence[Figure], path: Path) -> None:
    """Write bench.json."""
    path.write_text(json.dumps({"figures": [asdict(one) for one in figures]}, indent=1) + "\n", encoding="utf-8")
