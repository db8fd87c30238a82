"""A real MQTT broker (amqtt), and simulated stations behind it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from pwdlib.hashers.argon2 import Argon2Hasher

from tests.certified import certified
from tests.peers.running import free_port, until


class Broker:
    """It stands at ``port``, again after a ``kill``."""

    def __init__(self, folder: Path, secure: bool = False, login: tuple[str, str] | None = None) -> None:
        self.port = free_port()
        self._config = folder / "broker.yaml"
        allowed, tls = "AnonymousAuthPlugin: {allow_anonymous: true}", ""
        if login is not None:
            (folder / "users").write_text(f"{login[0]}:{Argon2Hasher().hash(login[1])}\n")
            allowed = f"FileAuthPlugin: {{password_file: {folder / 'users'}}}"
        if secure:
            certificate, key = certified(folder)
            tls = f", ssl: true, certfile: {certificate}, keyfile: {key}"
        self._config.write_text(
            textwrap.dedent(f"""\
            listeners:
              default: {{type: tcp, bind: 127.0.0.1:{self.port}{tls}}}
            plugins:
              amqtt.plugins.authentication.{allowed}
            """)
        )
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> Broker:
        line = [sys.executable, "-m", "amqtt.scripts.broker_script", "-c", str(self._config)]
        quiet = subprocess.DEVNULL
        self._child = subprocess.Popen(line, stderr=quiet, stdout=quiet, env={**os.environ})
        return self

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    end = kill


def connected(port: int) -> Client:
    """A client of the test's own."""
    made = Client(CallbackAPIVersion.VERSION2)
    until(lambda: _reached(made, port), "the broker is there")
    made.loop_start()
    until(made.is_connected, "the station is connected")
    return made


def _reached(client: Client, port: int) -> bool:
    try:
        client.connect("127.0.0.1", port)
    except OSError:
        return False
    return True


class SmartEvse:
    """Written after the project's list of topics: it tells all of them again and again, as its firmware does."""

    def __init__(self, port: int, serial: str = "51446") -> None:
        self.prefix, self.lock = f"SmartEVSE-{serial}", threading.Lock()
        self.there, self.mode, self.override, self.wh = False, "Normal", 0, 85021
        self.client = connected(port)
        self.client.on_message = self._told
        self.client.subscribe(f"{self.prefix}/Set/#")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def start(self) -> SmartEvse:
        self._thread.start()
        return self

    @property
    def charging(self) -> bool:
        return self.there and self.mode != "Off"

    def do(self, name: str, value: Any) -> None:
        with self.lock:
            setattr(self, name, value)

    def _told(self, client: Any, about: Any, message: Any) -> None:
        what, text = message.topic.rpartition("/")[2], message.payload.decode()
        with self.lock:
            if what == "Mode" and text in ("Off", "Normal", "Smart", "Solar"):
                self.mode = text
            elif what == "CurrentOverride" and 60 <= int(text) <= 160:
                self.override = int(text)

    def _tell(self) -> None:
        while not self._over.wait(0.2):
            with self.lock:
                state = "Charging" if self.charging else "Connected to EV" if self.there else "Ready to Charge"
                power = 69 * (self.override or 160) if self.charging else 0
                told = {"State": state, "Error": "None", "Mode": self.mode, "MaxCurrent": 160, "EVChargePower": power}
                told |= {"EVTotalEnergyCharged": self.wh, "ESPTemp": 31}
            for topic, value in told.items():
                self.client.publish(f"{self.prefix}/{topic}", str(value))

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        self.client.loop_stop()
        self.client.disconnect()
