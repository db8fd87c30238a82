"""``run``: what the command line makes of itself, without serving."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from gateway.address import AddressError
from gateway.cli.main import main, parser
from gateway.cli.run import ids_of, misuse, new_id, overridden, site_of
from tests.office import data

UP = "ocpp1.6+ws://127.0.0.1:9000/ocpp"
DOWN = "ocpp1.5+http://127.0.0.1:8080/ocpp"


def parsed(*line: str) -> argparse.Namespace:
    return parser().parse_args(["run", *line])


def test_a_site_from_the_command_line() -> None:
    args = parsed(
        "--listen", DOWN, "--listen", "ocpp1.5+http://0.0.0.0:8081/", "--backend", UP, "--admin", "127.0.0.1:9100", "--data", "d"
    )
    assert misuse(args) == ""
    site = overridden(site_of(args, data()), args)
    assert [(one.name, one.enroll) for one in site.listeners] == [("listener-1", "open"), ("listener-2", "listed")]
    assert (site.admin, site.data) == (("127.0.0.1", 9100), Path("d"))


def test_enrolment_may_be_said() -> None:
    args = parsed("--listen", DOWN, "--backend", UP, "--enroll", "listed")
    assert site_of(args, data()).listeners[0].enroll == "listed"


@pytest.mark.parametrize(
    "line",
    [
        ["run"],
        ["run", "--listen", DOWN],
        ["run", "-c", "x.yaml", "--listen", DOWN],
        ["run", "--listen", DOWN, "--backend", UP, "--admin", "nine"],
        ["run", "--listen", "http://127.0.0.1:8080/", "--backend", UP],
        ["run", "--listen", "ocpp1.6+wss://127.0.0.1:1/", "--backend", UP],
        ["run", "--listen", "ocpp1.6+ws://127.0.0.1:1/", "--backend", "ocpp1.5+http://127.0.0.1:2/"],
        ["run", "--listen", "ocpp1.6+ws://127.0.0.1:1/", "--backend", "ocpp1.5+http://127.0.0.1:2/", "--callback", "here"],
        ["run", "--listen", "ocpp2.0.1+http://127.0.0.1:1/", "--backend", UP],
        ["run", "--device", "=keba-udp+udp://127.0.0.1", "--backend", UP],
    ],
)
def test_a_wrong_command_line_exits_with_2(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line) == 2
    assert "ocpp-gateway run: " in capsys.readouterr().err


def test_a_broken_site_file_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "g.yaml").write_text("listeners: []\n")
    assert main(["run", "-c", str(tmp_path / "g.yaml")]) == 1
    assert "g.yaml:1" in capsys.readouterr().err


def test_a_soap_back_end_needs_a_callback() -> None:
    args = parsed("--listen", "ocpp1.6+ws://127.0.0.1:1/", "--backend", "ocpp1.5+http://127.0.0.1:2/cs")
    with pytest.raises(AddressError, match="--callback"):
        site_of(args, data())


def test_ids_are_uuids_and_never_come_twice() -> None:
    ids = ids_of(lambda size: next(drawn))
    drawn = iter([b"\xff" * 16, b"\x00" * 16, b"\xee" * 16])
    made = [next(ids) for _ in range(25_000)]
    assert len(set(made)) == len(made)
    assert {(uuid.UUID(one).version, uuid.UUID(one).variant) for one in made} == {(4, uuid.RFC_4122)}
    assert {str(uuid.UUID(one)) for one in made} == set(made)
    assert new_id()[:23] != next(ids_of(os.urandom))[:23]


def test_timers_do_not_look_at_the_wall_clock() -> None:
    said = "import time; from gateway.cli.run import steady_reactor; print(steady_reactor().seconds() - time.monotonic() < 60)"
    assert subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout == "True\n"


def test_devices_on_the_command_line() -> None:
    args = parser().parse_args(
        ["run", "--device", "GARAGE=keba-udp+udp://192.0.2.1", "--device", "evbox-max+tcp://127.0.0.1:4001", "--backend", UP]
    )
    site = site_of(args, data())
    assert [(one.identity, str(one.address), one.entrance.enroll) for one in site.devices] == [
        ("GARAGE", "keba-udp+udp://192.0.2.1:7090/", "listed"),
        (None, "evbox-max+tcp://127.0.0.1:4001/", "open"),
    ]
    args = parser().parse_args(["run", "--device", "ocpp1.6+ws://192.0.2.1/", "--backend", UP])
    with pytest.raises(AddressError, match="come by themselves"):
        site_of(args, data())
