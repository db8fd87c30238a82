"""Compiles a `Plan` to one plain Python function: no loop over rules at run time.

In: a `Plan`.  Out: a function of (payload, run) that gives the translated payload, or None where nothing is left to say.
Not here: what a plan means (`gateway.ladder.plan`), who calls the function (`gateway.ladder.route`).

The source text is made of names of our own, of field names and constants written by ``repr``, and of expressions that
`gateway.ladder.expressions` checked; losses and maps are handed in through the namespace, and builtins are taken away.
The payload is trusted to be valid; it is not changed, and what comes out may share parts with it, or be it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from types import CodeType
from typing import Any

from gateway.dialects.schema import Scalar
from gateway.ladder.expressions import Expression
from gateway.ladder.given import GIVEN
from gateway.ladder.losses import Loss
from gateway.ladder.plan import Choice, Fields, Gone, Keep, Limit, Move, Plan, Turn, names
from gateway.ladder.run import Quick, Run, Translate, carry
from gateway.ladder.writing import Scope, beyond, into, nest

__all__ = ["Run", "Translate", "carry", "compile_expression", "compile_plan", "compile_quick", "source_of"]

_NOTHING_TO_DO = "def translate(it0, run):\n    return it0"


def compile_plan(plan: Plan, name: str, trace: bool = False) -> Translate:
    """The function that does what ``plan`` says; `carry` where that is nothing at all."""
    source, space = source_of(plan, trace)
    if source == _NOTHING_TO_DO:
        return carry
    exec(_code(source, name), space)  # noqa: S102 - made of checked parts only, see above
    made: Translate = space["translate"]
    return made


def compile_quick(plan: Plan, name: str) -> Quick | None:
    """The same without a run: it gives None where it would note a loss.  None where it would look at its run."""
    source, space = source_of(plan, quick=True)
    exec(_code(source, name), space)  # noqa: S102 - made of checked parts only, see above
    made: Quick = space["translate"]
    return None if "run" in made.__code__.co_names else made


def compile_expression(found: Expression) -> Callable[[dict[str, Any], Run], Any]:
    """The function of (request, run) that works out one expression of a local answer."""
    text = f"def translate(it, run):\n    return {found.source({'it': 'it', 'facts': 'run.facts'})}"
    space: dict[str, Any] = {"__builtins__": {}, **GIVEN}
    exec(_code(text, "answer"), space)  # noqa: S102 - a checked tree
    made: Callable[[dict[str, Any], Run], Any] = space["translate"]
    return made


@lru_cache(maxsize=1024)
def _code(source: str, name: str) -> CodeType:
    """Two plans that differ only in their losses and maps share one text."""
    return compile(source, f"<{name}>", "exec")


def source_of(plan: Plan, trace: bool = False, quick: bool = False) -> tuple[str, dict[str, Any]]:
    """The Python text of the function and the namespace that it needs."""
    writer = _Writer(trace, quick)
    writer.line(f"def translate(it0{'' if quick else ', run'}):")
    writer.depth = 1
    out = writer.shape(plan, Scope({"it": "it0", "top": "it0"}), "return None")
    writer.line(f"return {out}")
    return "\n".join(writer.lines), writer.space


class _Writer:
    def __init__(self, trace: bool, quick: bool) -> None:
        self.trace, self.quick = trace, quick
        self.lines: list[str] = []
        self.depth = 0
        self.count = 0
        self.space: dict[str, Any] = {"__builtins__": {}, **GIVEN}

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def new(self, word: str) -> str:
        self.count += 1
        return f"{word}{self.count}"

    def hold(self, word: str, value: Any) -> str:
        """A name in the namespace for ``value``."""
        name = self.new(word)
        self.space[name] = value
        return name

    def under(self, text: str, body: Callable[[], None]) -> None:
        self.line(text)
        self.depth += 1
        before = len(self.lines)
        body()
        if len(self.lines) == before:
            self.line("pass")
        self.depth -= 1

    def lose(self, loss: Loss | None) -> None:
        if loss is not None:
            self.noted(self.hold("LOSS", loss))

    def noted(self, loss: str) -> None:
        self.line("return None" if self.quick else f"run.losses.append({loss})")

    def hit(self, id: str) -> None:
        if self.trace:
            self.line(f"run.hits.add({id!r})")

    def expression(self, found: Expression, scope: Scope) -> str:
        return found.source({"facts": "run.facts", "asked": "run.asked", **scope.names})

    # ------------------------------------------------------------------------------------------------- objects
    def shape(self, plan: Plan, scope: Scope, drop: str) -> str:
        """Write what makes one object; ``drop`` is the statement that gives it up.  Gives the variable's name.

        An object of which no value changes is its own translation, once its values are looked at.
        """
        for gone in (gone for gone in plan.gone if not gone.once):
            self.gone(gone, gone.source, scope, drop)
        if plan.same:
            for move in plan.moves:
                if not move.plain:
                    self.single(move, "", scope, drop, lambda value: None)
            return scope.it
        lead = next((i for i, move in enumerate(plan.moves) if not move.sure), len(plan.moves))
        parts: list[str] = []
        for move in plan.moves[:lead]:
            parts.append(f"{move.target[0].name!r}: ")
            self.single(move, "", scope, drop, parts.append)
        out = self.new("out")
        self.line(f"{out} = {{{', '.join(map(str.__add__, parts[::2], parts[1::2]))}}}")
        for move in plan.moves[lead:]:
            self.move(move, out, scope, drop)
        return out

    def given_up(self, gone: Gone, drop: str) -> None:
        self.hit(gone.id)
        self.lose(gone.loss)
        self.line(drop)

    def gone(self, gone: Gone, source: Fields, scope: Scope, drop: str) -> None:
        """A field that does not cross: note it where it is there, and give up its owner where that is said."""

        def there() -> None:
            if gone.when is not None:
                self.under(f"if {self.expression(gone.when, scope)}:", lambda: self.given_up(gone, drop))
            self.lose(gone.loss)

        if len(source) == 1:
            self.under(f"if {scope.it}.get({source[0].name!r}) is not None:", there)
        else:
            self.loops(source[:-1], scope, lambda inner: self.gone(gone, source[-1:], inner, drop))

    def loops(self, path: Fields, scope: Scope, body: Callable[[Scope], None]) -> None:
        """Walk along ``path``, through lists and objects, and write ``body`` for each thing at its end."""
        if not path:
            body(scope)
            return
        get = f"{scope.it}[{path[0].name!r}]" if path[0].required else f"{scope.it}.get({path[0].name!r})"
        these = self.new("these")
        if path[0].many:
            self.line(f"{these} = {get}" + ("" if path[0].required else " or ()"))
        else:
            value = self.new("v")
            self.line(f"{value} = {get}")
            self.line(f"{these} = () if {value} is None else ({value},)")
        it = self.new("it")
        within = scope.within(it, these if path[0].many else None)
        self.under(f"for {it} in {these}:", lambda: self.loops(path[1:], within, body))

    # ------------------------------------------------------------------------------------------------- one move
    def move(self, move: Move, out: str, scope: Scope, drop: str) -> None:
        if (
            move.source
            and (move.nested or move.inner is not None)
            and not (move.plain and len(move.source) == len(move.target) == 1)
        ):
            self.walked(move, out, scope, drop)
        else:
            self.single(move, out, scope, drop)

    def walked(self, move: Move, out: str, scope: Scope, drop: str) -> None:
        """A field inside others, or a list whose items change: collect, then put."""
        lone = not any(field.many for field in move.source)
        drops = bool(move.choice and move.choice.drops and lone)
        items, gone = self.new("items"), self.new("gone") if move.cases or drops else ""
        if move.together is not None:
            self.gathered(move, items, scope)
            self.put(move, out, items, drop, "else:")
            return
        self.line(f"{items} = []" + (f"; {gone} = False" if gone else ""))
        echo = self.echoes(move)

        def keep(value: str) -> None:
            self.line(f"{items}.append({value})")

        def one(inner: Scope) -> None:
            if move.inner is not None:
                self.line(f"{items}.append({self.shape(move.inner, inner, 'continue')})")
            elif drops and not move.cases:
                self.value(move, inner.it, inner, f"{gone} = True; continue", keep, echo)
            elif gone:  # a case looks at the owner of what is nested, and may give it up
                seen = scope if lone else inner
                rest: Callable[[], None] = lambda: self.value(move, inner.it, inner, "continue", keep, echo)  # noqa: E731
                self.turned(move, inner.it, seen, f"{gone} = True", keep, rest)
            else:
                self.value(move, inner.it, inner, "continue", keep, echo)

        self.loops(move.source, scope, one)
        if gone:
            self.under(f"if {gone}:", lambda: self.line(drop))
        if move.single is not None:
            self.under(f"if len({items}) > 1:", partial(self.given_up, move.single, drop))
        self.put(move, out, items, drop, f"elif {scope.it}.get({move.source[0].name!r}):" if move.entire else "else:")

    def gathered(self, move: Move, items: str, scope: Scope) -> None:
        """A list whose items belong together: a map of Python gets them all, and the function of their rules."""
        these, it, one = self.new("these"), self.new("it"), self.new("one")
        self.line(f"{these} = {scope.it}.get({move.source[0].name!r}) or ()")

        def body() -> None:
            assert move.inner is not None
            self.line(f"return {self.shape(move.inner, scope.within(it, these), 'return None')}")

        self.under(f"def {one}({it}):", body)
        self.line(f"{items} = {self.hold('TOGETHER', move.together)}({these}, {one}, run)")

    def put(self, move: Move, out: str, items: str, drop: str, otherwise: str) -> None:
        *outer, last = move.target
        value = items if last.many or (outer and any(f.many for f in outer)) else f"{items}[0]"
        path = f"{out}"
        wrapped = None
        for at, one in enumerate(outer):
            if one.many:
                inner = [*outer[at + 1 :], last]
                wrapped = f"{path}[{one.name!r}] = [{nest(inner, items if last.many else items + '[0]')}]"
                break
            path = f"{path}.setdefault({one.name!r}, {{}})"
        write = wrapped or f"{path}[{last.name!r}] = {value}"
        self.under(f"if {items}:", lambda: self.line(write))
        if move.needed or move.entire or (move.target[0].required and move.inner is not None and move.inner.drops):
            self.under(otherwise, lambda: self.line(drop))

    def single(self, move: Move, out: str, scope: Scope, drop: str, take: Callable[[str], None] | None = None) -> None:
        """A field of this object, or one made without a source; ``take`` gets the value that is not to be put there yet."""

        def put(value: str) -> None:
            if take is not None:
                take(value)
                return
            value = f"[{value}]" if move.wraps else value
            self.line(f"{out}[{move.target[-1].name!r}] = {value}" if len(move.target) == 1 else into(out, move.target, value))

        if not move.source:
            self.turned(move, "None", scope, drop, put, lambda: self.line(drop if move.needed else "pass"))
            return
        name, echo = move.source[0].name, self.echoes(move)
        sure = move.source[0].required
        if sure and move.plain:
            put(f"{scope.it}[{name!r}]")
            return
        value = self.new("v")
        self.line(f"{value} = {scope.it}[{name!r}]" if sure else f"{value} = {scope.it}.get({name!r})")
        rest: Callable[[], None] = lambda: self.held(move, value, sure, scope, drop, put, echo)  # noqa: E731
        self.turned(move, value, scope, drop, put, rest) if move.cases else rest()

    def held(self, move: Move, value: str, sure: bool, scope: Scope, drop: str, put: Callable[[str], None], echo: str) -> None:
        """The value, if there is one; else the default, or nothing."""
        if sure:
            self.value(move, value, scope, drop, put, echo)
            return
        self.under(f"if {value} is not None:", lambda: self.value(move, value, scope, drop, put, echo))
        if move.default is not None:
            self.under("else:", lambda: put(repr(move.default)))
        elif move.needed:
            self.under("else:", lambda: self.line(drop))

    def turned(
        self, move: Move, value: str, scope: Scope, drop: str, put: Callable[[str], None], rest: Callable[[], None]
    ) -> None:
        """The cases, in order, then ``rest``."""
        word = "if"
        for turn in move.cases:
            tests = [] if turn.on is None else [f"{value} == {turn.on!r}"]
            tests += [] if turn.when is None else [f"({self.expression(turn.when, scope)})"]
            if not tests and word == "if":
                self.end(turn, move, scope, drop, put)
                return
            line = f"{word} {' and '.join(tests)}:" if tests else "else:"
            self.under(line, partial(self.end, turn, move, scope, drop, put))
            if not tests:
                return
            word = "elif"
        self.under("else:", rest)

    def end(self, turn: Turn, move: Move, scope: Scope, drop: str, put: Callable[[str], None]) -> None:
        self.hit(turn.id)
        self.lose(turn.loss)
        if turn.end == "drop":
            self.line(drop)
        elif turn.end == "give" and isinstance(turn.give, Expression):
            made = self.new("w")
            self.line(f"{made} = {self.expression(turn.give, scope)}")
            self.under(f"if {made} is not None:", lambda: put(made))
            if all(field.required for field in move.target):
                self.under("else:", lambda: self.line(drop))
        elif turn.end == "give":
            put(repr(turn.give))

    # ------------------------------------------------------------------------------------------------- one value
    def value(self, move: Move, value: str, scope: Scope, drop: str, put: Callable[[str], None], echo: str) -> None:
        """Write the conversion of a value that is there."""
        limit = move.limit
        if limit is not None and limit.end == "omit":
            self.under(f"if {beyond(limit, value)}:", lambda: self.too_long(limit, drop if move.needed else "pass"))
            self.under("else:", lambda: self.within(move, value, drop, put, echo))
            return
        if limit is not None:
            value = self.limited(limit, value, names(move.source), drop)
        self.within(move, value, drop, put, echo)

    def within(self, move: Move, value: str, drop: str, put: Callable[[str], None], echo: str) -> None:
        """The conversion of a value that is not too long."""
        if move.scale is not None:
            factor, down = move.scale
            whole = move.target[-1].type == Scalar("integer")
            value = f"scaled({value}, {self.hold('SCALE', factor)}, {down}, {whole})"
        if move.choice is not None:
            value = self.chosen(move.choice, value, drop, echo)
        if move.keep is not None:
            value = self.kept(move.keep, value)
        if (move.choice is not None and move.choice.omits) or (move.keep is not None and not move.keep.total):
            self.under(f"if {value} is not None:", lambda: put(value))
            if move.needed:
                self.under("else:", lambda: self.line(drop))
        else:
            put(value)

    def kept(self, keep: Keep, value: str) -> str:
        made = self.new("w")
        self.line(f"{made} = {self.hold('KEEP', keep.through)}({value}, run)")
        return made

    def chosen(self, choice: Choice, value: str, drop: str, echo: str) -> str:
        table = self.hold("MAP", dict(choice.table))
        if choice.open:
            mapped = f"{table}.get({value}, {value})"
            return f"{echo}.get({value}.casefold()) or {mapped}" if echo else mapped
        if choice.words:
            known, value = value, self.new("w")
            self.line(f"{value} = {known} if {known} in {self.hold('WORDS', choice.words)} else '*'")
        if choice.losses:
            losses = self.hold("LOSSES", dict(choice.losses))
            self.under(f"if {value} in {losses}:", lambda: self.lost(choice, losses, value, drop))
        if all(k == to for k, to in choice.table.items()) and not choice.omits:
            return value
        made = self.new("w")
        self.line(f"{made} = {table}.get({value})" if choice.omits else f"{made} = {table}[{value}]")
        return made

    def too_long(self, limit: Limit, end: str) -> None:
        self.hit(limit.id)
        self.lose(limit.loss if limit.end != "refuse" else None)
        self.line(end)

    def lost(self, choice: Choice, losses: str, value: str, drop: str) -> None:
        self.noted(f"{losses}[{value}]")
        if choice.drops:
            self.under(f"if {value} in {self.hold('DROPS', choice.drops)}:", lambda: self.line(drop))

    def limited(self, limit: Limit, value: str, path: str, drop: str) -> str:
        """Write what becomes of a value beyond its limit; gives the variable that holds what is left."""
        cut = self.new("v") if limit.end == "cut" else value
        if limit.end == "cut":
            self.line(f"{cut} = {value}[:{limit.length or 0:d}]")
        end = {"cut": "pass", "drop": drop}.get(limit.end, f"too_much({path!r}, {limit.loss.why if limit.loss else ''!r})")
        self.under(f"if {beyond(limit, value)}:", lambda: self.too_long(limit, end))
        return cut

    def echoes(self, move: Move) -> str:
        """The spellings of the asker, by what the answerer was asked."""
        if move.echo is None:
            return ""
        name = self.new("asked")
        self.line(
            f"{name} = spellings(run.asked, {self.hold('PATH', move.echo.path)}, {self.hold('MAP', dict(move.echo.table))})"
        )
        return name
