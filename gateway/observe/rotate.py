"""A file that cannot grow: some files of some bytes, and never the last of the disk.

In: lines.  Out: ``path``, ``path.1``, ``path.2`` …; the number of lines that were not written.
Not here: what a line says (`gateway.observe.trace`).

A trace is worth less than the journal on the same disk, so this writer gives up first, silently but counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FLOOR = 256 * 2**20
"""Bytes of the disk that stay free."""
_LOOK_EVERY = 64 * 1024
"""Bytes written between two looks at the free space."""


class RotatingFile:
    """Writes whole lines.  ``files`` counts them all, the current one too; ``free`` tells a folder's free bytes.

    ``dropped`` counts lines that were not written and ``on_drop`` hears of each; no method but ``begin`` raises.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int,
        files: int,
        free: Callable[[Path], int],
        floor: int = FLOOR,
        on_drop: Callable[[], None] | None = None,
    ) -> None:
        self._path, self._max_bytes, self._files = path, max_bytes, max(1, files)
        self._free, self._floor, self._on_drop = free, floor, on_drop
        self._fd = -1
        self._size = self._unlooked = 0
        self.dropped = 0

    def begin(self) -> None:
        """Make the folder and open the file, so that a wrong path is told at the start.  Raises `OSError`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._open()

    def write(self, line: bytes) -> None:
        """Append a line that ends in a line break, or count it as dropped."""
        try:
            written = self._room(len(line)) and self._append(line)
        except OSError:
            self.close()
            written = False
        if not written:
            self.dropped += 1
            if self._on_drop is not None:
                self._on_drop()

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with suppress(OSError):
                os.close(fd)

    def _room(self, length: int) -> bool:
        """Whether the line may be written; opens and rotates as needed."""
        if length > self._max_bytes:
            return False
        if self._fd < 0 or self._unlooked <= 0:
            if self._free(self._path.parent) - _LOOK_EVERY - length < self._floor:
                self._unlooked = 0
                return False
            self._unlooked = _LOOK_EVERY
        if self._fd < 0:
            self._open()
        if self._size + length > self._max_bytes:
            self._rotate()
        return True

    def _append(self, line: bytes) -> bool:
        """A disk that fills up in the middle of a line must not leave half of it."""
        done = os.write(self._fd, line)
        if done < len(line):
            os.ftruncate(self._fd, self._size)
            return False
        self._size += done
        self._unlooked -= done
        return True

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        self._fd = os.open(self._path, flags, 0o600)
        self._size = os.fstat(self._fd).st_size

    def _rotate(self) -> None:
        self.close()
        for number in range(self._files - 1, 0, -1):
            older = self._named(number - 1)
            if older.exists():
                older.replace(self._named(number))
        if self._files == 1:
            self._path.unlink()
        self._open()

    def _named(self, number: int) -> Path:
        return Path(f"{self._path}.{number}") if number else self._path
