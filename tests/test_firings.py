"""What is remembered of quirks that fired."""

from __future__ import annotations

from gateway.firings import MOST, Firings


def test_news_is_once_for_each_firmware() -> None:
    firings = Firings()
    assert firings.fired(["a", "a"], "1.0", "t1") == {"quirks": {"a": {"1.0": "t1"}}}
    assert firings.fired(["a"], "1.0", "t2") is None
    assert firings.fired(["a", "b"], "1.1", "t3") == {"quirks": {"a": {"1.0": "t1", "1.1": "t3"}, "b": {"1.1": "t3"}}}
    assert firings.fired(["b"], None, "t4") is not None


def test_what_no_longer_fires_is_told_when_the_firmware_changes() -> None:
    firings = Firings()
    firings.restore({"quirks": {"a": {"1.0": "t1"}, "b": {"1.0": "t1", "1.1": "t2"}, "odd": 3}})
    assert firings.choose(("a", "b", "c"), "1.1") == ["a"]
    assert firings.choose(("a", "b", "c"), "1.1") is None
    assert firings.choose((), "1.1") == []


def test_memory_is_bounded() -> None:
    firings = Firings()
    for number in range(2 * MOST):
        firings.fired([f"q{number}"], "1", "t")
        firings.fired(["q0"], f"v{number}", "t")
    assert len(firings.seen) == MOST
    assert len(firings.seen["q0"]) == MOST


def test_a_journal_that_knows_nothing() -> None:
    firings = Firings()
    firings.restore({})
    firings.restore({"quirks": None})
    assert firings.seen == {}
