"""Deliberate defects of the gateway: the simulation must find each, or it cannot be trusted.

In: the gateway's classes.  Out: `MUTANTS`: for each name a context in which the gateway has that defect.
Not here: the gateway as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from msgspec.structs import replace

from gateway.conversation import Conversation
from gateway.dialects.schema import Dialect
from gateway.ends import voice
from gateway.journal.contract import Mark
from gateway.messages import Call
from gateway.relay import Relay
from gateway.session.commands import CallStation
from gateway.session.delivery import Delivery
from gateway.session.desk import Desk
from gateway.session.events import Instant
from gateway.session.intake import Intake
from gateway.session.orders import Orders
from gateway.session.queue import Queue
from gateway.session.session import Session
from gateway.session.tokens import Tokens
from gateway.session.transactions import Transactions
from gateway.turns import Turn

Mutant = Callable[[], AbstractContextManager[None]]


@contextmanager
def changed(owner: Any, name: str, other: Any) -> Iterator[None]:
    """An attribute of a class or a module is another one."""
    before = owner.__dict__[name]
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, before)


def drop_on_close() -> AbstractContextManager[None]:
    """What is on its way when the link closes is taken for delivered."""
    failed = Delivery._failed

    def dropped(self: Delivery, item: Any, why: str) -> None:
        failed(self, item, why)
        if why == "lost":
            self.desk.commit_soon([Mark(self.desk.station, item.row.seq, "delivered", item.row.attempts)])
            self.queue.remove(item)

    return changed(Delivery, "_failed", dropped)


def no_dedupe() -> AbstractContextManager[None]:
    """Each repetition of a station is new."""
    return changed(Intake, "_repeats", lambda self, asked, key: False)


def dedupe_by_message_id() -> AbstractContextManager[None]:
    """A repetition is known by its message id, which stations change."""
    return changed(Dialect, "key", lambda self, call, checked=False: f"id {call.id}")


def ack_before_commit() -> AbstractContextManager[None]:
    """The station is answered before its message is on the disk."""
    commit = Desk.commit

    def hasty(self: Desk, writes: Sequence[Any], then: Any = None) -> None:
        commit(self, writes, None)
        if then is not None:
            then()

    return changed(Desk, "commit", hasty)


def reorder() -> AbstractContextManager[None]:
    """Now and then a row goes into the queue one place too early."""
    add = Queue.add_row

    def early(self: Queue, item: Any) -> None:
        add(self, item)
        if item.row.seq % 5 == 0 and len(self._items) > 1 and not getattr(self._items[-2], "flying", False):
            self._items[-1], self._items[-2] = self._items[-2], self._items[-1]

    return changed(Queue, "add_row", early)


@contextmanager
def mint_ids_again() -> Iterator[None]:
    """After a crash the ids of transactions begin again where they began, whatever is remembered under them."""
    restore, allot = Transactions.restore, Transactions.allot

    def forgetful(self: Transactions, restored: Any) -> None:
        restore(self, restored)
        self._next = self._first

    def careless(self: Transactions) -> Any:
        known, self._all, waiting, self.waiting = self._all, {}, self.waiting, lambda id: False
        try:
            return allot(self)
        finally:
            self._all, self.waiting = known, waiting

    with changed(Transactions, "restore", forgetful), changed(Transactions, "allot", careless):
        yield


def forget_the_backlog() -> AbstractContextManager[None]:
    """After a crash what waits is not taken up again."""
    restore = Intake.restore

    def forgetful(self: Intake, restored: Any) -> None:
        restore(self, restored)
        for item in list(self.queue.rows()):
            self.queue.remove(item)

    return changed(Intake, "restore", forgetful)


def ack_after_a_failed_commit() -> AbstractContextManager[None]:
    """Nobody looks whether the disk took it."""
    committed = Conversation._committed
    return changed(Conversation, "_committed", lambda self, tag, begun, failure: committed(self, tag, begun, None))


def give_up_after_silence() -> AbstractContextManager[None]:
    """Silence of the back end is counted as a refusal."""
    failed = Delivery._failed

    def impatient(self: Delivery, item: Any, why: str) -> None:
        failed(self, item, why)
        self._park(item, why)

    return changed(Delivery, "_failed", impatient)


def order_twice() -> AbstractContextManager[None]:
    """Each order goes to the station two times, to be sure."""
    send = Orders._send

    def stubborn(self: Orders, order: Any) -> None:
        send(self, order)
        self.desk.say(CallStation(Call(self.desk.ids(), order.call.action, order.call.payload), 25.0))

    return changed(Orders, "_send", stubborn)


def never_heal() -> AbstractContextManager[None]:
    """A disk that failed once is never tried again."""
    return changed(Relay, "_heal", lambda self: None)


def everybody_at_once() -> AbstractContextManager[None]:
    """Nobody waits for a turn."""

    def at_once(self: Turn, live: bool) -> bool:
        self.held, self.live = True, live
        return True

    return changed(Turn, "take", at_once)


def keep_the_turn() -> AbstractContextManager[None]:
    """Who had a turn does not give it back when the link goes."""
    end = Turn.end

    def kept(self: Turn) -> None:
        if self.held and sys._getframe(2).f_code.co_name in ("_failed", "_untold"):
            self.held = False
        else:
            end(self)

    return changed(Turn, "end", kept)


def forget_what_is_not_in_memory() -> AbstractContextManager[None]:
    """Of a long queue only the part in memory is ever delivered."""
    return changed(Delivery, "_read_on", lambda self: setattr(self.queue, "absent", None))


def pass_what_is_not_in_memory() -> AbstractContextManager[None]:
    """A new row goes into memory though older ones are on the disk only."""

    def hasty(self: Queue, item: Any) -> None:
        self.last = item.row.seq
        self._append(item)

    return changed(Queue, "add_row", hasty)


def durations_by_the_wall_clock() -> AbstractContextManager[None]:
    """A clock that is set moves every deadline."""
    receive = Session.receive
    moved = lambda self, event, at: receive(self, event, Instant(at.wall.timestamp(), at.wall))  # noqa: E731
    return changed(Session, "receive", moved)


def tokens_without_end() -> AbstractContextManager[None]:
    """What was said of a token once holds for ever."""
    return changed(Tokens, "said", lambda self, token, now: self.last(token))


def forget_tokens_that_ended() -> AbstractContextManager[None]:
    """A token whose time is over is one that was never seen."""
    said = Tokens.said

    def forgetful(self: Tokens, token: str, now: Any) -> str | None:
        word = said(self, token, now)
        return None if word == "expired" else word

    return changed(Tokens, "said", forgetful)


def refuse_bad_times() -> AbstractContextManager[None]:
    """A message with a time that is none is answered with an error, a transaction's too."""
    return changed(voice, "with_times", lambda shape, payload, now: payload)


def know_bad_times_by_receipt() -> AbstractContextManager[None]:
    """A message is known again by the time of receipt that stands for a time that was none."""
    key = Dialect.key
    return changed(Dialect, "key", lambda self, call, checked=False: key(self, replace(call, said=None), checked))


def the_epoch_for_bad_times() -> AbstractContextManager[None]:
    """What stands for a time that was none is the beginning of 1970."""
    with_times = voice.with_times
    return changed(voice, "with_times", lambda shape, payload, now: with_times(shape, payload, "1970-01-01T00:00:00Z"))


def believe_every_token() -> AbstractContextManager[None]:
    """While the back end is away a token that nobody knows may charge."""
    return changed(Tokens, "said", lambda self, token, now: self.last(token) or "accepted")


ASKED: dict[str, Mutant] = {
    "drop on close": drop_on_close,
    "no dedupe": no_dedupe,
    "dedupe by message id": dedupe_by_message_id,
    "ack before commit": ack_before_commit,
    "reorder": reorder,
    "mint ids again after a crash": mint_ids_again,
}
"""Those that issue 3 names."""
MUTANTS: dict[str, Mutant] = {
    **ASKED,
    "forget the backlog": forget_the_backlog,
    "ack after a failed commit": ack_after_a_failed_commit,
    "give up after silence": give_up_after_silence,
    "order twice": order_twice,
    "never heal": never_heal,
    "everybody at once": everybody_at_once,
    "keep the turn": keep_the_turn,
    "forget what is not in memory": forget_what_is_not_in_memory,
    "pass what is not in memory": pass_what_is_not_in_memory,
    "durations by the wall clock": durations_by_the_wall_clock,
    "believe every token": believe_every_token,
    "tokens without end": tokens_without_end,
    "forget tokens that ended": forget_tokens_that_ended,
    "refuse bad times": refuse_bad_times,
    "know bad times by their receipt": know_bad_times_by_receipt,
    "the epoch for bad times": the_epoch_for_bad_times,
}
