"""The commands of the back end: each becomes a procedure, or an honest refusal.

In: calls of the session, in the dialect's messages.  Out: runs of procedures, answers.
Not here: procedures (`gateway.devices.procedures`), limits (`gateway.devices.limits`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.devices import events as on
from gateway.devices.expressions import constant
from gateway.devices.rules import Command
from gateway.devices.station import Station
from gateway.dialects.lenses import put
from gateway.messages import Call, Error, Payload

PATIENCE = 120.0
"""Seconds for which a remote start is remembered."""


class Orders:
    """By role, else by name."""

    def __init__(self, station: Station) -> None:
        self.station, self.desk = station, station.desk

    def asked(self, call: Call) -> None:
        """The session asks."""
        role = self.desk.dialect.role(call.action) or ""
        command = self.desk.rules.commands.get(call.action)
        if role in _OWN and _OWN[role](self, call, command):
            return
        if command is None:
            self.refuse(call)
        else:
            self.run(call, command, self.connector(call))

    # -- answers -------------------------------------------------------------------------------------------------

    def connector(self, call: Call) -> int:
        """Which connector a command is about; the first where it is about all."""
        return int(self.desk.dialect.facts(call).get("connector") or call.payload.get("connector") or 1)

    def refuse(self, call: Call, word: str = "") -> None:
        """Answer that it cannot be done: with the word, else as the dialect has it, else with an error."""
        self.desk.note("refused", call.action)
        message = self.desk.dialect.messages.get(call.action)
        payload: Payload = {}
        for path, value in message.defaults.items() if message is not None else ():
            put(payload, path, value)
        if word and message is not None and "status" in message.result.fields:
            payload["status"] = word
        if message is None or not payload:
            self.desk.say(on.Reply(Error(call.id, call.action, "NotSupported", "such a station cannot do this")))
        else:
            self.desk.reply(call, payload)

    def grant(self, call: Call, command: Command, connector: int) -> None:
        """Answer that it is done."""
        scope = self.desk.scope(connector, asked=call.payload)
        made = {name: value(scope) for name, value in command.then.items()}
        self.desk.reply(call, {name: value for name, value in made.items() if value is not None})

    def run(self, call: Call, command: Command, connector: int, then: Callable[[bool], None] = lambda good: None) -> None:
        """Run the procedure of a command, then answer."""

        def ended(good: bool, word: str) -> None:
            then(good)
            if good:
                self.grant(call, command, connector)
            else:
                self.refuse(call, word)

        if not self.station.procedures.run(command.do, connector, ended, asked=call.payload):
            then(False)
            self.refuse(call)

    # -- sessions ------------------------------------------------------------------------------------------------

    def _start(self, call: Call, command: Command | None) -> bool:
        connector = self._free(call)
        if command is None or connector is None:
            self.refuse(call)
            return True
        self.station.watched.expect(connector, self.desk.dialect.facts(call)["token"], PATIENCE)

        def begun(good: bool) -> None:
            if not good:
                self.station.watched.expect(connector, None, 0)

        self.run(call, command, connector, begun)
        return True

    def _free(self, call: Call) -> int | None:
        """The connector to start: the one asked for, else the first where a car waits, else the first that is free."""
        wanted = self.desk.dialect.facts(call).get("connector")
        free = [one for one in self.desk.memory.connectors if self.station.sessions.open(one) is None]
        free = [one for one in free if wanted in (None, 0, one)]
        waiting = [one for one in free if self.station.states.of(one).state in ("connected", "ready")]
        return next(iter([*waiting, *free]), None)

    def _stop(self, call: Call, command: Command | None) -> bool:
        session = self.station.sessions.numbered(self.desk.dialect.facts(call).get("transaction"))
        if command is None or session is None:
            self.refuse(call)
            return True
        self.run(
            call, command, session.connector, lambda good: self.station.watched.stopping(session, "Remote") if good else None
        )
        return True

    # -- limits --------------------------------------------------------------------------------------------------

    def _limit(self, call: Call, command: Command | None) -> bool:
        limits = self.station.limits
        if limits is None:
            return False

        def settled(word: str) -> None:
            if word == "accepted":
                self.desk.reply(call, {"status": "Accepted"})
            else:
                self.refuse(call, "Rejected")

        limits.put(self.connector(call) if call.payload["connector"] else 0, call.payload["limit"], settled)
        return True

    def _clear_limit(self, call: Call, command: Command | None) -> bool:
        if self.station.limits is None or not self.station.limits.clear(call.payload):
            return False
        self.desk.reply(call, {"status": "Accepted"})
        return True

    def _composite(self, call: Call, command: Command | None) -> bool:
        found = self.station.limits.ahead(call) if self.station.limits is not None else None
        if found is None:
            return False
        self.desk.reply(call, {"status": "Accepted", **found})
        return True

    # -- what the station is, and what it is set to ----------------------------------------------------------------

    def _availability(self, call: Call, command: Command | None) -> bool:
        operative = call.payload["type"] == "Operative"
        wanted = call.payload["connector"]
        connectors = [one for one in self.desk.memory.connectors if wanted in (0, one)]
        if command is None or not connectors:
            return False
        waiting = [one for one in connectors if self.station.sessions.open(one) is not None] if not operative else []
        for connector in connectors:
            self.station.availability.want(connector, operative)
        if waiting:
            self.desk.reply(call, {"status": "Scheduled"})
        else:
            self.station.availability.settle(connectors, lambda good: self._settled(call, command, good))
        return True

    def _settled(self, call: Call, command: Command, good: bool) -> None:
        if good:
            self.grant(call, command, 1)
        else:
            self.refuse(call)

    def _set_key(self, call: Call, command: Command | None) -> bool:
        key = self.desk.rules.keys.get(str(call.payload["key"]))
        if key is None:
            return False
        if not (key.set or key.do) or (key.set and not self.station.assign(key.set, call.payload["value"])):
            self.refuse(call, "Rejected")
        else:
            self.run(call, Command(key.do, {"status": _ACCEPTED}), 1)
        return True

    def _get_keys(self, call: Call, command: Command | None) -> bool:
        keys, asked = self.desk.rules.keys, call.payload.get("key")
        scope = self.desk.scope(1)
        found = [
            {"key": name, "readonly": not (key.set or key.do), "value": _spelled(key.value(scope))}
            for name, key in keys.items()
            if not asked or name in asked
        ]
        made: Payload = {"configurationKey": [{k: v for k, v in one.items() if v is not None} for one in found]}
        unknown = [name for name in asked or () if name not in keys]
        self.desk.reply(call, {**made, **({"unknownKey": unknown} if unknown else {})})
        return True

    def _trigger(self, call: Call, command: Command | None) -> bool:
        facts = self.desk.dialect.facts(call)
        role, connector = self.desk.dialect.role(str(facts.get("requested"))), facts.get("connector")
        connectors = [one for one in self.desk.memory.connectors if connector in (None, 0, one)]
        if command is not None or role not in ("boot", "heartbeat", "status", "meter"):
            return False
        if not connectors:
            self.refuse(call, "Rejected")
            return True
        self.desk.reply(call, {"status": "Accepted"})
        self.station.report(role, connectors)
        return True


def _spelled(value: Any) -> str | None:
    if value is None or isinstance(value, bool):
        return None if value is None else str(value).lower()
    return str(value)


_ACCEPTED = constant("Accepted")
_OWN: Mapping[str, Callable[[Orders, Call, Command | None], bool]] = {
    "remote_start": Orders._start,
    "remote_stop": Orders._stop,
    "limit": Orders._limit,
    "clear_limit": Orders._clear_limit,
    "composite": Orders._composite,
    "availability": Orders._availability,
    "set_key": Orders._set_key,
    "get_keys": Orders._get_keys,
    "trigger": Orders._trigger,
}
