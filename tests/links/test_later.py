"""Work that is put off until the sockets were read: in order, all of it, and one fault costs nobody else anything."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock
from wsproto.connection import ConnectionType

from gateway.links.flow import Outlet
from gateway.links.frames import WebSocket
from gateway.links.later import Later
from gateway.links.limits import Limits
from tests.links.test_frames import frame

BYE = frame(0x88, b"\x03\xe8")


class _Nobody:
    def makeConnection(self, transport):
        pass


class Heard:
    """Does what a word asks for, and remembers what came."""

    def __init__(self) -> None:
        self.all: list[object] = []
        self.on = {}

    def text(self, text: str) -> None:
        self.all.append(text)
        self.on.get(text, lambda: None)()

    def closed(self, code: int, reason: str) -> None:
        self.all.append(code)


@pytest.fixture
def here(wire):
    """A clock and a way to open WebSockets that are read together."""
    clock, heard = Clock(), Heard()
    later = Later(clock)

    def opened() -> WebSocket:
        outlet = Outlet(wire(_Nobody()), clock, Limits(), lambda: None)
        return WebSocket(outlet, clock, Limits(), heard, ConnectionType.SERVER, None, "", None, later)

    return clock, heard, opened


def test_calls_are_made_in_order_and_those_that_come_meanwhile_later() -> None:
    clock, made = Clock(), []
    later = Later(clock)

    def call(word: str) -> None:
        made.append(word)
        if word == "b":
            later.add(call, "later")

    for word in "abc":
        later.add(call, word)
    assert made == []
    clock.advance(0)
    assert made == ["a", "b", "c", "later"]
    assert clock.getDelayedCalls() == []


def test_one_that_raises_costs_the_others_nothing_and_is_told() -> None:
    clock, made = Clock(), []
    later = Later(clock)
    later.add(lambda: 1 / 0)
    later.add(made.append, "after")
    with pytest.raises(ZeroDivisionError):
        clock.advance(0)
    assert made == ["after"]


def test_what_was_said_before_the_close_is_heard_before_it(here) -> None:
    clock, heard, opened = here
    opened().feed(frame(0x81, b"last words") + BYE)
    assert heard.all == []
    clock.advance(0)
    assert heard.all == ["last words", 1000]


def test_what_was_said_before_the_line_broke_is_heard_too(here) -> None:
    clock, heard, opened = here
    socket = opened()
    socket.feed(frame(0x81, b"last words"))
    socket.gone()
    clock.advance(0)
    assert heard.all == ["last words", 1006]


@pytest.mark.parametrize("end", [lambda socket: socket.close(), lambda socket: socket.abort()])
def test_nothing_is_heard_once_we_have_closed(here, end) -> None:
    clock, heard, opened = here
    socket = opened()
    heard.on["enough"] = lambda: end(socket)
    socket.feed(frame(0x81, b"enough") + frame(0x81, b"more"))
    clock.advance(0)
    assert heard.all[:1] == ["enough"]
    assert "more" not in heard.all


def test_a_crash_costs_that_peer_its_socket_and_nobody_else_anything(here) -> None:
    clock, heard, opened = here
    first, second = opened(), opened()
    heard.on["bad"] = lambda: 1 / 0
    first.feed(frame(0x81, b"bad"))
    second.feed(frame(0x81, b"good"))
    with pytest.raises(ZeroDivisionError):
        clock.advance(0)
    assert "good" in heard.all
    assert (first.is_open, second.is_open) == (False, True)
