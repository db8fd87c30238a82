"""Counts are kept cheaply, and are all there when somebody asks."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from gateway.observe.labels import Words
from gateway.observe.tally import MOST_KEPT, Readings, Tally


def tally():
    registry = CollectorRegistry()
    words = {"side": Words(["left", "right"]), "what": Words(["ask"], "unknown")}
    return Tally(Counter("things", "Things.", ["side", "what"], registry=registry), ("side", "what"), words), registry, words


def count(registry, side, what):
    return registry.get_sample_value("things_total", {"side": side, "what": what})


def test_what_was_counted_is_there_after_settling_and_only_once():
    one, registry, _ = tally()
    for _ in range(3):
        one["left", "ask"] += 1
    one.settle()
    one.settle()
    assert count(registry, "left", "ask") == 3
    one["left", "ask"] += 1
    one.settle()
    assert count(registry, "left", "ask") == 4


def test_a_peers_words_are_counted_as_others_and_never_too_many_wait():
    one, registry, _ = tally()
    for number in range(MOST_KEPT + 50):
        one[None, f"made up {number}"] += 1
        assert len(one) <= MOST_KEPT
    assert len(one) == 50
    one.settle()
    assert (len(one), count(registry, "other", "unknown")) == (0, MOST_KEPT + 50)


def test_a_word_that_ceases_to_be_one_is_counted_as_what_it_was():
    one, registry, words = tally()
    one["left", "ask"] += 1
    one.settle()
    words["side"] = Words(["right"])
    one["left", "ask"] += 1
    one.settle()
    assert count(registry, "left", "ask") == 1
    assert count(registry, "other", "ask") == 1


def test_readings_are_there_after_settling_and_never_too_many_wait():
    registry = CollectorRegistry()
    readings = Readings(Histogram("h", "x", buckets=(1.0, 2.0), registry=registry))
    readings.add(0.5)
    readings.add(1.5)
    assert registry.get_sample_value("h_count") == 0
    readings.settle()
    readings.settle()
    assert registry.get_sample_value("h_count") == 2
    assert registry.get_sample_value("h_bucket", {"le": "1.0"}) == 1
    for _ in range(MOST_KEPT):
        readings.add(0.1)
    assert registry.get_sample_value("h_count") == MOST_KEPT + 2
