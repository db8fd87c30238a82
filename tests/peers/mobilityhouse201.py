"""Back ends of 2.0.1 and 2.1, and stations of 1.6J, 2.0.1 and 2.1, made of PyPI ``ocpp`` (mobilityhouse): official schemas."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import ocpp.v16
import ocpp.v21
import ocpp.v201
import websockets
from ocpp.routing import on
from ocpp.v201 import call_result
from ocpp.v201.enums import Action, AuthorizationStatusEnumType, RegistrationStatusEnumType
from websockets.asyncio.client import connect

from tests.peers.looped import Looped
from tests.peers.mobilityhouse import Book, now
from tests.peers.running import PATIENCE


class Central:
    """What a back end of 2.x says to a station; 2.1 has no other words for it."""

    id: str
    book: Book

    @on(Action.boot_notification)
    def on_boot(self, **given: Any) -> Any:
        self.book.note(self.id, "BootNotification", given)
        return call_result.BootNotification(current_time=now(), interval=300, status=RegistrationStatusEnumType.accepted)

    @on(Action.heartbeat)
    def on_heartbeat(self, **given: Any) -> Any:
        self.book.note(self.id, "Heartbeat", given)
        return call_result.Heartbeat(current_time=now())

    @on(Action.authorize)
    def on_authorize(self, **given: Any) -> Any:
        self.book.note(self.id, "Authorize", given)
        return call_result.Authorize(id_token_info={"status": self.word(given["id_token"])})

    @on(Action.transaction_event)
    def on_event(self, **given: Any) -> Any:
        self.book.note(self.id, "TransactionEvent", given)
        info = {"status": self.word(given["id_token"])} if "id_token" in given else None
        return call_result.TransactionEvent(id_token_info=info)

    @on(Action.meter_values)
    def on_meter(self, **given: Any) -> Any:
        self.book.note(self.id, "MeterValues", given)
        return call_result.MeterValues()

    @on(Action.status_notification)
    def on_status(self, **given: Any) -> Any:
        self.book.note(self.id, "StatusNotification", given)
        return call_result.StatusNotification()

    @on(Action.notify_event)
    def on_notice(self, **given: Any) -> Any:
        self.book.note(self.id, "NotifyEvent", given)
        return call_result.NotifyEvent()

    @staticmethod
    def word(token: dict[str, Any]) -> AuthorizationStatusEnumType:
        known = AuthorizationStatusEnumType
        return known.no_credit if token["id_token"].startswith("BAD") else known.accepted


class Station201(Central, ocpp.v201.ChargePoint):
    """One 2.0.1 station as the back end sees it."""


class Station21(Central, ocpp.v21.ChargePoint):
    """One 2.1 station as the back end sees it."""


class Commanded:
    """What a station hears: ``heard``; it accepts every remote start and stop."""

    heard: list[tuple[str, dict[str, Any]]]


class Station16(ocpp.v16.ChargePoint, Commanded):
    """A 1.6J station."""

    @on(ocpp.v16.enums.Action.remote_start_transaction)
    def on_start(self, **given: Any) -> Any:
        self.heard.append(("RemoteStartTransaction", given))
        return ocpp.v16.call_result.RemoteStartTransaction(status="Accepted")

    @on(ocpp.v16.enums.Action.remote_stop_transaction)
    def on_stop(self, **given: Any) -> Any:
        self.heard.append(("RemoteStopTransaction", given))
        return ocpp.v16.call_result.RemoteStopTransaction(status="Accepted")


class Commanded2(Commanded):
    """The same of 2.x."""

    @on(Action.request_start_transaction)
    def on_start(self, **given: Any) -> Any:
        self.heard.append(("RequestStartTransaction", given))
        return call_result.RequestStartTransaction(status="Accepted")

    @on(Action.request_stop_transaction)
    def on_stop(self, **given: Any) -> Any:
        self.heard.append(("RequestStopTransaction", given))
        return call_result.RequestStopTransaction(status="Accepted")


class Station2(Commanded2, ocpp.v201.ChargePoint):
    """A 2.0.1 station."""


class Station3(Commanded2, ocpp.v21.ChargePoint):
    """A 2.1 station."""


class Dialled(Looped):
    """A station on a thread of its own, dialled in.  Called with a request, it gives the checked answer."""

    def __init__(self, kind: type[Any], protocol: str, url: str) -> None:
        super().__init__()
        self.kind, self.protocol, self.url = kind, protocol, url
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._peer: Any = None
        self._reading: Any = None

    def dial(self) -> Dialled:
        self.run(self._dial())
        return self

    async def _dial(self) -> None:
        socket = await connect(self.url, subprotocols=[self.protocol], open_timeout=PATIENCE)  # type: ignore[list-item]
        self._peer = self.kind("station", socket, response_timeout=PATIENCE)
        self._peer.heard = self.heard
        self._reading = asyncio.ensure_future(self._read(self._peer))
        self._socket = socket

    async def _read(self, peer: Any) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            await peer.start()

    def __call__(self, request: Any) -> Any:
        return self.run(self._peer.call(request, suppress=False))

    def hang_up(self) -> None:
        self.run(self._hang_up())

    async def _hang_up(self) -> None:
        if self._peer is not None:
            await self._socket.close()
            await self._reading

    def end(self) -> None:
        self.hang_up()
        super().end()
