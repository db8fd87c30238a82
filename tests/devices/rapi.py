"""A simulated OpenEVSE, written after its firmware's header and not after the dialect file."""

from __future__ import annotations


def checked(text: str) -> bytes:
    total = 0
    for letter in text:
        total ^= ord(letter)
    return f"{text}^{total:02X}\r".encode()


class OpenEvse:
    """State as the firmware has it; ``silent``: it answers nothing."""

    def __init__(self) -> None:
        self.state, self.car, self.asleep = 1, False, False
        self.amps, self.least, self.most = 32, 6, 32
        self.ws, self.current = 0, 0
        self.supervision = (0, 0)
        self.silent = False
        self.heard: list[str] = []

    def __call__(self, frame: bytes) -> list[bytes]:
        text, _, _ = frame.decode().rstrip("\r").rpartition("^")
        assert checked(text) == frame, "a wrong check"
        self.heard.append(text)
        if self.silent:
            return []
        command, *arguments = text[1:].split()
        answer = getattr(self, f"on_{command.lower()}", None)
        return [checked(answer(*arguments) if answer else "$NK 21")]

    # -- commands ------------------------------------------------------------------------------------------------

    def on_gs(self) -> str:
        flags = (0x100 if self.car else 0) | (0x40 if self.state == 3 else 0)
        return f"$OK {self.shown:x} 0 {self.state:x} {flags:x}"

    def on_gg(self) -> str:
        return f"$OK {self.current * 1000} 230000"

    def on_gu(self) -> str:
        return f"$OK {self.ws} 0"

    def on_gc(self) -> str:
        return f"$OK {self.least} {self.most} {self.amps} {self.most}"

    def on_gv(self) -> str:
        return "$OK 7.1.3 5.2.1"

    def on_sy(self, *arguments: str) -> str:
        if len(arguments) == 2:
            self.supervision = (int(arguments[0]), int(arguments[1]))
        return "$OK {} {} 0".format(*self.supervision)

    def on_sc(self, amps: str, kind: str = "") -> str:
        wanted = int(amps)
        self.amps = min(max(wanted, self.least), self.most)
        return f"${'OK' if wanted == self.amps else 'NK'} {self.amps}"

    def on_fe(self) -> str:
        self.asleep = False
        self.settle()
        return "$OK"

    def on_fs(self) -> str:
        self.asleep = True
        self.settle()
        return "$OK"

    def on_fr(self) -> str:
        return "$OK"

    # -- the car -------------------------------------------------------------------------------------------------

    @property
    def shown(self) -> int:
        return 0xFE if self.asleep and self.state < 4 else self.state

    def settle(self) -> None:
        self.state = 1 if not self.car else 2 if self.asleep else 3
        self.current = self.amps if self.state == 3 else 0

    def plug(self) -> None:
        if not self.car:
            self.ws = 0
        self.car = True
        self.settle()

    def unplug(self) -> None:
        self.car = False
        self.settle()

    def charge(self, wh: int) -> None:
        self.ws += wh * 3600
