"""A KEBA station as its guide describes it, written without the dialect's data."""

from __future__ import annotations

import json
from typing import Any


class Keba:
    """``line.heard`` takes what it says.  ``power`` flows while state is 3."""

    def __init__(self, auth: bool = False, card: str | None = None) -> None:
        self.line: Any = None
        self.clock: Any = None
        self.commands: list[str] = []
        self.auth, self.white = auth, card
        self.state, self.plug, self.enabled, self.limit = 2, 1, True, 32000
        self.session, self.card = 34, "0" * 16
        self.energy, self.since = 0.0, 0.0
        self.deaf = False

    # -- what the driver does ------------------------------------------------------------------------------------

    def arrive(self) -> None:
        self.plug = 7
        self.session += 1
        self.energy, self.card = 0.0, "0" * 16
        self._settle()
        self._say({"Plug": 7})

    def show(self, card: str) -> None:
        if card == self.white:
            self.card = card
            self._settle()

    def leave(self) -> None:
        self.count()
        self.plug = 1
        self._settle()
        self._say({"Plug": 1})

    # -- what it does --------------------------------------------------------------------------------------------

    def count(self) -> None:
        """11 kW while it charges, in 0.1 Wh."""
        now = self.clock.seconds()
        if self.state == 3:
            self.energy += (now - self.since) * 11000 / 3600 * 10
        self.since = now

    def _settle(self) -> None:
        self.count()
        allowed = not self.auth or self.card != "0" * 16
        before = self.state
        car = bool(self.plug & 4)
        self.state = (
            (3 if allowed and self.limit >= 6000 else 5) if car and self.enabled else 2 if self.enabled else 5 if car else 1
        )
        if self.state != before:
            self._say({"State": self.state})

    def _say(self, what: Any) -> None:
        if self.line is not None and not self.deaf:
            text = what if isinstance(what, str) else json.dumps(what)
            self.clock.callLater(0.01, self._heard, text)

    def _heard(self, text: str) -> None:
        if self.line is not None:
            self.line.heard(text.encode("cp437"), ("192.0.2.9", 7090))

    def receive(self, data: bytes) -> None:
        text = data.decode()
        self.commands.append(text)
        if self.deaf:
            return
        word, _, rest = text.partition(" ")
        if word == "report":
            self.count()
            self._say(self._report(int(rest)))
            return
        if word == "ena":
            self.enabled = rest == "1"
        elif word == "curr":
            self.limit = int(rest)
        elif word == "start":
            self.card = rest.partition(" ")[0]
        elif word == "stop":
            self.card = "0" * 16 if self.card == rest else self.card
        elif word not in ("failsafe", "unlock"):
            self._say("TCH-ERR")
            return
        self._say("TCH-OK :done")
        self._settle()

    def _report(self, number: int) -> Any:
        on = 1 if self.state == 3 else 0
        enabled, auth = int(self.enabled), int(self.auth)
        return {
            1: {"ID": "1", "Product": "KC-P30-EC2204B2-M0R", "Serial": "17543999", "Firmware": "P30 v 3.10.16 (180524)"},
            2: {
                "ID": "2", "State": self.state, "Error1": 0, "Error2": 0, "Plug": self.plug, "AuthON": auth, "Authreq": 0,
                "Enable sys": enabled, "Enable user": enabled, "Max curr": self.limit, "Curr HW": 32000, "Sec": 2,
            },
            3: {
                "ID": "3", "U1": 230 * on, "U2": 230 * on, "U3": 230 * on, "I1": 16000 * on, "I2": 16000 * on, "I3": 15990 * on,
                "P": 11000000 * on, "PF": 1000 * on, "E pres": int(self.energy), "E total": 123456789, "Sec": 3,
            },
            100: {
                "ID": "100", "Session ID": self.session, "E start": 0, "E pres": int(self.energy), "reason": 0,
                "RFID tag": self.card, "RFID class": "0" * 20, "Sec": 4,
            },
        }[number]  # fmt: skip
