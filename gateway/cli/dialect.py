"""``ocpp-gateway dialect``: tools for whoever writes a dialect.

In: a dialect file.  Out: what each tool says (one module each, with ``add(parser)``).
Not here: what a dialect file may say (`mappings/README.rst`).
"""

from __future__ import annotations

import argparse

from gateway.cli.late import Command

TOOLS = {
    "test": "load dialects and run their vectors",
    "import": "draft a dialect from a WSDL",
    "listen": "decode live traffic to the terminal",
}


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its tools."""
    own.description = "Tools for writers of dialects."
    inner = own.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Command)
    for name, help in TOOLS.items():
        inner.add_parser(name, help=help, module=f"gateway.cli.dialect_{name}")
