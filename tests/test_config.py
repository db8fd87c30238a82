"""Values of a site: credentials by reference, who belongs to whom."""

from __future__ import annotations

from pathlib import Path

from gateway.config import Secret, Station
from tests.office import soap_to_json


def test_a_secret_never_shows_its_value(tmp_path: Path) -> None:
    (tmp_path / "k").write_text("hunter2")
    assert "hunter2" not in repr(Secret(file=tmp_path / "k"))


def test_an_unlisted_station_keeps_its_name_and_takes_the_first_back_end(tmp_path: Path) -> None:
    site = soap_to_json(tmp_path, {"A": Station("A", "DE-A")})
    assert (site.upstream_of("A"), site.upstream_of("B")) == ("DE-A", "B")
    assert (site.identity_of("DE-A"), site.identity_of("B")) == ("A", "B")
    assert site.backend_of("B", site.listeners[0]) is site.backends[0]


def test_a_listener_tells_its_public_url_or_its_own(tmp_path: Path) -> None:
    assert soap_to_json(tmp_path).listeners[0].url == "http://192.0.2.1:8080/ocpp"
