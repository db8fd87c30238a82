"""The back end's calls to the station: in order, one at a time, each answered exactly once.

In: calls of the back end, the station's answers.  Out: calls to the station, answers to the back end.
Not here: the station's own calls (`gateway.session.asks` and its neighbours).

A command is never sent twice and never outlives the link that it came by.  It may wait: for the boot, for another command, for
a station that has a request of its own open.  Its deadline runs all the while.
"""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from gateway.journal.contract import Transaction, Write
from gateway.ladder.facts import Context
from gateway.messages import Answer, Call, Error, Result
from gateway.session import commands as do
from gateway.session.afterwards import Afterwards
from gateway.session.asks import Asks
from gateway.session.courses import begun
from gateway.session.errands import Errands
from gateway.session.fallbacks import Fallbacks
from gateway.session.foretold import Foretold
from gateway.session.intake import Intake
from gateway.session.naming import Naming
from gateway.session.order import Order
from gateway.session.questions import Questions
from gateway.session.registration import Registration
from gateway.session.remembered import Remembered
from gateway.session.scenery import Moment
from gateway.session.trip import Trip
from gateway.session.when_idle import WhenIdle

HOLD = "hold-calls"
OWN_CALLS = "wait_for_its_calls"
SILENT, UNASKED = "the station did not answer in time", "the station is not accepted, and was not asked"
PATIENCE = 0.8
"""For this share of its time a call waits for what the station has yet to tell; then what is known is the answer."""


class Orders:
    """The way down."""

    def __init__(
        self,
        moment: Moment,
        asks: Asks,
        registration: Registration,
        errands: Errands,
        intake: Intake,
        naming: Naming,
        afterwards: Afterwards,
    ) -> None:
        self.moment, self.desk, self.transactions = moment, moment.desk, moment.transactions
        self.asks, self.registration, self.naming = asks, registration, naming
        self.intake, self.afterwards = intake, afterwards
        self._open: dict[str, Order] = {}
        self._waiting: list[Order] = []
        self._flying: Order | None = None
        self._held_back: list[Order] = []  # all is answered, but the station has more to tell
        self._holding = False
        self._settled_at = 0.0
        self.fallbacks = Fallbacks(moment)
        self.foretold = Foretold(self.desk, registration, self.transactions, errands, naming)
        self.when_idle = WhenIdle(self.desk, asks, self.transactions, self._own)
        self.questions = Questions(moment, self._own)
        self.remembered = Remembered(moment, self._own)

    @property
    def idle(self) -> bool:
        """Whether the station has no call of ours."""
        return self._flying is None and not self._waiting and not self._held_back

    # -- the back end --------------------------------------------------------------------------------------------

    def asked(self, call: Call) -> None:
        """The back end asks."""
        if call.id in self._open:
            self.desk.note("stray", f"the id {call.id} is open", peer="backend", kind="call")
            return
        why = self._refusal()
        if why:
            self._answer(call, Error(call.id, call.action, "InternalError", why), "busy" if self.desk.present else "lost")
            return
        named = self._named(call)
        if named is None:
            self._answer(call, self._unknown(call), "local")
            return
        trip = self.desk.downward(named, self.transactions)
        if trip.local is not None:
            writes = [*trip.writes, *self._promised(trip, trip.local)]
            self.desk.after(writes, partial(self._say, call, trip.local, "local", trip))
            return
        if not trip.stored:
            self.desk.store(trip)
        order = Order(call, trip, self._onward(trip), self.desk.at.mono)
        if self.desk.switches:
            self._outdate(order)
        self._enter(order)
        if self.desk.switches:
            self._spare(order)

    def _outdate(self, order: Order) -> None:
        """Answer those that wait and need not be sent any more, for this one says the same anew."""
        newest = self.desk.switches.get("newest_only", {}).get(order.call.action)
        waiting = [one for one in self._waiting if one.unsaid and newest is not None and newest.same(one.said, order.call)]
        for one in waiting:
            self.desk.acted("newest_only", order.call.action)
            self._waiting.remove(one)
            self._conclude(one, Result(one.call.id, one.call.action, newest.result))

    def _spare(self, order: Order) -> None:
        """Answer one that says what the station has taken already, and nothing else of its kind since."""
        before = [one for one in (self._flying, *self._waiting) if one is not None and one is not order]
        answer = None if any(one.said.action == order.said.action for one in before) else self.remembered.spared(order.said)
        if answer is not None:
            self._waiting.remove(order)
            self._conclude(order, answer)

    def _begin(self, order: Order, call: Call) -> None:
        """Let the station hear this, or the calls that its quirk profile makes of it."""
        course = begun(self.moment, call) if self.desk.switches else None
        first = course.next() if course is not None else None
        order.turn(first or call, course)

    def _onward(self, trip: Trip) -> Call:
        return self.naming.to_station(trip.onward(self.desk.ids()))

    def _refusal(self) -> str:
        if self.desk.stopping:
            return "the gateway is stopping"
        if not self.desk.present:
            return "the station is not connected"
        return "too many calls wait for the station" if len(self._waiting) >= self.desk.policy.most_calls else ""

    def _named(self, call: Call) -> Call | None:
        """With our id of the transaction that it names; None if it names one that this station never had."""
        found = self.naming.from_backend(call)
        if found is not None:
            return found
        named = self.desk.backend.fact(call, "transaction")
        if self.intake.binding.taking_over:
            self.desk.note("flag", f"{call.action} {named}", why="takeover")
            return call
        self.desk.note("flag", f"{call.action} {named}", why="foreign")
        return None

    def _unknown(self, call: Call) -> Answer:
        message = self.desk.backend.messages[call.action]
        if "verdict" in message.result_facts:
            return self.desk.backend.result_of(call, verdict="refused", refusal="unknown_transaction")
        if message.defaults:
            return self.desk.backend.result_of(call)
        return Error(call.id, call.action, "PropertyConstraintViolation", "this station has no such transaction")

    def _enter(self, order: Order) -> None:
        self._begin(order, order.call)
        self._waiting.append(order)
        if order.asked is not None:
            self._open[order.asked.id] = order
            self.desk.timer(f"order:{order.asked.id}", self.desk.policy.call_deadline, lambda: self._overdue(order))

    def _overdue(self, order: Order) -> None:
        unasked = order in self._waiting and self.registration.told == "rejected"
        self._fail(order, UNASKED if unasked else SILENT, "late")

    def _fail(self, order: Order, why: str, outcome: str) -> None:
        if order.asked is not None:
            self._finish(order, Error(order.asked.id, order.asked.action, "InternalError", why), outcome)
        order.open = False

    def _finish(self, order: Order, answer: Answer, outcome: str) -> None:
        """Answer the back end, if it still waits."""
        if order.open and order.asked is not None:
            del self._open[order.asked.id]
            self.desk.cancel(f"order:{order.asked.id}")
            self._say(order.asked, answer, outcome, order.trip)
        order.open = False

    def _say(self, call: Call, answer: Answer, outcome: str, trip: Trip | None) -> None:
        """The answer, then what is to be told after it."""
        self._answer(call, answer, outcome)
        if trip is not None and isinstance(answer, Result):
            self.afterwards.tell(trip.after)

    def _answer(self, call: Call, answer: Answer, outcome: str) -> None:
        self.desk.ended("down", self.desk.backend, call, outcome)
        self.desk.say(do.AnswerBackend(replace(answer, id=call.id, action=call.action)))

    def backend_gone(self) -> None:
        """Nobody waits any more; what the station has not heard it never will."""
        for order in self._open.values():
            order.open = False
            assert order.asked is not None
            self.desk.cancel(f"order:{order.asked.id}")
        self._open.clear()
        self._held_back.clear()
        self._waiting = [order for order in self._waiting if order.asked is None]

    # -- the station ---------------------------------------------------------------------------------------------

    def stop(self, transaction: Transaction) -> bool:
        """Ask the station, of our own accord, to end a transaction; false if its dialect has no word for that."""
        if not self.desk.present or self.desk.dialect.action_for("remote_stop") is None:
            return False
        named = transaction.station_id if self.naming.theirs else transaction.gateway_id
        call = self.desk.dialect.call_of("remote_stop", self.desk.ids(), transaction=named)
        self._enter(Order(None, None, call, self.desk.at.mono))
        return True

    def pump(self) -> None:
        """Send the next one, if the station may be asked now; answer what waited for the station's own messages."""
        if self.when_idle.waiting:
            self.when_idle.pump()
        if self._held_back:
            for order in [one for one in self._held_back if one.trip is not None and not one.trip.waits(self._context())]:
                self._ripe(order)
        if self.desk.switches:
            self.questions.pump()
            self.remembered.pump()
        while self._waiting and self._flying is None:
            order = self._waiting[0]
            if order.open and self._held(order):
                return
            self._waiting.pop(0)
            if order.open:
                self._send(order)
        if self._holding and not self._waiting:
            self._holding = False
            self.desk.cancel(HOLD)

    def _held(self, order: Order) -> bool:
        if self.registration.unanswered or self.registration.told == "rejected":
            return True
        if order.trip is not None and not order.trip.stored:
            return True
        settling = self.fallbacks.settling(max(self._settled_at, self.registration.settled_at or 0.0))
        asked = max(settling, self.fallbacks.rest())
        own = self._own_request(order)
        wait = max(asked, own, order.course.not_before - self.desk.at.mono if order.course else 0.0)
        if wait > 0 and HOLD not in self.desk.deadlines:
            self._holding = True
            if asked > 0:
                self.fallbacks.told(settling)
            if own > 0 and self.desk.switches.get(OWN_CALLS):
                self.desk.acted(OWN_CALLS)
            self.desk.timer(HOLD, wait, lambda: None)
        return wait > 0

    def _own_request(self, order: Order) -> float:
        if not len(self.asks):
            return 0.0
        asked = float(self.desk.switches.get(OWN_CALLS, 0.0)) if self.desk.switches else 0.0
        wait = max(asked, self.desk.policy.hold_soap_call if self.desk.exchange else 0.0)
        return order.since + wait - self.desk.at.mono

    def _send(self, order: Order) -> None:
        self._flying = order
        self.foretold.sent(order.call)
        within = self.fallbacks.patience(order.call, self.desk.policy.station_call)
        self.desk.say(do.CallStation(order.call, within))
        self.desk.timer(f"down:{order.call.id}", within, lambda: self._silent(order))

    def _silent(self, order: Order) -> None:
        self.fallbacks.expects(order.call)
        answer = self.fallbacks.silent(order.call)
        if answer is not None:
            self.answered(answer)
            return
        self._land(order.call.id)
        self._fail(order, SILENT, "late")

    def _again(self, order: Order, answer: Answer) -> bool:
        """Whether the station is asked once more, in other words."""
        first = order.first or order.call
        call = self.fallbacks.next(first, order.tried, answer) if order.open else None
        if call is None:
            return False
        order.first, order.call, order.tried = first, call, order.tried + 1
        self._waiting.insert(0, order)
        return True

    def _land(self, id: str) -> Order | None:
        order = self._flying
        if order is None or order.call.id != id:
            self.desk.note("stray", id, peer="station", kind="answer")
            return None
        self.desk.cancel(f"down:{id}")
        self._flying = None
        self.fallbacks.landed()
        return order

    def answered(self, answer: Answer) -> None:
        """The station answered something."""
        order = self._land(answer.id)
        if order is None:
            return
        if self._again(order, answer):
            return
        self.foretold.answered(order.call, answer)
        whole = self._whole(order, answer)
        if whole is not None:
            if self.desk.switches and order.trip is not None:
                self.remembered.took(order.said, whole)
            self._conclude(order, whole)

    def _whole(self, order: Order, answer: Answer) -> Answer | None:
        """The answer to all that a command became; None where a call of it is left, which goes next."""
        course = order.course
        if course is None:
            return answer
        call = course.heard(answer) if order.open else None
        if call is None:
            return course.answer()
        order.turn(call, course)
        self._waiting.insert(0, order)
        return None

    def _conclude(self, order: Order, answer: Answer) -> None:
        if order.asked is None or order.trip is None or not order.open:
            return
        if order.trip.heard(answer):
            self._begin(order, self._onward(order.trip))
            self._waiting.insert(0, order)
            return
        if order.trip.waits(self._context()):
            self._hold(order)
        else:
            self._tell(order)

    def _context(self) -> Context:
        return self.desk.context(self.transactions)

    def _hold(self, order: Order) -> None:
        assert order.asked is not None
        self._held_back.append(order)
        left = order.since + PATIENCE * self.desk.policy.call_deadline - self.desk.at.mono
        self.desk.timer(f"hold:{order.asked.id}", max(left, 0.0), partial(self._ripe, order))

    def _ripe(self, order: Order, last: bool = False) -> None:
        """It waited for long enough, or need not wait any more; ``last``: the station cannot be asked."""
        if order in self._held_back and order.asked is not None:
            self._held_back.remove(order)
            self.desk.cancel(f"hold:{order.asked.id}")
            self._tell(order, last)

    def _tell(self, order: Order, last: bool = False) -> None:
        """Ask what is asked next; else make the answer of all that the station said."""
        assert order.trip is not None
        assert order.asked is not None
        more = None if last else self.desk.further(order.trip, self.transactions)
        if more is not None:
            self._further(order, more)
            return
        back, writes = self.desk.answer(order.trip, order.asked, self.transactions)
        writes += self._promised(order.trip, back)
        self.desk.after(writes, partial(self._finish, order, back, "refused" if isinstance(back, Error) else "answered"))

    def _further(self, order: Order, trip: Trip) -> None:
        order.trip = trip
        if trip.local is not None:
            self.desk.after(trip.writes, partial(self._finish, order, trip.local, "answered"))
            return
        if not trip.stored:
            self.desk.store(trip)
        self._begin(order, self._onward(trip))
        self._waiting.insert(0, order)

    def failed(self, id: str, why: str) -> None:
        """A call could not be delivered, or its exchange broke."""
        order = self._land(id)
        if order is not None:
            self._fail(order, f"the station could not be asked: {why}", "lost")

    def station_here(self) -> None:
        """The station came."""
        self._settled_at = self.desk.at.mono
        self.questions.here()
        self.remembered.here()

    def _promised(self, trip: Trip, answer: Answer) -> list[Write]:
        return self.when_idle.promise(trip.idle) if isinstance(answer, Result) else []

    def _own(self, call: Call) -> None:
        """A question of a quirk profile, whose answer is for nobody."""
        if self.desk.present and call.action in self.desk.dialect.messages:
            self._enter(Order(None, None, call, self.desk.at.mono))

    def station_gone(self) -> None:
        """Nothing more can be asked; the back end hears it at once."""
        if self._flying is not None:
            self.failed(self._flying.call.id, "it is gone")
        for order in list(self._held_back):
            self._ripe(order, last=True)
        waiting, self._waiting = self._waiting, []
        for order in [*waiting, *self._open.values()]:
            self._fail(order, "the station is gone", "lost")
