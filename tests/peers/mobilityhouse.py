"""A 1.6J back end made of PyPI ``ocpp`` (mobilityhouse) and ``websockets``: it checks all by the official schemas."""

from __future__ import annotations

import logging
import ssl
from datetime import UTC, datetime
from typing import Any

import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus
from websockets.asyncio.server import ServerConnection, serve

from tests.peers.looped import Looped, shut
from tests.peers.running import PATIENCE

logging.getLogger("ocpp").setLevel(logging.CRITICAL)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Station(ChargePoint):
    """One station as the back end sees it."""

    book: Book

    @on(Action.boot_notification)
    def on_boot(self, **given: Any) -> Any:
        self.book.note(self.id, "BootNotification", given)
        return call_result.BootNotification(current_time=now(), interval=300, status=RegistrationStatus.accepted)

    @on(Action.heartbeat)
    def on_heartbeat(self, **given: Any) -> Any:
        self.book.note(self.id, "Heartbeat", given)
        return call_result.Heartbeat(current_time=now())

    @on(Action.authorize)
    def on_authorize(self, **given: Any) -> Any:
        self.book.note(self.id, "Authorize", given)
        known = AuthorizationStatus.invalid if given["id_tag"].startswith("BAD") else AuthorizationStatus.accepted
        return call_result.Authorize(id_tag_info=IdTagInfo(status=known, parent_id_tag="FLEET"))

    @on(Action.start_transaction)
    def on_start(self, **given: Any) -> Any:
        self.book.transactions += 1
        number = 70000 + self.book.transactions
        self.book.note(self.id, "StartTransaction", {**given, "transaction_id": number})
        return call_result.StartTransaction(transaction_id=number, id_tag_info=IdTagInfo(status=AuthorizationStatus.accepted))

    @on(Action.stop_transaction)
    def on_stop(self, **given: Any) -> Any:
        self.book.note(self.id, "StopTransaction", given)
        return call_result.StopTransaction(id_tag_info=IdTagInfo(status=AuthorizationStatus.accepted))

    @on(Action.meter_values)
    def on_meter(self, **given: Any) -> Any:
        self.book.note(self.id, "MeterValues", given)
        return call_result.MeterValues()

    @on(Action.status_notification)
    def on_status(self, **given: Any) -> Any:
        self.book.note(self.id, "StatusNotification", given)
        return call_result.StatusNotification()

    @on(Action.data_transfer)
    def on_data(self, **given: Any) -> Any:
        self.book.note(self.id, "DataTransfer", given)
        return call_result.DataTransfer(status="Accepted", data="pong")

    @on(Action.diagnostics_status_notification)
    def on_diagnostics(self, **given: Any) -> Any:
        self.book.note(self.id, "DiagnosticsStatusNotification", given)
        return call_result.DiagnosticsStatusNotification()

    @on(Action.firmware_status_notification)
    def on_firmware(self, **given: Any) -> Any:
        self.book.note(self.id, "FirmwareStatusNotification", given)
        return call_result.FirmwareStatusNotification()


class Book:
    """What the back end was told, in order."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str, dict[str, Any]]] = []
        self.transactions = 0

    def note(self, station: str, action: str, given: dict[str, Any]) -> None:
        self.notes.append((station, action, given))

    def of(self, action: str, station: str | None = None) -> list[dict[str, Any]]:
        return [given for who, what, given in list(self.notes) if what == action and station in (None, who)]


class Backend(Looped):
    """The back end on a thread of its own.  ``book`` outlives a ``stop``; ``start`` listens at the same port again."""

    def __init__(
        self, port: int, tls: ssl.SSLContext | None = None, kind: type[Any] = Station, protocol: str = "ocpp1.6"
    ) -> None:
        super().__init__()
        self.port, self.book, self.tls, self.kind, self.protocol = port, Book(), tls, kind, protocol
        self.stations: dict[str, Any] = {}
        self.handshakes: list[tuple[str, str | None]] = []
        self._server: Any = None

    def start(self) -> Backend:
        self.run(self._start())
        return self

    async def _start(self) -> None:
        self._server = await serve(self._serve, "127.0.0.1", self.port, subprotocols=[self.protocol], ssl=self.tls)  # type: ignore[list-item]

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        identity = socket.request.path.rsplit("/", 1)[1]
        self.handshakes.append((socket.request.path, socket.request.headers.get("Authorization")))
        station = self.kind(identity, socket, response_timeout=PATIENCE)
        station.book = self.book
        self.stations[identity] = station
        try:
            await station.start()
        except websockets.ConnectionClosed:
            pass
        finally:
            if self.stations.get(identity) is station:
                del self.stations[identity]

    def command(self, identity: str, request: Any) -> Any:
        """Ask a station, through the gateway."""
        return self.run(self.stations[identity].call(request, suppress=False))

    def stop(self) -> None:
        """Go away, as a back end that is restarted does."""
        if self._server is not None:
            self.run(self._stop())

    async def _stop(self) -> None:
        await shut(self._server)
        self._server = None

    def end(self) -> None:
        self.stop()
        super().end()
