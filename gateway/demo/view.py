"""How the demo looks: a live picture on a terminal, plain lines anywhere else.

In: `Snapshot` values and events.  Out: text on the console that was handed in.
Not here: what is shown (`gateway.demo.snapshot`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gateway.demo.snapshot import Snapshot, Traffic

EVERY = 2.0
"""Seconds between two plain lines."""
BUSY_HEIGHT = 12
"""Lines that the picture needs beside its table, its hints and the two messages."""


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
    there = "back end there" if now.away is None else f"BACK END AWAY for {now.away:.0f} s"
    return (
        f"{there}  SOAP {traffic.soap_rate:.1f}/s  JSON {traffic.json_rate:.1f}/s  "
        f"waiting {figures.waiting}  stored {figures.stored}  losses {figures.lost}  {_rare(traffic)}"
    ).rstrip()


def _rare(traffic: Traffic) -> str:
    return f"tags refused {traffic.refused}  commands {traffic.commands}  repeats {traffic.repeats}"


def picture(now: Snapshot, hints: Sequence[str], height: int) -> RenderableType:
    """The whole picture for a terminal of that height."""
    room = height - len(now.rows) - len(hints) - BUSY_HEIGHT
    events = list(now.events)[-4:] if room >= 0 else list(now.events)[-1:]
    parts: list[RenderableType] = [_head(now), _table(now), _books(now)]
    if room >= 5:
        parts.append(_messages(now, room))
    parts += [Text(event, style="cyan", no_wrap=True, overflow="ellipsis") for event in events]
    parts += [Text(hint, style="dim", no_wrap=True, overflow="ellipsis") for hint in hints]
    return Group(*parts)


def _head(now: Snapshot) -> Text:
    head = Text(no_wrap=True, overflow="ellipsis")
    head.append(f" {now.day} ", style="bold reverse")
    head.append(f" {now.charging} charging  ", style="bold")
    return head.append(counts(now), style="red" if now.away is not None else "")


def _books(now: Snapshot) -> Text:
    style = "bold red" if "NOT EQUAL" in now.books else "bold green" if now.books.endswith("equal") else "bold yellow"
    return Text(now.books, style=style, no_wrap=True, overflow="ellipsis")


def _table(now: Snapshot) -> Table:
    table = Table(box=None, padding=(0, 1), expand=True, header_style="bold")
    for title in ("station (1.5 SOAP)", "says", "tag", "kWh", "transaction", "→ back end (1.6 JSON)", "says"):
        table.add_column(title, justify="right" if title == "kWh" else "left", no_wrap=True)
    for row in now.rows:
        style = "green" if row.here else "dim"
        kwh = f"{row.energy / 1000:.2f}" if row.here else ""
        table.add_row(row.place, row.state, row.tag, kwh, row.here, row.there, row.there_state, style=style)
    return table


def _messages(now: Snapshot, room: int) -> Columns:
    most = min(room - 2, 14)
    panels = [("a station said", now.said), ("the back end heard", now.heard)]
    return Columns([_panel(title, lines, most) for title, lines in panels], expand=True, equal=True)


def _panel(title: str, lines: Sequence[str], most: int) -> Panel:
    shown = list(lines) if len(lines) <= most else [*lines[: most - 1], "…"]
    shown += [""] * (most - len(shown))
    return Panel(Text("\n".join(shown), no_wrap=True, overflow="ellipsis"), title=title, title_align="left")
