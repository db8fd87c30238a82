"""What a session shares with others.

In: nothing.  Out: `Shared`.
Not here: what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.load import Load
from gateway.session.tokens import Tokens
from gateway.turns import Turn, Turns


@dataclass
class Shared:
    """``turn`` is its place among all that send backlogs to that back end, ``tokens`` what is known of tokens where stations
    share that, ``load`` how far the whole gateway is behind."""

    turn: Turn = field(default_factory=lambda: Turn(Turns(1)))
    tokens: Tokens | None = None
    load: Load = field(default_factory=Load)
