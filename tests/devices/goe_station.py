"""A simulated go-e Charger, written after the maker's list of API keys: a function of HTTP questions, and who moves the car."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

NEUTRAL, OFF, ON = 0, 1, 2


class GoE:
    """``access``: whether it waits for a card or a command while nobody forces it (``acs``)."""

    def __init__(self, access: bool = False) -> None:
        self.access, self.there, self.full = access, False, False
        self.wh, self.amp, self.frc, self.cable = 85021.0, 16, NEUTRAL, 20
        self.error: int | None = 0
        self.locked = False
        self.asked: list[str] = []
        self.line: Any = None
        self.clock: Any = None

    # -- the car -------------------------------------------------------------------------------------------------

    def plug(self) -> None:
        self.there, self.full = True, False

    def unplug(self) -> None:
        self.there = False

    def charge(self, wh: float) -> None:
        assert self.car == 2
        self.wh += wh

    @property
    def allowed(self) -> bool:
        return self.frc == ON or (self.frc == NEUTRAL and not self.access)

    @property
    def car(self) -> int:
        if self.error:
            return 5
        if not self.there:
            return 1
        return 4 if self.full or not self.allowed else 2

    # -- HTTP ----------------------------------------------------------------------------------------------------

    def ask(self, target: str) -> tuple[int, bytes]:
        """The status and the body for a GET."""
        self.asked.append(target)
        parts = urlsplit(target)
        if self.locked:
            return 403, b"Forbidden"
        if parts.path == "/api/status":
            keys = dict(parse_qsl(parts.query))["filter"].split(",")
            return 200, json.dumps({key: value for key, value in self.values().items() if key in keys}).encode()
        if parts.path == "/api/set":
            return 200, json.dumps({key: self.set(key, json.loads(value)) for key, value in parse_qsl(parts.query)}).encode()
        return 404, b""

    def values(self) -> dict[str, Any]:
        amps = min(self.amp, self.cable) if self.car == 2 else 0
        nrg = [230, 231, 229, 0, amps, amps, amps, 230 * amps, 231 * amps, 229 * amps, 0, 690 * amps, 99, 99, 99, 0]
        known = {"sse": "212345", "typ": "go-eCharger_V3", "fwv": "055.0", "oem": "go-e", "cbl": self.cable, "eto": self.wh}
        return {**known, "car": self.car, "err": self.error, "amp": self.amp, "frc": self.frc, "nrg": nrg, "trx": None, "wh": 0}

    def set(self, key: str, value: Any) -> Any:
        allowed = {"amp": range(6, 33), "frc": range(3)}
        if value not in allowed.get(key, ()):
            return "value out of range"
        setattr(self, key, value)
        return True

    def receive(self, data: bytes, place: str) -> None:
        """On a street: asked over a line."""
        method, _, target = place.partition(" ")
        assert (method, data) == ("GET", b"")
        status, body = self.ask(target)
        if self.line is not None:
            answer = self.line.heard if status == 200 else lambda *about: self.line.refused(status, *about)
            self.clock.callLater(0.05, answer, body, ("192.0.2.9", 7090), place)
