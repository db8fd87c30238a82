"""Real sockets on the loopback, against peers that share no code with us: the stdlib's HTTP and PyPI's websockets.

The peers use asyncio, and not ``websockets.sync``: that one reads in a thread of its own, while OpenSSL takes one thread at a
time in a connection (https://github.com/openssl/openssl/issues/20446).  Over TLS its own request gets lost now and then, and its
close often ends at once with "The read operation timed out".  It does the same against a server that is not ours.
"""

from __future__ import annotations

import asyncio
import http.client
import http.server
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from queue import Queue
from typing import Any

import pytest
from twisted.internet.protocol import Factory
from twisted.internet.selectreactor import SelectReactor
from websockets.asyncio.client import connect as ws_connect
from websockets.asyncio.server import serve as ws_serve

from gateway.config import TLS
from gateway.links import server
from gateway.links.address import Address
from gateway.links.client import HttpClient
from gateway.links.http import http_factory
from gateway.links.limits import Limits, LinkFailed
from gateway.links.server import AT_ONCE, listen
from gateway.links.streams import StreamFactory, dial_stream
from gateway.links.trust import OLDEST, CertificateFiles, Trust
from gateway.links.websocket import connect

WITHIN = 120.0
"""Seconds; only what is broken needs them."""


class Running:
    """A reactor of its own in a thread.  Not Twisted's global one: the links must not need it."""

    def __init__(self) -> None:
        self.reactor = SelectReactor()
        self.thread = threading.Thread(target=self.reactor.run, kwargs={"installSignalHandlers": False})
        self.thread.start()

    def call(self, act: Callable[[], Any]) -> Any:
        """The result of ``act``, or of the Deferred that it gives."""
        results: Queue[Any] = Queue()

        def run() -> None:
            from twisted.internet.defer import maybeDeferred

            maybeDeferred(act).addBoth(results.put)

        self.reactor.callFromThread(run)
        result = results.get(timeout=WITHIN)
        if hasattr(result, "raiseException"):
            result.raiseException()
        return result

    def stop(self) -> None:
        self.reactor.callFromThread(self.reactor.stop)
        self.thread.join(WITHIN)
        assert not self.thread.is_alive()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    made = Running()
    yield made
    made.stop()


class Echo:
    """Receives on a WebSocket and says everything back; `queue` gets what happened."""

    def __init__(self) -> None:
        self.queue: Queue[Any] = Queue()
        self.socket: Any = None

    def text(self, text: str) -> None:
        self.queue.put(text)
        if self.socket is not None:
            self.socket.send(text)

    def closed(self, code: int, reason: str) -> None:
        self.queue.put((code, reason))

    def next(self) -> Any:
        return self.queue.get(timeout=WITHIN)


@pytest.fixture
def port(running, request) -> Iterator[int]:
    """An echoing server; parametrize indirectly with True for TLS, or with the oldest TLS that it takes."""
    wanted = getattr(request, "param", False)
    tls = request.getfixturevalue("files") if wanted else None
    tls = replace(tls, oldest=wanted) if isinstance(wanted, str) else tls
    refused: list[str] = []

    def answer(exchange: Any) -> None:
        exchange.respond(200, [("X-Secure", str(exchange.request.secure))], exchange.request.body)

    def shake(handshake: Any) -> None:
        echo = Echo()
        chosen = "ocpp1.6" if "ocpp1.6" in handshake.subprotocols else None
        echo.socket = handshake.accept(chosen, echo)

    factory = http_factory(running.reactor, answer, shake, Limits(), refused.append)
    opened = running.call(lambda: listen(running.reactor, "127.0.0.1", 0, factory, tls))
    yield opened.getHost().port
    running.call(opened.stopListening)
    running.call(lambda: [connection.transport.abortConnection() for connection in list(factory.live)] and None)
    assert not refused


@pytest.fixture
def ours(files) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(files.certificate))


def test_the_stdlib_asks_over_one_connection(port):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN)
    for body in (b"", b"hi", b"x" * 2**20):
        client.request("POST", "/ocpp", body)
        answer = client.getresponse()
        assert (answer.status, answer.getheader("X-Secure")) == (200, "False")
        assert answer.read() == body
    client.request("POST", "/ocpp", iter([b"a" * 1000] * 50), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
    assert client.getresponse().read() == b"a" * 50_000
    client.close()


def test_the_stdlib_sees_why_its_body_is_refused(running):
    words: list[str] = []
    factory = http_factory(running.reactor, lambda _: None, None, Limits(body=1000), words.append)
    opened = running.call(lambda: listen(running.reactor, "127.0.0.1", 0, factory))
    client = http.client.HTTPConnection("127.0.0.1", opened.getHost().port, timeout=WITHIN)
    client.request("POST", "/ocpp", b"x" * 100_000)
    assert client.getresponse().status == 413
    client.close()
    running.call(opened.stopListening)
    assert words == ["body_too_large"]


@pytest.mark.parametrize("port", [True], indirect=True)
def test_the_stdlib_asks_over_tls(port, ours):
    client = http.client.HTTPSConnection("localhost", port, timeout=WITHIN, context=ours)
    client.request("POST", "/ocpp", b"hi")
    answer = client.getresponse()
    assert answer.getheader("X-Secure") == "True"
    assert answer.read() == b"hi"
    client.close()


@pytest.mark.parametrize("port", [True], indirect=True)
def test_old_tls_is_refused(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", port), WITHIN) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(plain)


@pytest.mark.parametrize("port", ["1.0"], indirect=True)
def test_q13_old_tls_is_taken_where_a_listener_says_so(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1
    client = http.client.HTTPSConnection("127.0.0.1", port, timeout=WITHIN, context=context)
    client.request("POST", "/", b"hi", {"Connection": "close"})
    assert client.sock.version() == "TLSv1"
    answer = client.getresponse()
    assert (answer.read(), answer.headers["X-Secure"]) == (b"hi", "True")
    client.close()


def test_every_tls_that_a_site_may_name_is_known():
    assert tuple(OLDEST) == TLS


async def talk(url: str, **named: Any) -> None:
    async with ws_connect(url, subprotocols=["ocpp2.0.1", "ocpp1.6"], proxy=None, **named) as peer:
        assert peer.subprotocol == "ocpp1.6"
        for text in ("", "hi", "\u20ac" * 1000, "x" * 2**20):
            await peer.send(text)
            assert await peer.recv() == text
        await peer.send(["in ", "three ", "parts"])
        assert await peer.recv() == "in three parts"
        await (await peer.ping())
    assert peer.close_code == 1000


def talk_soon(url: str, **named: Any) -> None:
    asyncio.run(asyncio.wait_for(talk(url, **named), WITHIN))


def test_websockets_talks_to_us(port):
    talk_soon(f"ws://127.0.0.1:{port}//ocpp/CP1")


@pytest.mark.parametrize("port", [True], indirect=True)
def test_websockets_talks_to_us_over_tls(port, ours):
    talk_soon(f"wss://localhost:{port}/ocpp/CP1", ssl=ours)


@pytest.fixture
def back_end(request) -> Iterator[int]:
    """PyPI's websockets as a server that echoes and closes when told to."""

    async def echo(peer: Any) -> None:
        assert peer.request.headers["Authorization"] == "Basic eDp5"
        async for text in peer:
            if text == "close":
                await peer.close(4001, "as you wish")
                return
            await peer.send(text)

    async def serve(ready: Queue[Any]) -> None:
        over = asyncio.Event()
        async with ws_serve(echo, "127.0.0.1", 0, subprotocols=["ocpp1.6"], ssl=context) as server:
            stop = partial(asyncio.get_running_loop().call_soon_threadsafe, over.set)
            ready.put((server.sockets[0].getsockname()[1], stop))
            await over.wait()

    context = None
    if getattr(request, "param", False):
        files = request.getfixturevalue("files")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
    ready: Queue[Any] = Queue()
    thread = threading.Thread(target=lambda: asyncio.run(serve(ready)))
    thread.start()
    port, stop = ready.get(timeout=WITHIN)
    yield port
    stop()
    thread.join(WITHIN)
    assert not thread.is_alive()


def call_out(running: Running, url: str, trust: Trust | None = None) -> None:
    echo = Echo()
    headers = [("Authorization", "Basic eDp5")]

    def start() -> Any:
        return connect(running.reactor, url, ["ocpp1.6"], headers, echo, Limits(), WITHIN, trust)

    peer = running.call(start)
    assert peer.subprotocol == "ocpp1.6"
    for text in ("hi", "\u20ac" * 1000, "x" * 2**19):
        running.call(lambda text=text: peer.send(text))
        assert echo.next() == text
    running.call(lambda: peer.send("close"))
    assert echo.next() == (4001, "as you wish")


def test_we_talk_to_websockets(running, back_end):
    call_out(running, f"ws://127.0.0.1:{back_end}/CP1")


@pytest.mark.parametrize("back_end", [True], indirect=True)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_we_talk_to_websockets_over_tls(running, back_end, files, host):
    call_out(running, f"wss://{host}:{back_end}/CP1", Trust(files.certificate))


@pytest.mark.parametrize("back_end", [True], indirect=True)
def test_we_believe_anybody_only_when_told_to(running, back_end):
    call_out(running, f"wss://127.0.0.1:{back_end}/CP1", Trust(verify=False))


@pytest.mark.parametrize("port", [True], indirect=True)
def test_a_server_that_is_not_believed_gets_no_byte(running, port):
    client = HttpClient(running.reactor, Limits())
    with pytest.raises(LinkFailed) as caught:
        running.call(lambda: client.post(f"https://127.0.0.1:{port}/", [], b"hi", WITHIN))
    assert not caught.value.reached
    assert "TLS failed" in caught.value.why


@pytest.mark.parametrize("port", [True], indirect=True)
def test_our_client_posts_over_tls(running, port, files):
    client = HttpClient(running.reactor, Limits(), Trust(files.certificate))
    for body in (b"hi", b"x" * 2**20, b""):
        answer = running.call(lambda body=body: client.post(f"https://127.0.0.1:{port}/", [], body, WITHIN))
        assert (answer.status, answer.body, answer.header("x-secure")) == (200, body, "True")
    running.call(client.close)


def test_our_client_posts_to_the_stdlib(running):
    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    client = HttpClient(running.reactor, Limits())
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://localhost:{server.server_address[1]}/"
        for body in (b"hi", b"x" * 10**6):
            assert running.call(lambda body=body: client.post(url, [("SOAPAction", '"x"')], body, WITHIN)).body == body
        running.call(client.close)
        server.shutdown()
        thread.join(WITHIN)


def test_a_port_with_bad_certificate_files_is_not_opened(running, tmp_path):
    (tmp_path / "empty.pem").write_text("")
    files = CertificateFiles(tmp_path / "empty.pem", tmp_path / "empty.pem")
    with pytest.raises(OSError, match="holds no certificate"):
        running.call(lambda: listen(running.reactor, "127.0.0.1", 0, None, files))


def test_importing_the_links_installs_no_reactor():
    names = ("client", "server", "http", "websocket", "trust")
    code = ";".join(f"import gateway.links.{name}" for name in names)
    code += ";import sys;assert 'twisted.internet.reactor' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


class Raw:
    """Takes raw bytes, and says them back where it is the server."""

    def __init__(self, echo: bool) -> None:
        self.echo, self.queue, self.link = echo, Queue(), None

    def opened(self, link):
        self.link = link
        self.queue.put("open")

    def heard(self, data, peer, place=""):
        self.queue.put(data)
        if self.echo:
            self.link.write(data, peer)

    def closed(self, why):
        self.queue.put(("closed", why))


def test_raw_bytes_over_tls_and_a_certificate_that_nobody_signed(running, files):
    limits, far, near, wary = Limits(), Raw(True), Raw(False), Raw(False)
    factory = StreamFactory(running.reactor, lambda: far, limits, lambda why: None)
    opened = running.call(lambda: listen(running.reactor, "127.0.0.1", 0, factory, files))
    place = Address(True, "127.0.0.1", opened.getHost().port, "/", "127.0.0.1")
    over = Queue()

    def dialled(receiver, trust):
        return dial_stream(running.reactor, place, receiver, limits, trust)(lambda: over.put("over"))

    _, abort = running.call(lambda: [*dialled(near, Trust(files.certificate))])
    assert near.queue.get(timeout=WITHIN) == "open"
    running.call(lambda: near.link.write(b"\x02hello", near.link.peer))
    assert near.queue.get(timeout=WITHIN) == b"\x02hello"
    running.call(abort)
    assert near.queue.get(timeout=WITHIN)[0] == "closed"
    assert over.get(timeout=WITHIN) == "over"
    running.call(lambda: [*dialled(wary, Trust())])
    assert over.get(timeout=WITHIN) == "over"
    why, text = wary.queue.get(timeout=WITHIN)
    assert (why, text.startswith("TLS failed")) == ("closed", True), "it ends without ever having been open"
    running.call(opened.stopListening)


def test_those_who_come_together_are_taken_in_by_handfuls() -> None:
    taken: list[Any] = []
    factory: Any = Factory()
    factory.buildProtocol = taken.append  # None: closed at once
    opened: list[Any] = []
    reactor = SelectReactor()
    listen(reactor, "127.0.0.1", 0, factory).addCallback(opened.append)
    (port,) = opened
    where = ("127.0.0.1", port.getHost().port)
    peers = [socket.create_connection(where) for _ in range(3 * AT_ONCE + 1)]
    handfuls = []
    while len(taken) < len(peers):
        before = len(taken)
        port.doRead()
        handfuls.append(len(taken) - before)
    assert max(handfuls) == AT_ONCE, "and fewer where the system is late with some"
    for peer in peers:
        peer.close()
    port.stopListening()
    reactor.runUntilCurrent()


def test_where_no_descriptor_is_left_a_port_rests_and_those_who_wait_are_taken_in_later(monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = iter([0, 0, 1, 5, 0])
    monkeypatch.setattr(server, "room", lambda wanted, who: min(wanted, next(rooms)))
    monkeypatch.setattr(server, "REST", 0.0)
    taken: list[Any] = []
    factory: Any = Factory()
    factory.buildProtocol = taken.append
    opened: list[Any] = []
    reactor = SelectReactor()
    listen(reactor, "127.0.0.1", 0, factory).addCallback(opened.append)
    (port,) = opened
    peers = [socket.create_connection(("127.0.0.1", port.getHost().port)) for _ in range(3)]
    for expected in (0, 0, 1, 3):
        assert port in reactor.getReaders()
        port.doRead()
        assert len(taken) == expected
        assert (port in reactor.getReaders()) == (expected > 0), "who is not taken in is not asked for again and again"
        reactor.runUntilCurrent()
    port.doRead()
    port.stopListening()
    reactor.runUntilCurrent()
    assert port not in reactor.getReaders(), "a rest does not open what was closed meanwhile"
    for peer in peers:
        peer.close()
