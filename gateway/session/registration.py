"""The station's standing with the back end: its boot, told by itself or again from memory, and what came of it.

In: the station's boots, the uplink's comings and goings, the back end's word.  Out: the boot to send, answers to the station.
Not here: the uplink itself (`gateway.session.uplink`).

While the back end wants to see a boot, nothing else that counts goes up.  The station hears the back end's word if it comes
in time; else a station that was once accepted is accepted again, and any other is told to come back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from gateway.facts import WORDS
from gateway.journal.contract import PutStation
from gateway.messages import Answer, Call, Error, Result
from gateway.session import commands as do
from gateway.session.asks import Asked, Asks
from gateway.session.desk import Desk
from gateway.session.lane import Lane
from gateway.session.text import stamp
from gateway.session.transactions import Transactions
from gateway.session.trip import Trip

LONGEST_WAIT = 86400
RESET_WITHIN = timedelta(minutes=5)
"""A boot that long after a command to restart is its consequence."""
COMMANDED = ("reset", "triggered")
"""Reasons of a boot that a back end may wait for."""
IDENTITY = ("vendor", "model", "firmware", "serial")

STEPS: dict[tuple[str, str], str] = {
    # off: no uplink.  open: nothing to tell, all may go.  due: a boot must go up.  asked: it is there.
    # accepted: all may go.  waiting: pending, rejected or failed; the boot goes up again.
    ("off", "off"): "off",
    ("off", "greet"): "due",
    ("off", "nothing"): "open",
    ("off", "trusted"): "accepted",
    ("off", "boot"): "off",
    ("open", "boot"): "due",
    ("due", "boot"): "due",
    ("asked", "boot"): "asked",
    ("accepted", "boot"): "due",
    ("waiting", "boot"): "due",
    ("open", "off"): "off",
    ("due", "off"): "off",
    ("asked", "off"): "off",
    ("accepted", "off"): "off",
    ("waiting", "off"): "off",
    ("due", "sent"): "asked",
    ("asked", "stale"): "due",
    ("asked", "accepted"): "accepted",
    ("asked", "pending"): "waiting",
    ("asked", "rejected"): "waiting",
    ("asked", "failed"): "waiting",
    ("waiting", "again"): "due",
}


class Registration:
    """``standing`` is a state of `STEPS`; ``told`` the last word that the station itself heard."""

    def __init__(self, desk: Desk, asks: Asks, lane: Lane, transactions: Transactions) -> None:
        self.desk, self.asks, self.lane, self.transactions = desk, asks, lane, transactions
        self.standing = "off"
        self.due = False
        """Whether a boot must go up."""
        self.ready = False
        """Whether anything but a boot may go up."""
        self.hopeful = True
        """Whether it may become ready by itself within a call's time."""
        self.boot: Call | None = None
        self.known = False
        self.interval = float(desk.policy.fallback_interval)
        """Seconds between heartbeats."""
        self.told: str | None = None
        self.settled_at: float | None = None
        self.ready_since: float | None = None
        """Since when anything but a boot may go up."""
        self.gap: float | None = None
        """Seconds for which the station had been silent when its present link began, where that is known."""
        self.triggered = False
        """Whether the back end asked for the next boot."""
        self._reset_at: datetime | None = None
        self._trip: Trip | None = None  # what the boot became
        self._reason_told: str | None = None
        self.waiting: list[Asked] = []
        """The station's boots that wait for the back end's word."""
        self._unheard = False

    def restore(self, values: dict[str, Any]) -> None:
        """Take up what the journal knows, and say who the station was when it last booted."""
        self.known = bool(values.get("accepted"))
        self._take_interval(values.get("interval"))
        reset, boot = values.get("reset"), values.get("boot")
        self._reset_at = datetime.fromisoformat(reset) if reset else None
        if boot is not None and boot.get("dialect") == self.desk.dialect.name:
            self.boot = Call("", boot["action"], boot["payload"])
            self.desk.say(do.Learned(**{fact: values.get(fact) for fact in IDENTITY}, boot=boot["payload"]))

    # -- what others ask -----------------------------------------------------------------------------------------

    @property
    def unanswered(self) -> bool:
        """Whether the station waits for the answer to its boot."""
        return any(asked.open for asked in self.waiting)

    # -- the station's boot --------------------------------------------------------------------------------------

    def asked(self, asked: Asked) -> None:
        """The station announces itself."""
        before, self.boot, self._trip = self.boot, asked.call, None
        # The reason stays until the back end has accepted a boot: a station that is told to wait boots again and again.
        self.transactions.boot = self._why(before is None) or self.transactions.boot
        self._learn(asked.call)
        unheard, self._unheard = self._unheard, False
        if unheard and self.standing == "accepted" and before is not None and before.payload == asked.call.payload:
            self._answer_here(asked, "accepted", self.interval)
            return
        self.waiting.append(asked)
        self.asks.within(asked, self._late)
        self.hear("boot")
        if self.desk.answers_here("boot"):
            self._answer_here(asked, "accepted", self.interval)

    def reset(self, sent: bool) -> None:
        """A command to restart goes to the station, or was refused by it."""
        self._reset_at = self.desk.at.wall if sent else None
        self.desk.commit([PutStation(self.desk.station, {"reset": stamp(self.desk.at.wall) if sent else None})])

    def _why(self, first: bool) -> str | None:
        """`gateway.ladder.facts.Facts.boot_reason`, None for one that is not known."""
        triggered, self.triggered = self.triggered, False
        reset, self._reset_at = self._reset_at, None
        gap, self.gap = self.gap, None
        if reset is not None:  # one command, one boot
            self.desk.commit_soon([PutStation(self.desk.station, {"reset": None})])
        if reset is not None and self.desk.at.wall - reset <= RESET_WITHIN:
            return "reset"
        if triggered:
            return "triggered"
        return "power_up" if first or (gap is not None and gap > 2 * self.interval) else None

    def _learn(self, call: Call) -> None:
        facts = self.desk.dialect.facts(call)
        identity = {fact: facts.get(fact) for fact in IDENTITY}
        self.desk.say(do.Learned(**identity, boot=call.payload))
        boot = {"dialect": self.desk.dialect.name, "action": call.action, "payload": call.payload}
        self.desk.commit([PutStation(self.desk.station, {"boot": boot, **identity})])

    def settle(self, hopeful: bool) -> None:
        """Answer those here who would wait for nothing."""
        if not hopeful:
            for asked in self.waiting:
                self._late(asked)
        self.waiting = [asked for asked in self.waiting if asked.open]

    def _late(self, asked: Asked) -> None:
        if not asked.open:
            return
        if self.known:
            self._answer_here(asked, "accepted", self.interval)
        else:
            self._unheard = True
            self._answer_here(asked, "rejected", self.desk.policy.unknown_retry_interval)

    def _answer_here(self, asked: Asked, word: str, interval: float) -> None:
        facts = {"registration": word, "interval": int(interval), "now": stamp(self.desk.at.wall)}
        if self.asks.result(asked, "local", **facts):
            self._told(word)

    def _told(self, word: str | None) -> None:
        self.told, self.settled_at = word, self.desk.at.mono

    # -- the way up ----------------------------------------------------------------------------------------------

    def hear(self, word: str) -> None:
        """Go one step."""
        after = STEPS.get((self.standing, word))
        if after is None:
            self.desk.note("stray", f"standing {self.standing}: {word}", peer="gateway", kind="event")
            return
        self.standing = after
        self.ready, self.hopeful, self.due = after in ("open", "accepted"), after != "waiting", after == "due"
        if after in ("off", "due"):
            self._trip = None
        if after != "waiting":
            self.desk.cancel("boot")
        self.ready_since = (self.desk.at.mono if self.ready_since is None else self.ready_since) if self.ready else None
        if self.ready:
            self.lane.uplink.steady()

    def uplink_up(self) -> None:
        """The uplink stands: tell the back end who this is, if that is known and needed."""
        if self.boot is None:
            self.hear("nothing")
        elif self.desk.policy.replay_boot or self.unanswered or not self.known:
            self.hear("greet")
        else:
            self.hear("trusted")

    def offer(self) -> bool:
        """Send the boot, if it is due."""
        if self.boot is None:
            return False
        if self._trip is None:
            self._trip, self._reason_told = self.desk.upward(self.boot, self.transactions), self.transactions.boot
            if not self._trip.stored:
                self.desk.store(self._trip)
        boot, trip = self.boot, self._trip
        if not trip.stored:
            return False
        self.hear("sent")
        if trip.local is not None:
            self._trip = None
            self._judge(boot, trip.local, self.desk.dialect.facts(trip.local) if isinstance(trip.local, Result) else {})
            return False
        self._send(boot, trip)
        return True

    def _send(self, boot: Call, trip: Trip) -> None:
        call = trip.onward(self.desk.ids())
        self.lane.send(call, partial(self._answered, boot, trip), self._failed)

    def _answered(self, boot: Call, trip: Trip, answer: Answer) -> None:
        if self._stale(boot):
            self.hear("stale")
            return
        if trip.heard(answer):
            self._send(boot, trip)
            return
        self._trip = None
        if isinstance(answer, Error):
            self._failed(f"{answer.code} {answer.description}")
            return
        facts = self._said(trip)
        told, writes = self.desk.answer(trip, boot, self.transactions)
        self.desk.after(writes, partial(self._judge, boot, told, facts))

    def _stale(self, boot: Call) -> bool:
        """Whether the station has announced itself otherwise since, or for a reason that the back end may wait for."""
        if boot is self.boot or self.boot is None:
            return False
        reason = self.transactions.boot
        return boot.payload != self.boot.payload or (reason in COMMANDED and reason != self._reason_told)

    def _said(self, trip: Trip) -> dict[str, Any]:
        """The facts of all results; what a boot became is one message, and perhaps others that go with it."""
        said: dict[str, Any] = {}
        for (action, _), payload in zip(trip.messages, trip.answers, strict=True):
            said |= self.desk.backend.facts(Result("", action, payload)) if payload is not None else {}
        return said

    def _judge(self, boot: Call, answer: Answer, facts: dict[str, Any]) -> None:
        if isinstance(answer, Error):
            self._failed(answer.code)
            return
        verdict = facts.get("registration", "accepted")
        if verdict not in WORDS["registration"]:
            verdict = "rejected"
        heard = [asked for asked in self.waiting if self.asks.reply(asked, answer, "answered")]
        if heard:
            self._told(self.desk.dialect.fact(answer, "registration"))
            self._unheard = False
        self._remember(verdict, facts.get("interval"))
        self.hear(verdict)
        self.desk.note("registration", verdict=verdict)
        if verdict != "accepted":
            self._again(facts.get("interval"), bool(heard))

    def _remember(self, verdict: str, interval: int | None) -> None:
        values: dict[str, Any] = {"registration": verdict}
        if verdict == "accepted":
            self.known = True
            self.transactions.boot = "unknown"
            self._take_interval(interval)
            values.update(accepted=True, interval=interval)
        self.desk.commit([PutStation(self.desk.station, values)])

    def _take_interval(self, named: int | None) -> None:
        self.interval = named if named is not None and named > 0 else self.desk.policy.fallback_interval

    def _failed(self, why: str) -> None:
        # A boot that the back end did not judge is no rejection: the station is treated as if the back end were away.
        if self.standing != "asked" or why == "lost":
            return
        self.desk.note("registration", why, verdict="failed")
        self.hear("failed")
        self._again(None, False)

    def _again(self, interval: int | None, heard: bool) -> None:
        wait = min(interval, LONGEST_WAIT) if interval and interval > 0 else self.desk.policy.unknown_retry_interval
        # A station that heard the word boots again by itself; the stored boot goes up only if it does not.
        patience = self.desk.policy.answer_within if heard and self.desk.present else 0
        self.desk.timer("boot", wait + patience, lambda: self.hear("again"))
