"""The settings of a dialect: each line has a name, a type, and says what may be done with it."""

from __future__ import annotations

import pytest

from gateway.dialects.load import read_text
from gateway.dialects.settings import Setting
from gateway.source import SourceError

TEXT = """
dialect: small
title: Small
status: unofficial
codecs: {json: {subprotocol: small}}
messages:
  Ping: {from: station}
settings:
"""


def test_keys_and_variables_are_read() -> None:
    made = read_text(TEXT + "  Interval: integer rw\n  ClockCtrlr.DateTime: time r\n  Comm.Attempts[Event]: list w\n").settings
    assert made["Interval"] == Setting("Interval", "integer", "rw")
    assert [*made] == ["Interval", "ClockCtrlr.DateTime", "Comm.Attempts[Event]"]


@pytest.mark.parametrize(
    ("line", "what", "near"),
    [
        ("Interval: intger rw", "Interval is 'intger rw'", "integer"),
        ("Interval: integer", "Interval is 'integer'", "integer"),
        ("Interval: 7", "Interval is 7", ""),
        ("Inter val: integer rw", "'Inter val' is no name", ""),
        ("A.B.C: integer rw", "'A.B.C' is no name", ""),
        ("interval: integer rw\n  Interval: integer r", "'Interval' stands twice", ""),
    ],
)
def test_a_mistake_is_named(line: str, what: str, near: str) -> None:
    with pytest.raises(SourceError) as error:
        read_text(f"{TEXT}  {line}\n")
    (fault,) = error.value.faults
    assert what in fault.what
    assert (fault.near, fault.line) == (near, TEXT.count("\n") + 1 + line.count("\n"))
