"""At most so many messages of backlogs under way to one back end: who has more to say waits its turn.

In: who wants a turn, who is done with it.  Out: turns, first come, first served.
Not here: what is said in a turn (`gateway.session.delivery`), how many links are made in a second (`gateway.pace`).

After an outage thousands of queues want to be emptied at once.  One message for each turn is fair to all of them, and the back
end never has more of them on its table than it can bear.  A live message does not wait for other stations' past: it goes at once,
and backlogs get what it leaves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable


class Turns:
    """Those of one back end."""

    def __init__(self, most: int) -> None:
        self._free = max(1, most)  # below nought where live messages are more than that
        self._waiting: OrderedDict[Turn, None] = OrderedDict()
        self._handing = False

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def take(self, turn: Turn, live: bool) -> bool:
        """Take a turn, or wait in line."""
        if live or (self._free > 0 and not self._waiting):
            self._waiting.pop(turn, None)
            self._free -= 1
            return True
        self._waiting.setdefault(turn)
        return False

    def give_back(self, turn: Turn) -> None:
        """Who held a turn is done with it; who waited waits no longer."""
        self._waiting.pop(turn, None)
        self._free += turn.held
        turn.held = False
        if self._waiting and not self._handing:
            self._hand_out()

    def _hand_out(self) -> None:
        """Who gets a turn may end it at once, in here: one loop serves all."""
        self._handing = True
        try:
            while self._free > 0 and self._waiting:
                turn, _ = self._waiting.popitem(last=False)
                self._free -= 1
                turn.held, turn.live = True, False
                turn.come()
        finally:
            self._handing = False


class Turn:
    """One station's place.  ``come`` is called when a turn that it waited for is its own; ``live`` says what it was taken for."""

    __slots__ = ("_of", "come", "held", "live")

    def __init__(self, of: Turns) -> None:
        self._of = of
        self.held = self.live = False
        self.come: Callable[[], None] = lambda: None

    def take(self, live: bool) -> bool:
        """Whether it is its turn now; else it waits in line."""
        if not self.held and self._of.take(self, live):
            self.held, self.live = True, live
        return self.held

    def end(self) -> None:
        """Done, or no longer wanted."""
        self._of.give_back(self)
