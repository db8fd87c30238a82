"""What a table cannot carry: each loss that happened, as a value.

In: nothing.  Out: `Loss`, `Refused`.
Not here: which losses there may be (`gateway.ladder.ledger`), or who counts them (`gateway.observe`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a message said and its translation does not.

    ``table`` is the table's name, ``field`` the dotted path in the source dialect, ``rule`` the id of the rule that
    declared the loss and ``why`` its own words.
    """

    table: str
    action: str
    field: str
    rule: str
    why: str

    def __str__(self) -> str:
        return (
            f"{self.action}.{self.field}: {self.why} ({self.table}, {self.rule})" if self.field else f"{self.action}: {self.why}"
        )


class Refused(Exception):
    """A message that must not be translated: ``code`` is one of `gateway.dialects.errors.CODES`."""

    def __init__(self, code: str, why: str) -> None:
        self.code, self.why = code, why
        super().__init__(f"{code}: {why}")
