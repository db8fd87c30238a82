"""What every store promises (`gateway.journal.contract.Journal`); each test runs once for each store."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from msgspec.structs import replace

from gateway.journal.contract import (
    KEYS_KEPT,
    MOST_TEXT,
    WINDOW,
    Append,
    Contradicted,
    Depth,
    JournalFailed,
    Mark,
    Park,
    PutRegisters,
    PutStation,
    PutTransaction,
    Rendering,
    Restored,
    Row,
    Transaction,
    Waiting,
)
from gateway.journal.parked import ask


def test_an_unknown_station_has_nothing(drive):
    assert drive.restore() == Restored([], False, [], {}, {}, {}, 1)
    assert drive.ask("backlog") == []
    assert drive.ask("depth") == Depth(0, 0, None)


def test_rows_come_back_whole_and_in_order(drive, row):
    rendered = Rendering((("Say", {"n": Decimal("16"), "of": [None, True, 2**70, "ü"]}), ("Say", {})), ({"ok": Decimal("1.10")},))
    full = row(1, transaction=7, attempts=2, cuts=1, rendered=rendered, flags="late", raw="ä\n\u2028\x1b", payload='{"n":1.10}')
    assert drive.commit(Append("A", full), Append("A", row(2))) is None
    assert drive.restore().queue == [replace(full, raw=""), row(2, raw="")]
    assert drive.restore().next_seq == 3


def test_only_so_many_rows_are_kept_in_memory_and_the_rest_is_there_to_ask_for(drive, append, transaction):
    drive.commit(*[PutTransaction("A", transaction(n, ended="2026")) for n in range(1, 31)])
    drive.commit(*[append(seq, transaction=seq) for seq in range(1, 2 * WINDOW + 2)], Mark("A", 2, "parked", 1))
    found = drive.restore()
    assert ([row.seq for row in found.queue], found.more) == ([1, *range(3, WINDOW + 2)], True)
    assert [one.gateway_id for one in found.transactions] == [1, *range(3, WINDOW + 2), *range(11, 31)]
    found = drive.ask("waiting", "A", WINDOW + 2)
    assert ([row.seq for row in found.rows], found.more) == (list(range(WINDOW + 2, 2 * WINDOW + 2)), False)
    assert [one.gateway_id for one in found.transactions] == [row.transaction for row in found.rows]
    assert drive.ask("waiting", "A", 2 * WINDOW + 2) == Waiting([], [], False)


def test_only_so_much_text_is_kept_in_memory(drive, append):
    long = "x" * (MOST_TEXT // 4)
    drive.commit(*[append(seq, payload=f"{seq}{long}") for seq in range(1, 7)])
    found = drive.ask("waiting", "A", 2)
    assert ([row.payload[:1] for row in found.rows], found.more) == (["2", "3", "4"], True)
    drive.commit(append(7, payload="y" * 2 * MOST_TEXT))
    assert [len(row.payload) for row in drive.ask("waiting", "A", 7).rows] == [2 * MOST_TEXT], "one at least"


def test_a_transaction_is_parked_with_all_that_waits_of_it(drive, append, transaction):
    drive.commit(PutTransaction("A", transaction(1)), *[append(seq, transaction=seq % 2) for seq in range(1, 6)])
    drive.commit(Mark("A", 1, "delivered", 0), Mark("A", 3, "queued", 4))
    assert drive.commit(Mark("A", 3, "parked", 5, why="poison"), Park("A", 1, "poison")) is None
    assert [row.seq for row in drive.restore().queue] == [2, 4]
    assert drive.ask("depth").parked == 2
    assert drive.commit(append(6, transaction=1), Park("B", 1, "of another station")) is None
    assert [row.seq for row in drive.restore().queue] == [2, 4, 6], "what comes later is judged when it comes"


def test_a_transaction_is_written_whole(drive, transaction):
    drive.commit(PutTransaction("A", transaction(5)))
    changed = transaction(5, backend_id="77", connector=None, token=None, meter_start=None, local=True, answer="accepted")
    drive.commit(PutTransaction("A", changed))
    assert drive.restore().transactions == [changed]
    assert drive.restore().transactions[0].local is True


def test_values_and_registers_come_back_exact(drive):
    values = {"boot": {"vendor": "V", "n": None}, "states": [1, True, "x"], "energy": Decimal("1.10"), "gone": None}
    tree = {"left": [1, None, {"x": True}], "energy": Decimal("100"), "tiny": Decimal("1E-9"), "": ""}
    drive.commit(
        PutStation("A", values), PutRegisters("A", {"seq": {"z": 4, "c": False, "a": 0}, "id": {"x": tree}, "n": {"k": ""}})
    )
    drive.commit(
        PutStation("A", {"states": []}), PutRegisters("A", {"seq": {"z": {"n": 5}, "c": None}, "n": {"k": None, "l": None}})
    )
    found = drive.restore()
    assert found.values == {**values, "states": []}
    assert str(found.values["energy"]) == "1.10"
    assert found.registers == {"seq": {"z": {"n": 5}, "a": 0}, "id": {"x": tree}}
    assert type(found.registers["id"]["x"]["energy"]) is Decimal, "a whole number stays what it was"


def test_keys_of_a_register_keep_their_order(drive):
    for key in ("z", "a", "m", "z"):
        drive.commit(PutRegisters("A", {"seq": {key: key * 2}}))
    drive.commit(PutRegisters("A", {"seq": {"a": None}}), PutRegisters("A", {"seq": {"a": 1}}))
    assert list(drive.restore().registers["seq"].items()) == [("z", "zz"), ("m", "mm"), ("a", 1)]


def test_registers_are_stored_with_what_used_them_or_not_at_all(drive, append, transaction):
    drive.commit(append(1), PutRegisters("A", {"seq": {"7": 1}}))
    rendered, more = Rendering((("Say", {"seq": 1}),)), PutRegisters("A", {"seq": {"7": 2}})
    assert isinstance(drive.commit(more, Mark("A", 1, "queued", 0, rendered), Mark("A", 9, "queued", 0)), JournalFailed)
    assert drive.restore().registers == {"seq": {"7": 1}}
    assert drive.restore().queue[0].rendered is None
    drive.commit(more, Mark("A", 1, "queued", 0, rendered), PutTransaction("A", transaction(1)))
    assert (drive.restore().registers, drive.restore().queue[0].rendered) == ({"seq": {"7": 2}}, rendered)


def test_registers_outlive_pruning_and_opening(open_drive, append):
    first = open_drive()
    first.commit(append(1), Mark("A", 1, "delivered", 0), PutRegisters("A", {"seq": {"of": [1]}}))
    first.ask("prune")
    first.ask("close")
    assert open_drive().restore().registers == {"seq": {"of": [1]}}


def test_stations_do_not_see_each_other(drive, append, transaction):
    drive.commit(append(1, "A"), append(1, "a"), PutTransaction("A", transaction(1)), PutStation("A", {"x": 1}))
    assert drive.restore("a").transactions == []
    assert drive.restore("a").values == {}
    assert drive.ask("backlog") == ["A", "a"]


def test_everything_is_there_after_closing_and_opening(open_drive, append, transaction):
    first = open_drive()
    first.commit(append(1), PutTransaction("A", transaction(1)), PutStation("A", {"x": 1}))
    before = first.restore()
    first.ask("close")
    assert open_drive().restore() == before


def test_depth_counts_what_waits_and_finds_the_oldest(drive, append):
    """The one that was stored first, whatever the clock said."""
    drive.commit(append(1, received="2026-01-02"), append(2, received="2026-01-03"), append(1, "B", received="2026-01-01"))
    assert drive.ask("depth") == Depth(3, 0, "2026-01-02")
    drive.commit(Mark("A", 1, "parked", 3, why="poison"), Mark("A", 2, "delivered", 1))
    assert drive.ask("depth") == Depth(1, 1, "2026-01-01")
    assert drive.ask("backlog") == ["B"]
    drive.commit(Mark("A", 1, "queued", 0))
    assert drive.ask("depth") == Depth(2, 0, "2026-01-02")


def test_a_row_that_was_tried_keeps_its_place_and_rendering(drive, append, row):
    drive.commit(append(1), append(2))
    rendered = Rendering((("Say", {"r": 1}),))
    drive.commit(Mark("A", 1, "queued", 1, rendered))
    drive.commit(Mark("A", 1, "queued", 2, cuts=3))
    assert drive.restore().queue == [row(1, raw="", attempts=2, rendered=rendered, cuts=3), row(2, raw="")]
    drive.commit(Mark("A", 1, "queued", 2))
    assert drive.restore().queue[0].cuts == 0, "what a mark does not say is nought"


THREE = Rendering((("Say", {"n": 1}), ("Say", {"n": Decimal("2")}), ("End", {})))


def test_a_row_goes_on_where_its_answers_end(open_drive, append):
    first = open_drive()
    first.commit(append(1))
    for answers in ((), ({"id": "x"},), ({"id": "x"}, None)):
        assert first.commit(Mark("A", 1, "queued", 0, replace(THREE, answers=answers))) is None
    first.ask("close")
    found = open_drive().restore().queue[0].rendered
    assert found == replace(THREE, answers=({"id": "x"}, None))
    assert found.messages[found.done] == ("End", {})


@pytest.mark.parametrize(
    "other",
    [
        Rendering((("Say", {"n": 1}),), ("yes",)),
        replace(THREE, messages=(("Say", {"n": 1}), ("Say", {"n": 2}), ("End", {})), answers=("yes",)),
        replace(THREE, answers=()),
        replace(THREE, answers=("no",)),
        replace(THREE, answers=("yes", None, None, None)),
    ],
    ids=["fewer messages", "a digit otherwise", "answers gone", "another answer", "more answers than messages"],
)
def test_a_row_is_rendered_once(drive, append, other):
    drive.commit(append(1))
    drive.commit(Mark("A", 1, "queued", 0, replace(THREE, answers=("yes",))))
    assert isinstance(drive.commit(Mark("A", 1, "queued", 1, other)), Contradicted)
    kept = drive.restore().queue[0]
    assert (kept.rendered, kept.attempts) == (replace(THREE, answers=("yes",)), 0)


def test_a_row_is_rendered_anew_where_that_is_meant(drive, append):
    drive.commit(append(1), Mark("A", 1, "queued", 0, replace(THREE, answers=("yes",))))
    other = Rendering((("Another", {}),))
    assert drive.commit(Mark("A", 1, "queued", 0, other, anew=True)) is None
    assert drive.restore().queue[0].rendered == other


def test_a_row_that_becomes_no_message_is_rendered_too(drive, append):
    drive.commit(append(1), Mark("A", 1, "queued", 0, Rendering(())))
    assert drive.restore().queue[0].rendered == Rendering(())


def test_a_delivered_row_keeps_no_rendering(drive, append):
    drive.commit(append(1, rendered=THREE), Mark("A", 1, "delivered", 0, THREE))
    assert isinstance(drive.commit(Mark("A", 1, "queued", 0, THREE)), JournalFailed)
    assert drive.restore().queue == []


@pytest.mark.parametrize("state", ["delivered", "parked"])
def test_a_row_that_left_the_queue_is_known_by_its_key(drive, append, transaction, state):
    drive.commit(PutTransaction("A", transaction(1)), append(1, key="k1", transaction=1), append(2, key="k2"))
    drive.commit(Mark("A", 1, state, 1), Mark("A", 2, state, 1))
    assert drive.restore().keys == {"k1": 1, "k2": 2}, "of no transaction too"


def test_the_keys_of_the_newest_rows_are_kept_whatever_is_pruned(drive, append):
    for seq in range(1, KEYS_KEPT + 11):
        drive.commit(append(seq, key=f"k{seq}"), Mark("A", seq, "delivered", 1))
    newest = {f"k{seq}": seq for seq in range(11, KEYS_KEPT + 11)}
    assert (drive.restore().keys, list(drive.restore().keys)) == (newest, list(newest))
    assert drive.ask("prune") == 10
    assert drive.restore().keys == newest


def test_the_newest_of_equal_keys_counts(drive, append, transaction):
    drive.commit(*[PutTransaction("A", transaction(n)) for n in (1, 2)])
    for seq, number in ((1, 1), (2, 2)):
        drive.commit(append(seq, key="1970", transaction=number), Mark("A", seq, "delivered", 1))
    assert drive.restore().keys == {"1970": 2}


def test_a_batch_is_stored_whole_or_not_at_all(drive, append, transaction):
    drive.commit(append(1))
    before = drive.restore()
    failed = drive.commit(append(2), PutTransaction("A", transaction(1)), PutStation("A", {"x": 1}), append(2))
    assert isinstance(failed, JournalFailed)
    assert drive.restore() == before


BAD_TEXT = ("a\0b", "a\ud800b")


@pytest.mark.parametrize("text", BAD_TEXT, ids=["nul", "surrogate"])
@pytest.mark.parametrize("place", ["raw", "payload", "key", "action"])
def test_a_text_that_no_store_can_hold_fails_its_batch_only(drive, append, text, place):
    assert isinstance(drive.commit(append(1, **{place: text})), JournalFailed)
    assert isinstance(drive.restore(text), (JournalFailed, Restored))
    assert drive.commit(append(1)) is None


@pytest.mark.parametrize(
    "value",
    [object(), 0.1, Decimal("NaN"), "\ud800", {"x": {1j}}, {1: 2}],
    ids=["object", "float", "nan", "surrogate", "set", "keys"],
)
def test_a_value_that_could_not_be_read_again_is_not_written(drive, append, value):
    drive.commit(PutStation("A", {"x": 1}), PutRegisters("A", {"x": {"y": 1}}), append(1))
    for write in (
        PutStation("A", {"x": value}),
        PutRegisters("A", {"x": {"y": value}}),
        Mark("A", 1, "queued", 0, Rendering((("Say", {"x": value}),))),
        Mark("A", 1, "queued", 0, Rendering((("Say", {}),), (value,))),
        append(2, rendered=Rendering((("Say", {"x": value}),))),
    ):
        assert isinstance(drive.commit(write), JournalFailed)
    found = drive.restore()
    assert (found.values, found.registers, found.next_seq, found.queue[0].rendered) == ({"x": 1}, {"x": {"y": 1}}, 2, None)


@pytest.mark.parametrize("seq", [0, 1, 3, -1, 2**70])
def test_a_row_out_of_turn_is_refused(drive, append, seq):
    """A gap would mean that an earlier commit was lost on the way."""
    drive.commit(append(1))
    assert isinstance(drive.commit(append(seq)), Contradicted), "the disk is well; only this station has lost track"
    assert drive.restore().next_seq == 2


def test_a_mark_on_a_row_that_is_not_there_is_refused(drive, append):
    assert isinstance(drive.commit(Mark("A", 1, "delivered", 1)), JournalFailed)
    drive.commit(append(1), Mark("A", 1, "delivered", 1))
    assert isinstance(drive.commit(Mark("A", 1, "queued", 2)), JournalFailed)
    assert drive.commit(Mark("A", 1, "delivered", 2)) is None


def test_a_number_used_once_is_never_given_again(drive, append):
    drive.commit(append(1), Mark("A", 1, "delivered", 1))
    drive.ask("prune")
    assert drive.restore().next_seq == 2
    assert isinstance(drive.commit(append(1)), JournalFailed)


def test_pruning_forgets_only_what_no_restore_gives(drive, append, transaction):
    for number in range(1, KEYS_KEPT + 26):
        ended = None if number == 1 else "2026"
        drive.commit(
            PutTransaction("A", transaction(number, ended=ended)),
            append(number, key=f"k{number}", transaction=number),
            Mark("A", number, "parked" if number == 2 else "delivered", 1),
        )
    before = drive.restore()
    assert [one.gateway_id for one in before.transactions] == [1, *range(KEYS_KEPT + 6, KEYS_KEPT + 26)]
    assert sorted(before.keys.values()) == [*range(26, KEYS_KEPT + 26)]
    assert drive.ask("prune") == 24 + KEYS_KEPT + 3, "delivered rows 1, 3 to 25, and transactions 3 to 68"
    assert drive.restore() == before
    assert drive.ask("prune") == 0


def test_the_newest_end_counts_not_the_newest_start(drive, transaction):
    """A day-long transaction that ends after many short ones is still needed to know its stop again."""
    drive.commit(PutTransaction("A", transaction(1)))
    drive.commit(*[PutTransaction("A", transaction(n, ended="2026")) for n in range(2, 30)])
    drive.commit(PutTransaction("A", transaction(1, ended="1970")))
    assert 1 in [one.gateway_id for one in drive.restore().transactions]


def test_parked_rows_come_back_when_they_are_asked_for(open_drive, append, tmp_path):
    drive = open_drive()
    drive.commit(append(1), append(2), Mark("A", 1, "parked", 5))
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as beside:
        ask(beside, "A", [1], anew=False)
    assert (drive.ask("asked"), drive.ask("depth").asked) == (["A"], 1)
    assert drive.ask("replay", "A") == 1
    assert [row.seq for row in drive.restore().queue] == [1, 2]
    assert drive.ask("asked") == []


def test_probe_says_that_a_write_would_last(drive):
    assert drive.ask("probe") is None


def test_a_closed_journal_refuses(drive, append):
    drive.ask("close")
    for answer in (drive.commit(append(1)), drive.restore(), drive.ask("probe"), drive.ask("depth"), drive.ask("backlog")):
        assert isinstance(answer, JournalFailed)


def test_callbacks_come_in_the_order_of_the_calls(drive, append):
    heard: list[str] = []
    journal = drive.journal
    journal.commit([append(1)], lambda failed: heard.append(f"one {failed is None}"))
    journal.commit([append(9)], lambda failed: heard.append(f"nine {failed is None}"))
    journal.commit([append(2)], lambda failed: heard.append(f"two {failed is None}"))
    journal.restore("A", lambda found: heard.append(f"next {found.next_seq}"))
    journal.commit([append(3)], lambda failed: heard.append(f"three {failed is None}"))
    journal.close(lambda: heard.append("closed"))
    journal.commit([append(4)], lambda failed: heard.append(f"four {failed is None}"))
    while len(heard) < 7:
        drive.mail.step()
    assert heard == ["one True", "nine False", "two True", "next 3", "three True", "closed", "four False"]


def test_a_full_store_fails_and_heals(open_drive, append):
    """The cap stands for a full disk: SQLite reports both by the same code."""
    drive = open_drive(most_pages=40)
    stored = 0
    while (failed := drive.commit(append(stored + 1, raw="x" * 3000))) is None:
        stored += 1
        assert stored < 100
    assert "full" in str(failed)
    assert not isinstance(failed, Contradicted)
    assert (drive.restore().next_seq, drive.ask("depth").queued) == (stored + 1, stored)
    assert all(drive.commit(Mark("A", seq, "delivered", 1)) is None for seq in range(1, stored + 1))
    assert drive.ask("prune") == max(0, stored - KEYS_KEPT)
    assert drive.commit(append(stored + 1, raw="x" * 3000)) is None


# --- a model: the same life in the store and in plain dicts -------------------------------------------------------------

STATIONS = ("A", "b/ü'")
KEYS = st.sampled_from(["k1", "k2", "k3"])
LEAVES = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text("aü\0")
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab"), inner, max_size=2))
ENDED_KEPT = 20


class Model:
    """What one station's part of the store should say."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.transactions: dict[int, Transaction] = {}
        self.ends: list[int] = []
        self.values: dict[str, object] = {}
        self.registers: dict[str, dict[str, object]] = {}

    def kept(self) -> list[Transaction]:
        waiting = {row.transaction for row in self.queue()[:WINDOW]}
        newest = self.ends[-ENDED_KEPT:]
        return [t for n, t in self.transactions.items() if t.ended is None or n in newest or n in waiting]

    def queue(self) -> list[Row]:
        return [replace(row, raw="") for row in self.rows.values() if row.state == "queued"]

    def register(self, name: str, key: str, value: object) -> None:
        entries = self.registers.setdefault(name, {})
        if value is None:
            entries.pop(key, None)
        else:
            entries[key] = value

    def restored(self) -> Restored:
        return Restored(
            self.queue()[:WINDOW],
            len(self.queue()) > WINDOW,
            self.kept(),
            {row.key: n for n, row in list(self.rows.items())[-KEYS_KEPT:]},
            self.values,
            {name: entries for name, entries in self.registers.items() if entries},
            len(self.rows) + 1,
        )


def machine(drive_type, kind):
    """The state machine for one kind of store."""

    class Lives(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.folder = tempfile.TemporaryDirectory()
            self.models = {name: Model() for name in STATIONS}
            self.numbers = itertools.count(1)
            self.reopen()

        def teardown(self) -> None:
            self.drive.ask("close")
            self.folder.cleanup()

        @rule()
        def reopen(self) -> None:
            if hasattr(self, "drive"):
                self.drive.ask("close")
            self.drive = drive_type(kind, Path(self.folder.name) / "journal.db")

        @rule(station=st.sampled_from(STATIONS), key=KEYS, data=st.data())
        def append(self, station: str, key: str, data: st.DataObject) -> None:
            model = self.models[station]
            number = data.draw(st.sampled_from([None, *(one.gateway_id for one in model.kept())]))
            row = Row(len(model.rows) + 1, "r", "A", "d", "c", "raw", "{}", key, number, "2026")
            assert self.drive.commit(Append(station, row)) is None
            model.rows[row.seq] = row

        @rule(station=st.sampled_from(STATIONS), off=st.sampled_from([-1, 1]))
        def append_out_of_turn(self, station: str, off: int) -> None:
            seq = len(self.models[station].rows) + 1 + off
            row = Row(seq, "r", "A", "d", "c", "raw", "{}", "k", None, "2026")
            assert isinstance(self.drive.commit(PutStation(station, {"x": "never"}), Append(station, row)), JournalFailed)

        @precondition(lambda self: any(r.state != "delivered" for m in self.models.values() for r in m.rows.values()))
        @rule(state=st.sampled_from(["queued", "delivered", "parked"]), data=st.data())
        def mark(self, state: str, data: st.DataObject) -> None:
            at = [(s, n) for s, m in self.models.items() for n, r in m.rows.items() if r.state != "delivered"]
            station, seq = data.draw(st.sampled_from(at))
            rows = self.models[station].rows
            assert self.drive.commit(Mark(station, seq, state, rows[seq].attempts + 1)) is None
            rows[seq] = replace(rows[seq], state=state, attempts=rows[seq].attempts + 1)

        @rule(station=st.sampled_from(STATIONS), ended=st.booleans(), count=st.sampled_from([1, 1, 15]))
        def begin(self, station: str, ended: bool, count: int) -> None:
            model = self.models[station]
            new = [Transaction(next(self.numbers), "s", None, 1, "T", "k", "t", None) for _ in range(count)]
            new = [replace(one, ended="2026") for one in new] if ended else new
            assert self.drive.commit(*(PutTransaction(station, one) for one in new)) is None
            model.transactions.update((one.gateway_id, one) for one in new)
            model.ends += [one.gateway_id for one in new if ended]

        @precondition(lambda self: any(t.ended is None for m in self.models.values() for t in m.transactions.values()))
        @rule(data=st.data())
        def end(self, data: st.DataObject) -> None:
            at = [(s, n) for s, m in self.models.items() for n, t in m.transactions.items() if t.ended is None]
            station, number = data.draw(st.sampled_from(at))
            model = self.models[station]
            model.transactions[number] = replace(model.transactions[number], ended="1970", stop_key="k")
            model.ends.append(number)
            assert self.drive.commit(PutTransaction(station, model.transactions[number])) is None

        @rule(station=st.sampled_from(STATIONS), values=st.dictionaries(KEYS, st.none() | st.integers(0, 9) | st.text("ab")))
        def remember(self, station: str, values: dict[str, object]) -> None:
            assert self.drive.commit(PutStation(station, values)) is None
            self.models[station].values.update(values)

        @precondition(lambda self: any(r.state == "queued" for m in self.models.values() for r in m.rows.values()))
        @rule(name=KEYS, tree=TREES, count=st.integers(0, 2), data=st.data())
        def render(self, name: str, tree: object, count: int, data: st.DataObject) -> None:
            at = [(s, n) for s, m in self.models.items() for n, r in m.rows.items() if r.state == "queued"]
            station, seq = data.draw(st.sampled_from(at))
            model = self.models[station]
            old = model.rows[seq].rendered or Rendering((("Say", {"x": tree}),) * count)
            new = replace(old, answers=(*old.answers, tree)[: len(old.messages)])
            mark = Mark(station, seq, "queued", 0, new)
            assert self.drive.commit(mark, PutRegisters(station, {name: {"k": tree}})) is None
            model.rows[seq] = replace(model.rows[seq], attempts=0, rendered=new)
            model.register(name, "k", tree)

        @rule(station=st.sampled_from(STATIONS), name=KEYS, key=KEYS, value=st.none() | TREES)
        def register(self, station: str, name: str, key: str, value: object) -> None:
            assert self.drive.commit(PutRegisters(station, {name: {key: value}})) is None
            self.models[station].register(name, key, value)

        @rule()
        def prune(self) -> None:
            assert isinstance(self.drive.ask("prune"), int)

        @invariant()
        def same(self) -> None:
            for name, model in self.models.items():
                assert self.drive.restore(name) == model.restored()
            waiting = [row for model in self.models.values() for row in model.rows.values()]
            queued = sum(row.state == "queued" for row in waiting)
            parked = sum(row.state == "parked" for row in waiting)
            assert self.drive.ask("depth") == Depth(queued, parked, "2026" if queued else None)

    return Lives


def test_any_life_agrees_with_a_plain_model(drive_type, kind):
    slow = [HealthCheck.too_slow]
    bounds = settings(max_examples=40, stateful_step_count=30, deadline=None, derandomize=True, suppress_health_check=slow)
    run_state_machine_as_test(machine(drive_type, kind), settings=bounds)
