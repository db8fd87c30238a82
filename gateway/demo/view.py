"""How the demo looks: a live picture on a terminal, plain lines anywhere else.

In: `Snapshot` values and events.  Out: text on the console that was handed in.
Not here: what is shown (`gateway.demo.snapshot`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gateway.demo.snapshot import Snapshot

EVERY = 2.0
"""Seconds between two plain lines."""
ALWAYS = 6
"""Lines of the picture beside its rows, its hints, the events and the two messages: heads and books."""
EVENTS = 5
MOST_LINES = 14
"""Lines of a message."""


class Lines:
    """Plain lines, without control codes: one every couple of seconds, and one for each event."""

    def __init__(self, write: Callable[[str], None], seconds: Callable[[], float]) -> None:
        self._write, self._seconds = write, seconds
        self._next = seconds()

    def show(self, now: Snapshot) -> None:
        """A line, if it is time for one."""
        if self._seconds() >= self._next:
            self._next = self._seconds() + EVERY
            self._write(f"{now.day}  {now.charging} charging  {counts(now)}")
            self._write(f"       {now.books}")

    def event(self, text: str) -> None:
        """A line at once."""
        self._write(f"       {text}")

    def close(self) -> None:
        """Nothing to tidy up."""


class Picture:
    """A picture that is drawn anew four times a second."""

    def __init__(self, console: Console, hints: Sequence[str]) -> None:
        self._console, self._hints = console, hints
        self._live = Live(console=console, auto_refresh=False, screen=True)
        self._live.start()

    def show(self, now: Snapshot) -> None:
        """Draw."""
        self._live.update(picture(now, self._hints, self._console.height), refresh=True)

    def event(self, text: str) -> None:
        """Events stand in the picture."""

    def close(self) -> None:
        """Give the terminal back."""
        self._live.stop()


def counts(now: Snapshot) -> str:
    """Rates and counts as one line."""
    traffic, figures = now.traffic, now.figures
    return (
        f"{presence(now)}  SOAP {traffic.soap_rate:.1f}/s  JSON {traffic.json_rate:.1f}/s  "
        f"waiting {figures.waiting}  stored {figures.stored}  {_rare(now)}"
    )


def presence(now: Snapshot) -> str:
    """Whether the back end is there."""
    return "back end there" if now.away is None else f"BACK END AWAY for {now.away:.0f} s"


def _rare(now: Snapshot) -> str:
    traffic, figures = now.traffic, now.figures
    return f"losses {figures.lost}  tags refused {traffic.refused}  commands {traffic.commands}  repeats {traffic.repeats}"


def picture(now: Snapshot, hints: Sequence[str], height: int) -> RenderableType:
    """The whole picture for a terminal of that height: what there is no room for is left out, the books last."""
    room = height - len(now.rows) - ALWAYS
    hints = hints if room >= len(hints) + 1 else ()
    room -= len(hints)
    events = list(now.events)[-min(EVENTS, max(1, room)) :]
    room -= EVENTS
    parts: list[RenderableType] = [*_head(now), _table(now), _books(now)]
    if room >= 6:
        parts.append(_messages(now, room))
    parts += [_line(event, "cyan") for event in events]
    parts += [_line(hint, "dim") for hint in hints]
    return Group(*parts)


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _head(now: Snapshot) -> tuple[Text, Text]:
    traffic, figures = now.traffic, now.figures
    first = _line("").append(f" {now.day} ", style="bold reverse").append(f" {now.charging} charging  ", style="bold")
    first.append(presence(now), style="bold red" if now.away is not None else "green")
    first.append(f"  waiting {figures.waiting}", style="bold yellow" if figures.waiting else "").append(
        f"  stored {figures.stored}"
    )
    second = f" SOAP {traffic.soap_rate:.1f}/s  JSON {traffic.json_rate:.1f}/s  {_rare(now)}"
    return first, _line(second)


def _books(now: Snapshot) -> Text:
    style = "bold red" if "NOT EQUAL" in now.books else "bold green" if now.books.endswith("equal") else "bold yellow"
    return Text(now.books, style=style)


def _table(now: Snapshot) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for title in ("station", "OCPP 1.5", "tag", "kWh", "id", "→ id", "OCPP 1.6"):
        table.add_column(title, justify="right" if title == "kWh" else "left", no_wrap=True)
    for row in now.rows:
        style = "green" if row.here else "dim"
        kwh = f"{row.energy / 1000:.2f}" if row.here else ""
        table.add_row(row.place, row.state, row.tag, kwh, row.here, row.there, row.there_state, style=style)
    return table


def _messages(now: Snapshot, room: int) -> Table:
    most = min(room - 2, MOST_LINES)
    side_by_side = Table.grid(expand=True)
    for _ in range(2):
        side_by_side.add_column(ratio=1)
    side_by_side.add_row(_panel("a station said", now.said, most), _panel("the back end heard", now.heard, most))
    return side_by_side


def _panel(title: str, lines: Sequence[str], most: int) -> Panel:
    shown = list(lines) if len(lines) <= most else [*lines[: most - 1], "…"]
    shown += [""] * (most - len(shown))
    return Panel(_line("\n".join(shown)), title=title, title_align="left")
