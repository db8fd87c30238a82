"""One station's conversation: takes each event to the room that knows it, and sees to the two links.

In: `gateway.session.events`.  Out: `gateway.session.commands`.
Not here: I/O, clocks, randomness (handed in); what messages look like (`gateway.dialects`) or become (`gateway.ladder`).

After each event, whatever it was, the rooms answer those who would now wait for nothing and send what may now go.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from gateway.dialects.schema import Dialect
from gateway.journal.contract import Transaction
from gateway.ladder.registers import Registers
from gateway.ladder.route import Route
from gateway.session import events as on
from gateway.session.afterwards import Afterwards
from gateway.session.asks import Asks
from gateway.session.commands import CloseStation, Command
from gateway.session.delivery import Delivery
from gateway.session.desk import Desk
from gateway.session.errands import Errands
from gateway.session.intake import Intake
from gateway.session.lane import Lane
from gateway.session.naming import Naming
from gateway.session.orders import Orders
from gateway.session.policy import TOWARDS, Policy
from gateway.session.queue import Queue
from gateway.session.registration import Registration
from gateway.session.scenery import moments
from gateway.session.shared import Shared
from gateway.session.text import stamp
from gateway.session.tokens import Tokens
from gateway.session.transactions import LAST_ID, Transactions
from gateway.session.uplink import Uplink
from gateway.session.when_due import WhenDue

ON_ITS_WAY = timedelta(seconds=10)
"""A message that opens its own exchange was made before it arrived."""
SILENT = "silent for too long"


class Session:
    """Sans-I/O.  ``up`` leads from the station's dialect to the back end's, ``down`` the other way.

    ``older`` gives the way up from another dialect, for rows that the station left when it still spoke that one.
    """

    def __init__(
        self,
        station: str,
        station_dialect: Dialect,
        backend_dialect: Dialect,
        up: Route,
        down: Route,
        policy: Policy,
        ids: Callable[[], str],
        rng: random.Random,
        older: Callable[[str], Route | None] = lambda dialect: None,
        shared: Shared | None = None,
    ) -> None:
        self.desk = desk = Desk(station, station_dialect, backend_dialect, up, down, policy, ids, rng, older)
        self.asks = Asks(desk)
        self.uplink = Uplink(desk)
        shared = shared or Shared()
        self.turn, self.load = shared.turn, shared.load
        self.queue = Queue(policy.most_states)
        self._own_tokens = Tokens(station)
        self.transactions = Transactions(station, rng, shared.tokens or self._own_tokens)
        self.moments = moments(desk, self.transactions)
        self.lane = Lane(self.moments["backend"], self.uplink, self._recycle)
        naming = Naming(desk, self.transactions)
        self.registration = Registration(desk, self.asks, self.lane, self.transactions)
        self.errands = Errands(desk, self.asks, self.lane, self.registration, self.transactions, naming)
        self.intake = Intake(desk, self.asks, self.queue, self.transactions)
        self.afterwards = Afterwards(desk, self.lane, self.registration)
        here = self.moments["station"]
        self.orders = Orders(here, self.asks, self.registration, self.errands, self.intake, naming, self.afterwards)
        self.delivery = Delivery(
            desk, self.asks, self.lane, self.queue, self.transactions, self.registration, self.intake, naming, self._refused_late
        )
        self.when_due = WhenDue(desk, self.lane, self.registration, lambda: bool(self.queue))
        self._last_contact: float | None = None
        self._join()

    def _join(self) -> None:
        """What the rooms must know of each other."""
        self.transactions.largest = lambda: int(self.desk.switches.get("largest_id", LAST_ID))
        self.transactions.forwards = self.desk.policy.certificates == "forward"
        self.transactions.clock = lambda: self.desk.at.wall
        self.transactions.waiting = lambda number: self.queue.has(number) if number else any(True for _ in self.queue.rows())
        self.transactions.remember = lambda write: self.desk.commit_soon([write])
        self.intake.flowing = lambda: self.uplink.up and self.registration.ready
        self.intake.away = lambda: not self.uplink.up
        self.delivery.turn = self.turn
        self.errands.load = self.intake.load = self.load
        self.lane.sources = (self.registration, self.afterwards, self.errands, self.delivery, self.when_due)
        self.lane.ready_since = lambda: self.registration.ready_since

    @property
    def idle(self) -> bool:
        """Whether nobody is there and nothing waits: such a session may be forgotten."""
        busy = self.desk.present or self.desk.storing or self.queue or len(self.asks) or len(self.desk.deadlines)
        needed = busy or self.orders.remembered.keeps
        return self.uplink.state == "closed" and not needed and self.orders.idle and self.errands.idle

    @property
    def quiet(self) -> bool:
        """Whether nothing is in flight: neither a call of anybody, nor a commit.  What is queued is in the journal."""
        return not self.desk.storing and self.lane.flight is None and not len(self.asks) and self.orders.idle

    def behave(self, switches: Mapping[str, Any], theirs: Mapping[str, Any] | None = None) -> None:
        """Set the switches of the quirk profiles of the station, and of the back end (`gateway.session.policy.SWITCHES`)."""
        self.desk.theirs = {name: value for name, value in (theirs or {}).items() if name in TOWARDS}
        self.desk.switches = {**switches, **{n: value for n, value in theirs.items() if n not in TOWARDS}} if theirs else switches

    def reroute(self, up: Route, down: Route) -> None:
        """Other tables from now on; what is on its way ends on the route on which it began."""
        self.desk.up, self.desk.down = up, down

    def receive(self, event: on.Event, at: on.Instant) -> list[Command]:
        """What follows from an event, in order.  Never raises for what a peer or a clock does."""
        self.desk.at, out = at, self.desk.out
        _ROOMS[type(event)](self, event)
        self._settle()
        commands = out.copy()
        out.clear()
        return commands

    def _settle(self) -> None:
        hopeful = self.uplink.state in ("opening", "up") and self.registration.hopeful
        self.lane.pump()
        if self.turn.held and not self.delivery.in_turn:  # there was nothing to send
            self.turn.end()
        if self.registration.waiting:
            self.registration.settle(hopeful)
        if not hopeful:
            self.errands.give_up()
        if self.intake.holding:
            self.intake.settle(hopeful)
        self.orders.pump()
        if not self.desk.present:
            self._leave()

    # -- the station ---------------------------------------------------------------------------------------------

    def _opened(self, event: on.Opened) -> None:
        self._own_tokens.restore(event.restored.registers)
        ladders = {name: held for name, held in event.restored.registers.items() if name != self._own_tokens.register}
        self.desk.registers = Registers(ladders)
        self.transactions.restore(event.restored)
        self.intake.restore(event.restored)
        self.delivery.cuts.restore(event.restored.next_seq)
        self.registration.restore(event.restored.values)
        self.orders.when_idle.restore(event.restored.values)
        if self.queue:  # deliver, whether the station comes back or not; it has the usual grace to do so
            self.uplink.hear("want")
            self._stay()

    def _connected(self, event: on.StationConnected) -> None:
        if not event.exchange:
            self.asks.void()
            self.orders.station_gone()
        self.desk.exchange = event.exchange
        self._here()
        self.orders.station_here()

    def _here(self) -> None:
        gap = self.desk.at.mono - self._last_contact if self._last_contact is not None else None
        if not self.desk.exchange or not self.desk.present or (gap is not None and gap > 2 * self.registration.interval):
            on_its_way = ON_ITS_WAY if self.desk.exchange else timedelta(0)
            self.intake.linked, self.registration.gap = stamp(self.desk.at.wall - on_its_way), gap
        self._last_contact = self.desk.at.mono
        if not self.desk.present:  # else there is no grace, and the uplink stands or is wanted already
            self.desk.present = True
            self.desk.note("link", change="up")
            self.when_due.wait()
            self.desk.cancel("grace")
            self.uplink.hear("want")
        if self.desk.exchange and "silence" not in self.desk.deadlines:
            self._watch()

    def _lost(self, event: on.StationLost) -> None:
        self.desk.note("link", event.why, change="down")
        self._gone()
        self._stay()

    def _stay(self) -> None:
        self.desk.timer("grace", self.desk.policy.uplink_grace, lambda: None)

    def _gone(self) -> None:
        self.desk.present = False
        self.desk.cancel("silence")
        self.asks.void()
        self.orders.station_gone()

    def _watch(self) -> None:
        allowed = self.desk.policy.silent_intervals * self.registration.interval
        left = (self._last_contact or 0.0) + allowed - self.desk.at.mono
        if left > 0:
            self.desk.timer("silence", left, self._watch)
        else:
            self._gone()
            self.desk.note("link", SILENT, change="silent")
            self.desk.say(CloseStation(SILENT))

    def _leave(self) -> None:
        """The uplink of a station that is gone stays for the grace, and until the queue is empty."""
        if "grace" in self.desk.deadlines or self.uplink.state == "closed":
            return
        self.desk.settle_debts()
        if not self.queue and not self.desk.storing and self.lane.flight is None:
            self._hang_up("drop", "the station is gone")

    def _asked(self, event: on.StationAsked) -> None:
        if self.desk.exchange:
            self._here()
        self._last_contact = self.desk.at.mono
        asked = self.asks.take(event.call, event.raw)
        if asked is None:
            return
        if self.desk.switches:
            self.orders.questions.heard(event.call)
            self.orders.remembered.heard(event.call)
        if self.desk.switches and self.intake.oddities.spare(asked):
            self.asks.result(asked, "local", now=stamp(self.desk.at.wall))
        elif asked.wants is not None:
            self.intake.asked(asked)
        elif asked.role == "boot":
            self.orders.when_idle.forget()
            self.orders.remembered.here()
            self.registration.asked(asked)
        elif asked.role == "heartbeat":
            self.errands.beat(asked)
        elif asked.role == "status":
            self.intake.state(asked)
        elif asked.role == "notice":
            self.intake.notice(asked)
        else:
            self.errands.asked(asked)

    def _answered(self, event: on.StationAnswered) -> None:
        self._last_contact = self.desk.at.mono
        self.orders.answered(event.answer)

    def _call_failed(self, event: on.StationCallFailed) -> None:
        self.orders.failed(event.id, event.why)

    def _refused_late(self, transaction: Transaction) -> None:
        stop = self.desk.policy.late_refusal == "remote_stop" and transaction.ended is None and self.orders.stop(transaction)
        self.desk.note("late_refusal", f"transaction {transaction.gateway_id}", done="remote_stop" if stop else "report")

    # -- the back end --------------------------------------------------------------------------------------------

    def _uplink_up(self, event: on.UplinkUp) -> None:
        if self.uplink.hear("up"):
            self.registration.uplink_up()

    def _uplink_down(self, event: on.UplinkDown) -> None:
        self._hang_up("down", event.why, event.after)

    def _recycle(self, why: str) -> None:
        self._hang_up("recycle", why)

    def _hang_up(self, word: str, why: str, after: float = 0.0) -> None:
        if self.uplink.hear(word, why, after):
            self.lane.lost()
            self.queue.age()
            self.delivery.cuts.link_gone()
            self.registration.hear("off")
            self.orders.backend_gone()
            self.afterwards.backend_gone()
            self.when_due.backend_gone()

    def _backend_asked(self, event: on.BackendAsked) -> None:
        self.orders.asked(event.call)

    def _backend_answered(self, event: on.BackendAnswered) -> None:
        self.lane.hear(event.answer)

    # -- the gateway ---------------------------------------------------------------------------------------------

    def _committed(self, event: on.Committed) -> None:
        self.desk.committed(event.tag)

    def _fetched(self, event: on.Fetched) -> None:
        self.delivery.fetched(event.found)

    def _turn_came(self, event: on.TurnCame) -> None:
        """What it is used for is found out when all is settled."""

    def _woken(self, event: on.Woken) -> None:
        self.desk.woken()

    def _stopping(self, event: on.Stopping) -> None:
        self.desk.stopping = True
        self.desk.settle_debts()


_ROOMS: dict[type, Callable[[Session, Any], None]] = {
    on.Opened: Session._opened,
    on.StationConnected: Session._connected,
    on.StationLost: Session._lost,
    on.StationAsked: Session._asked,
    on.StationAnswered: Session._answered,
    on.StationCallFailed: Session._call_failed,
    on.UplinkUp: Session._uplink_up,
    on.UplinkDown: Session._uplink_down,
    on.BackendAsked: Session._backend_asked,
    on.BackendAnswered: Session._backend_answered,
    on.Committed: Session._committed,
    on.Fetched: Session._fetched,
    on.TurnCame: Session._turn_came,
    on.Woken: Session._woken,
    on.Stopping: Session._stopping,
}
