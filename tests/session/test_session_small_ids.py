"""A station that cannot hold large transaction ids gets small ones, and none twice at a time."""

from __future__ import annotations

import random

from gateway.journal.contract import Restored
from gateway.journal.contract import Transaction as Kept
from gateway.session import commands as do
from gateway.session.tokens import Tokens
from gateway.session.transactions import LAST_ID, Transactions
from tests.session.scene import GOOD, STATION, Scene, start
from tests.session.test_session_intake import begun

MOST = 9999


def few(first: int) -> Transactions:
    made = Transactions(STATION, random.Random(1), Tokens(STATION))
    made.largest = lambda: MOST
    made.restore(Restored(values={"first_transaction": first, "next_transaction": first}))
    return made


def test_no_id_is_larger_and_none_is_given_that_is_remembered_or_waits() -> None:
    made = few(9990)
    taken = [Kept(id, str(id), None, 1, "A", f"k{id}", "2026-01-01T00:00:00Z", "0") for id in (9995, 9999, 3)]
    for one in taken[:2]:
        made.put(one)
    made.waiting = lambda id: id == taken[2].gateway_id
    given = [made.allot()[0] for _ in range(20)]
    assert given == [9990, 9991, 9992, 9993, 9994, 9996, 9997, 9998, 1, 2, *range(4, 14)]
    assert made.given(9990)
    assert made.given(13)
    assert not made.given(14)
    assert not made.given(LAST_ID)


def test_where_all_are_taken_one_is_given_all_the_same() -> None:
    made = few(5)
    made.waiting = lambda id: True
    assert made.allot()[0] == 5


def test_what_was_given_before_the_profile_came_does_not_matter() -> None:
    assert few(2**31 - 5).allot()[0] <= MOST


def test_the_switch_is_heard_at_the_next_start() -> None:
    with Scene() as play:
        play.online()
        large = begun(play)
        play.session.behave({"largest_id": MOST})
        assert large > MOST
        call = play.asks("StartTransaction", start(connector=2))
        play << do.Acted("station", "largest_id")
        up = play.sent("StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 78, "idTagInfo": GOOD})
        assert play.answered(call.id).payload["transactionId"] <= MOST
