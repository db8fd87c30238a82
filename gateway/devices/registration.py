"""How a device announces its station: once it is known who it is, again when that changes, and signs of life between.

In: the fields of ``boot:``, the back end's word.  Out: messages of the roles boot and heartbeat.
Not here: the uplink's own boots after a lost link (`gateway.session.registration`).

A boot that was accepted is kept: a restart of the gateway is no restart of the station.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.devices import events as on
from gateway.devices.desk import Desk
from gateway.messages import Answer, Payload, Result

KEY = "boot"
USUAL = 60.0
SHORTEST = 1.0
PATIENCE = 30.0
"""Seconds for which a station that has begun to speak may go on to say who it is."""
Told = Callable[[Payload], None]


class Registration:
    """``accepted()`` is called when the back end has accepted the station."""

    def __init__(self, desk: Desk, accepted: Callable[[], None]) -> None:
        self.desk, self.accepted = desk, accepted
        self.action = desk.dialect.action_for("boot") if desk.rules.boot else None
        self.booted = self.action is None
        self._told: Payload | None = None
        self._interval = USUAL
        self._patient = True

    def restore(self, values: Mapping[str, Any]) -> None:
        """Take up what was kept."""
        kept = values.get(KEY)
        if kept is not None:
            self._told, self._interval, self.booted = kept["payload"], float(kept["interval"]), True

    def look(self) -> None:
        """Perhaps it is known now who the station is."""
        payload = self._payload()
        before = self._told or {}
        if payload is None or all(value is None or value == before.get(name) for name, value in payload.items()):
            return
        if self._patient and None in payload.values():
            if not self.desk.runs("who"):
                self.desk.timer("who", PATIENCE, self._enough)
            return
        self.boot()

    def _enough(self) -> None:
        self._patient = False

    def _payload(self) -> Payload | None:
        """The message, where all that it must have is known."""
        if self.action is None:
            return None
        scope = self.desk.scope(1)
        made = {name: value(scope) for name, value in self.desk.rules.boot.items()}
        needed = [field.name for field in self.desk.dialect.messages[self.action].request.fields.values() if field.required]
        return None if any(made.get(name) is None for name in needed) else made

    def boot(self, then: Told = lambda payload: None) -> None:
        """Announce the station now."""
        payload = self._payload()
        if payload is None or self.action is None:
            then({})
            return
        self._told = payload
        facts = self.desk.dialect.lens("call", self.action).facts(payload)
        self.desk.say(on.Known(*(_text(facts.get(name)) for name in ("vendor", "model", "firmware", "serial"))))
        self.desk.call(self.action, payload, lambda answer: self._answered(payload, answer, then))

    def _answered(self, payload: Payload, answer: Answer, then: Told) -> None:
        facts = self.desk.dialect.facts(answer) if isinstance(answer, Result) else {}
        self._interval = max(SHORTEST, float(facts.get("interval") or USUAL))
        self.booted = facts.get("registration") == "accepted"
        if self.booted:
            self.desk.keep({KEY: {"payload": payload, "interval": int(self._interval)}})
            self.accepted()
        self._again()
        then(answer.payload if isinstance(answer, Result) else {})

    def _again(self) -> None:
        self.desk.timer("alive", self._interval, self.beat if self.booted else self.boot)

    def beat(self) -> None:
        """Show that the station lives."""
        if self.desk.up and self.desk.dialect.action_for("heartbeat") is not None:
            self.desk.play("heartbeat", {}, lambda answer: None)
        self._again()

    def here(self) -> None:
        """The station is there anew."""
        if self.booted and self.action is not None:
            self._again()

    def lost(self) -> None:
        """The session heard nothing of what was said last, if it was not answered."""
        self.desk.cancel("alive")
        if not self.booted:
            self._told = None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
