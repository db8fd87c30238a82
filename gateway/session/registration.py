"""The station's standing with the back end: its boot, told by itself or again from memory, and what came of it.

In: the station's boots, the uplink's comings and goings, the back end's word.  Out: the boot to send, answers to the station.
Not here: the uplink itself (`gateway.session.uplink`).

While the back end wants to see a boot, nothing else that counts goes up.  The station hears the back end's word if it comes
in time; else a station that was once accepted is accepted again, and any other is told to come back.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from gateway.facts import WORDS
from gateway.journal.contract import PutStation
from gateway.ladder.route import Passage
from gateway.messages import Answer, Call, Error, Result
from gateway.session import commands as do
from gateway.session.asks import Asked, Asks
from gateway.session.desk import Desk, local_answer
from gateway.session.lane import Lane
from gateway.session.text import stamp
from gateway.session.transactions import Transactions

LONGEST_WAIT = 86400
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
        self.boot: Call | None = None
        self.known = False
        self.last_interval: int | None = None
        self.told: str | None = None
        self.settled_at: float | None = None
        self._waiting: list[Asked] = []
        self._unheard = False

    def restore(self, values: dict[str, Any]) -> None:
        """Take up what the journal knows, and say who the station was when it last booted."""
        self.known = bool(values.get("accepted"))
        self.last_interval = values.get("interval")
        boot = values.get("boot")
        if boot is not None and boot.get("dialect") == self.desk.dialect.name:
            self.boot = Call("", boot["action"], boot["payload"])
            self.desk.say(do.Learned(**{fact: values.get(fact) for fact in IDENTITY}))

    # -- what others ask -----------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether anything but a boot may go up."""
        return self.standing in ("open", "accepted")

    @property
    def hopeful(self) -> bool:
        """Whether it may become ready by itself within a call's time."""
        return self.standing != "waiting"

    @property
    def unanswered(self) -> bool:
        """Whether the station waits for the answer to its boot."""
        return any(asked.open for asked in self._waiting)

    @property
    def interval(self) -> float:
        """Seconds between heartbeats."""
        return self.last_interval if self.last_interval and self.last_interval > 0 else self.desk.policy.fallback_interval

    # -- the station's boot --------------------------------------------------------------------------------------

    def asked(self, asked: Asked) -> None:
        """The station announces itself."""
        before, self.boot = self.boot, asked.call
        self._learn(asked.call)
        unheard, self._unheard = self._unheard, False
        if unheard and self.standing == "accepted" and before is not None and before.payload == asked.call.payload:
            self._answer_here(asked, "accepted", self.interval)
            return
        self._waiting.append(asked)
        self.asks.within(asked, self._late)
        self.hear("boot")
        if "boot" in self.desk.switches.get("answer_locally", ()):
            self._answer_here(asked, "accepted", self.interval)

    def _learn(self, call: Call) -> None:
        facts = self.desk.dialect.facts(call)
        identity = {fact: facts.get(fact) for fact in IDENTITY}
        self.desk.say(do.Learned(**identity))
        boot = {"dialect": self.desk.dialect.name, "action": call.action, "payload": call.payload}
        self.desk.commit([PutStation(self.desk.station, {"boot": boot, **identity})])

    def settle(self, hopeful: bool) -> None:
        """Answer those here who would wait for nothing."""
        if not self._waiting:
            return
        if not hopeful:
            for asked in self._waiting:
                self._late(asked)
        self._waiting = [asked for asked in self._waiting if asked.open]

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
        if after != "waiting":
            self.desk.cancel("boot")
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
        if self.standing != "due" or self.boot is None:
            return False
        boot = self.boot
        self.hear("sent")
        passage = self.desk.upward(boot, self.transactions)
        local = local_answer(self.desk.dialect, boot, passage)
        if local is not None:
            self._judge(boot, local, self.desk.dialect.facts(local) if isinstance(local, Result) else {})
            return False
        call = Call(self.desk.ids(), passage.action or boot.action, passage.payload)
        self.lane.send(call, partial(self._answered, boot, passage, call), self._failed)
        return True

    def _answered(self, boot: Call, passage: Passage, call: Call, answer: Answer) -> None:
        if boot is not self.boot and self.boot is not None and boot.payload != self.boot.payload:
            self.hear("stale")
            return
        if isinstance(answer, Error):
            self._failed(f"{answer.code} {answer.description}")
            return
        facts = self.desk.backend.facts(Result(call.id, call.action, answer.payload))
        self._judge(boot, self.desk.climb(passage, boot, answer, self.transactions), facts)

    def _judge(self, boot: Call, answer: Answer, facts: dict[str, Any]) -> None:
        if isinstance(answer, Error):
            self._failed(answer.code)
            return
        verdict = facts.get("registration", "accepted")
        if verdict not in WORDS["registration"]:
            verdict = "rejected"
        heard = [asked for asked in self._waiting if self.asks.reply(asked, answer, "answered")]
        if heard:
            self._told(self.desk.dialect.facts(answer).get("registration"))
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
            self.last_interval = interval
            values.update(accepted=True, interval=interval)
        self.desk.commit([PutStation(self.desk.station, values)])

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
