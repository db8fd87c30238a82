"""The command ``ocpp-gateway``: finds the subcommand and gives back its exit code.

In: the command line.  Out: 0 done, 1 a fault was found, 2 the command line is wrong.
Not here: what a subcommand does (one module each, with ``add(subparsers)``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gateway import __version__
from gateway.cli import check, demo, dialect, explain, journal, quirks, run, translate
from gateway.source import SourceError

COMMANDS = (run, demo, check, translate, explain, dialect, journal, quirks)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="ocpp-gateway",
        description="Joins charging stations and back ends that speak different versions of OCPP.",
        epilog="Begin with: ocpp-gateway demo",
    )
    top.add_argument("--version", action="version", version=f"ocpp-gateway {__version__}")
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(subparsers)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line."""
    args = parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output is gone (``| head``): nothing is left to say, not even at interpreter exit.
        sys.stderr.close()
        return 1
