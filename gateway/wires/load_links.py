"""Reads the manners of links: the map ``links`` of a wire.

In: the map.  Out: `LinkRules` by kind; faults go to the `Checker`.
Not here: frames (`gateway.wires.load_frames`), doing it (`gateway.devices.bus`, `gateway.links`).
"""

from __future__ import annotations

import re
from typing import Any

from gateway.source import Checker, List, Map, one_of
from gateway.wires.shapes import LinkRules

LINKS = ("tcp", "udp", "http", "ws", "mqtt")
_SECONDS = ("idle", "gap", "within", "silence", "login", "lull")
_COUNTS = ("port", "outstanding", "retries", "misses")

_ROLES = ("listen", "dial")
_AUTHS = ("basic", "digest")
OPTIONS: dict[str, tuple[str, ...]] = {
    "tcp": (),
    "udp": ("bind", "reply_port"),
    "http": ("hold", "content_type", "headers", "auth"),
    "ws": ("subprotocol",),
    "mqtt": ("subscribe", "qos"),
}


def links(checker: Checker, where: Map) -> dict[str, LinkRules]:
    """The manners by kind of link."""
    given = where.get("links")
    if not isinstance(given, Map) or not given:
        checker.fault(
            where, "links", "over which links it is spoken is not said", f"links: {{tcp: {{port: 8768}}}}; {one_of(LINKS)}"
        )
        return {}
    made = {}
    for kind, rules in given.items():
        if kind not in LINKS:
            checker.unknown(given, kind, "link", LINKS)
        elif rules is None:
            made[kind] = LinkRules()
        elif not isinstance(rules, Map):
            checker.fault(given, kind, f"the link {kind} is no map", "port: …")
        else:
            made[kind] = _link(checker, rules, kind)
    return made


def _link(checker: Checker, given: Map, kind: str) -> LinkRules:
    known = [*_SECONDS, *_COUNTS, "roles", "after", "repeat", "options"]
    checker.keys(given, f"the link {kind}", [], known)
    found: dict[str, Any] = {}
    for key in (*_SECONDS, *_COUNTS):
        if key in given:
            value = given[key]
            wrong = (
                isinstance(value, bool)
                or not hasattr(value, "__float__")
                or value < 0
                or (key in _COUNTS and value != int(value))
            )
            if wrong:
                checker.fault(given, key, f"{key} is {value!r}", "seconds" if key in _SECONDS else "a whole number")
            else:
                found[key] = float(value) if key in _SECONDS else int(value)
    for key in ("after", "repeat"):
        if key in given:
            found[key] = _by_record(checker, given, key)
    if "roles" in given:
        found["roles"] = tuple(map(str, given["roles"] if isinstance(given["roles"], List) else [given["roles"]]))
        if wrong := set(found["roles"]) - set(_ROLES):
            checker.fault(given, "roles", f"roles has {sorted(wrong)[0]!r}", one_of(_ROLES))
    if isinstance(given.get("options"), Map):
        checker.keys(given["options"], f"options of the link {kind}", [], OPTIONS[kind])
        if given["options"].get("auth", "basic") not in _AUTHS:
            checker.fault(given["options"], "auth", f"auth is {given['options']['auth']!r}", one_of(_AUTHS))
        found["options"] = {**given["options"], **_headers(checker, given["options"])}
    return LinkRules(**found)


def _headers(checker: Checker, options: Map) -> dict[str, dict[str, str]]:
    """``headers: {Name: text}``, with ``{username}`` and ``{secret}`` of the site in it."""
    if "headers" not in options:
        return {}
    given, made = options["headers"], {}
    if not isinstance(given, Map):
        checker.fault(options, "headers", f"headers is {given!r}", 'X-Key: "{secret}" lines')
        return {}
    for name, text in given.items():
        if wrong := [one for one in re.findall(r"\{(.*?)\}", str(text)) if one not in ("username", "secret")]:
            checker.fault(given, name, f"the header {name} has {{{wrong[0]}}}", "{username} or {secret}, those of the site file")
        made[name] = str(text)
    return {"headers": made}


def _by_record(checker: Checker, given: Map, key: str) -> dict[str, float]:
    """Seconds by record; a bare number is for all of them (under ``*``)."""
    value = given[key]
    if not isinstance(value, Map):
        value = {"*": value}
    made = {}
    for name, seconds in value.items():
        if isinstance(seconds, bool) or not hasattr(seconds, "__float__") or seconds < 0:
            checker.fault(given, key, f"{key} {name} is {seconds!r}", "seconds")
        else:
            made[str(name)] = float(seconds)
    return made
