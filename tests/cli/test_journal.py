"""``ocpp-gateway journal``: what an operator sees, and how parked messages come back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.main import main
from gateway.journal.contract import Append, Mark, PutTransaction, Rendering, Row, Transaction
from gateway.journal.store import Store

RAW = "<idTag>A\x1b[31mB</idTag>"


def row(seq: int, **changes: Any) -> Row:
    values: dict[str, Any] = {"transaction": 7, "received": f"2026-11-22T07:00:0{seq}.000Z", **changes}
    return Row(seq, "meter", "MeterValues", "ocpp1.5", "soap", RAW, '{"n":1.10}', f"key-{seq}", **values)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Transaction 7: its start delivered, its readings parked; a foreign stop kept aside; a row that waits."""
    store = Store(tmp_path / "journal.sqlite")
    rendered = Rendering((("TransactionEvent", {"seqNo": 4}), ("TransactionEvent", {"seqNo": 5})), ({},))
    foreign = row(3, transaction=None, flags="foreign", state="parked")
    flagged = Transaction(7, "7", "99", 1, "TAG", "k", "2026", "1", flags="parked")
    rows = [Append("CP 1", one) for one in (row(1), row(2), foreign, row(4, transaction=None))]
    marks = [Mark("CP 1", 1, "delivered", 0), Mark("CP 1", 2, "parked", 5, rendered, why="FormationViolation")]
    assert store.commit([[PutTransaction("CP 1", flagged), *rows, *marks]]) == [None]
    store.close()
    return tmp_path


@pytest.fixture
def told(data: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str], str]]:
    def tell(*arguments: str) -> tuple[int, list[str], str]:
        code = main(["journal", *arguments, "--data", str(data)])
        out, err = capsys.readouterr()
        return code, out.splitlines(), err

    return tell


def test_list_tells_stations_and_their_rows(told):
    assert told("list") == (
        0,
        ["STATION  QUEUED  PARKED  OPEN  OLDEST WAITS SINCE", "CP 1     1       2       1     2026-11-22T07:00:04.000Z"],
        "",
    )
    lines = told("list", "CP 1")[1]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["1", "delivered", "7"],
        ["2", "parked", "7"],
        ["3", "parked", "-"],
        ["4", "queued", "-"],
    ]
    assert len(told("list", "CP 1", "--state", "queued")[1]) == 2


@pytest.mark.parametrize("line", [("list", "CP 2"), ("show", "CP 2", "1"), ("replay", "CP 2"), ("export", "CP 2")])
def test_a_name_that_may_be_mistyped_is_not_taken_for_a_station_without_rows(told, line):
    assert told(*line) == (1, [], "ocpp-gateway journal: the journal knows no station CP 2; did you mean CP 1?\n")


def test_parked_tells_why(told):
    lines = told("parked")[1]
    assert lines[1].endswith("MeterValues  5      FormationViolation")
    assert lines[2].endswith("foreign")


def test_show_tells_all_of_one_row_and_lets_no_station_write_on_the_terminal(told):
    text = "\n".join(told("show", "CP 1", "2")[1])
    assert 'rendered:     TransactionEvent {"seqNo":4} (answered)' in text
    assert '{"seqNo":5} (not answered yet)' in text
    assert "why:          FormationViolation" in text
    assert "A\\x1b[31mB" in text
    assert "\x1b" not in text
    assert "(dropped when it was delivered)" in "\n".join(told("show", "CP 1", "1")[1])


def test_export_is_one_json_object_a_line_with_every_digit(told):
    code, lines, _ = told("export")
    read = [json.loads(line) for line in lines]
    assert (code, [one["seq"] for one in read]) == (0, [1, 2, 3, 4])
    assert (read[1]["raw"], read[1]["payload"], read[1]["why"]) == (RAW, '{"n":1.10}', "FormationViolation")
    assert read[1]["rendered"]["answers"] == [{}]
    assert [json.loads(line)["seq"] for line in told("export", "CP 1", "--state", "parked")[1]] == [2, 3]


def test_export_reads_around_damage(told, data):
    store = Store(data / "journal.sqlite")
    assert store.commit([[_long(seq) for seq in range(5, 200)]]) == [None]
    store.close()
    path = data / "journal.sqlite"
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    code, lines, err = told("export")
    assert code == 1
    assert f"{len(lines)} rows could be read" in err
    seen = [json.loads(line)["seq"] for line in lines]
    assert {1, 199} <= set(seen)
    assert 100 < len(seen) < 199
    assert len(set(seen)) == len(seen)
    assert told("list")[0] in (0, 1)


def _long(seq: int) -> Append:
    return Append("CP 1", Row(seq, "meter", "MeterValues", "ocpp1.5", "soap", "r" * 500, "{}", f"k{seq}", None, "2026"))


def states(data: Path) -> dict[int, str]:
    store = Store(data / "journal.sqlite")
    queued = [one.seq for one in store.restore("CP 1").queue]
    store.close()
    return dict.fromkeys(queued, "queued")


def test_replay_queues_parked_transactions_again(told, data):
    code, lines, _ = told("replay", "CP 1")
    assert (code, lines) == (0, ["1 rows of CP 1 are queued again; they go up when the gateway starts"])
    assert list(states(data)) == [2, 4], "in its old place; what was kept aside for what it is stays there"
    assert told("replay", "CP 1")[0] == 1


def test_replay_of_one_transaction_or_of_named_rows(told, data):
    assert told("replay", "CP 1", "--transaction", "8")[0] == 1
    assert "use --transaction 7" in told("replay", "CP 1", "--row", "2")[2]
    assert "row 4 of CP 1 is not parked" in told("replay", "CP 1", "--row", "4")[2]
    assert told("replay", "CP 1", "--row", "3")[0] == 0
    assert list(states(data)) == [3, 4]
    assert told("replay", "CP 1", "--transaction", "7")[0] == 0
    assert list(states(data)) == [2, 3, 4]


def test_beside_a_running_gateway_replay_asks_and_changes_nothing_itself(told, data):
    """Another process holds the lock, as a gateway does."""
    holder = (
        f"from gateway.journal.store import Store; from pathlib import Path; s = Store(Path({str(data / 'journal.sqlite')!r}))"
    )
    line = [sys.executable, "-c", f"{holder}; print('held', flush=True); input(); print(s.asked(), s.replay('CP 1')); s.close()"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as gateway:
        assert gateway.stdout is not None
        assert gateway.stdout.readline() == "held\n"
        code, lines, _ = told("replay", "CP 1")
        assert (code, lines) == (
            0,
            [f"asked the running gateway (process {gateway.pid}) for 1 rows of CP 1; it takes some seconds"],
        )
        assert told("list", "CP 1", "--state", "parked")[1][1].split()[0] == "2", "still parked"
        assert gateway.communicate("go\n")[0] == "['CP 1'] 1\n"
    assert list(states(data)) == [2, 4]


def test_a_folder_without_a_journal_is_a_clear_failure(tmp_path, capsys):
    assert main(["journal", "list", "--data", str(tmp_path)]) == 1
    assert f"there is no journal at {tmp_path / 'journal.sqlite'}" in capsys.readouterr().err


def test_run_refuses_a_damaged_journal_and_says_what_to_do(data):
    path = data / "journal.sqlite"
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192)
    line = [sys.executable, "-m", "gateway", "run", "--listen", "ocpp1.5+http://127.0.0.1:8080/ocpp"]
    line += ["--backend", "ocpp1.6+ws://127.0.0.1:9/x", "--data", str(data)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert f"journal export --data {data}" in done.stderr
