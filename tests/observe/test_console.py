"""The admin port's pages."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gateway.observe.console import Console
from gateway.observe.metrics import Metrics


class Exchange:
    def __init__(self, path, method="GET", host="127.0.0.1:9100"):
        self.request = SimpleNamespace(method=method, path=path, header=lambda name: host if name == "host" else None)

    def respond(self, status, headers=(), body=b""):
        self.status, self.headers, self.body = status, dict(headers), body


@pytest.fixture
def state():
    return {"why": None}


@pytest.fixture
def ask(state):
    console = Console(Metrics(), ready=lambda: state["why"], hosts=["gateway.example", "[2001:db8::7]", "10.1.2.3"])

    def asked(*args, **kwargs):
        exchange = Exchange(*args, **kwargs)
        console.request(exchange)
        return exchange

    return asked


def test_metrics_are_prometheus_text(ask):
    answer = ask("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b"ocpp_gateway_build_info{" in answer.body
    assert b"\nocpp_gateway_ready 1.0\n" in answer.body


def test_ready_until_there_is_a_reason(ask, state):
    assert ask("/readyz").status == 200
    state["why"] = "draining"
    answer = ask("/readyz")
    assert (answer.status, answer.body) == (503, b"not ready: draining\n")
    assert b"\nocpp_gateway_ready 0.0\n" in ask("/metrics").body


def test_alive_even_when_not_ready(ask, state):
    state["why"] = "draining"
    assert ask("/livez").status == 200


def test_the_index_names_every_page(ask):
    body = ask("/").body.decode()
    assert all(page in body for page in ("/metrics", "/livez", "/readyz"))


@pytest.mark.parametrize("path", ["/metric", "/metrics/", "//metrics", "/../metrics", "*", "/METRICS"])
def test_no_such_page(ask, path):
    assert ask(path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_only_get(ask, method):
    answer = ask("/metrics", method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET")


OURS = ["localhost", "LOCALHOST:9100", "localhost.", "127.0.0.1", "127.9.9.9:1", "[::1]:9100", "[::1]"]
NAMED = ["gateway.example:9100", "Gateway.Example", "[2001:DB8::7]:9100", "10.1.2.3"]


@pytest.mark.parametrize("host", OURS + NAMED)
def test_our_own_names(ask, host):
    assert ask("/livez", host=host).status == 200


@pytest.mark.parametrize(
    "host", [None, "", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.1.2.4", "[::2]", "[", "::1x"]
)
def test_another_name_that_leads_here_is_refused(ask, host):
    answer = ask("/metrics", host=host)
    assert answer.status == 403
    assert b"ocpp_gateway" not in answer.body


@pytest.mark.parametrize(("host", "status"), [("10.9.8.7:9100", 200), ("[2001:db8::9]", 200), ("evil.example", 403), ("", 403)])
def test_a_port_that_is_open_everywhere_goes_by_any_number_but_no_name(host, status):
    exchange = Exchange("/livez", host=host)
    Console(Metrics(), ready=lambda: None, hosts=["0.0.0.0"]).request(exchange)
    assert exchange.status == status


def test_no_answer_is_kept_or_guessed_at(ask):
    headers = ask("/livez").headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
