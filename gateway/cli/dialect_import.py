"""``ocpp-gateway dialect import``: drafts a dialect from a vendor's WSDL, through zeep.

In: one WSDL, or two.  Out: the text of a dialect file on standard output.
Not here: what is drafted (`gateway.dialects.wsdl_draft`).
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from zeep import Settings
from zeep.transports import Transport
from zeep.wsdl import Document

from gateway.dialects.wsdl_draft import Draft
from gateway.messages import Side

EPILOG = """\
examples:
  ocpp-gateway dialect import central.wsdl --backend station.wsdl --name acme-soap > dialects/acme-soap.yaml
"""


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    own.description = "Drafts a dialect from the WSDL of a vendor's SOAP service.  What the WSDL imports is read too."
    own.epilog = EPILOG
    own.formatter_class = argparse.RawDescriptionHelpFormatter
    own.add_argument("file", metavar="FILE.wsdl", type=Path, help="the service that stations call")
    own.add_argument("--backend", type=Path, metavar="FILE.wsdl", help="the service that the back end calls")
    own.add_argument("--name", default="draft", metavar="NAME", help="the name of the dialect (default: draft)")
    own.set_defaults(run=draft)


def draft(args: argparse.Namespace) -> int:
    """Read, draft, print."""
    logging.getLogger("zeep").setLevel(logging.CRITICAL)
    made = Draft()
    given: dict[Side, Path | None] = {"station": args.file, "backend": args.backend}
    for sender, path in given.items():
        if path is None:
            continue
        try:
            document = Document(str(path), Transport(), settings=Settings(strict=False))  # type: ignore[arg-type, no-untyped-call]
            made.add(document, path.read_bytes(), sender)
        except Exception as error:  # zeep raises whatever its parsers do
            print(f"ocpp-gateway dialect: {path}: no WSDL can be read there: {error}", file=sys.stderr)
            return 1
    print(made.text(args.name), end="")
    print(f"{len(made.messages)} operations, {len(made.shapes)} shapes, {len(made.enums)} enums", file=sys.stderr)
    return 0
