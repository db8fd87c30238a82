"""Finds the data files: an operator's folder first, then the shipped one.

In: folders.  Out: paths by kind and name; the operator's file of the same name wins, file by file.
Not here: what stands in the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gateway

KINDS = ("dialects", "ladder", "quirks")
"""The folders of one mappings folder."""


def shipped() -> Path:
    """The folder of shipped data files: inside a wheel, or beside the package in a checkout or an editable install."""
    package = Path(gateway.__file__).resolve().parent
    for folder in (package / "shipped", package.parent / "mappings"):
        if (folder / "dialects").is_dir():
            return folder
    raise FileNotFoundError(f"no shipped mappings beside {package}: is the installation complete?")


class Folders:
    """The folders that hold data files, most important first.  The shipped one is always last."""

    def __init__(self, own: Sequence[Path] = (), shipped_too: bool = True) -> None:
        self.folders = [*own, shipped()] if shipped_too else list(own)
        self._listed: dict[str, dict[str, Path]] = {}

    def files(self, kind: str) -> dict[str, Path]:
        """All files of a kind (of `KINDS`), by their path inside it without ``.yaml``; as they were when first asked for."""
        if kind not in self._listed:
            self._listed[kind] = self._list(kind)
        return self._listed[kind]

    def _list(self, kind: str) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in self.folders:
            top = folder / kind
            for path in sorted(top.rglob("*.yaml")):
                found.setdefault(path.relative_to(top).with_suffix("").as_posix(), path)
        return found

    def display(self, path: Path) -> str:
        """The name of a file for an error message: relative to where the operator stands, where that is shorter."""
        try:
            return str(path.relative_to(Path.cwd()))
        except ValueError:
            return str(path)
