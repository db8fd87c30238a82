"""The gateway's own figures, read from its metrics page as any monitoring would.

In: the text of ``/metrics``.  Out: `Figures`.
Not here: fetching it (`gateway.demo.show`).
"""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

PREFIX = "ocpp_gateway_"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the demo shows of the gateway: transaction messages that wait, values that did not cross, input refused, uplinks."""

    waiting: int = 0
    stored: int = 0
    lost: int = 0
    parked: int = 0
    refused: int = 0
    uplinks: int = 0


def read(text: str) -> Figures:
    """Read the page.  A series that is not there counts as 0."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.name.removeprefix(PREFIX)
            change = sample.labels.get("change", "") if name == "rows_total" else ""
            found[name + change] = found.get(name + change, 0) + sample.value
    stored, done = found.get("rows_totalstored", 0), found.get("rows_totaldelivered", 0)
    parked = found.get("rows_totalparked", 0)
    # The gauge is measured every few seconds; the counters move with each message.
    return Figures(
        waiting=max(0, int(stored - done - parked)),
        stored=int(stored),
        lost=int(found.get("losses_total", 0)),
        parked=int(parked),
        refused=int(found.get("refused_total", 0)),
        uplinks=int(found.get("uplinks_up", 0)),
    )
