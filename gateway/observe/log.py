"""The log: one line per event on standard error, as JSON, or as plain text for a person at a terminal.

In: events with a station and values; Twisted's own events.  Out: lines.
Not here: what is worth a line; secrets (`gateway.observe.redact`); messages (`gateway.observe.trace`).

Nothing that a peer sent can forge a line or steer a terminal: control characters are escaped, values cut, and no text
is ever taken for a format.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO, cast

from twisted.logger import ILogObserver, LogBeginner, LogEvent, Logger, LogLevel, formatEvent, globalLogBeginner
from twisted.python.failure import Failure

from gateway.observe.quota import Quota
from gateway.observe.redact import Redactor

MOST_VALUE = 256
"""Characters of one value."""
MOST_TRACEBACK = 8000
"""Characters of a traceback; its end says most."""
_LEVELS = {level.name: number for number, level in enumerate(LogLevel.iterconstants())}
_RESERVED = frozenset({"time", "level", "event", "station"})


class Log:
    """Writes lines to ``stream``.  ``human`` chooses the plain form, ``level`` the least that is written."""

    def __init__(self, stream: TextIO, human: bool = False, level: str = "info") -> None:
        self._stream, self._least = stream, _LEVELS[level]
        self._write = self._plain if human else self._json
        self._redact = Redactor()
        self._quotas = {"info": Quota(most_in_all=20_000), "warn": Quota()}
        self._logger = Logger("gateway", observer=cast(ILogObserver, self.observe))
        self.failed = 0

    def hide(self, secret: str | bytes) -> None:
        """Never print this value."""
        self._redact.hide(secret)

    def attach(self, beginner: LogBeginner = globalLogBeginner) -> None:
        """Take Twisted's own events too, unhandled errors above all."""
        beginner.beginLoggingTo([cast(ILogObserver, self.observe)], redirectStandardIO=False)

    def debug(self, event: str, station: str | None = None, **values: Any) -> None:
        """Something for whoever hunts a fault."""
        self._emit(LogLevel.debug, event, station, values)

    def info(self, event: str, station: str | None = None, **values: Any) -> None:
        """Something normal that is worth knowing."""
        self._emit(LogLevel.info, event, station, values)

    def warn(self, event: str, station: str | None = None, **values: Any) -> None:
        """Something that a peer did wrong, or that may become trouble."""
        self._emit(LogLevel.warn, event, station, values)

    def error(self, event: str, station: str | None = None, **values: Any) -> None:
        """Something that somebody must look at."""
        self._emit(LogLevel.error, event, station, values)

    def failure(self, event: str, error: BaseException, station: str | None = None, **values: Any) -> None:
        """An exception that should not have come, with its traceback."""
        text = "".join(traceback.format_exception(error))
        self._emit(LogLevel.error, event, station, {**values, "traceback": text})

    def _emit(self, level: Any, event: str, station: str | None, values: Mapping[str, Any]) -> None:
        self._logger.emit(level, "{gateway_event}", gateway_event=event, gateway_station=station, gateway_values=dict(values))

    def observe(self, event: LogEvent) -> None:
        """A Twisted log observer; never raises."""
        try:
            level = event.get("log_level", LogLevel.info).name
            # Of Twisted's own events an operator wants the troubles, not that a factory starts.
            least = self._least if "gateway_event" in event else max(self._least, _LEVELS["warn"])
            if _LEVELS[level] >= least:
                self._line(event, level)
        except Exception:  # a log that cannot be written may not stop a gateway
            self.failed += 1

    def _line(self, event: LogEvent, level: str) -> None:
        """What peers can cause at will has a quota of lines; then only the counters go on.  Errors have none."""
        word = "write"
        if level in self._quotas and "gateway_event" in event:
            kind = (event["gateway_event"], event["gateway_station"], event["gateway_values"].get("reason"))
            word = self._quotas[level].take(kind, event["log_time"])
        if word != "leave":
            more = {"more": "others of this minute are left out; /metrics counts them"} if word == "last" else {}
            self._write({**self._shaped(event, level), **more})

    def _shaped(self, event: LogEvent, level: str) -> dict[str, Any]:
        """The line's fields in order."""
        when = datetime.fromtimestamp(event["log_time"], UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, Any] = {"time": when, "level": level}
        if "gateway_event" not in event:
            return {**line, "event": str(event.get("log_namespace", "twisted")), **self._foreign(event)}
        line["event"] = self._value(event["gateway_event"])
        if event["gateway_station"] is not None:
            line["station"] = self._value(event["gateway_station"])
        for name, value in event["gateway_values"].items():
            line[f"{name}_" if name in _RESERVED else name] = self._value(
                value, MOST_TRACEBACK if name == "traceback" else MOST_VALUE
            )
        return line

    def _foreign(self, event: LogEvent) -> dict[str, Any]:
        values: dict[str, Any] = {"text": self._value(formatEvent(event))}
        failure = event.get("log_failure")
        if isinstance(failure, Failure):
            values["traceback"] = self._value(failure.getTraceback(), MOST_TRACEBACK)
        return values

    def _value(self, value: Any, most: int = MOST_VALUE) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        text = self._redact(value if isinstance(value, str) else str(value))
        if len(text) <= most:
            return text
        return f"…{text[-most:]}" if most == MOST_TRACEBACK else f"{text[:most]}…"

    def _json(self, line: Mapping[str, Any]) -> None:
        """ASCII only: every control character, also a lone surrogate, stands there as an escape."""
        self._stream.write(json.dumps(line, ensure_ascii=True) + "\n")
        self._stream.flush()

    def _plain(self, line: Mapping[str, Any]) -> None:
        rest = dict(line)
        head = f"{rest.pop('time')[11:19]} {rest.pop('level'):<8} {_shown(rest.pop('event'))}"
        trace = str(rest.pop("traceback", ""))
        tail = "".join(f" {name}={_quoted(value)}" for name, value in rest.items())
        below = "".join(f"\n    {_shown(each)}" for each in trace.splitlines())
        text = f"{head}{tail}{below}\n"
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._stream.flush()


def _shown(text: str) -> str:
    """The text with everything unprintable escaped."""
    return text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _quoted(value: Any) -> str:
    text = _shown(str(value))
    return f'"{text}"' if " " in text or not text else text
