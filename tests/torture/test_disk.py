"""The disk that forgets: what is fsynced stays, what is not may go; and it catches a journal that does not wait for the disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import gateway
from tests.torture.disk import CREATE, FOLDER, MAIN, SYNC, TRUNCATE, WAL, WRITE, Disk, Image, built, sectors, unavailable

needs_shim = pytest.mark.skipif(bool(unavailable()), reason=unavailable() or "-")

CHILD = """
import os, sys
from pathlib import Path
from gateway.journal.store import Store
from gateway.journal.contract import Append, Row
store = Store(Path(sys.argv[1]))
store._db.execute(f"PRAGMA synchronous={sys.argv[2]}")
seq = store.restore("A").next_seq
os.write(1, b"begin %d\\n" % seq)
while store.commit([[Append("A", Row(seq, "meter", "Say", "red", "soap", "r" * 300, "{}", "key", None, "2026"))]]) == [None]:
    os.write(1, b"%d\\n" % seq)
    seq += 1
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("shim"))


def lost(folder: Path, shim: Path, mode: str, lie: bool, cycles: int, chance: random.Random) -> int:
    """How many acknowledged rows were missing after so many power cuts; a file that does not open any more loses all."""
    (folder / "data").mkdir()
    disk = Disk(folder / "data" / "journal.sqlite", folder, shim)
    disk.order(kinds=3, lie=int(lie))
    missing = last = 0
    for _ in range(cycles):
        env = {**os.environ, **disk.environment, "PYTHONPATH": str(Path(gateway.__file__).parents[1])}
        line = [sys.executable, "-c", CHILD, str(disk.file), mode]
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env) as child:
            assert child.stdout is not None
            first = child.stdout.readline().split()
            if not first:
                return missing + last
            missing += max(0, last + 1 - int(first[1]))
            disk.order(kill_in=1 + chance.randrange(120))
            seen = [int(line) for line in child.stdout.read().split()]
        assert child.returncode == -signal.SIGKILL
        last = max([int(first[1]) - 1, *seen])
        disk.order(kill_in=0)
        disk.cut(chance)
    return missing


@needs_shim
def test_what_was_acknowledged_survives_power_cuts(tmp_path: Path, shim: Path) -> None:
    assert lost(tmp_path, shim, "FULL", False, 8, random.Random(1)) == 0


@needs_shim
@pytest.mark.parametrize(
    ("mode", "lie"), [("NORMAL", False), ("FULL", True)], ids=["a journal that does not wait", "a disk that lies"]
)
def test_the_disk_catches_who_does_not_wait_for_it(tmp_path: Path, shim: Path, mode: str, lie: bool) -> None:
    assert lost(tmp_path, shim, mode, lie, 12, random.Random(1)) > 0


def test_an_image_keeps_what_was_synced_and_any_sectors_of_the_rest() -> None:
    image = Image(b"")
    image.pending.append((WRITE, 0, b"a" * 512))
    image.synced()
    image.pending += [(WRITE, 512, b"b" * 1024), (TRUNCATE, 100, b"")]
    found = {image.after(random.Random(seed)) for seed in range(60)}
    assert b"a" * 512 in found
    assert b"a" * 512 + b"b" * 1024 in found
    assert b"a" * 512 + bytes(512) + b"b" * 512 in found, "one sector without the other"
    assert b"a" * 100 in found
    assert all(one is not None and one[:100] == b"a" * 100 for one in found)


def test_writes_are_cut_at_the_sectors_of_the_disk() -> None:
    assert [(at, len(data)) for at, data in sectors(WRITE, 500, bytes(1100))] == [(500, 12), (512, 512), (1024, 512), (1536, 64)]


def test_a_new_file_is_sure_only_when_its_folder_was_synced(tmp_path: Path) -> None:
    (tmp_path / "control").touch()
    disk = Disk(tmp_path / "journal.sqlite", tmp_path, tmp_path)
    steps = [(CREATE, MAIN), (SYNC, MAIN), (SYNC, FOLDER), (CREATE, WAL)]
    disk._read = lambda: iter([(op, kind, 0, b"") for op, kind in steps])  # type: ignore[method-assign]
    images = disk._images()
    assert (images[MAIN].sure, images[WAL].sure, images[WAL].there) == (True, False, True)
