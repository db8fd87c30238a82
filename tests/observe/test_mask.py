"""Tags are masked wherever their field stands."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gateway.messages import Call, Error, Result
from gateway.observe.mask import TagMask

AUTHORIZE = SimpleNamespace(
    request_facts={"token": "tag"}, result_facts={"parent_token": "info.group", "token_status": "info.status"}
)
DIALECT = SimpleNamespace(name="red", messages={"Ask": AUTHORIZE})


@pytest.fixture
def mask():
    return TagMask([DIALECT])


def test_a_tag_shows_its_beginning_only(mask):
    call = Call("1", "Ask", {"tag": "DEADBEEF", "n": 1})
    assert mask("red", call).payload == {"tag": "DE***", "n": 1}
    assert call.payload["tag"] == "DEADBEEF"


def test_lists_of_tags_are_masked_too(mask):
    payload = {"list": [{"tag": "AAAAAA", "info": {"group": "BBBBBB", "status": "Accepted"}}], "tag": {"tag": "CCCCCC"}}
    assert mask("red", Call("1", "Other", payload)).payload == {
        "list": [{"tag": "AA***", "info": {"group": "BB***", "status": "Accepted"}}],
        "tag": {"tag": "CC***"},
    }


def test_a_short_tag_shows_nothing(mask):
    assert mask("red", Result("1", "Ask", {"info": {"group": "ABCD"}})).payload == {"info": {"group": "***"}}


def test_an_error_may_quote_a_tag_anywhere(mask):
    masked = mask("red", Error("1", "Ask", "GenericError", "no tag DEADBEEF", {"tag": "DEADBEEF"}))
    assert (masked.description, masked.details) == ("", {})
