"""Reads the section ``device:`` of a dialect file strictly: every fault of it is reported, with its line.

In: the map, the messages of the dialect, the records of its wire.  Out: `DeviceRules`; faults go to the `Checker`.
Not here: values (`gateway.devices.reading`), procedures (`gateway.devices.steps`), what must be read (`gateway.devices.unread`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from gateway.devices import asked, heard, told
from gateway.devices.expressions import DEVICES
from gateway.devices.names import BUILT_IN, LOCAL
from gateway.devices.places import Addressing
from gateway.devices.reading import Reader
from gateway.devices.rules import DeviceRules, Fields, Variable
from gateway.devices.steps import Steps
from gateway.devices.unread import unread
from gateway.dialects.shapes import MessageType, Scalar
from gateway.source import Checker, Map, nearest, one_of
from gateway.wires.shapes import FrameShape

KINDS = ("integer", "decimal", "string", "boolean")
SECTIONS = (
    "identity", "address", "to", "pool", "unknown", "options", "variables", "connectors", "boot", "up", "records", "lost",
    "polls", "fill", "state", "hold", "error", "about", "session", "readings", "limit", "keys", "commands", "procedures",
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z", re.ASCII)
_POOL = re.compile(r"(\d{1,5})\.\.(\d{1,5})\Z", re.ASCII)


def read_device(
    checker: Checker, where: Map, messages: Mapping[str, MessageType], frames: Mapping[str, FrameShape]
) -> DeviceRules | None:
    """The section, or None where it has faults."""
    before = len(checker.faults)
    made = _Section(checker, where, messages, frames).all()
    return made if len(checker.faults) == before else None


class _Section:
    def __init__(
        self, checker: Checker, where: Map, messages: Mapping[str, MessageType], frames: Mapping[str, FrameShape]
    ) -> None:
        self.checker, self.where, self.messages, self.frames = checker, where, messages, frames
        self.reader = Reader(checker, BUILT_IN, frames, messages)

    def all(self) -> DeviceRules:
        self.checker.keys(self.where, "device", ["state"], SECTIONS)
        reader, where = self.reader, self.where
        options = self.options()
        variables = reader.map(where, "variables")
        self.checker.keys(variables, "variables", [], ["station", "connector"])
        station, connector = (self.variables(reader.map(variables, key)) for key in ("station", "connector"))
        reader.settable = {**station, **connector}
        self.name(options, station, connector)
        reader.fill = self.fill()
        commands, keys, procedures = asked.commands(reader, where), asked.keys(reader, where), reader.map(where, "procedures")
        steps = Steps(reader, procedures, asked.askers(reader, commands, keys, procedures))
        made = DeviceRules(
            addressing=self.addressing(),
            options=options, station=station, connector=connector,
            connectors=reader.value(where, "connectors", kind="integer") if "connectors" in where else None,
            boot=told.boot(reader, where),
            up=reader.text(where, "up", list(procedures), "procedure"),
            records=heard.records(reader, where, procedures),
            lost=heard.lost(reader, where),
            polls=heard.polls(reader, where),
            states=told.states(reader, where),
            hold=told.hold(reader, where),
            errors=told.errors(reader, where),
            about=told.about(reader, where),
            session=told.session(reader, where),
            readings=told.readings(reader, where),
            limit=asked.limit(reader, where, procedures),
            keys=keys, commands=commands,
            procedures=steps.all(),
        )  # fmt: skip
        asked.failing(reader, where, steps, commands, keys)
        asked.unreached(reader, where, made, procedures)
        asked.circles(reader, where)
        unread(reader, made, where)
        return made

    def fill(self) -> Fields:
        """``field: value`` for every record of ours that has such a field."""
        part = self.reader.map(self.where, "fill")
        known = {name for shape in self.frames.values() if shape.sender != "station" for name in shape.asks}
        for name in part:
            if name not in known:
                self.checker.unknown(part, name, "field of our records", known)
        return self.reader.values(self.where, "fill")

    # -- names ---------------------------------------------------------------------------------------------------

    def options(self) -> dict[str, Variable]:
        """What the site may say of such a station, each with its usual value."""
        part, made = self.reader.map(self.where, "options"), {}
        for name, usual in part.items():
            kind = {bool: "boolean", int: "integer", Decimal: "decimal", str: "string"}.get(type(usual))
            if kind is None or not _NAME.match(name):
                self.checker.fault(part, name, f"the option {name!r} is {usual!r}", "a word in small letters: its usual value")
                continue
            made[name] = Variable(name, kind, usual)
        return made

    def variables(self, part: Map) -> dict[str, Variable]:
        """``name: kind``, or ``name: {type, start, keep}``."""
        made = {}
        for name, given in part.items():
            more = given if isinstance(given, Map) else Map(type=given)
            if isinstance(given, Map):
                self.checker.keys(given, f"the variable {name}", ["type"], ["start", "keep"])
            kind, keep = more.get("type"), more.get("keep", False)
            if kind not in KINDS or not _NAME.match(name) or not isinstance(keep, bool):
                self.checker.fault(part, name, f"the variable {name!r} is {given!r}", f"{one_of(KINDS)}, or type, start, keep")
                continue
            made[name] = Variable(name, str(kind), more.get("start"), keep)
        return made

    def name(self, *groups: Mapping[str, Variable]) -> None:
        """Make options and variables known; no name may stand twice."""
        for name, variable in [item for group in groups for item in group.items()]:
            if name in (*self.reader.names, *LOCAL, *DEVICES.functions):
                self.checker.fault(self.where, "variables", f"the name {name!r} is taken", "another one")
            self.reader.names[name] = Scalar(variable.kind)

    def addressing(self) -> Addressing:
        """Where a station's name stands in what it says."""
        reader, where = self.reader, self.where
        identity = reader.map(where, "identity")
        for frame in identity:
            if frame not in self.reader.heard:
                self.checker.unknown(identity, frame, "record", self.reader.heard)
            elif identity[frame] not in self.frames[frame].fields:
                fields = self.frames[frame].fields
                self.checker.fault(
                    identity,
                    frame,
                    f"{frame} has no field {identity[frame]!r}",
                    one_of(fields),
                    nearest(str(identity[frame]), fields),
                )
        for frame, shape in self.reader.heard.items():
            reader.read[frame].update({str(identity.get(frame)), str(where.get("address"))} & set(shape.fields))
        ours = [name for name, shape in self.frames.items() if shape.sender != "station"]
        return Addressing(
            dict(identity),
            where.get("address"),
            where.get("to"),
            self.pool(),
            reader.text(where, "unknown", ours, "record") or None,
        )

    def pool(self) -> range | None:
        match = _POOL.match(str(self.where["pool"])) if "pool" in self.where else None
        if "pool" in self.where and match is None:
            self.checker.fault(self.where, "pool", f"the pool is {self.where['pool']!r}", "first..last")
        return range(int(match[1]), int(match[2]) + 1) if match else None
