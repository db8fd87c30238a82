"""What a transaction has cost so far: the station hears its own number, the back end whether it could be told."""

from __future__ import annotations

from decimal import Decimal

from gateway.messages import Error, Result
from gateway.session import events as on
from gateway.session.text import from_text
from tests.session.scene import Scene, start


def test_the_cost_of_a_transaction_is_told_by_the_stations_own_number() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = play.sent("TransactionEvent")
        play.replies(up.id, up.action, {})
        number = play.answered(call.id).payload["transactionId"]
        name = up.payload["transactionInfo"]["transactionId"]
        for id, status, answer in (("b1", "Accepted", Result), ("b2", "UnknownVendorId", Error)):
            play.commands("CostUpdated", {"transactionId": name, "totalCost": Decimal("1.5")}, id=id)
            order = play.ordered("DataTransfer")
            said = from_text(order.payload["data"])
            assert (said["transactionId"], said["cost"]) == (number, Decimal("1.5"))
            play >> on.StationAnswered(Result(order.id, order.action, {"status": status}))
            assert isinstance(play.told(id), answer)


def test_a_transaction_that_the_station_never_had_is_refused_here() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        play.commands("CostUpdated", {"transactionId": "none", "totalCost": Decimal(1)}, id="b1")
        assert isinstance(play.told("b1"), Error)
