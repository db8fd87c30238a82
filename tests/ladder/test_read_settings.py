"""A row of settings with a mistake is refused at load, with what was expected and the nearest right name."""

from __future__ import annotations

import pytest

from gateway.dialects.load import read_text
from gateway.ladder.settings import Settings
from gateway.ladder.tables import Table
from gateway.source import SourceError, loads

HEAD = """
title: T
status: unofficial
codecs: {{json: {{subprotocol: {name}}}}}
dialect: {name}
messages:
  Ping: {{from: station}}
"""
LEFT = read_text(
    HEAD.format(name="flat")
    + "settings: {Beat: integer rw, BeatMax: integer r, Words: list rw, Key: secret w, Flag: boolean rw, Ways: list r,"
    + " Own: text r}\n"
)
RIGHT = read_text(
    HEAD.format(name="tree")
    + "settings: {C.Beat: integer rw, C.Beat2: integer rw, C.Words: list rw, C.Key: secret w, C.Flag: boolean rw,"
    + " C.Fast: boolean r}\n"
)
TEXT = """\
ladder: {left: flat, right: tree}
settings:
  others: Old
  rows:
    - Beat = C.Beat, C.Beat2
    - BeatMax = maxLimit of C.Beat
    - row: Words = C.Words
      words:
        - one = uno
        - drop < due
      lose: [x]
      sample >: {left: "one.x,two", right: "uno,two"}
      sample <: {left: one, right: "uno, due"}
    - row: Key > none
      kept: for one hop
    - row: none < C.Key
      kept: for one hop
    - Flag = C.Flag
    - row: Ways > none
      give: Slow
    - row: Ways = C.Fast
      member: Fast
      sample >: {left: "Slow,fast", right: "true"}
      sample <: {left: "", right: "false"}
    - row: Own > none
      why: tree has none
"""


def built(text: str) -> Settings:
    return Table.build(loads(text, "t.yaml"), "t", {"flat": LEFT, "tree": RIGHT}).settings


def test_all_is_well() -> None:
    settings = built(TEXT)
    assert [line.left.name for line in settings.keyed("WAYS") if line.left] == ["Ways", "Ways"]
    (line,) = settings.keyed("flag")
    assert [line.value(text, ">") for text in (" True", "1", "0", "maybe")] == ["true", "true", "false", "maybe"]
    assert settings.components == {"c", "old"}
    assert list(settings.keys()) == ["Beat", "BeatMax", "Words", "Flag", "Ways"]


FAULTS = [
    ("C.Beat, C.Beat2", "C.Beet, C.Beat2", "there is no setting 'C.Beet'", "C.Beat"),
    ("- Beat =", "- Beet =", "there is no setting 'Beet'", "Beat"),
    ("    - Flag = C.Flag\n", "", "no row speaks of the setting 'Flag'", ""),
    ("    - Flag = C.Flag\n", "", "no row speaks of the setting 'C.Flag'", ""),
    ("    - Flag = C.Flag\n", "    - Flag = C.Flag\n    - Flag = C.Fast\n", "two rows speak of the setting 'Flag'", ""),
    ("- Flag = C.Flag", "- Flag = C.Key", "C.Key is a secret", ""),
    ("- Flag = C.Flag", "- Flag > C.Flag", "points the wrong way", ""),
    ("- Flag = C.Flag", "- Flag: C.Flag", "is no row of settings", ""),
    ("      why: tree has none", "      whi: tree has none", "'whi'", "why"),
    ("      why: tree has none", "      give: =noww", "nothing can give '=noww'", "=now"),
    ("      why: tree has none\n", "      why: a\n      give: b\n", "and then what?", ""),
    ("      member: Fast", "      member: Fast\n      why: x", "says nothing where both sides", ""),
    ("BeatMax = maxLimit", "Own = maxLimit", "Own is a text", ""),
    ("        - one = uno\n", "", "becomes 'one,two'", ""),
    ("      lose: [x]\n", "      lose: [x, y]\n", "no sample shows the ending 'y'", ""),
    ('      sample <: {left: one, right: "uno, due"}\n', "", "no sample shows it going '<'", ""),
    ('      sample <: {left: one, right: "uno, due"}\n', "      sample <: {left: one}\n", "has the wrong form", ""),
    ("      words:\n", "      by: Nothing\n      words:\n", "'by'", ""),
]


@pytest.mark.parametrize(("old", "new", "what", "near"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_a_mistake_is_named(old: str, new: str, what: str, near: str) -> None:
    assert old in TEXT
    with pytest.raises(SourceError) as error:
        built(TEXT.replace(old, new, 1))
    named = [fault for fault in error.value.faults if what in fault.what]
    assert named, error.value.faults
    assert near in [fault.near for fault in named]


def test_two_sides_with_settings_need_rows_and_the_same_ones_do_not() -> None:
    head = "ladder: {left: flat, right: tree}\n"
    with pytest.raises(SourceError, match="each side has settings of its own"):
        built(head)
    same = read_text(
        HEAD.format(name="tree")
        + "settings: {"
        + ", ".join(f"{s.name}: {s.type} {s.access}" for s in LEFT.settings.values())
        + "}\n"
    )
    assert Table.build(loads(head), "t", {"flat": LEFT, "tree": same}).settings.lines == ()
