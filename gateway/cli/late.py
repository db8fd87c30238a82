"""A command whose module is imported when it is called: who asks for help, or mistypes a command, waits for no library.

In: the name of a module with ``add(parser)``.  Out: `Command`, for ``add_subparsers(parser_class=Command)``.
Not here: which commands there are (`gateway.cli.main`).
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any


class Command(argparse.ArgumentParser):
    """The parser of one command.  ``module`` gives it description and arguments once it has something to parse."""

    def __init__(self, *args: Any, module: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.module = module

    def complete(self) -> None:
        """Import the module, if that was not done yet, and let it add its arguments."""
        module, self.module = self.module, ""
        if module:
            import_module(module).add(self)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse calls it for the command that it found."""
        self.complete()
        return super().parse_known_args(args, namespace)
