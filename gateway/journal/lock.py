"""One gateway per database file.

In: the path of a database.  Out: a `FileLock`, or `JournalFailed` that names the process which holds it.
Not here: SQLite's own locks, which guard single transactions and not a whole run.

The lock stands on a file beside the database: closing any descriptor of the database itself would drop SQLite's own
POSIX locks.  The kernel lets go of it when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from gateway.journal.contract import JournalFailed


class InUse(JournalFailed):
    """Another gateway has the journal; ``holder`` names its process, or nobody."""

    def __init__(self, path: Path, holder: str) -> None:
        self.holder = f"process {holder}" if holder else "a process that did not say which"
        super().__init__(f"the journal {path} is in use by {self.holder}; two gateways cannot share one")


class FileLock:
    """Holds ``<path>.lock`` until `release`.  Raises `InUse` where another process (or journal) holds it."""

    def __init__(self, path: Path) -> None:
        self._fd = _opened(Path(f"{path}.lock"))
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._fd, 20, 0).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise InUse(path, holder) from error
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, str(os.getpid()).encode("ascii"), 0)

    @property
    def held(self) -> bool:
        """Whether this process still holds it."""
        return self._fd >= 0

    def release(self) -> None:
        """Let another gateway in.  The file stays: removing it would race with one who just opened it."""
        if self.held:
            os.close(self._fd)
            self._fd = -1


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise JournalFailed(f"cannot open {path}: {error.strerror}") from error
