"""Stations that are asked over HTTP."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from gateway.links.client import Response
from gateway.links.digest import Digest
from gateway.links.limits import LinkFailed
from gateway.links.polls import Polls
from tests.links.test_streams import Far


class Asker(Far):
    """An `Asker` that remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: list[tuple[int, bytes, str]] = []

    def refused(self, status: int, data: bytes, peer: Any, place: str) -> None:
        self.refusals.append((status, data, place))


class Client:
    """An HTTP client whose answers the test gives."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bytes, Deferred[Response]]] = []
        self.headers: list[dict[str, str]] = []

    def ask(self, method: str, url: str, headers: Any, body: bytes, within: float) -> Deferred[Response]:
        made: Deferred[Response] = Deferred()
        self.headers.append(dict(headers))
        self.asked.append((method, url, body, made))
        return made


def test_each_question_is_a_request_and_its_body_the_answer() -> None:
    client, far = Client(), Asker()
    polls = Polls(client, "http://192.0.2.1:80", far, 5, content_type="text/json")  # type: ignore[arg-type]
    polls.open()
    polls.open()
    polls.write(b"", ("192.0.2.1", 80), "GET /status?x=1")
    polls.write(b"amp=16", ("192.0.2.1", 80), "POST /set")
    polls.write(b"16", ("192.0.2.1", 80), "PUT /amp")
    assert [one[:3] for one in client.asked] == [
        ("GET", "http://192.0.2.1:80/status?x=1", b""),
        ("POST", "http://192.0.2.1:80/set", b"amp=16"),
        ("PUT", "http://192.0.2.1:80/amp", b"16"),
    ]
    assert client.headers == [{}, {"content-type": "text/json"}, {"content-type": "text/json"}]
    client.asked[0][3].callback(Response(200, (), b"{}"))
    client.asked[1][3].callback(Response(500, (), b"oops"))
    assert (far.data, far.refusals) == ([b"{}"], [(500, b"oops", "POST /set")])


def test_a_question_may_have_headers_of_its_own() -> None:
    client = Client()
    polls = Polls(client, "http://192.0.2.1:80", Asker(), 5, [("x-key", "1")])  # type: ignore[arg-type]
    polls.open()
    polls.write(b"", ("192.0.2.1", 80), "GET /status\nAuthorization: Bearer a:b\nX-Two: 2")
    assert client.asked[0][:2] == ("GET", "http://192.0.2.1:80/status")
    assert client.headers == [{"x-key": "1", "Authorization": "Bearer a:b", "X-Two": "2"}]


def test_a_challenge_is_answered_once() -> None:
    client, far, here = Client(), Asker(), ("192.0.2.1", 80)
    digest = Digest("u", b"s", lambda: "c")
    polls = Polls(client, "http://192.0.2.1:80", far, 5, digest=digest)  # type: ignore[arg-type]
    polls.open()
    challenge = Response(401, (("www-authenticate", 'Digest realm="r", nonce="n", qop="auth"'),), b"")
    polls.write(b"", here, "GET /a?b=1")
    client.asked[0][3].callback(challenge)
    assert [one[:2] for one in client.asked] == [("GET", "http://192.0.2.1:80/a?b=1")] * 2
    assert 'uri="/a?b=1"' in client.headers[1]["authorization"]
    client.asked[1][3].callback(challenge)
    assert far.refusals == [(401, b"", "GET /a?b=1")], "the secret is wrong"
    polls.write(b"", here, "GET /c")
    assert "nc=00000001" in client.headers[2]["authorization"], "what was offered last is used at once"
    client.asked[2][3].callback(Response(200, (), b"{}"))
    assert far.data == [b"{}"]


def test_cookies_are_shown_from_then_on() -> None:
    client = Client()
    polls = Polls(client, "http://192.0.2.1:80", Asker(), 5)  # type: ignore[arg-type]
    polls.open()

    def answered(*cookies: str) -> dict[str, str]:
        polls.write(b"", ("192.0.2.1", 80), "GET /a")
        client.asked[-1][3].callback(Response(200, tuple(("set-cookie", one) for one in cookies), b""))
        return client.headers[-1]

    assert answered("sid=1; Path=/; HttpOnly", "lang=de") == {}
    assert answered("sid=2") == {"cookie": "sid=1; lang=de"}
    assert answered("lang=; Max-Age=0", *(f"c{number}=x" for number in range(100))) == {"cookie": "lang=de; sid=2"}
    assert len(answered()["cookie"].split("; ")) == 20


def test_a_link_that_fails_and_one_that_is_shut_say_nothing() -> None:
    client, far = Client(), Asker()
    polls = Polls(client, "http://192.0.2.1:80", far, 5)  # type: ignore[arg-type]
    polls.open()
    polls.write(b"", ("192.0.2.1", 80), "GET /a")
    polls.write(b"", ("192.0.2.1", 80), "GET /b")
    client.asked[0][3].errback(LinkFailed("no", reached=False))
    polls.shut()
    client.asked[1][3].callback(Response(200, (), b"late"))
    assert (far.data, far.ends, polls.open_to(("", 0))) == ([], ["shut"], False)
