"""Reading the gateway's metrics page."""

from __future__ import annotations

from gateway.demo.figures import Figures, read
from gateway.observe.metrics import Metrics


def test_a_new_gateway_has_nothing_to_tell() -> None:
    assert read(Metrics(["a"], ["b"]).exposition().decode()) == Figures()


def test_the_names_are_those_of_the_metrics() -> None:
    metrics = Metrics(["a"], ["b"])
    for change in ("stored", "stored", "stored", "delivered"):
        metrics.noted("row", {"change": change})
    metrics.lost("t", "one")
    metrics.lost("t", "two")
    metrics.refused("garbled")
    metrics.uplinks(4)
    assert read(metrics.exposition().decode()) == Figures(waiting=2, stored=3, lost=2, refused=1, uplinks=4)
