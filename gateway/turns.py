"""At most so many queued messages under way to one back end: who has more to say waits its turn.

In: who wants a turn, who is done with it.  Out: turns; those whose station waits for the answer first, then first come, first
served.
Not here: what is said in a turn (`gateway.session.delivery`), how many links are made in a second (`gateway.pace`).

After an outage thousands of queues want to be emptied at once.  One message for each turn is fair to all of them, and the back
end never has more of them on its table than it can bear.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable


class Turns:
    """Those of one back end."""

    def __init__(self, most: int) -> None:
        self._free = max(1, most)
        self._urgent: OrderedDict[Turn, None] = OrderedDict()
        self._others: OrderedDict[Turn, None] = OrderedDict()
        self._handing = False

    def __len__(self) -> int:
        """How many wait."""
        return len(self._urgent) + len(self._others)

    def take(self, turn: Turn, urgent: bool) -> bool:
        """Take a free turn, or wait in line."""
        if self._free > 0 and not self:
            self._free -= 1
            return True
        if urgent:
            self._others.pop(turn, None)
            self._urgent.setdefault(turn)
        elif turn not in self._urgent:
            self._others.setdefault(turn)
        return False

    def give_back(self, turn: Turn, held: bool) -> None:
        """Who held a turn is done with it; who waited waits no longer."""
        self._urgent.pop(turn, None)
        self._others.pop(turn, None)
        self._free += held
        self._hand_out()

    def _hand_out(self) -> None:
        """Who gets a turn may end it at once, in here: one loop serves all."""
        if self._handing:
            return
        self._handing = True
        try:
            while self._free > 0 and self:
                turn, _ = (self._urgent or self._others).popitem(last=False)
                self._free -= 1
                turn.held = True
                turn.come()
        finally:
            self._handing = False


class Turn:
    """One station's place.  ``come`` is called when a turn that it waited for is its own."""

    __slots__ = ("_of", "_waits", "come", "held")

    def __init__(self, of: Turns) -> None:
        self._of = of
        self.held = self._waits = False
        self.come: Callable[[], None] = lambda: None

    def take(self, urgent: bool) -> bool:
        """Whether it is its turn now; else it waits in line, in front of those that are not ``urgent``."""
        if not self.held:
            self.held = self._of.take(self, urgent)
            self._waits = not self.held
        return self.held

    def end(self) -> None:
        """Done, or no longer wanted."""
        if self.held or self._waits:
            held, self.held, self._waits = self.held, False, False
            self._of.give_back(self, held)
