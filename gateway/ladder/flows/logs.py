"""Logs: one side calls them diagnostics and has no numbers for them; for others it has messages like those of the other side.

In: GetDiagnostics, GetLog and the notifications of how far it is.  Out: the same of the other side.
Not here: the words of a status (the table's maps).

Register ``logs``: ``asked`` (`numbered`).
Sources: OCPP 2.0.1 part 2, N01; OCPP 1.6, 4.4 and 6.9; its security whitepaper, N01.
"""

from __future__ import annotations

from typing import Any

from gateway.ladder.flows.contract import Parts, Rendering, makes
from gateway.ladder.flows.numbered import numbered, plain, refused, request
from gateway.messages import Payload

DIAGNOSTICS, LOG = "GetDiagnostics", "GetLog"
DIAGNOSTICS_STATUS, LOG_STATUS = "DiagnosticsStatusNotification", "LogStatusNotification"
REGISTER = "logs"


@makes(LOG)
def diagnostics(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going right: with a number."""
    part, id = parts[LOG], run.cx.registers.next(REGISTER)
    return request(LOG, {**(part.ask(asked, run) or {}), "requestId": id}, asked, part, REGISTER, run, id, True)


@makes(LOG)
def log(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going right: what follows is not told as diagnostics."""
    part = parts[LOG]
    return request(LOG, part.ask(asked, run) or {}, asked, part, REGISTER, run, asked["requestId"], False)


@makes(DIAGNOSTICS, LOG)
def log_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: every station knows diagnostics; for other logs it needs the security whitepaper."""
    name = DIAGNOSTICS if asked["logType"] == "DiagnosticsLog" else LOG
    made = parts[name].ask(asked, run)
    if made is None:
        return refused("InvalidURL")
    return request(name, made, asked, parts[name], REGISTER, run, asked["requestId"], name == DIAGNOSTICS)


@makes(LOG_STATUS)
def status(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going right: the number of the log that was asked for last."""
    made = parts[LOG_STATUS].ask(asked, run) or {}
    return Rendering([(LOG_STATUS, numbered(made, REGISTER, run))], lambda results, run: {})


@makes(DIAGNOSTICS_STATUS, LOG_STATUS)
def status_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: by the message that belongs to the one that asked."""
    name = DIAGNOSTICS_STATUS if plain(asked, REGISTER, run) else LOG_STATUS
    return Rendering([(name, parts[name].ask(asked, run) or {})], lambda results, run: {})
