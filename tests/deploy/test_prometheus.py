"""The scrape job and the alert rules are about metrics that exist, and fire when they should."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from gateway.observe.metrics import NOTES, PREFIX, Metrics
from gateway.session.binding import FLAGS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
RULES = [rule for group in yaml.safe_load((FOLDER / "rules.yaml").read_text())["groups"] for rule in group["rules"]]
SCRAPE = yaml.safe_load((FOLDER / "scrape.yaml").read_text())


@pytest.fixture
def promtool():
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not here (Debian: apt install prometheus)")
    return found


def exposed():
    text = Metrics().exposition().decode()
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    parts = {f"{name}_{part}" for name, kind in types.items() if kind == "histogram" for part in ("bucket", "sum", "count")}
    return set(types) | parts


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_metrics_that_exist(rule):
    named = set(re.findall(rf"{PREFIX}\w+", rule["expr"]))
    assert named <= exposed()
    assert named or 'job="ocpp-gateway"' in rule["expr"]


def samples(chosen):
    """All that is exposed once each counter has counted something, with these values where it has their labels."""
    metrics = Metrics()
    for what, (_, _, labels) in NOTES.items():
        metrics.noted(what, {label: chosen.get(label, "x") for label in labels})
    return [one for family in text_string_to_metric_families(metrics.exposition().decode()) for one in family.samples]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_labels_and_values_that_exist(rule):
    chosen = re.findall(r'(\w+)="([^"]*)"', rule["expr"])
    named = re.findall(rf"{PREFIX}\w+", rule["expr"])
    labels = {label for one in samples({}) if one.name in named for label in one.labels} | {"instance", "job"}
    asked = {*(label for label, _ in chosen), *re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", rule["expr"])))}
    told = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    assert asked | told <= labels
    for label, value in chosen:
        known = {one.labels.get(label) for one in samples({label: value}) if one.name in named}
        assert label == "job" or value in (FLAGS if label == "why" else known), f"no {label} is ever {value}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_what_it_means_and_how_urgent_it_is(rule):
    assert rule["labels"]["severity"] in ("page", "ticket", "info")
    assert {"summary", "description"} <= set(rule["annotations"])
    assert "{{ $labels.instance }}" in rule["annotations"]["summary"]


def test_the_scrape_job_has_the_name_that_the_rules_expect():
    assert [job["job_name"] for job in SCRAPE["scrape_configs"]] == ["ocpp-gateway"]
    assert SCRAPE["rule_files"] == ["rules.yaml"]


def test_prometheus_accepts_both_files(promtool):
    for command in (["check", "rules", "rules.yaml"], ["check", "config", "scrape.yaml"]):
        done = subprocess.run([promtool, *command], cwd=FOLDER, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_when_it_should_and_not_otherwise(promtool, tmp_path):
    shutil.copy(FOLDER / "rules.yaml", tmp_path)
    shutil.copy(Path(__file__).with_name("rules_test.yaml"), tmp_path)
    done = subprocess.run(
        [promtool, "test", "rules", "rules_test.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_alert_is_left_untried():
    tried = (Path(__file__).with_name("rules_test.yaml")).read_text()
    assert [rule["alert"] for rule in RULES if f'alertname="{rule["alert"]}"' not in tried] == []
