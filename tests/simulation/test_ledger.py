"""The ledger finds what it must find, each under the name of its invariant."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.simulation.asks import DAY
from tests.simulation.clock import Time
from tests.simulation.truth import Ledger, moment
from tests.simulation.watches import Wall

BEGIN = {"connector": 1, "tag": "A", "when": "2026-03-01T10:00:00+02:00", "meter": "100"}
END = {"when": "2026-03-01T09:00:00Z", "meter": "900"}
READING = ("2026-03-01T08:30:00Z", "0.5", "kWh", "Energy.Active.Import.Register")


class Books(Ledger):
    """One station with one transaction; what was found."""

    def __init__(self) -> None:
        self.clock, self.findings = 0.0, list[tuple[str, str]]()
        self.wall = Wall(Time())
        found = lambda name, words: self.findings.append((name, words))  # noqa: E731
        super().__init__(lambda: self.clock, found, lambda what: None, self.wall.showed)
        self.one = self.session("CP", 1, "A", BEGIN["when"], 100)
        self.start = self.item("start", "CP", self.one, "100", **BEGIN)
        self.meter = self.item("meter", "CP", self.one, "0.5", connector=1, readings=[READING])
        self.stop = self.item("stop", "CP", self.one, "900", tag="A", **END)
        self.said = ((moment(READING[0]), Decimal("500.0"), "Wh", READING[3]),)

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.findings}

    def hear_start(self, sent: float = 0.0, **changes):
        item = self.arrived("start", "CP", {**BEGIN, "when": "2026-03-01T08:00:00Z", **changes}, (), sent)
        return item and self.book_start(item, lambda: 77)

    def hear_meter(self, id=77):
        item = self.arrived("meter", "CP", {"connector": 1}, self.said, 0.0)
        self.book_more(item, id)

    def hear_stop(self, id=77):
        item = self.arrived("stop", "CP", dict(END), (), 0.0)
        self.book_more(item, id)

    def settle(self):
        for item in (self.start, self.meter, self.stop):
            self.acknowledged(item)
        self.compare()


def whole() -> Books:
    books = Books()
    books.hear_start()
    books.hear_meter()
    books.hear_stop()
    return books


def test_all_is_well_and_zones_and_units_do_not_matter():
    books = whole()
    books.settle()
    assert books.findings == []
    assert books.undone == 0


def test_lost():
    books = Books()
    books.hear_start()
    books.hear_stop()
    books.settle()
    assert books.names == {"INV1", "INV4"}


def test_never_acknowledged():
    books = whole()
    books.compare()
    assert books.names == {"INV5"}


def test_never_said():
    books = Books()
    books.hear_start(meter="101")
    assert books.names == {"INV4"}


def test_another_tag_or_place():
    for change in ({"tag": "B"}, {"connector": 2}):
        books = Books()
        books.hear_start(**change)
        assert books.names == {"INV4"}


def test_places_may_be_counted_otherwise_but_always_alike():
    books = Books()
    books.renumbered = True
    books.hear_start(connector=2)
    assert books.names == set()
    books.hear_start(sent=1.0, connector=1)
    assert books.names == {"INV4"}


def test_again_without_a_reason():
    books = Books()
    books.hear_start()
    books.start.copies[0].heard = 1.0
    books.hear_start(sent=0.5)
    assert books.names == set(), "it was on its way already"
    books.hear_start(sent=2.0)
    assert books.names == {"INV2"}


def test_again_after_a_trouble_or_an_error_or_silence():
    for excuse in ("trouble", "error", "silence", "late"):
        books = Books()
        books.hear_start()
        copy = books.start.copies[0]
        copy.heard = {"silence": None, "late": 40.0}.get(excuse, 1.0)
        copy.error = excuse == "error"
        books.troubles = [1.2] if excuse == "trouble" else []
        books.hear_start(sent=50.0)
        assert books.names == set(), excuse


def test_again_after_the_stop():
    books = whole()
    books.hear_start(sent=3.0)
    assert books.names == {"INV2"}


def test_out_of_order():
    books = Books()
    books.hear_start()
    books.hear_stop()
    books.hear_meter()
    assert books.names == {"INV3"}


def test_under_a_transaction_that_is_none_or_another():
    books = Books()
    books.hear_start()
    books.hear_meter(id=78)
    assert books.names == {"INV2"}
    other = books.session("CP", 1, "B", BEGIN["when"], 5000)
    item = books.item("start", "CP", other, "5000", **{**BEGIN, "meter": "5000"})
    books.book_start(item, lambda: 79)
    books.hear_stop(id=79)
    assert "INV4" in books.names


def test_an_id_is_given_once_and_stays():
    books = Books()
    books.told(books.start, 5)
    books.told(books.start, 5)
    assert books.names == set()
    books.told(books.start, 6)
    assert books.names == {"INV2"}
    other = books.session("CP", 1, "B", BEGIN["when"], 5000)
    item = books.item("start", "CP", other, "5000", **{**BEGIN, "meter": "5000"})
    books.findings.clear()
    books.told(item, 5)
    books.told(item, -1)
    assert books.names == {"INV2"}


def test_what_was_put_aside_is_not_missed():
    books = Books()
    books.hear_start()
    for item in (books.meter, books.stop):
        books.acknowledged(item)
        books.forgive(item)
    books.acknowledged(books.start)
    books.compare()
    assert books.findings == []
    assert books.undone == 0


# -- times that are none ---------------------------------------------------------------------------------------------


def odd(when: str) -> tuple[Books, dict[str, str]]:
    """A reading of no transaction with such a time, which was sent ten seconds after the day began."""
    books = Books()
    books.item("meter", "CP", None, "7", connector=1, when=when, meter="7").asked = 10.0
    books.wall.time.now = books.clock = 20.0
    return books, {"meter": "7"}


def heard(books: Books, seconds: float, **fields) -> bool:
    when = (DAY + timedelta(seconds=seconds)).isoformat()
    return books.arrived("meter", "CP", {"when": when, **fields}, (), books.clock) is not None


def test_a_time_that_is_none_becomes_one_of_its_receipt():
    for seconds, may in ((9, True), (15, True), (21, True), (3, False), (40, False)):
        books, fields = odd("unknown")
        assert heard(books, seconds, **fields) == may
        assert books.names == (set() if may else {"INV4"})


def test_it_becomes_the_same_each_time():
    books, fields = odd("2026-02-30T08:00:00Z")
    assert heard(books, 15, **fields)
    assert not heard(books, 16, **fields)


def test_the_gateways_own_clock_may_be_off_then():
    books, fields = odd("unknown")
    books.wall.set(-3600.0)
    books.wall.time.now = 30.0
    assert not heard(books, -3700, **fields)
    assert heard(books, -3575, **fields)


def test_a_time_without_a_zone_is_utc_and_must_say_so_where_it_is_translated():
    books, fields = odd("2026-03-01T08:00:00")
    assert heard(books, 0, **fields)
    assert books.arrived("meter", "CP", {"when": "2026-03-01T08:00:00", **fields}, (), 20.0) is None
    books.passing = True
    assert books.arrived("meter", "CP", {"when": "2026-03-01T08:00:00", **fields}, (), 20.0) is not None
