"""All tables and the routes over them.

In: table files and dialects.  Out: `Ladder`.
Not here: one table (`gateway.ladder.tables`), one walk (`gateway.ladder.route`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.catalogue import Folders
from gateway.dialects.schema import Dialect
from gateway.ladder.route import Route, Step
from gateway.ladder.table import Way
from gateway.ladder.tables import Table
from gateway.source import Fault, SourceError, load, nearest, one_of


class RouteError(KeyError):
    """There is no way on the ladder from one dialect to another."""

    def __str__(self) -> str:
        return str(self.args[0])


class Ladder:
    """All tables, and the routes over them."""

    def __init__(self, tables: Sequence[Table], dialects: Mapping[str, Dialect]) -> None:
        self.tables, self.dialects = list(tables), dialects
        self._routes: dict[tuple[str, str], Route] = {}

    @classmethod
    def load(cls, folders: Folders, dialects: Mapping[str, Dialect]) -> Ladder:
        """Every table of the folders.  Raises `SourceError` with the faults of all files."""
        tables: list[Table] = []
        faults: list[Fault] = []
        for name, path in folders.files("ladder").items():
            try:
                table = Table.build(load(path, folders.display(path)), name, dialects)
                between = f"{table.left.name}--{table.right.name}"
                if name != between:  # a second table between the same two would be passed over in silence
                    faults.append(Fault(folders.display(path), 1, f"the table stands in the file {name!r}", between))
                tables.append(table)
            except SourceError as error:
                faults += error.faults
        if faults:
            raise SourceError(faults)
        return cls(tables, dialects)

    def route(self, from_name: str, to_name: str) -> Route:
        """The shortest way.  Raises `RouteError` where there is none."""
        if (from_name, to_name) not in self._routes:
            for name in (from_name, to_name):
                if name not in self.dialects:
                    near = nearest(name, self.dialects)
                    hint = f"; did you mean {near!r}?" if near else ""
                    raise RouteError(f"there is no dialect {name!r}, expected {one_of(sorted(self.dialects))}{hint}")
            steps = self._walk(from_name, to_name)
            self._routes[from_name, to_name] = Route(self.dialects[from_name], self.dialects[to_name], steps)
        return self._routes[from_name, to_name]

    def reaches(self, from_name: str, to_name: str) -> bool:
        """Whether there is a way."""
        try:
            self.route(from_name, to_name)
        except RouteError:
            return False
        return True

    def _walk(self, start: str, end: str) -> list[Step]:
        # What speaks another dialect goes its ways.
        first, last = (self.dialects[name].speaks or name for name in (start, end))
        ways: dict[str, list[Step]] = {first: []}
        queue = [first]
        for here in queue:
            if here == last:
                return ways[here]
            for table in self.tables:
                ahead: tuple[tuple[str, str, Way], ...] = (
                    (table.sheet.left, table.sheet.right, ">"),
                    (table.sheet.right, table.sheet.left, "<"),
                )
                for near, far, way in ahead:
                    if near == here and far not in ways:
                        ways[far] = [*ways[here], Step(table, way)]
                        queue.append(far)
        raise RouteError(f"no table leads from {start!r} to {end!r}")
