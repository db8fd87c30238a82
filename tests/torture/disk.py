"""A disk that fails by order, and one that forgets what was not fsynced: the test's side of ``shim.c``.

`Disk.environment` makes a gateway use it; `Disk.order` says what fails; `Disk.cut` is a power cut, once the process is dead: it
rebuilds the journal's files from the log, with only what was fsynced and, by chance, any of the sectors that were not.
"""

from __future__ import annotations

import mmap
import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

SHIM = Path(__file__).with_name("shim.c")
FIELDS = ("kinds", "fail_in", "fail_for", "error", "kill_in", "lie", "slow", "done", "failed", "wall")
WRITE, SYNC, TRUNCATE, CREATE, UNLINK = range(1, 6)
MAIN, WAL, _, FOLDER = range(1, 5)
HEAD = struct.Struct("<IIQII")
SECTOR = 512
FOREVER = 2**31


def unavailable() -> str:
    """Why there can be no such disk here, or an empty text."""
    if os.uname().sysname != "Linux":
        return "the shim is for Linux"
    return "" if shutil.which("gcc") else "gcc is not here to build tests/torture/shim.c"


def built(folder: Path) -> Path:
    """The shim as a shared library."""
    made = folder / "shim.so"
    line = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(made), str(SHIM), "-ldl", "-lpthread"]
    subprocess.run(line, check=True)
    return made


class Image:
    """One file as the disk has it: what is surely there, and what was written since the last fsync."""

    def __init__(self, content: bytes | None) -> None:
        self.sure = content is not None
        self.content = bytearray(content or b"")
        self.there = self.sure
        self.pending: list[tuple[int, int, bytes]] = []

    def synced(self) -> None:
        for op, offset, data in self.pending:
            apply(self.content, op, offset, data)
        self.pending.clear()

    def after(self, chance: random.Random) -> bytes | None:
        """What may be found after the power came back; None: no such file."""
        exists = self.there if self.there == self.sure else chance.random() < 0.5
        if not exists:
            return None
        content = bytearray(self.content)
        luck = chance.choice((0.0, 0.0, 0.5, 1.0))
        for op, offset, data in self.pending:
            for at, sector in sectors(op, offset, data):
                if chance.random() < luck:
                    apply(content, op, at, sector)
        return bytes(content)


def sectors(op: int, offset: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    """A write in the pieces that reach a disk whole; anything else is one piece."""
    if op != WRITE:
        yield offset, data
        return
    at = 0
    while at < len(data):
        size = SECTOR - (offset + at) % SECTOR
        yield offset + at, data[at : at + size]
        at += size


def apply(content: bytearray, op: int, offset: int, data: bytes) -> None:
    if op == TRUNCATE:
        del content[offset:]
    content.extend(bytes(max(0, offset - len(content))))
    if op == WRITE:
        content[offset : offset + len(data)] = data


class Disk:
    """For the journal at ``file``.  One process at a time may use it."""

    def __init__(self, file: Path, folder: Path, shim: Path) -> None:
        self.file, self.shim = file, shim
        self.log, self._page = folder / "disk.log", folder / "disk.control"
        self.log.touch()
        self._page.write_bytes(bytes(4096))
        with self._page.open("r+b") as page:
            self._control = mmap.mmap(page.fileno(), 4096)
        self._base = self._found()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to be on this disk."""
        names = {"TORTURE_FILES": self.file, "TORTURE_CONTROL": self._page, "TORTURE_LOG": self.log, "LD_PRELOAD": self.shim}
        return {name: str(value) for name, value in names.items()}

    def order(self, **fields: int) -> None:
        """Set what shall happen; what is not named stays."""
        for name, value in fields.items():
            struct.pack_into("<I", self._control, 4 * FIELDS.index(name), value % 2**32)

    def told(self, name: str) -> int:
        """A field as it is now."""
        return int(struct.unpack_from("<I", self._control, 4 * FIELDS.index(name))[0])

    def _found(self) -> dict[int, bytes | None]:
        paths = {MAIN: self.file, WAL: Path(f"{self.file}-wal")}
        return {kind: path.read_bytes() if path.exists() else None for kind, path in paths.items()}

    def kept(self) -> None:
        """Whatever the files hold now is on the disk for good (a process died, but not the machine): begin a new log."""
        self._base = self._found()
        self.log.write_bytes(b"")

    def cut(self, chance: random.Random) -> int:
        """The power went: the number of bytes that had been written and are not surely on the disk."""
        images = self._images()
        lost = sum(len(data) for image in images.values() for _, _, data in image.pending)
        for kind, path in ((MAIN, self.file), (WAL, Path(f"{self.file}-wal"))):
            content = images[kind].after(chance)
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_bytes(content)
        Path(f"{self.file}-shm").unlink(missing_ok=True)
        self.kept()
        return lost

    def _images(self) -> dict[int, Image]:
        images = {kind: Image(content) for kind, content in self._base.items()}
        for op, kind, offset, data in self._read():
            if kind == FOLDER:
                for image in images.values():
                    image.sure = image.there
            elif op == SYNC:
                images[kind].synced()
            elif op in (CREATE, UNLINK):
                images[kind].there = op == CREATE
                if op == CREATE:
                    images[kind].pending.append((TRUNCATE, 0, b""))
            else:
                images[kind].pending.append((op, offset, data))
        return images

    def _read(self) -> Iterator[tuple[int, int, int, bytes]]:
        text = self.log.read_bytes()
        at = 0
        while at + HEAD.size <= len(text):
            op, kind, offset, length, _ = HEAD.unpack_from(text, at)
            at += HEAD.size
            yield op, kind, offset, text[at : at + length]
            at += length
