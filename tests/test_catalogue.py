"""Where data files come from, and whose wins."""

from __future__ import annotations

from pathlib import Path

import gateway
from gateway.catalogue import Folders, shipped


def test_the_shipped_folder_is_found_from_a_checkout() -> None:
    assert (shipped() / "dialects").is_dir()


def test_the_shipped_folder_of_a_wheel_is_inside_the_package(tmp_path: Path, monkeypatch: object) -> None:
    package = tmp_path / "site-packages" / "gateway"
    (package / "shipped" / "dialects").mkdir(parents=True)
    monkeypatch.setattr(gateway, "__file__", str(package / "__init__.py"))  # type: ignore[attr-defined]
    assert shipped() == package / "shipped"


def test_an_operator_s_file_wins_file_by_file(tmp_path: Path) -> None:
    own = tmp_path / "dialects" / "ocpp1.5.yaml"
    own.parent.mkdir()
    own.write_text("")
    files = Folders([tmp_path]).files("dialects")
    assert files["ocpp1.5"] == own
    assert files["ocpp1.6"] == shipped() / "dialects" / "ocpp1.6.yaml"


def test_names_keep_their_folders(tmp_path: Path) -> None:
    (tmp_path / "quirks" / "acme").mkdir(parents=True)
    (tmp_path / "quirks" / "acme" / "one.yaml").write_text("")
    assert list(Folders([tmp_path], shipped_too=False).files("quirks")) == ["acme/one"]


def test_a_file_is_shown_from_where_the_operator_stands(tmp_path: Path, monkeypatch: object) -> None:
    monkeypatch.chdir(tmp_path)  # type: ignore[attr-defined]
    assert Folders().display(tmp_path / "a" / "b.yaml") == "a/b.yaml"
    assert Folders().display(Path("/else/where.yaml")) == "/else/where.yaml"
