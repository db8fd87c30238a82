"""What a scrape says, and what it can never say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.journal.contract import Depth
from gateway.links.limits import REFUSED
from gateway.observe.metrics import NOTES, PREFIX, REASONS, Metrics
from gateway.session import notes

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOSTILE = ["\ud800", "a\nb", 'q"', "\0", "x" * 5000, "CP-001", "", "{}", "ü"]


@pytest.fixture
def metrics():
    return Metrics(["red", "blue"], ["Say", "Ask"])


def samples(metrics):
    families = text_string_to_metric_families(metrics.exposition().decode("utf-8"))
    return {(s.name.removeprefix(PREFIX), *sorted(s.labels.items())): s.value for f in families for s in f.samples}


def test_messages_are_counted_by_all_their_labels(metrics):
    for _ in range(2):
        metrics.called["red", "station", "heard", "Say", "call"] += 1
    labels = {"dialect": "red", "side": "station", "direction": "heard", "operation": "Say", "outcome": "call"}
    assert samples(metrics)["messages_total", *sorted(labels.items())] == 2


def test_an_operation_that_no_dialect_has_is_unknown(metrics):
    metrics.called["red", "station", "heard", "Sing", "FormatViolation"] += 1
    (found,) = [dict(key[1:]) for key in samples(metrics) if key[0] == "messages_total"]
    assert (found["operation"], found["outcome"]) == ("unknown", "FormatViolation")


def test_a_reload_opens_the_sets(metrics):
    metrics.know(["green"], ["Sing"])
    metrics.noted("call", {"dialect": "green", "operation": "Sing", "direction": "up", "outcome": "local"})
    labels = {"dialect": "green", "operation": "Sing", "direction": "up", "outcome": "local"}
    assert samples(metrics)["calls_total", *sorted(labels.items())] == 1


def test_every_reason_is_there_before_it_happens(metrics):
    metrics.refused("malformed")
    found = samples(metrics)
    assert found["refused_total", ("reason", "malformed")] == 1
    assert all(found["refused_total", ("reason", reason)] == 0 for reason in REASONS if reason != "malformed")


def test_the_links_use_no_word_that_is_not_counted():
    assert set(REFUSED) <= set(REASONS)


def test_every_note_of_a_session_is_counted_by_its_labels():
    assert {what: shape[2] for what, shape in NOTES.items()} == notes.NOTES


def test_an_unknown_note_is_no_reason_to_fail(metrics):
    before = samples(metrics).keys()
    metrics.noted("weather", {"sky": "blue"})
    assert samples(metrics).keys() == before


def test_losses_and_quirks_are_counted_by_name(metrics):
    metrics.lost("ocpp1.5--ocpp1.6", "status/info")
    metrics.fired("acme/box")
    found = samples(metrics)
    assert found["losses_total", ("rule", "status/info"), ("table", "ocpp1.5--ocpp1.6")] == 1
    assert found["quirk_firings_total", ("quirk", "acme/box")] == 1


def test_the_journals_depth_and_age(metrics):
    metrics.journal(Depth(3, 1, "2026-11-22T07:59:00.000Z"), NOW)
    found = samples(metrics)
    assert found["journal_queued",] == 3
    assert found["journal_parked",] == 1
    assert found["journal_oldest_seconds",] == 60
    assert found["journal_measured_timestamp_seconds",] == NOW.timestamp()


@pytest.mark.parametrize("oldest", [None, "", "yesterday", "2030-01-01T00:00:00Z"], ids=repr)
def test_an_age_that_is_not_there_is_zero(metrics, oldest):
    metrics.journal(Depth(0, 0, oldest), NOW)
    assert samples(metrics)["journal_oldest_seconds",] == 0


def test_an_age_without_a_zone_is_utc(metrics):
    metrics.journal(Depth(1, 0, "2026-11-22T07:00:00"), NOW + timedelta(seconds=1))
    assert samples(metrics)["journal_oldest_seconds",] == 3601


def test_gauges_of_links(metrics):
    metrics.stations(5)
    metrics.station(-1)
    metrics.uplinks(2)
    metrics.uplink(1)
    metrics.ready(True)
    found = samples(metrics)
    assert (found["stations_connected",], found["uplinks_up",], found["ready",]) == (4, 3, 1)


def test_times_have_histograms(metrics):
    metrics.translated(0.00001)
    metrics.committed(0.3)
    found = samples(metrics)
    assert found["translate_seconds_count",] == found["commit_seconds_count",] == 1
    assert found["commit_seconds_sum",] == 0.3


def test_dropped_trace_lines_are_counted(metrics):
    metrics.untraced()
    metrics.untraced(2)
    assert samples(metrics)["trace_dropped_total",] == 3


def test_no_text_of_a_peer_makes_a_series_or_spoils_a_scrape(metrics):
    def everything(text):
        metrics.called[text, text, text, text, text] += 1
        metrics.refused(text)
        for what, (_, _, labels) in NOTES.items():
            if not {"table", "why"} & set(labels):
                metrics.noted(what, dict.fromkeys(labels, text))

    everything(HOSTILE[0])
    before = samples(metrics).keys()
    for text in HOSTILE * 3 + [f"id-{n}" for n in range(200)]:
        everything(text)
    assert samples(metrics).keys() == before
    assert b"CP-001" not in metrics.exposition()


def test_two_gateways_in_one_process_do_not_share(metrics):
    metrics.refused("malformed")
    assert samples(Metrics())["refused_total", ("reason", "malformed")] == 0


def test_no_created_series(metrics):
    assert b"_created" not in metrics.exposition()
