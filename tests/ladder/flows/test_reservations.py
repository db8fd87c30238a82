"""Reservations of a 1.6 station, whose end a 2.0.1 back end is to hear (H04): 4.13."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.ladder.registers import DUE
from tests.ladder.flows.talk import Talk

UNTIL = "1970-01-01T01:00:00Z"
AT = "1970-01-01T00:10:00Z"


class Reserving(Talk):
    """A back end reserves; ``up`` is the same station's way the other way."""

    def __init__(self, backend: str = "ocpp2.0.1", station: str = "ocpp1.6") -> None:
        super().__init__(backend, station)
        self.up = Talk(station, backend, self.registers, self.facts)

    def reserve(self, id: int = 7, status: str = "Accepted", **more: Any) -> Any:
        asked = {"id": id, "expiryDateTime": UNTIL, "idToken": {"idToken": "04A1B2C3", "type": "ISO14443"}, "evseId": 2, **more}
        return self.answer(self.ask("ReserveNow", asked), {"status": status})

    def cancel(self, status: str, id: int = 7) -> Any:
        return self.answer(self.ask("CancelReservation", {"reservationId": id}), {"status": status})

    def starts(self, **more: Any) -> None:
        asked = {"connectorId": 2, "idTag": "04a1b2c3", "meterStart": 1, "timestamp": AT, **more}
        self.up.ask("StartTransaction", asked, 17)

    def state(self, status: str, connector: int = 2, when: str = AT) -> list[Any]:
        before = len(self.up.sent)
        asked = {"connectorId": connector, "status": status, "errorCode": "NoError", "timestamp": when}
        self.up.ask("StatusNotification", asked)
        return [made for name, made in self.up.sent[before:] if name == "ReservationStatusUpdate"]

    @property
    def due(self) -> list[int]:
        return [one["payload"]["reservationId"] for _, one in self.registers.items(DUE)]


@pytest.fixture
def talk() -> Reserving:
    return Reserving()


def test_h04_its_end_is_due_once_the_station_takes_it(talk: Reserving) -> None:
    assert talk.reserve(status="Occupied") == {"status": "Occupied"}
    assert not talk.due
    talk.reserve()
    told = {"action": "ReservationStatusUpdate", "payload": {"reservationId": 7, "reservationUpdateStatus": "Expired"}}
    assert talk.registers.get(DUE, "reservation 7") == {"at": UNTIL, "dialect": "ocpp2.0.1", **told}


@pytest.mark.parametrize(("backend", "station"), [("ocpp2.1", "ocpp1.6"), ("ocpp2.0.1", "ocpp1.5"), ("ocpp2.1", "ocpp1.5")])
def test_h04_it_is_due_in_the_back_ends_words(backend: str, station: str) -> None:
    talk = Reserving(backend, station)
    talk.reserve()
    assert [one["dialect"] for _, one in talk.registers.items(DUE)] == [backend]
    assert talk.state("Unavailable", 0) == [{"reservationId": 7, "reservationUpdateStatus": "Removed"}]


def test_a_station_that_knows_no_reservations_owes_no_word_of_them() -> None:
    talk = Reserving("ocpp2.0.1", "ocpp1.2")
    asked = {"id": 7, "expiryDateTime": UNTIL, "idToken": {"idToken": "04A1B2C3", "type": "ISO14443"}, "evseId": 2}
    assert talk.ask("ReserveNow", asked).answer == {"status": "Rejected"}
    assert not talk.due


def test_h02_what_is_cancelled_is_told_no_more(talk: Reserving) -> None:
    talk.reserve()
    assert talk.cancel("Rejected") == {"status": "Rejected"}
    assert talk.due == [7]
    assert talk.cancel("Accepted") == {"status": "Accepted"}
    assert not talk.due
    assert not talk.state("Faulted")


@pytest.mark.parametrize("start", [{}, {"reservationId": 7, "idTag": "GROUP"}, {"reservationId": 7, "connectorId": 1}])
def test_h03_a_start_uses_its_own_reservation(talk: Reserving, start: dict[str, Any]) -> None:
    talk.reserve()
    talk.reserve(8, evseId=3)
    talk.starts(**start)
    assert talk.due == [8]


@pytest.mark.parametrize("start", [{"idTag": "OTHER"}, {"connectorId": 1}])
def test_h03_another_start_does_not(talk: Reserving, start: dict[str, Any]) -> None:
    talk.reserve()
    talk.starts(**start)
    assert talk.due == [7]


@pytest.mark.parametrize("status", ["Faulted", "Unavailable"])
def test_h01_a_connector_out_of_use_loses_its_reservation(talk: Reserving, status: str) -> None:
    talk.reserve()
    talk.reserve(8, evseId=3)
    assert talk.state(status) == [{"reservationId": 7, "reservationUpdateStatus": "Removed"}]
    assert talk.due == [8]
    assert not talk.state(status)


def test_h01_the_whole_station_out_of_use_loses_all(talk: Reserving) -> None:
    talk.reserve()
    asked = {"id": 8, "expiryDateTime": UNTIL, "idToken": {"idToken": "04A1B2C3", "type": "ISO14443"}}
    talk.answer(talk.ask("ReserveNow", asked), {"status": "Accepted"})
    assert [one["reservationId"] for one in talk.state("Faulted", 0)] == [7, 8]
    assert not talk.due


def test_h01_a_state_of_before_the_reservation_says_nothing_of_it(talk: Reserving) -> None:
    talk.reserve()
    assert not talk.state("Faulted", when="1969-12-31T23:59:59Z")
    assert not talk.state("Reserved")
    assert not talk.state("Available")
    assert talk.due == [7]


def test_a_reservation_may_take_the_place_of_its_like(talk: Reserving) -> None:
    talk.reserve()
    talk.reserve(evseId=3, expiryDateTime="1970-01-01T02:00:00Z")
    assert [one["at"] for _, one in talk.registers.items(DUE)] == ["1970-01-01T02:00:00Z"]
    assert not talk.state("Faulted")
    assert [one["reservationId"] for one in talk.state("Faulted", 3)] == [7]


def test_what_passed_is_forgotten_but_for_what_is_due(talk: Reserving) -> None:
    talk.reserve(expiryDateTime="1969-12-31T23:00:00Z")
    assert not talk.state("Faulted"), "it has expired, and that is told in its time"
    talk.reserve(8)
    assert [key for key, _ in talk.registers.items("reservations")] == ["8"]
    assert talk.due == [7, 8]


def test_a_kind_of_connector_cannot_be_asked_for(talk: Reserving) -> None:
    passage = talk.ask("ReserveNow", {
        "id": 7, "expiryDateTime": UNTIL, "idToken": {"idToken": "04A1B2C3", "type": "ISO14443"}, "connectorType": "cType2",
    })  # fmt: skip
    assert passage.answer == {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}}
    assert not talk.due
