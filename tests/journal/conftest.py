"""What every test of the store needs: rows to write, and a reactor's thread to be called back in."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.journal.contract import Append, Journal, Row, Transaction
from gateway.journal.sqlite import SqliteJournal
from gateway.journal.threaded import ThreadedJournal

ROW = Row(1, "status", "Say", "red", "soap", "<raw/>", '{"a":1}', "key", None, "2026-11-22T07:00:00.000Z")
TRANSACTION = Transaction(1, "1", None, 1, "TAG", "start-1", "2026-11-22T07:00:00.000Z", "100")


class Mailbox:
    """Stands for a reactor: calls from other threads wait in it until somebody takes them out."""

    def __init__(self) -> None:
        self.calls: queue.Queue[tuple[Callable[..., Any], tuple[Any, ...]]] = queue.Queue()

    def callFromThread(self, callable: Callable[..., Any], *args: Any) -> None:
        self.calls.put((callable, args))

    def step(self) -> None:
        """Run the next call; fails where none comes."""
        callable, args = self.calls.get(timeout=120)
        callable(*args)

    def until(self, heard: list[Any], count: int) -> None:
        """Run calls until ``heard`` holds so many; one call may bring several answers."""
        while len(heard) < count:
            self.step()


class Drive:
    """A journal whose every call is waited for.  Answers are values, failures too."""

    def __init__(self, kind: str, path: Path, **options: Any) -> None:
        self.mail = Mailbox()
        self.journal: Journal
        if kind == "inline":
            self.journal = SqliteJournal(path, **options)
        else:
            self.journal = ThreadedJournal(self.mail, path, **options)

    def ask(self, name: str, *args: Any) -> Any:
        answers: list[Any] = []
        getattr(self.journal, name)(*args, lambda *answer: answers.append(answer))
        while not answers:
            self.mail.step()
        (answer,) = answers
        return answer[0] if answer else None

    def commit(self, *writes: Any) -> Any:
        return self.ask("commit", writes)

    def restore(self, station: str = "A") -> Any:
        return self.ask("restore", station)


@pytest.fixture(params=["inline", "threaded"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def drive_type() -> type[Drive]:
    return Drive


@pytest.fixture
def open_drive(kind: str, tmp_path: Path) -> Iterator[Callable[..., Drive]]:
    """Opens the same file again and again; closes what was left open."""
    drives: list[Drive] = []

    def opened(**options: Any) -> Drive:
        drives.append(Drive(kind, tmp_path / "journal.db", **options))
        return drives[-1]

    yield opened
    for drive in drives:
        drive.ask("close")


@pytest.fixture
def drive(open_drive: Callable[..., Drive]) -> Drive:
    return open_drive()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def row() -> Callable[..., Row]:
    return lambda seq, **changes: replace(ROW, seq=seq, **changes)


@pytest.fixture
def append() -> Callable[..., Append]:
    return lambda seq, station="A", **changes: Append(station, replace(ROW, seq=seq, **changes))


@pytest.fixture
def transaction() -> Callable[..., Transaction]:
    return lambda number, **changes: replace(TRANSACTION, gateway_id=number, **changes)
