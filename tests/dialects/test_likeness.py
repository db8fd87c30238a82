"""A dialect that is like another says only what is different; its faults are named where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.catalogue import Folders
from gateway.dialects.likeness import dialect_names
from gateway.dialects.load import load_dialect, load_dialects
from gateway.source import SourceError

OWN = "dialect: mine\ntitle: Mine\nlike: openevse-rapi\n"


def folder(tmp_path: Path, **files: str) -> Folders:
    (tmp_path / "dialects" / "parts").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / "dialects" / f"{name.replace('__', '/')}.yaml").write_text(text)
    return Folders([tmp_path])


def test_what_is_not_said_stands_in_the_other(tmp_path: Path) -> None:
    mine = load_dialect(folder(tmp_path, mine=OWN + "device: {options: {most: 16}, hold: {available: 5}}\n"), "mine")
    theirs = load_dialect(Folders(), "openevse-rapi")
    assert mine.device is not None
    assert theirs.device is not None
    assert (mine.name, mine.title, mine.speaks) == ("mine", "Mine", "plain")
    assert mine.device.options["most"].start == 16
    assert mine.device.options["phases"] == theirs.device.options["phases"]
    assert mine.device.hold == {**theirs.device.hold, "available": 5}


def test_null_takes_something_away(tmp_path: Path) -> None:
    mine = load_dialect(folder(tmp_path, mine=OWN + "device: {readings: null, keys: {NumberOfConnectors: null}}\n"), "mine")
    assert mine.device is not None
    assert mine.device.readings == ()
    assert "NumberOfConnectors" not in mine.device.keys


def test_a_fault_is_named_in_the_file_where_it_stands(tmp_path: Path) -> None:
    folders = folder(tmp_path, mine=OWN + "device:\n  hold: {availabel: 5}\n  variables: {station: {raw: null}}\n")
    with pytest.raises(SourceError) as caught:
        load_dialect(folders, "mine")
    found = {(Path(fault.file).name, fault.line): fault.what for fault in caught.value.faults}
    assert "'availabel'" in found["mine.yaml", 5]
    assert any(name == "openevse-rapi.yaml" for name, _ in found)  # where the variable is used


@pytest.mark.parametrize(("like", "what"), [("openevse-rapy", "no dialect 'openevse-rapy'"), ("mine", "too many times")])
def test_it_must_be_like_something_else(tmp_path: Path, like: str, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        load_dialect(folder(tmp_path, mine=f"dialect: mine\nlike: {like}\n"), "mine")


def test_parts_are_no_dialects(tmp_path: Path) -> None:
    folders = folder(tmp_path, parts__half="codecs: {}\n")
    assert "parts/half" not in dialect_names(folders)
    assert "parts/half" not in load_dialects(folders)
