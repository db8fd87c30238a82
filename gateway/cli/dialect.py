"""``ocpp-gateway dialect``: tools for whoever writes a dialect.

In: a dialect file.  Out: what each tool says (one module each, with ``add(inner)``).
Not here: what a dialect file may say (`mappings/README.rst`).
"""

from __future__ import annotations

import argparse

from gateway.cli import dialect_import, dialect_listen, dialect_test

ACTIONS = (dialect_test, dialect_import, dialect_listen)


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand and its own."""
    own = subparsers.add_parser(
        "dialect", help="tools for whoever writes a dialect", description="Tools for writers of dialects."
    )
    inner = own.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for action in ACTIONS:
        action.add(inner)
