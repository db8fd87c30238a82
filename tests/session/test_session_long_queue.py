"""A long queue: only its first rows are in memory, the others come from the journal in their order, and nothing passes them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from gateway.journal.contract import MOST_TEXT, WINDOW, Append, Row, Waiting
from gateway.messages import Error
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.queue import Queue, RowItem, StateItem
from gateway.turns import Turn, Turns
from tests.memory_journal import MemoryJournal
from tests.session.scene import GOOD, Scene, meter, start, status, stop

ROWS = 5 * WINDOW
LONG = "7" * (MOST_TEXT // 3)


def filled(journal: MemoryJournal, value: str = "15") -> Scene:
    """A station that said much while the back end was away."""
    play = Scene(journal=journal)
    play.open()
    play >> on.StationConnected()
    play.unheard.clear()
    for minute in range(ROWS):
        play.answered(play.asks("MeterValues", meter(minute=minute, value=value)).id)
        assert held(play) == 1, "while nothing flows the first one is enough"
    return play


def held(play: Scene) -> int:
    """How many rows the session keeps."""
    rows = list(play.session.queue.rows())
    assert sum(len(item.row.payload) + len(item.row.raw) for item in rows) < 1.5 * MOST_TEXT
    return len(rows)


def delivered(play: Scene, count: int = ROWS) -> list[str]:
    """Accept everything; the times of the readings, in the order in which they went up."""
    times = []
    for _ in range(count):
        up = play.sent("MeterValues")
        times.append(up.payload["meterValue"][0]["timestamp"][14:16])
        assert held(play) <= WINDOW + 1
        play.replies(up.id, up.action, {})
    return times


ALL = [f"{minute:02}" for minute in range(ROWS)]


@pytest.mark.parametrize("value", ["15", LONG], ids=["many", "large"])
def test_memory_is_bounded_and_all_goes_up_in_order(value: str) -> None:
    journal = MemoryJournal()
    with filled(journal, value) as play:
        play >> on.UplinkUp()
        assert delivered(play) == ALL
        assert not play.session.queue
        play >> 1.0
        assert {row.state for row in journal.rows.values()} == {"delivered"}


def test_the_next_process_reads_one_piece_after_the_other() -> None:
    journal = MemoryJournal()
    with filled(journal):
        pass
    with Scene(journal=journal, life="second-") as play:
        play.open()
        play.unheard.clear()
        assert held(play) == 1
        play >> on.UplinkUp()
        assert delivered(play) == ALL


def test_a_live_message_waits_behind_the_rows_on_the_disk_and_only_behind_them() -> None:
    journal = MemoryJournal()
    with filled(journal) as play:
        play >> on.UplinkUp()
        first = delivered(play, 3)
        flying = play.sent("MeterValues")
        play.answered(play.asks("MeterValues", meter(minute=58)).id)
        play.replies(flying.id, flying.action, {})
        assert [*first, "03", *delivered(play, ROWS - 3)] == [*ALL, "58"]


def test_rows_that_came_while_others_were_read_are_not_forgotten() -> None:
    journal = MemoryJournal()
    with filled(journal):
        restored = journal.restored()
    with Scene(slow=True, life="second-") as play:
        play.open(restored)
        play.unheard.clear()
        play >> on.UplinkUp()
        fetch = next(one for one in play.unheard if isinstance(one, do.Fetch))
        play.unheard.clear()
        found = Waiting(journal.waiting(fetch.first).rows, (), False)  # say that these are the last ones
        play >> on.StationConnected()
        play.asks("MeterValues", meter(minute=59))
        commit = next(one for one in play.unheard if isinstance(one, do.Commit))
        play.unheard.clear()
        play >> on.Fetched(found)
        play.unheard.clear()
        play >> on.Committed(commit.tag)
        play.unheard.clear()
        assert play.session.queue.absent == ROWS + 1, "the row that came meanwhile is asked for next"
        assert any(isinstance(write, Append) for write in commit.writes)


def test_a_start_on_the_disk_that_is_asked_again_has_older_rows_before_it_and_is_answered_here() -> None:
    journal = MemoryJournal()
    with filled(journal) as play:
        told = play.answered(play.asks("StartTransaction", start(token="OTHER", connector=2)).id).payload
    ours = told["transactionId"]
    journal.transactions[ours] = replace(journal.transactions[ours], answer=None, local=False)  # killed before it was answered
    with Scene(journal=journal, life="second-") as play:
        play.open()
        play.unheard.clear()
        play >> on.StationConnected()
        play >> on.UplinkUp()
        play.sent("MeterValues")
        again = play.asks("StartTransaction", start(token="OTHER", connector=2))
        assert play.answered(again.id).payload == told
        assert journal.transactions[ours].local
        assert len(journal.rows) == ROWS + 1


def test_more_rows_are_asked_for_once() -> None:
    journal = MemoryJournal()
    with filled(journal):
        restored = journal.restored()
    with Scene(slow=True, life="second-") as play:
        play.open(restored)
        play.unheard.clear()
        play >> on.UplinkUp()
        play << do.Fetch(2)
        play.unheard.clear()
        play >> on.StationConnected()
        play.nothing_left()


def test_a_transaction_that_is_put_aside_takes_its_rows_on_the_disk_along() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.open()
        play >> on.StationConnected() << do.OpenUplink
        play >> on.UplinkDown("refused")
        id = play.answered(play.asks("StartTransaction", start()).id).payload["transactionId"]
        for minute in range(2 * WINDOW):
            play.answered(play.asks("MeterValues", meter(id, minute=minute)).id)
        play.answered(play.asks("StopTransaction", stop(id)).id)
        play.answered(play.asks("StartTransaction", start(token="NEXT", minute=40)).id)
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        for _ in range(play.session.desk.policy.max_attempts):
            up = play.sent("StartTransaction")
            play >> on.BackendAnswered(Error(up.id, up.action, "InternalError"))
            if play.timers.get("row-retry"):
                play >> play.timers["row-retry"] - play.now
        up = play.sent("StartTransaction")
        assert up.payload["idTag"] == "NEXT"
        assert {row.state for row in journal.rows.values() if row.transaction == id} == {"parked"}
        play.replies(up.id, up.action, {"transactionId": 5, "idTagInfo": GOOD})
        assert not play.session.queue


def test_a_transaction_that_is_long_over_comes_back_with_its_rows() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.open()
        play >> on.StationConnected() << do.OpenUplink
        play >> on.UplinkDown("refused")
        for number in range(40):
            begun = start(token=f"T{number}", meter=number)
            id = play.answered(play.asks("StartTransaction", begun).id).payload["transactionId"]
            play.answered(play.asks("StopTransaction", stop(id, meter=number + 1)).id)
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        for number in range(40):
            up = play.sent("StartTransaction")
            assert up.payload["idTag"] == f"T{number}"
            play.replies(up.id, up.action, {"transactionId": 100 + number, "idTagInfo": GOOD})
            up = play.sent("StopTransaction")
            assert (up.payload["transactionId"], up.payload["meterStop"]) == (100 + number, number + 1)
            play.replies(up.id, up.action, {})
            assert len(play.session.transactions._all) <= 20 + WINDOW + 2


def test_a_state_keeps_its_place_among_rows_on_the_disk() -> None:
    journal = MemoryJournal()
    with filled(journal) as play:
        play.answered(play.asks("StatusNotification", status("Available", 2)).id)
        play.answered(play.asks("MeterValues", meter(minute=57)).id)
        play >> on.UplinkUp()
        assert delivered(play) == ALL
        up = play.sent("StatusNotification")
        play.replies(up.id, up.action, {})
        assert delivered(play, 1) == ["57"]


def item(seq: int, role: str = "meter", connector: int | None = 1) -> RowItem:
    row = Row(seq, role, "Say", "d", "json", "raw", "{}", f"k{seq}", None, "2026")
    return RowItem(row, connector=connector, committed=True)


def a_state(connector: int = 1) -> StateItem:
    return StateItem(None, connector, "available", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "change"),
    [(item(4, "start"), None), (item(4, "start", 2), "coalesced"), (item(4, "stop", None), None), (item(4), "coalesced")],
    ids=["a start", "a start elsewhere", "a stop from anywhere", "readings"],
)
def test_a_state_does_not_take_the_place_of_one_before_a_start_on_the_disk(row: RowItem, change: str | None) -> None:
    queue = Queue(10)
    queue.restore([item(1)], True, 3)
    assert queue.add_state(a_state()) is None
    queue.add_row(row)
    assert queue.add_state(a_state()) == change


def test_states_behind_rows_on_the_disk_are_bounded_too() -> None:
    queue = Queue(3)
    queue.restore([item(1)], True, 3)
    changes = [queue.add_state(a_state(connector)) for connector in range(6)]
    assert changes == [None] * 3 + ["dropped"] * 3
    assert [one.connector for one in queue if isinstance(one, StateItem)] == [3, 4, 5]


def scene_at(turns: Turns, journal: MemoryJournal, name: str) -> Scene:
    """A station with a backlog, at a back end that others use too."""
    with filled(journal):
        pass
    play = Scene(journal=journal, life=f"{name}-", turn=Turn(turns))
    play.session.turn.come = lambda: play._feed(on.TurnCame())
    play.open()
    play.unheard.clear()
    return play


def test_two_stations_share_a_back_end_that_takes_one_message_at_a_time() -> None:
    turns = Turns(1)
    with scene_at(turns, MemoryJournal(), "one") as one, scene_at(turns, MemoryJournal(), "two") as two:
        one >> on.UplinkUp()
        two >> on.UplinkUp()
        for _ in range(3):
            up = one.sent("MeterValues")
            two.nothing_left()
            one.replies(up.id, up.action, {})
            up = two.sent("MeterValues")
            one.nothing_left()
            two.replies(up.id, up.action, {})
        up = one.sent("MeterValues")
        one >> on.UplinkDown("cut")
        up = two.sent("MeterValues")
        two >> on.UplinkDown("cut")
        assert Turn(turns).take(live=False), "nobody keeps a turn without a link"


def test_a_turn_that_comes_when_there_is_no_link_is_given_back() -> None:
    turns = Turns(1)
    other = Turn(turns)
    assert other.take(live=False)
    with scene_at(turns, MemoryJournal(), "one") as play:
        play >> on.UplinkUp()
        play >> on.UplinkDown("cut")
        other.end()
        play.nothing_left()
        assert other.take(live=False)


def test_a_start_that_is_waited_for_passes_the_backlogs_of_others() -> None:
    turns = Turns(1)
    with scene_at(turns, MemoryJournal(), "one") as one, scene_at(turns, MemoryJournal(), "two") as two:
        live = Scene(journal=MemoryJournal(), turn=Turn(turns))
        live.session.turn.come = lambda: live._feed(on.TurnCame())
        live.online()
        one >> on.UplinkUp()
        two >> on.UplinkUp()
        live.asks("StartTransaction", start())
        up = one.sent("MeterValues")
        one.replies(up.id, up.action, {})
        live.sent("StartTransaction")
        two.nothing_left()
        one >> on.UplinkDown("cut")
        two >> on.UplinkDown("cut")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '{"connectorId":'])
def test_a_row_that_cannot_be_read_is_put_aside_and_the_others_go_on(text: str) -> None:
    journal = MemoryJournal()
    with filled(journal):
        pass
    for seq in (1, WINDOW + 3):
        journal.rows[seq] = replace(journal.rows[seq], payload=text)
    with Scene(journal=journal, life="second-") as play:
        play.open()
        play.unheard.clear()
        play >> on.UplinkUp()
        assert delivered(play, ROWS - 2) == [minute for minute in ALL if minute not in ("00", f"{WINDOW + 2:02}")]
        assert [row.seq for row in journal.state("parked")] == [1, WINDOW + 3]
