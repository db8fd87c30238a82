"""The last descriptors are kept for those who need them most, whatever holes there are between the open ones."""

from __future__ import annotations

import fcntl
import os
import resource
import subprocess
import sys

import pytest

from gateway.links import descriptors
from gateway.links.address import read_address
from gateway.links.descriptors import ADMIN, LINKS, STATIONS, connections, kept, room
from gateway.links.dial import Dialled, dial
from gateway.links.limits import LinkFailed


def free_below(line: int) -> int:
    return sum(not is_open(number) for number in range(line))


def is_open(number: int) -> bool:
    try:
        fcntl.fcntl(number, fcntl.F_GETFD)
    except OSError:
        return False
    return True


def test_what_is_free_is_counted_and_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = [os.open(os.devnull, os.O_RDONLY) for _ in range(40)]
    for hole in mine[5:15]:
        os.close(hole)
    try:
        for limit in (mine[-1] - 20, mine[-1] + 1, mine[-1] + 60):
            monkeypatch.setattr(descriptors, "limit", lambda limit=limit: limit)
            for who in (STATIONS, LINKS, ADMIN):
                line = limit - int(kept(limit) * who)
                for wanted in (0, 1, 3, 20, 1000):
                    before = [is_open(number) for number in range(line + 50)]
                    assert room(wanted, who) == min(wanted, free_below(line))
                    assert [is_open(number) for number in range(line + 50)] == before
    finally:
        for one in mine[:5] + mine[15:]:
            os.close(one)


def test_stations_stop_before_links_and_links_before_the_admin_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptors, "limit", lambda: 1024)
    assert room(1000, STATIONS) < room(1000, LINKS) < room(1000, ADMIN) <= 1024 - 16


def test_each_station_may_need_a_link_of_ours() -> None:
    assert [(kept(most), connections(most)) for most in (64, 1024, 65536)] == [(16, 24), (64, 480), (64, 32736)]


def test_no_link_is_made_where_none_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptors, "limit", lambda: 1)
    failures: list[Exception] = []
    made = dial(None, read_address("ws://192.0.2.1/", ("ws",)), Dialled(), None, 5.0)
    made.addErrback(lambda failure: failures.append(failure.value))
    assert isinstance(failures[0], LinkFailed)
    assert (str(failures[0]), failures[0].reached) == ("no descriptor is left for another connection", False)


SAID = """
import resource
from gateway.links import descriptors
resource.setrlimit(resource.RLIMIT_NOFILE, (80, 200))
descriptors.raise_limit()
print(descriptors.limit(), descriptors.room(1000, 1.0) < 150)
kept = []
while descriptors.room(1, 0.0):
    kept.append(open("/dev/null"))
print(descriptors.room(5, 0.0), len(kept) > 150)
"""


def test_the_limit_is_raised_to_what_is_granted_and_its_end_is_seen() -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 200
    done = subprocess.run([sys.executable, "-c", SAID], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["200 True", "0 True"]
