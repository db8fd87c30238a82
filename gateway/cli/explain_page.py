"""``ocpp-gateway explain --page``: the ledger of the whole ladder as a page of the documentation (``docs/ledger.rst``).

In: the loaded ladder.  Out: reStructuredText: how much crosses on every pair, and each loss between neighbours with its reason.
Not here: the ledger itself (`gateway.ladder.accounts`), one pair in full (`gateway.cli.explain`).
"""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from gateway.ladder.accounts import accounts
from gateway.ladder.ladder import Ladder
from gateway.ladder.ledger import Account, Entry

HEAD = """\
What crosses, and what does not
===============================

The loss ledger of the shipped tables, made by ``ocpp-gateway explain --page``. What becomes of every field of one pair is told by
``ocpp-gateway explain ocpp1.5 ocpp1.6``, and so for any two. A route between two protocols that are no neighbours is the walk
over those between them: it loses what its steps lose. A protocol of another kind that is told in the messages of ``plain`` loses
what stands there; ``ocpp-gateway explain openevse-rapi ocpp1.6`` tells what else such a station cannot do.

How much crosses
----------------

For a station of the row on a back end of the column: how many of the fields that the asker and the answerer can say cross to the
other side, carried or converted, averaged over the operations; in brackets how many operations the gateway answers or refuses
itself, because the other side has no word for them.
"""
BETWEEN = """\
Between neighbours
------------------

Each operation of which something is left behind, with the reason. A field that the receiver could have and that nothing fills is
no loss and does not stand here.
"""

MOST_NAMED = 4
"""Fields of one object that are named one by one."""


def page(ladder: Ladder) -> Iterator[str]:
    """The lines of the page."""
    yield HEAD
    yield from _matrix(ladder)
    yield ""
    yield BETWEEN
    for left, right in sorted((table.left.name, table.right.name) for table in ladder.tables):
        for station, backend in ((left, right), (right, left)):
            if ladder.reaches(station, backend) and ladder.dialects[backend].ends == "both":
                yield from _pair(station, backend, _accounts(ladder, station, backend))


def _accounts(ladder: Ladder, station: str, backend: str) -> list[Account]:
    return accounts(ladder.route(station, backend), ladder.route(backend, station))


def _matrix(ladder: Ladder) -> Iterator[str]:
    stations = sorted(name for name, dialect in ladder.dialects.items() if not dialect.speaks)
    ends = [name for name in stations if ladder.dialects[name].ends == "both"]
    backends = [name for name in ends if any(ladder.reaches(one, name) for one in stations if one != name)]
    yield ".. list-table::"
    yield "   :header-rows: 1\n"
    yield from _row(["Station", *backends])
    for station in stations:
        yield from _row([station, *(_crossing(ladder, station, backend) for backend in backends)])


def _row(cells: Iterable[str]) -> Iterator[str]:
    for number, cell in enumerate(cells):
        yield f"   {'* -' if number == 0 else '  -'} {cell}"


def _crossing(ladder: Ladder, station: str, backend: str) -> str:
    if station == backend:
        return "all"
    if not ladder.reaches(station, backend):
        return "—"
    found = _accounts(ladder, station, backend)
    asked = [one.share() for one in found if one.said != "always"]
    return f"{sum(asked) / len(asked):.0%} ({len(found) - len(asked)})"


def _pair(station: str, backend: str, found: list[Account]) -> Iterator[str]:
    title = f"A station of {station} on a back end of {backend}"
    yield f"{title}\n{'~' * len(title)}\n"
    for asker in ("station", "backend"):
        lines = [line for one in found if one.sender == asker for line in _operation(one)]
        if lines:
            yield f"The {'back end' if asker == 'backend' else asker} asks:\n"
            yield from lines
            yield ""


def _operation(account: Account) -> Iterator[str]:
    """Nothing where all of it crosses."""
    if account.said == "always":
        told = account.outcome(lambda answer: f"``{json.dumps(answer)}``")
        yield _item(f"- **{account.action}** is {told}: {account.why}.")
        return
    losses = [*_lost("", account.request), *_lost("of the answer ", account.result)]
    if losses:
        yield _item(f"- **{account.action}** loses {'; '.join(losses)}.")


def _lost(of: str, entries: list[Entry]) -> Iterator[str]:
    """The fields lost, by their reason."""
    fields: dict[str, dict[str, str]] = {}
    for entry in entries:
        for why in entry.why if entry.source and entry.how in ("lost", "converted", "carried") else ():
            fields.setdefault(why, {}).setdefault(entry.source, "" if entry.how == "lost" else " in part")
    for why, some in fields.items():
        yield f"{of}{', '.join(_together(some))} ({why})"


def _together(fields: dict[str, str]) -> Iterator[str]:
    """The fields; many of one object are one word."""
    owners = Counter(path.partition(".")[0] for path in fields)
    for owner, count in owners.items():
        if count > MOST_NAMED:
            yield f"{count} fields of ``{owner}``"
        else:
            yield from (f"``{path}``{part}" for path, part in fields.items() if path.partition(".")[0] == owner)


def _item(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 128, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
