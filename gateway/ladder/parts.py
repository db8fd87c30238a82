"""The rules of a table as a flow may use them: one part for each message that may come of a request.

In: compiled functions and the table's maps.  Out: `Rules`, which are `gateway.ladder.flows.Part`s.
Not here: what flows do with them (`gateway.ladder.flows`), the walk (`gateway.ladder.forks`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, TypeAlias

import msgspec

from gateway.dialects.errors import Violation
from gateway.dialects.schema import Dialect
from gateway.ladder.choices import step
from gateway.ladder.flows import KEEPERS
from gateway.ladder.run import Run, Translate
from gateway.ladder.table import DROP, OMIT, Sheet, Way
from gateway.messages import Payload

Map: TypeAlias = Callable[[Any, Run], Any]
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class Rules:
    """One entry's rules: see `gateway.ladder.flows.Part`."""

    __slots__ = ("_ahead", "_answer", "_back", "ask")

    ask: Translate

    def __init__(self, ask: Translate, answer: Translate, ahead: Mapping[str, Map], back: Mapping[str, Map]) -> None:
        self.ask, self._answer, self._ahead, self._back = ask, answer, ahead, back

    def answer(self, result: Payload, asked: Payload, run: Run) -> Payload:
        """What the rules make of a result to ``asked``, which is the request in the asker's dialect."""
        made = self._answer(result, run.to(asked))
        return {} if made is None else made

    def value(self, map: str, value: Any, run: Run) -> Any:
        """One value in the direction of the request; None: left out.  Nothing counts as lost by that."""
        return self._ahead[map](value, run)

    def back(self, map: str, value: Any, run: Run) -> Any:
        """One value in the direction of the result."""
        return self._back[map](value, run)


def maps(sheet: Sheet, way: Way) -> dict[str, Map]:
    """Every map of a table in one direction, by name."""
    made: dict[str, Map] = {}
    for name, values in sheet.enums.items():
        rows = {value: None if to in (OMIT, DROP) else to for value, (to, _) in step(values, way).items()}
        made[name] = partial(_through, rows)
    for name, (keeper, _) in sheet.maps.items():
        made[name] = KEEPERS[keeper].right if way == ">" else KEEPERS[keeper].left
    return made


def _through(rows: Mapping[Any, Any], value: Any, run: Run) -> Any:
    return rows.get(value, value)


def inside(dialect: Dialect, kind: str, action: str, text: str) -> Payload | None:
    """The payload of ``action`` that a JSON text is; None where it is none.  What a later edition added is left behind."""
    try:
        return dialect.check(kind, action, _DECODER.decode(text), "drop")
    except (msgspec.DecodeError, Violation):
        return None
