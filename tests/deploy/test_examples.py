"""The example site files are sites."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import loading, site_file
from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "deploy" / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_read_without_a_fault(path):
    dialects = load_dialects(Folders())
    site = site_file.read(path, dialects, loading.wires(dialects))
    assert site.listeners
    assert site.backends
    assert site.admin == ("127.0.0.1", 9100)


def test_there_are_examples():
    assert len(EXAMPLES) >= 3
