"""A dialect drafted from a WSDL: our own WSDLs come back as the dialects that they were written from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.catalogue import Folders
from gateway.cli.main import main
from gateway.dialects.load import load_dialect, read_text
from gateway.dialects.shapes import Enum, Scalar, Shape
from gateway.dialects.wsdl import write_wsdl


def tree(shape: Shape, spelled: Mapping[str, Mapping[str, str]] = {}) -> object:
    """What a shape says, without the names of its types."""

    def inner(kind: Scalar | Enum | Shape) -> object:
        if isinstance(kind, Enum):
            return [spelled.get(kind.name, {}).get(word, word) for word in kind.values]
        return tree(kind, spelled) if isinstance(kind, Shape) else kind.name

    return {
        field.name: (
            inner(field.type),
            field.required,
            field.many,
            field.max_length,
            field.place,
        )
        for field in shape.fields.values()
    }


@pytest.mark.parametrize("version", ["ocpp1.2", "ocpp1.5", "ocpp1.6"])
def test_what_we_write_is_drafted_as_it_was(version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dialect = load_dialect(Folders(), version)
    files = {side: tmp_path / f"{side}.wsdl" for side in ("station", "backend")}
    for side, path in files.items():
        path.write_bytes(write_wsdl(dialect, side, "http://127.0.0.1/x"))  # type: ignore[arg-type]
    assert main(["dialect", "import", str(files["station"]), "--backend", str(files["backend"]), "--name", "again"]) == 0
    drafted = read_text(capsys.readouterr().out)
    assert drafted.soap is not None
    assert dialect.soap is not None
    assert (drafted.soap.namespaces, drafted.soap.services) == (dialect.soap.namespaces, dialect.soap.services)
    soap = {name: message for name, message in dialect.messages.items() if message.codec != "json"}
    assert set(drafted.messages) == set(soap)
    for name, message in soap.items():
        for kind in ("call", "result"):
            assert tree(drafted.messages[name].shape(kind)) == tree(message.shape(kind), dialect.soap.spelled), (name, kind)


def test_what_is_no_wsdl(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.wsdl"
    path.write_text("<no/>")
    assert main(["dialect", "import", str(path)]) == 1
    assert "no WSDL can be read there" in capsys.readouterr().err
