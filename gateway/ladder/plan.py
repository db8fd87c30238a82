"""What has to be done to turn one message of a dialect into its neighbour's: a table with every name looked up.

In: nothing.  Out: `Plan` and its parts, for one direction and one place of use.
Not here: how they are found (`gateway.ladder.resolve`), how they run (`gateway.ladder.compiler`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway.dialects.schema import Field, Shape
from gateway.ladder.expressions import Expression
from gateway.ladder.losses import Loss
from gateway.ladder.table import Path

Fields = tuple[Field, ...]


@dataclass(frozen=True, eq=False)
class Choice:
    """A map of values at one place.  ``table`` lacks the values that are left out; ``drops`` give up the owner.

    Of a text that may say anything, ``words`` are those that have a row or stay; any other counts as the value ``*``.
    """

    table: Mapping[Any, Any]
    drops: frozenset[Any]
    omits: frozenset[Any]
    losses: Mapping[Any, Loss]
    open: bool
    words: frozenset[str] = frozenset()

    @property
    def plain(self) -> bool:
        """Whether every value stays what it is."""
        return not self.drops and not self.omits and not self.losses and all(k == v for k, v in self.table.items())


@dataclass(frozen=True, eq=False)
class Turn:
    """A case: ``give`` is a constant or an `Expression`; ``end`` is give, omit or drop."""

    id: str
    on: Any
    when: Expression | None
    end: str
    give: Any
    loss: Loss | None

    @property
    def always(self) -> bool:
        """Whether it gives something whatever came before it left over."""
        return self.on is None and self.when is None and self.end == "give"


@dataclass(frozen=True, eq=False)
class Limit:
    """A bound that the target sets and the source does not: code points, or bits of an integer.

    ``end`` says what becomes of what is beyond it: cut, omit, drop or refuse (the message).
    """

    length: int | None
    bits: int | None
    end: str
    loss: Loss | None
    id: str


@dataclass(frozen=True, eq=False)
class Echo:
    """Spell an answer as the asker did: ``path`` in his request, ``table`` from his values to the answerer's."""

    path: Path
    table: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Keep:
    """A map of Python: ``through(value, run)`` gives the other side's value, or None.  ``total``: never None.

    ``reads`` are the fields of an object that it looks at; None: all of them.
    """

    name: str
    through: Callable[[Any, Any], Any]
    total: bool
    reads: tuple[str, ...] | None = None


@dataclass(eq=False)
class Move:
    """One target field and what it is made of.  ``inner`` is the plan of a converted object."""

    rule: str
    source: Fields
    target: Fields
    choice: Choice | None = None
    inner: Plan | None = None
    scale: tuple[Decimal, bool] | None = None
    default: Any = None
    cases: tuple[Turn, ...] = ()
    needed: bool = False
    entire: bool = False
    """Whether the owner goes where there was something and nothing comes out."""

    echo: Echo | None = None
    limit: Limit | None = None
    keep: Keep | None = None
    single: Gone | None = None
    """Of a list that becomes one value: what is lost with its owner where there is more than one."""
    together: Callable[[Any, Any, Any], Any] | None = None
    """What a map of Python makes of all items of a list: ``together(items, one, run)``, where ``one`` is what the rules do."""

    @property
    def plain(self) -> bool:
        """Whether the value is handed over untouched, name and nesting aside."""
        changed = self.choice or self.inner or self.scale or self.cases or self.echo or self.limit or self.keep or self.wraps
        return not changed and self.default is None

    @property
    def wraps(self) -> bool:
        """Whether a single value becomes a list of one."""
        return self.target[-1].many and not any(f.many for f in self.source)

    @property
    def same(self) -> bool:
        """Whether the target gets what the source has under the same name, or the whole owner is given up or refused."""
        alone = len(self.source) == len(self.target) == 1 and self.source[0].name == self.target[0].name
        if not alone or self.needed or self.entire:
            return False
        if self.plain:
            return True
        keeps = self.choice is None or (
            not self.choice.open and not self.choice.omits and all(k == v for k, v in self.choice.table.items())
        )
        changed = self.inner or self.scale or self.cases or self.echo or self.keep or self.nested or self.wraps
        changed = changed or self.default is not None
        return keeps and not changed and (self.limit is None or self.limit.end in ("drop", "refuse"))

    @property
    def sure(self) -> bool:
        """Whether there is always a value, made without a condition, unless the whole owner is given up or refused."""
        odd = self.inner or self.cases or self.needed or self.echo or self.keep or self.wraps or self.default is not None
        if odd or not self.source or self.nested or not self.source[0].required:
            return False
        return not (self.choice and self.choice.omits) and (self.limit is None or self.limit.end != "omit")

    @property
    def nested(self) -> bool:
        """Whether source and target must be walked rather than copied."""
        return len(self.source) > 1 or len(self.target) > 1 or any(f.many for f in self.source)

    @property
    def reads(self) -> frozenset[str]:
        """The fields of its own object that a case takes its value from."""
        return frozenset(name for turn in self.cases if isinstance(turn.give, Expression) for name in turn.give.reads)

    @property
    def above(self) -> dict[str, Move]:
        """The fields of the object around its items that their rules take a value from, each with the move that does."""
        inner = self.inner.moves if self.inner is not None else []
        return {n: one for one in inner for t in one.cases if isinstance(t.give, Expression) for n in t.give.above}

    @property
    def gives_up(self) -> bool:
        """Whether a single value may end the whole owner."""
        single = not any(f.many for f in self.source)
        drops = bool(self.choice and self.choice.drops) or any(case.end == "drop" for case in self.cases)
        drops = drops or (self.limit is not None and self.limit.end == "drop")
        drops = drops or bool(self.inner and self.inner.drops and self.target[0].required)
        return self.needed or self.entire or self.single is not None or (single and drops)


@dataclass(frozen=True, eq=False)
class Gone:
    """A field that does not cross; where ``when`` holds its owner goes with it.

    ``once``: a flow decides what becomes of the message, and the loss is noted whatever it decides.
    """

    source: Fields
    loss: Loss
    when: Expression | None
    id: str
    once: bool = False


@dataclass(frozen=True, eq=False)
class Told:
    """What a flow does with a field beside the moves; ``source`` or ``target`` may be empty."""

    source: Fields
    target: Fields
    choice: Choice | None
    why: str


@dataclass(eq=False)
class Plan:
    """All moves from one shape to another; ``unfilled`` are the target fields left out on purpose, with the reason."""

    source: Shape
    target: Shape
    moves: list[Move] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    unfilled: dict[Path, str] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether an object that comes through at all comes through as it is: every field moves, and none changes."""
        closed = self.target.open or not self.source.open  # what no schema knows may not pass into a shape that is closed
        return (
            closed and all(move.same for move in self.moves) and {m.source[0].name for m in self.moves} == set(self.source.fields)
        )

    @property
    def drops(self) -> bool:
        """Whether an object of this shape may come to nothing."""
        return any(gone.when is not None for gone in self.gone) or any(move.gives_up for move in self.moves)


def names(fields: Fields) -> str:
    """The dotted path of fields."""
    return ".".join(f.name for f in fields)
