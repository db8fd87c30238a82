"""``explain --page``: the ledger of the whole ladder, as it stands in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.explain_page import page
from gateway.cli.main import main
from tests.ladder import toys

ROOT = Path(__file__).parents[2]


def test_the_page_of_the_documentation_is_that_of_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--page"]) == 0
    assert (ROOT / "docs" / "ledger.rst").read_text(encoding="utf-8") == capsys.readouterr().out, "ocpp-gateway explain --page"


def test_each_loss_stands_there_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join("\n".join(page(toys.ladder(toys.plant(monkeypatch)))).split())
    assert "A station of toy1 on a back end of toy2" in text
    assert "A station of toy2 on a back end of toy1" in text
    assert "**Begin** loses ``note`` (toy2 has no notes); of the answer ``cost`` (toy1 has no prices)." in text
    assert "``cause`` in part (Bored: toy1 has no boredom)" in text
    assert '**New** is answered ``{"said": "no"}``: toy1 has no future.' in text
    assert "toy1 - all - 82% (4) * - toy2 - 90% (0) - all" in text
