"""What follows from what a station says: values to remember, calls to the session, answers, procedures.

In: records.  Out: changes of the memory, calls, records in answer.
Not here: the states and sessions that are seen in what is remembered (`gateway.devices.device`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from gateway.devices.rules import Rule
from gateway.devices.station import Station
from gateway.messages import Answer, Payload, Result
from gateway.wires.shapes import Record

Told = Callable[[Payload], None]


class Records:
    """The rules of one station's records."""

    def __init__(self, station: Station) -> None:
        self.station, self.desk = station, station.desk

    def heard(self, record: Record) -> None:
        """A record came, asked for or not."""
        for rule in self.desk.rules.records.get(record.name, ()):
            it = {"it": record.fields}
            items = rule.each(self.desk.scope(1, **it)) or () if rule.each is not None else None
            for known in [it] if items is None else [{**it, "item": item} for item in items]:
                connector = rule.connector(self.desk.scope(1, **known)) if rule.connector is not None else 1
                if isinstance(connector, int) and connector in self.desk.memory.connectors:
                    self._follow(rule, record, connector, known)

    def _follow(self, rule: Rule, record: Record, connector: int, known: Mapping[str, Any]) -> None:
        scope = self.desk.scope(connector, **known)
        if rule.when is not None and not rule.when(scope):
            return
        self.desk.memory.set(rule.set, scope)
        if rule.call:
            facts = {name: value(scope) for name, value in rule.fields.items()}
            self._call(rule.call, facts, connector, lambda told: self._answer(rule, record, connector, known, told))
        else:
            self._answer(rule, record, connector, known, {})
        if rule.run:
            self.station.procedures.run(rule.run, connector, lambda good, word: None)

    def _answer(self, rule: Rule, record: Record, connector: int, known: Mapping[str, Any], told: Payload) -> None:
        if rule.answer is None:
            return
        wire = self.desk.dialect.wire
        scope = self.desk.scope(connector, **known, told=told)
        self.desk.send(rule.answer, scope, wire.echo(rule.answer.name, record) if wire is not None else {})

    # -- calls ---------------------------------------------------------------------------------------------------

    def _call(self, name: str, facts: dict[str, Any], connector: int, then: Told) -> None:
        role = name.removeprefix("@")
        if role == name:
            self._said(self.desk.call(name, facts, lambda answer: then(_payload(answer))), then)
        elif role in _OWN:
            _OWN[role](self, facts, connector, then)
        else:
            made = {"connector": connector, **facts}
            self._said(self.desk.play(role, made, lambda answer: then(_payload(answer))), then)

    def _said(self, good: bool, then: Told) -> None:
        if not good:
            then({})

    def _boot(self, facts: Mapping[str, Any], connector: int, then: Told) -> None:
        self.station.registration.boot(then)

    def _meter(self, facts: Mapping[str, Any], connector: int, then: Told) -> None:
        self.station.meters.look(connector, frozenset())
        self.station.readings.tell(connector, then=then)

    def _start(self, facts: Mapping[str, Any], connector: int, then: Told) -> None:
        sessions, id = self.station.sessions, facts.get("id")
        known = sessions.named(str(id)) if id is not None else None
        if known is not None or (id is not None and sessions.settled(str(id))):
            sessions.repeated(known, then)
            return
        before = sessions.open(connector)
        energy = self._register(connector, facts.get("energy"))
        if before is not None:
            sessions.end(before, energy, self.desk.now, "Other")
            self.station.over(connector)
        token, time = str(facts.get("token") or ""), facts.get("time") or self.desk.now
        session = sessions.begin(connector, token, energy, time, None if id is None else str(id), then)
        self.station.begun(session)

    def _stop(self, facts: Mapping[str, Any], connector: int, then: Told) -> None:
        sessions, id = self.station.sessions, facts.get("id")
        session = sessions.named(str(id)) if id is not None else sessions.open(connector)
        if session is None:
            if id is None or not sessions.settled(str(id)):
                self.desk.note("unfit", f"the end of a session that is not known: {id}")
            then({})
            return
        energy, time = self._register(connector, facts.get("energy")), facts.get("time") or self.desk.now
        first = session.ended is None
        sessions.end(session, energy, time, facts.get("reason"), facts.get("token"), then)
        if first:
            self.station.over(session.connector)

    def _register(self, connector: int, raw: Any) -> int:
        """The register that the station names, as one that never goes back; else what is known of it."""
        meters = self.station.meters
        if raw is None:
            meters.look(connector, frozenset())
        else:
            meters.believe(connector, Decimal(raw))
        return meters.wh(connector)


def _payload(answer: Answer) -> Payload:
    return answer.payload if isinstance(answer, Result) else {}


_OWN: dict[str, Callable[[Records, dict[str, Any], int, Told], None]] = {
    "boot": Records._boot,
    "meter": Records._meter,
    "start": Records._start,
    "stop": Records._stop,
}
