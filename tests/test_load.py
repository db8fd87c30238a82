"""How far the gateway is behind: up at once, down in steps; and what it gives up then, in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.load import COMMITS, DOORS, ERRANDS, LATE, READS, STATES, Load
from gateway.session import events as on
from tests.office import Office, json_to_soap
from tests.session.scene import Scene, start, status


@pytest.mark.parametrize("level", [ERRANDS, STATES, DOORS, READS])
def test_what_is_late_and_what_waits_for_the_disk_both_count(level: int) -> None:
    late, waiting = Load(), Load()
    for _ in range(2):
        late.look(LATE[level - 1])
    waiting.commits = COMMITS[level - 1]
    waiting.look(0.0)
    assert (late.level, waiting.level) == (level, level)


def test_it_goes_up_where_it_lasts_and_down_in_steps() -> None:
    levels: list[int] = []
    load = Load(levels.append)
    for late in (0.0, 3.0, 4.0, 3.0, 0.0, 0.3, 0.0, 0.0, 0.0):
        load.look(late)
    assert levels == [4, 3, 2, 1, 0]


def test_a_machine_that_stands_still_once_is_not_behind() -> None:
    levels: list[int] = []
    load = Load(levels.append)
    for late in (0.0, 30.0, 0.0, 5.0, 0.1, 0.6, 0.7):
        load.look(late)
    assert levels == [2]


def test_first_go_errands_then_states_are_coalesced_and_a_transaction_never_waits() -> None:
    load = Load()
    with Scene(load=load) as play:
        play.online()
        load.level = ERRANDS
        assert play.answered(play.asks("DataTransfer", {"vendorId": "x"}).id).code == "InternalError"
        call = play.asks("Authorize", {"idTag": "ABC"})
        up = play.sent("Authorize")
        play.replies(up.id, up.action, {"idTagInfo": {"status": "Accepted"}})
        play.answered(call.id)
        load.level = READS
        call = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        for state in ("Preparing", "Available", "Preparing"):
            play.answered(play.asks("StatusNotification", status(state, 2)).id)
        assert ("status", {"change": "coalesced"}) in play.notes
        play.replies(up.id, up.action, {"transactionId": 5, "idTagInfo": {"status": "Accepted"}})
        play.answered(call.id)
        up = play.sent("StatusNotification")
        play >> on.UplinkDown("cut")


def test_then_nobody_new_is_let_in(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    office, street = Office(tmp_path), Office(tmp_path / "ws", json_to_soap(tmp_path / "ws"))
    office.boot("CP1")
    office.accept()
    for one in (office, street):
        one.relay.load.level = DOORS
    new = office.boot("CP2")
    assert (new.answer, new.ended) == (None, True), "no byte: a station takes an error for a try"
    assert office.start(identity="CP1").ended is False
    refused = street.connect()
    assert refused.answer is not None
    assert refused.answer[0] == 503
    office.relay.load.level = STATES
    assert office.boot("CP2").ended is False


def test_commits_are_counted_until_they_are_answered(tmp_path: Path) -> None:
    office = Office(tmp_path)
    answers: list[object] = []

    class Slow:
        def __getattr__(self, name: str) -> object:
            return getattr(office.journal, name)

        def commit(self, writes: object, done: object) -> None:
            answers.append(done)

    office.boot()
    office.accept()
    office.relay.journal = Slow()  # type: ignore[assignment]
    office.start()
    assert office.relay.load.commits == len(answers) > 0
    answers[0](None)  # type: ignore[operator]
    assert office.relay.load.commits == len(answers) - 1
