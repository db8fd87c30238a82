"""Which dialect is spoken: the newest of those that both know, whatever the order."""

from __future__ import annotations

import pytest

from gateway.offers import agreed, subprotocols
from tests.office import data

NAMES = subprotocols(["ocpp1.6", "ocpp2.0.1", "ocpp1.2"], data().dialects)


def test_each_sub_protocol_is_a_dialect() -> None:
    assert NAMES == {"ocpp1.6": "ocpp1.6", "ocpp2.0.1": "ocpp2.0.1", "ocpp1.2": "ocpp1.2"}


@pytest.mark.parametrize(
    ("offered", "dialect"),
    [
        (["ocpp1.6"], "ocpp1.6"),
        (["ocpp1.6", "ocpp2.0.1"], "ocpp2.0.1"),
        (["ocpp2.0.1", "ocpp1.6"], "ocpp2.0.1"),
        (["ocpp9", "ocpp1.6"], "ocpp1.6"),
        (["ocpp9"], None),
        ([], "assumed"),
    ],
)
def test_the_newest_is_agreed_on(offered: list[str], dialect: str | None) -> None:
    assert agreed(NAMES, offered, "assumed") == dialect
