"""The file that cannot grow."""

from __future__ import annotations

import os
import stat

import pytest

from gateway.observe.rotate import FLOOR, RotatingFile

PLENTY = 10 * FLOOR


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trace.jsonl"


def opened(path, max_bytes=100, files=3, free=lambda folder: PLENTY, **more):
    return RotatingFile(path, max_bytes, files, free, **more)


def total(path):
    return sum(one.stat().st_size for one in path.parent.iterdir())


def test_lines_stand_in_order_and_old_ones_go(path):
    file = opened(path)
    for number in range(100):
        file.write(b"line %04d\n" % number)
    file.close()
    names = sorted(one.name for one in path.parent.iterdir())
    assert names == ["trace.jsonl", "trace.jsonl.1", "trace.jsonl.2"]
    text = b"".join((path.parent / name).read_bytes() for name in reversed(names))
    assert text.splitlines() == [b"line %04d" % number for number in range(70, 100)]
    assert total(path) <= 300
    assert file.dropped == 0


def test_one_file_only(path):
    file = opened(path, files=1)
    for number in range(25):
        file.write(b"line %04d\n" % number)
    file.close()
    assert [one.name for one in path.parent.iterdir()] == ["trace.jsonl"]
    assert path.read_bytes().splitlines()[-1] == b"line 0024"


def test_a_new_run_goes_on_where_the_old_one_ended(path):
    for _ in range(2):
        file = opened(path)
        file.write(b"x" * 59 + b"\n")
        file.close()
    assert path.stat().st_size == 60
    assert (path.parent / "trace.jsonl.1").stat().st_size == 60


def test_it_is_private(path):
    file = opened(path)
    file.write(b"x\n")
    file.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_stops_before_the_disk_is_full_and_goes_on_after(path):
    free, heard = [FLOOR], []
    file = opened(path, free=lambda folder: free[0], on_drop=lambda: heard.append(1))
    file.write(b"a\n")
    assert not path.exists()
    free[0] = PLENTY
    file.write(b"b\n")
    file.close()
    assert path.read_bytes() == b"b\n"
    assert file.dropped == len(heard) == 1


def test_the_free_space_is_looked_at_again_and_again(path):
    looks = []
    file = opened(path, max_bytes=10**7, free=lambda folder: looks.append(1) or PLENTY)
    for _ in range(300):
        file.write(b"x" * 1024)
    file.close()
    assert len(looks) >= 4


def test_a_line_that_is_longer_than_a_file_is_dropped(path):
    file = opened(path)
    file.write(b"x" * 101)
    assert file.dropped == 1


@pytest.mark.parametrize("call", ["open", "write", "fstat"])
def test_an_error_of_the_disk_is_counted_never_raised(path, monkeypatch, call):
    def refuse(*args, **kwargs):
        raise OSError(28, "No space left on device")

    file = opened(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        file.write(b"a\n")
    file.write(b"b\n")
    file.close()
    assert file.dropped == 1
    assert path.read_bytes() == b"b\n"


def test_half_a_line_is_taken_back(path, monkeypatch):
    file = opened(path)
    file.write(b"whole\n")
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))
        file.write(b"halved\n")
    file.write(b"again\n")
    file.close()
    assert path.read_bytes() == b"whole\nagain\n"


def test_where_nothing_can_be_written_is_told_at_the_start(path, tmp_path):
    opened(tmp_path / "new" / "folder" / "trace.jsonl").begin()
    assert (tmp_path / "new" / "folder" / "trace.jsonl").exists()
    path.touch()
    for wrong in (path / "trace.jsonl", tmp_path):
        with pytest.raises(OSError, match=r"exists|directory"):
            opened(wrong).begin()


def test_a_planted_link_is_not_followed(path, tmp_path):
    target = tmp_path / "precious"
    target.write_text("keep")
    path.symlink_to(target)
    file = opened(path)
    file.write(b"x\n")
    assert file.dropped == 1
    assert target.read_text() == "keep"
