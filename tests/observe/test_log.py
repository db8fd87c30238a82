"""Log lines: one object each, nothing forged, nothing secret."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure

from gateway.observe.log import Log
from gateway.observe.quota import MOST


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def log(stream):
    return Log(stream)


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_names_time_level_event_and_station(log, stream):
    log.warn("refused", station="CP-1", reason="garbled", count=3, whole=True, none=None)
    (line,) = lines(stream)
    assert list(line)[:4] == ["time", "level", "event", "station"]
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warn",
        "event": "refused",
        "station": "CP-1",
        "reason": "garbled",
        "count": 3,
        "whole": True,
        "none": None,
    }


def test_a_line_without_a_station_has_no_such_key(log, stream):
    log.info("draining")
    assert "station" not in lines(stream)[0]


@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_makes_a_second_line_or_steers_a_terminal(text):
    for human in (False, True):
        stream = io.StringIO()
        Log(stream, human).error(text, station=text, value=text)
        written = stream.getvalue()
        assert written.endswith("\n")
        assert len(written.splitlines()) == 1
        assert written[:-1].isprintable()


def test_a_value_is_no_format(log, stream):
    log.info("said", text="%s {0} {log_time} {")
    assert lines(stream)[0]["text"] == "%s {0} {log_time} {"


def test_long_values_are_cut(log, stream):
    log.info("x" * 1000, station="y" * 1000, value="z" * 1000, other=["w"] * 1000)
    for name in ("event", "station", "value", "other"):
        assert len(lines(stream)[0][name]) == 257


@pytest.mark.parametrize("human", [False, True])
def test_secrets_are_hidden_before_values_are_cut(stream, human):
    log = Log(stream, human)
    log.hide(b"hunter2")
    log.info("dialling hunter2", station="hunter2", url="ws://a:b@host/", long="x" * 253 + "hunter2", many=["hunter2"])
    log.failure("broken", ValueError("hunter2"))
    assert "hunt" not in stream.getvalue()
    assert "a:b" not in stream.getvalue()


def test_only_levels_that_were_asked_for(stream):
    log = Log(stream, level="warn")
    log.debug("a")
    log.info("b")
    log.warn("c")
    log.error("d")
    assert [line["event"] for line in lines(stream)] == ["c", "d"]


def test_a_failure_brings_its_traceback(log, stream):
    try:
        raise KeyError("lost")
    except KeyError as error:
        log.failure("crashed", error, station="A", level="a value may be called like a field")
    (line,) = lines(stream)
    assert (line["level"], line["event"], line["station"]) == ("error", "crashed", "A")
    assert "KeyError: 'lost'" in line["traceback"]
    assert line["level_"] == "a value may be called like a field"


def test_twisteds_own_troubles_are_lines_too_and_its_gossip_is_not(log, stream):
    own = Logger("twisted.somewhere", observer=log.observe)
    own.info("factory starting")
    own.warn("port {port} odd", port=80)
    try:
        raise ValueError("deep")
    except ValueError:
        own.failure("unhandled", Failure())
    first, second = lines(stream)
    assert (first["event"], first["text"]) == ("twisted.somewhere", "port 80 odd")
    assert "ValueError: deep" in second["traceback"]


def test_attaching_takes_over_from_twisted(log):
    class Beginner:
        def beginLoggingTo(self, observers, redirectStandardIO):
            self.begun = observers, redirectStandardIO

    beginner = Beginner()
    log.attach(beginner)
    assert beginner.begun == ([log.observe], False)


def test_a_log_that_cannot_be_written_raises_nothing():
    class Broken(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    log = Log(Broken())
    log.info("x")
    log.observe({"log_level": LogLevel.error})
    assert log.failed == 2


def test_the_human_form(stream):
    log = Log(stream, human=True)
    log.info("listening", station="CP-1", address="ws://x", why="two words", empty="")
    assert stream.getvalue()[8:] == ' info     listening station=CP-1 address=ws://x why="two words" empty=""\n'


def test_the_human_form_on_a_plain_terminal():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    log = Log(stream, human=True)
    log.info("größer")
    assert b"gr\\xf6\\xdfer" in raw.getvalue()
    assert log.failed == 0


def test_a_flood_of_warnings_leaves_other_warnings_and_all_errors_in_sight(log, stream):
    for _ in range(1000):
        log.warn("refused", reason="garbled", why="x")
    log.warn("refused", station="CP-1", reason="garbled", why="x")
    for number in range(100):
        log.error("storing failed")
        log.info("flag", station="CP-2", why="foreign")
        log.info("uplink", station=f"CP-{number}", change="up")
    found = lines(stream)
    assert len([line for line in found if line["event"] == "flag"]) in (MOST, 2 * MOST)
    assert len([line for line in found if line["event"] == "uplink"]) == 100
    flood = [line for line in found if line["level"] == "warn" and "station" not in line]
    assert len(flood) in (MOST, 2 * MOST), "twice where the minute changed meanwhile"
    assert "/metrics" in flood[MOST - 1]["more"]
    assert len([line for line in found if line.get("station") == "CP-1"]) == 2
    assert len([line for line in found if line["level"] == "error"]) == 100
