"""Room on the disk that is kept for the moment when there is none left.

In: the path of a database.  Out: a file beside it that can be given up, and made again.
Not here: when (`gateway.journal.store`).

On a full disk SQLite cannot even fold its write-ahead log into the database, which would free room: a log that has filled the
disk itself would stay for ever.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

MOST = 8 * 1024 * 1024
"""Bytes.  The log is folded in at each 4 MiB, and the database grows by no more than the log holds."""
LEAST = 64 * 1024


class Reserve:
    """``<path>-reserve``.  On a small file system it is a quarter of what is free at first; on a tiny one there is none."""

    def __init__(self, path: Path, wanted: bool = True) -> None:
        self._path = Path(f"{path}-reserve")
        self._size: int | None = None if wanted else 0

    def keep(self) -> bool:
        """Have it, made again where it was given up; false where there is no room for it."""
        if self._size is None:
            self._size = self._first_size()
        if self._size < LEAST:
            return True
        try:
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(fd, 0, self._size)
            finally:
                os.close(fd)
        except OSError:
            self.spend()
            return False
        return True

    def spend(self) -> bool:
        """Give it up; false where there is none."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def _first_size(self) -> int:
        with suppress(OSError):
            return self._path.stat().st_size
        with suppress(OSError):
            found = os.statvfs(self._path.parent)
            return min(MOST, found.f_bavail * found.f_frsize // 4)
        return 0
