"""The command ``ocpp-gateway``: finds the subcommand and gives back its exit code.

In: the command line.  Out: 0 done, 1 a fault was found, 2 the command line is wrong.
Not here: what a subcommand does (one module each, of its name, with ``add(parser)``).
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence

from gateway import __version__
from gateway.cli.late import Command

COMMANDS = {
    "run": "serve stations",
    "demo": "a charging day in minutes, to look at",
    "check": "load everything and report every fault",
    "translate": "translate recorded messages",
    "explain": "show what becomes of every field on a route",
    "dialect": "tools for whoever writes a dialect",
    "journal": "see what waits, bring parked messages back",
    "quirks": "what single models do wrong, and who has which cure",
}


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="ocpp-gateway",
        description="Joins charging stations and back ends that speak different versions of OCPP.",
        epilog="Begin with: ocpp-gateway demo",
    )
    top.add_argument("--version", action="version", version=f"ocpp-gateway {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Command)
    for name, help in COMMANDS.items():
        commands.add_parser(name, help=help, module=f"gateway.cli.{name}")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line."""
    # What is imported and loaded stays to the end: the collector need not walk it after every 700 new objects.
    gc.set_threshold(20_000, 20, 20)
    args = parser().parse_args(arguments)
    from gateway.source import SourceError  # behind the parser, like all that only a command needs

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
    except OSError as error:
        if error.filename is None:
            raise
        print(f"ocpp-gateway: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
