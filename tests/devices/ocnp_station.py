"""A synthetic OCNP station.  No document of the protocol is public, so this proves the machinery and nothing about real stations.

It thinks in records (name and values) and speaks through a spelling: `Pipes` or `Xml`, both written without the dialect's data.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

SERIAL = "02CE0000A1B2C3D4"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Pipes:
    """``verb|1|code|serial|time|number|…``."""

    codes = {
        "boot": 101,
        "alive": 102,
        "status": 103,
        "auth": 104,
        "start": 105,
        "intv": 106,
        "stop": 107,
        "alarm": 108,
        "fwst": 109,
    }
    said = {
        "boot": ("model", "firmware", "ports"), "alive": (), "status": ("port", "state"), "auth": ("port", "tag", "medium"),
        "start": ("session", "port", "tag", "wh"), "intv": ("session", "port", "wh", "amps", "volts"),
        "stop": ("session", "port", "wh", "why"), "alarm": ("port", "alarm", "cleared"), "fwst": ("state",), "done": ("asked", "result"),
    }  # fmt: skip
    heard = {
        "saddr": ("accepted", "time", "address", "interval", "asked"), "ackn": ("asked",),
        "authr": ("asked", "port", "verdict", "reason", "session"), "rstart": ("port", "tag", "session"), "rstop": ("port", "session"),
        "shed": ("port", "kw", "seconds"), "unshed": ("port",), "avail": ("port", "usable"), "clralm": ("port",), "unlock": ("port",),
        "bootctl": ("action", "idle"), "fwupd": ("url",), "alist": ("version", "change", "tag"), "config": ("interval",),
    }  # fmt: skip

    def write(self, verb: str, at: datetime, number: int, **values: Any) -> bytes:
        fields = [
            verb,
            1,
            self.codes.get(verb, 110),
            SERIAL,
            int(at.timestamp()),
            number,
            *(values[name] for name in self.said[verb]),
        ]
        return ("|".join(str(int(one) if isinstance(one, bool) else one) for one in fields) + "\n").encode()

    def read(self, data: bytes) -> list[tuple[str, int, dict[str, str]]]:
        found = []
        for line in data.decode().splitlines():
            verb, _, _, serial, _, number, *values = line.split("|")
            assert serial == SERIAL
            found.append((verb, int(number), dict(zip(self.heard[verb], values, strict=False))))
        return found


class Xml:
    """``<OCNP type=… sequence=…>``: the same in other words."""

    types = {
        "boot": "Registration", "alive": "KeepAlive", "status": "PortStatus", "auth": "AuthorizationRequest", "start": "SessionStart",
        "intv": "Meter", "stop": "SessionStop", "alarm": "Alarm", "fwst": "UpgradeState", "done": "CommandResult",
        "saddr": "RegistrationReply", "ackn": "Reply", "authr": "AuthorizationReply", "rstart": "StartCommand", "rstop": "StopCommand",
        "shed": "LimitCommand", "unshed": "NoLimitCommand", "avail": "AvailabilityCommand", "clralm": "ClearCommand",
        "unlock": "UnlockCommand", "bootctl": "BootCommand", "fwupd": "UpgradeCommand", "alist": "ListCommand", "config": "IntervalCommand",
    }  # fmt: skip
    words = {
        "AVAILABLE": "Free", "CONNECTED": "Plugged", "INUSE": "Charging", "SHED": "Shed", "FAULT": "Faulted", "OFF": "Closed",
        "USER": "User", "NOC": "Network", "UNPLUG": "Unplugged", "GFI": "GroundFault", "LOADED": "loaded", "DONE": "done", "LOADING": "loading",
        "REBOOT": "Restart",
    }  # fmt: skip
    bodies = {
        "boot": "<Model>{model}</Model><Software><Version>{firmware}</Version></Software><Ports>{ports}</Ports>",
        "alive": "",
        "status": '<State port="{port}">{state}</State>',
        "auth": '<Port>{port}</Port><Token kind="mifare">{tag}</Token>',
        "start": '<Session id="{session}"><Token>{tag}</Token><Meter>{wh}</Meter></Session><Port>{port}</Port>',
        "intv": '<Session id="{session}"><Meter>{wh}</Meter><Amps>{amps}</Amps><Volts>{volts}</Volts></Session><Port>{port}</Port>',
        "stop": '<Session id="{session}"><Meter>{wh}</Meter><Why>{why}</Why></Session><Port>{port}</Port>',
        "alarm": '<Alarm cleared="{cleared}">{alarm}</Alarm><Port>{port}</Port>',
        "fwst": "<State>{state}</State>",
        "done": '<Result command="{asked}">{result}</Result>',
    }

    def write(self, verb: str, at: datetime, number: int, **values: Any) -> bytes:
        told = {name: self.words.get(value, value) if isinstance(value, str) else value for name, value in values.items()}
        if "cleared" in told:
            told["cleared"] = "yes" if told["cleared"] else "no"
        if "result" in told:
            told["result"] = "OK" if told["result"] == 0 else "Error"
        head = f'<Station time="{at:%Y-%m-%dT%H:%M:%SZ}" id="{SERIAL}"/>'
        kind = self.types[verb]
        return f'<OCNP version="2.0" type="{kind}" sequence="{number}">{head}{self.bodies[verb].format(**told)}</OCNP>\n'.encode()

    def read(self, data: bytes) -> list[tuple[str, int, dict[str, str]]]:
        verbs = {kind: verb for verb, kind in self.types.items()}
        return [
            (verbs[one.attrib["type"]], int(one.attrib["sequence"]), self._values(one))
            for one in (ElementTree.fromstring(text) for text in re.findall(rb"<OCNP.*?</OCNP>", data))
        ]

    def _values(self, one: ElementTree.Element) -> dict[str, str]:
        assert one.find("Station").attrib["id"] == SERIAL  # type: ignore[union-attr]
        flat = {f"{element.tag}@{key}": value for element in one.iter() for key, value in element.attrib.items()}
        flat |= {element.tag: element.text or "" for element in one.iter()}
        named = {
            "asked": "Reply@to", "reason": "Reply@reason", "port": "Port", "session": "Session@id", "tag": "Token", "kw": "Limit@kW",
            "url": "Software@url", "interval": "Interval", "version": "OCNP@list",
        }  # fmt: skip
        values = {name: flat[key] for name, key in named.items() if key in flat}
        words = {
            "Granted": "GRANT",
            "Denied": "DENY",
            "Reboot": "reboot",
            "SwitchBank": "bankswitch",
            "first": "NEW",
            "add": "ADD",
            "remove": "DEL",
        }
        if "Reply" in flat:
            values["verdict"] = words.get(flat["Reply"], "")
            values["accepted"] = "1" if flat["Reply"] == "Welcome" else "0"
        values |= {"action": words.get(flat.get("Action", ""), ""), "change": words.get(flat.get("Token@change", ""), "")}
        values["usable"] = "1" if flat.get("Port@usable") == "yes" else "0"
        values["interval"] = flat.get("Interval", flat.get("Seconds", ""))
        return values


class Station:
    """Two ports; each is a car, a session, a limit.  Records wait in a queue until they are acknowledged."""

    def __init__(self, spelling: Pipes | Xml) -> None:
        self.spelling = spelling
        self.line: Any = None
        self.clock: Any = None
        self.number = 0
        self.accepted = False
        self.waiting: dict[int, tuple[str, datetime, dict[str, Any]]] = {}
        self.commands: list[tuple[str, dict[str, str]]] = []
        self.cars: set[int] = set()
        self.sessions: dict[int, tuple[str, str]] = {}
        self.shown: dict[int, str] = {}
        self.verdicts: list[tuple[str, str]] = []
        self.kw: dict[int, float] = {}
        self.closed: set[int] = set()
        self.alarmed: set[int] = set()
        self.list: list[str] = []
        self.wh = {1: 120_500.0, 2: 0.0}
        self.unfit = False

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(EPOCH.timestamp() + self.clock.seconds(), UTC)

    # -- saying --------------------------------------------------------------------------------------------------

    def say(self, verb: str, **values: Any) -> None:
        self.number += 1
        if verb != "done":
            self.waiting[self.number] = (verb, self.now, values)
        self._send(verb, self.number, self.now, values)

    def _send(self, verb: str, number: int, at: datetime, values: dict[str, Any]) -> None:
        if self.line is not None:
            self.line.heard(self.spelling.write(verb, at, number, **values), ("192.0.2.9", 7090))

    def resend(self) -> None:
        """What was not acknowledged goes again, with its own number and time."""
        for number, (verb, at, values) in list(self.waiting.items()):
            self._send(verb, number, at, values)

    def boot(self) -> None:
        self.say("boot", model="CT2100", firmware="3.2.1", ports=2)

    def status(self, port: int) -> None:
        limited = self.kw.get(port, 99.0) < 1
        state = "OFF" if port in self.closed else "AVAILABLE" if port not in self.cars else "CONNECTED"
        if port in self.sessions:
            state = "SHED" if limited else "INUSE"
        self.say("status", port=port, state="FAULT" if port in self.alarmed else state)

    # -- what happens --------------------------------------------------------------------------------------------

    def arrive(self, port: int) -> None:
        self.cars.add(port)
        self.status(port)

    def show(self, port: int, tag: str) -> None:
        self.shown[port] = tag
        self.say("auth", port=port, tag=tag, medium="ISO14443")

    def begin(self, port: int, tag: str, session: str) -> None:
        self.sessions[port] = (session, tag)
        self.say("start", session=session, port=port, tag=tag, wh=int(self.wh[port]))
        self.status(port)

    def charge(self, port: int, seconds: float) -> None:
        """So many seconds at 7.2 kW, or what it may."""
        if port in self.sessions:
            power = min(7.2, self.kw.get(port, 99.0))
            self.wh[port] += power * 1000 * seconds / 3600
            session, _ = self.sessions[port]
            self.say("intv", session=session, port=port, wh=int(self.wh[port]), amps=f"{power / 0.24:.1f}", volts="240.0")

    def end(self, port: int, why: str) -> None:
        session, _ = self.sessions.pop(port)
        self.say("stop", session=session, port=port, wh=int(self.wh[port]), why=why)
        self.status(port)

    def leave(self, port: int) -> None:
        if port in self.sessions:
            self.end(port, "UNPLUG")
        self.cars.discard(port)
        self.status(port)

    def fault(self, port: int) -> None:
        """A ground fault ends the session, and is cleared from afar only."""
        self.alarmed.add(port)
        self.say("alarm", port=port, alarm="GFI", cleared=False)
        if port in self.sessions:
            self.end(port, "OTHER")

    # -- hearing -------------------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        for verb, number, values in self.spelling.read(data):
            if values.get("asked"):
                self.waiting.pop(int(values["asked"]), None)
            if verb == "saddr":
                self.accepted = values["accepted"] == "1"
            elif verb == "authr":
                self._told(values)
            elif verb != "ackn":
                self.commands.append((verb, values))
                good = getattr(self, f"on_{verb}")(values) is not False and not self.unfit
                self.say("done", asked=number, result=0 if good else 1)

    def _told(self, values: dict[str, str]) -> None:
        port = int(values["port"])
        self.verdicts.append((values["verdict"], values["reason"]))
        if values["verdict"] == "GRANT" and port in self.cars:
            self.begin(port, self.shown[port], values["session"])

    def on_rstart(self, values: dict[str, str]) -> bool:
        port = int(values["port"])
        if port not in self.cars or port in self.sessions:
            return False
        self.begin(port, values["tag"], values["session"])
        return True

    def on_rstop(self, values: dict[str, str]) -> bool:
        port = int(values["port"])
        if self.sessions.get(port, ("", ""))[0] != values["session"]:
            return False
        self.end(port, "NOC")
        return True

    def on_shed(self, values: dict[str, str]) -> None:
        self.kw[int(values["port"])] = float(values["kw"])
        self.status(int(values["port"]))

    def on_unshed(self, values: dict[str, str]) -> None:
        self.kw.pop(int(values["port"]), None)
        self.status(int(values["port"]))

    def on_avail(self, values: dict[str, str]) -> None:
        port = int(values["port"])
        (self.closed.discard if values["usable"] == "1" else self.closed.add)(port)
        self.status(port)

    def on_clralm(self, values: dict[str, str]) -> None:
        for port in list(self.alarmed):
            self.alarmed.discard(port)
            self.say("alarm", port=port, alarm="GFI", cleared=True)
            self.status(port)

    def on_unlock(self, values: dict[str, str]) -> None:
        pass

    def on_bootctl(self, values: dict[str, str]) -> None:
        if values["action"] == "bankswitch":
            self.say("fwst", state="DONE")

    def on_fwupd(self, values: dict[str, str]) -> None:
        self.say("fwst", state="LOADING")
        self.say("fwst", state="LOADED")

    def on_alist(self, values: dict[str, str]) -> None:
        if values["change"] == "NEW":
            self.list.clear()
        elif values["change"] == "ADD":
            self.list.append(values["tag"])
        else:
            self.list.remove(values["tag"])

    def on_config(self, values: dict[str, str]) -> None:
        pass
