"""Whose a record is."""

from __future__ import annotations

import pytest

from gateway.devices.places import Addressing, Nobody, Place, Places, Unnamed
from gateway.wires.shapes import Record

HERE, THERE = ("192.0.2.1", 1), ("192.0.2.2", 1)


def test_a_name_goes_before_an_address_and_an_address_before_the_peer() -> None:
    places = Places(Addressing(identity={"hello": "id"}, address="src"), shared=False)
    places.add(Place("A", HERE, 1))
    assert places.whose(Record("state", {}), HERE, 0).station == "A", "the only one on this connection"
    places.add(Place("B", HERE, 2))
    assert places.whose(Record("hello", {"id": "B", "src": 1}), HERE, 0).station == "B"
    assert places.whose(Record("state", {"src": 1}), HERE, 0).station == "A"
    with pytest.raises(Nobody, match="no station is known"):
        places.whose(Record("state", {}), HERE, 0)
    with pytest.raises(Nobody, match="which nobody has"):
        places.whose(Record("state", {"src": 9}), HERE, 0)
    with pytest.raises(Unnamed, match="Z"):
        places.whose(Record("hello", {"id": "Z"}), HERE, 0)


def test_an_address_that_was_allotted_before_names_its_station() -> None:
    places = Places(Addressing(address="src"), shared=False, allotted={7: "G"}.get)
    with pytest.raises(Unnamed, match="G"):
        places.whose(Record("state", {"src": 7}), HERE, 0)


def test_who_leaves_frees_its_peer_and_address() -> None:
    places = Places(Addressing(address="src"), shared=True)
    places.add(Place("A", HERE, 1))
    places.remove("A")
    places.remove("A")
    places.add(Place("B", HERE, 1))
    assert places.at(HERE) is places.stations["B"]
    assert places.at(THERE) is None
