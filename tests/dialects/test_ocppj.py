from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.catalogue import Folders
from gateway.dialects.errors import CODES, Garbled, Violation
from gateway.dialects.load import load_dialects
from gateway.dialects.ocppj import USUAL, FrameLimits, read_frame, write_frame
from gateway.messages import Call, Error, Result
from tests import strategies

DIALECTS = load_dialects(Folders())
NEW = DIALECTS["ocpp1.6"]


def garbled(text: str | bytes, limits: FrameLimits = USUAL) -> Garbled:
    with pytest.raises(Garbled) as caught:
        read_frame(text, limits)
    return caught.value


def test_the_three_frames() -> None:
    assert read_frame('[2,"7","Heartbeat",{}]') == Call("7", "Heartbeat", {})
    assert read_frame(b'[3,"7",{"a":1}]') == Result("7", "", {"a": 1})
    assert read_frame('[4,"7","NotSupported","no",{"a":1}]') == Error("7", "", "NotSupported", "no", {"a": 1})


@given(st.sampled_from(sorted(NEW.messages)), st.data())
def test_what_we_write_we_read(action: str, data: st.DataObject) -> None:
    call = Call("id-1", action, data.draw(strategies.payload(NEW, action, "call")))
    assert read_frame(write_frame(call, NEW)) == call


def test_numbers_keep_their_text() -> None:
    text = '[2,"7","X",{"a":15.10,"b":123456789012345678901234567890,"c":0.1,"d":-3}]'
    assert write_frame(read_frame(text), NEW) == text
    call = read_frame(text)
    assert isinstance(call, Call)
    assert [type(value) for value in call.payload.values()] == [Decimal, int, Decimal, int]


@pytest.mark.parametrize("payload", ["null", "[]", '"text"', "7"])
def test_a_payload_may_be_anything_until_it_is_checked(payload: str) -> None:
    call = read_frame(f'[2,"7","Heartbeat",{payload}]')
    assert isinstance(call, Call)
    with pytest.raises(Violation):
        NEW.check("call", "Heartbeat", call.payload)


@pytest.mark.parametrize(
    ("text", "code", "id", "action"),
    [
        ("", "RpcFrameworkError", None, None),
        ("{}", "RpcFrameworkError", None, None),
        ("[]", "RpcFrameworkError", None, None),
        ("null", "RpcFrameworkError", None, None),
        ("<html>", "RpcFrameworkError", None, None),
        ('["2","7","X",{}]', "RpcFrameworkError", None, None),
        ('[true,"7","X",{}]', "RpcFrameworkError", None, None),
        ("[2]", "RpcFrameworkError", None, None),
        ('[2,7,"X",{}]', "RpcFrameworkError", None, None),
        ('[2,"","X",{}]', "RpcFrameworkError", None, None),
        ('[2,"7"]', "RpcFrameworkError", "7", None),
        ('[2,"7",{},{}]', "RpcFrameworkError", "7", None),
        ('[2,"7","X"]', "RpcFrameworkError", "7", "X"),
        ('[2,"7","X",{},{}]', "RpcFrameworkError", "7", "X"),
        ('[5,"7","X",{}]', "MessageTypeNotSupported", "7", None),
        ('[3,"7"]', "RpcFrameworkError", "7", ""),
        ("[3,7,{}]", "RpcFrameworkError", None, ""),
        ('[3,"7",{},{}]', "RpcFrameworkError", "7", ""),
        ('[4,"7",{}]', "RpcFrameworkError", "7", ""),
        ('[4,"7","A","",{},1]', "RpcFrameworkError", "7", ""),
        ('[2,"7","X",{"a":NaN}]', "RpcFrameworkError", None, None),
        ('[2,"7","X",{"a":Infinity}]', "RpcFrameworkError", None, None),
        ('[2,"7","X",{"a":1e99999999999999999999}]', "RpcFrameworkError", None, None),
        ('[2,"7","X",{"a":"\\u0000"}]', "FormatViolation", "7", None),
        ('[2,"7","X",{"\\u0000":1}]', "FormatViolation", "7", None),
        ('[2,"7\\u0000","X",{}]', "FormatViolation", None, None),
        ('[2,"7","X",{"a":"\\ud800"}]', "RpcFrameworkError", None, None),
        ('[2,"7","X",{"a":"\ud800"}]', "RpcFrameworkError", None, None),
        (b'[2,"7","X",{"a":"\xed\xa0\x80"}]', "RpcFrameworkError", None, None),
        (b'[2,"7","X",{"a":"\xff"}]', "RpcFrameworkError", None, None),
        ("[" * 100_000, "RpcFrameworkError", None, None),
        ('{"a":' * 100_000, "RpcFrameworkError", None, None),
        ('[2,"' + "7" * 300 + '","X",{}]', "RpcFrameworkError", None, None),
    ],
)
def test_what_is_no_frame(text: str | bytes, code: str, id: str | None, action: str | None) -> None:
    error = garbled(text)
    assert (error.code, error.id, error.action) == (code, id, action)


def test_nesting_has_a_limit() -> None:
    def nested(depth: int) -> str:
        return '[2,"7","X",{"a":' + "[" * (depth - 2) + "]" * (depth - 2) + "}]"

    assert isinstance(read_frame(nested(32)), Call)
    assert "32 deep" in garbled(nested(33)).why
    assert isinstance(read_frame(nested(5), FrameLimits(depth=5)), Call)
    garbled(nested(6), FrameLimits(depth=5))


def test_brackets_in_text_are_no_nesting() -> None:
    assert isinstance(read_frame('[2,"7","X",{"a":"' + "[" * 1000 + '"}]'), Call)
    assert isinstance(read_frame('[2,"7","X",{"a":[' + "[]," * 1000 + "1]}]"), Call)


def test_an_escaped_backslash_is_no_nul() -> None:
    assert read_frame('[2,"7","X",{"a":"\\\\u0000"}]') == Call("7", "X", {"a": "\\u0000"})


@pytest.mark.parametrize(
    ("text", "code", "description", "said"),
    [
        ('[4,"7","FormationViolation","",{}]', "FormatViolation", "", ""),
        ('[4,"7","OccurenceConstraintViolation","x",{}]', "OccurrenceConstraintViolation", "x", ""),
        ('[4,"7","OccurrenceConstraintViolation",null,null]', "OccurrenceConstraintViolation", "", ""),
        ('[4,"7","Kaputt","x"]', "GenericError", "Kaputt: x", "Kaputt"),
        ('[4,"7","","",[]]', "GenericError", "", ""),
        ('[4,"7"]', "GenericError", "", ""),
    ],
)
def test_errors_are_read_in_every_spelling(text: str, code: str, description: str, said: str) -> None:
    assert read_frame(text) == Error("7", "", code, description, said=said)


def test_errors_are_written_in_the_spelling_of_the_version() -> None:
    written = {code: json.loads(write_frame(Error("7", "X", code, "d" * 300), NEW)) for code in CODES}
    assert written["FormatViolation"][2] == written["MessageTypeNotSupported"][2] == "FormationViolation"
    assert written["OccurrenceConstraintViolation"][2] == "OccurenceConstraintViolation"
    assert written["RpcFrameworkError"][2] == "GenericError"
    assert {len(frame) for frame in written.values()} == {5}
    assert {len(frame[3]) for frame in written.values()} == {255}


def test_ids_of_our_own_are_short() -> None:
    with pytest.raises(ValueError, match="37"):
        write_frame(Call("x" * 37, "Heartbeat", {}), NEW)
    assert json.loads(write_frame(Result("x" * 200, "", {}), NEW))[1] == "x" * 200


def test_half_a_surrogate_is_not_written() -> None:
    with pytest.raises(Violation):
        write_frame(Call("1", "X", {"a": "\ud800"}), NEW)


FRAMES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([2, 3, 4, "Heartbeat"]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(st.binary(max_size=80) | st.text(max_size=80) | FRAMES.map(json.dumps))
@example('[2,"\\u0000",[],{}]')
def test_whatever_comes_is_read_or_garbled(text: Any) -> None:
    try:
        message = read_frame(text)
    except Garbled:
        return
    assert message.kind in ("call", "result", "error")
    if not isinstance(message, Call) or len(message.id) <= 36:
        assert read_frame(write_frame(message, NEW)) == message
