"""Stations that are asked over HTTP."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from gateway.links.client import Response
from gateway.links.limits import LinkFailed
from gateway.links.polls import Polls
from tests.links.test_streams import Far


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
    client, far = Client(), Far()
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
    assert far.data == [b"{}"], "a refusal is an answer that does not come"


def test_a_link_that_fails_and_one_that_is_shut_say_nothing() -> None:
    client, far = Client(), Far()
    polls = Polls(client, "http://192.0.2.1:80", far, 5)  # type: ignore[arg-type]
    polls.open()
    polls.write(b"", ("192.0.2.1", 80), "GET /a")
    polls.write(b"", ("192.0.2.1", 80), "GET /b")
    client.asked[0][3].errback(LinkFailed("no", reached=False))
    polls.shut()
    client.asked[1][3].callback(Response(200, (), b"late"))
    assert (far.data, far.ends, polls.open_to(("", 0))) == ([], ["shut"], False)
