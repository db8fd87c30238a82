"""The JSON Schema of files of quirks, for editors: made of the same lists that the loader checks with.

In: nothing.  Out: the schema as plain values.
Not here: what only the loader can know (fields of dialects, samples); the file itself (``mappings/quirks.schema.json``).
"""

from __future__ import annotations

from typing import Any

from gateway.facts import ROLES
from gateway.quirks import connect, frame, text
from gateway.quirks.behave import FEWEST_IDS, form_of
from gateway.quirks.condition import QUESTIONS
from gateway.quirks.match import GLOBS
from gateway.quirks.operation import OPERATIONS
from gateway.session.policy import SWITCHES

_TEXT: Any = {"type": "string", "minLength": 1}
_TEXTS: Any = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_SECONDS: Any = {"type": "number", "minimum": 0}
_TRUE: Any = {"const": True}
_COUNT: Any = {"type": "integer", "minimum": 1}
_ON: Any = {"type": "string", "pattern": r"^(call|result|error) (\*|[A-Za-z0-9]+)$"}
_STEP_KEYS = ("station says", "backend says", "station hears", "backend hears")


def schema() -> dict[str, Any]:
    """The whole schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Quirks of ocpp-gateway",
        "description": "What one kind of station or back end does wrong, and the cure.",
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {
            "quirks": {
                "type": "object",
                "propertyNames": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
                "additionalProperties": _profile(),
            },
            "use": _said(
                "Quirk → for whom else an operator wants it", {"type": "object", "additionalProperties": _match(whole=False)}
            ),
            "off": _said("Quirks that are switched off", {"type": "array", "items": _TEXT}),
        },
    }


def _said(description: str, form: Any) -> dict[str, Any]:
    return {"description": description, **(form if isinstance(form, dict) else {})}


def _closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    return made | {"required": list(required)} if required else made


def _profile() -> dict[str, Any]:
    adjust = _closed({"payload": _rules(), "text": _texts()})
    properties = {
        "title": _said("What is seen, in a line", _TEXT),
        "why": _said("What goes wrong, where it was seen, what follows, why the cure is right", _TEXT),
        "link": _said("The https:// address of the public report, or a list of them", _TEXTS),
        "match": _match(whole=True),
        "deliberate": _said("A legal message or word is changed on purpose; the reason stands in why", _TRUE),
        "on_request": _said("Only for those whom an operator names with use", _TRUE),
        "beyond_schema": _said("What adjust makes is not in the dialect, on purpose", _TRUE),
        "repair": _said("Mends what comes from the peer", _closed({"text": _texts(), "frame": _frames(), "payload": _rules()})),
        "adjust": _said("Changes valid messages on their way to the peer", {"anyOf": [_rules(), adjust]}),
        "behave": _said("Switches of the session", _closed(_switches())),
        "connect": _said("The handshake and the link", _closed(_connect())),
        "warn": _said("A sentence for the operator", _TEXT),
        "samples": {"type": "array", "items": _sample()},
    }
    return _closed(properties, "title", "why", "link", "match")


def _match(whole: bool) -> dict[str, Any]:
    properties: dict[str, Any] = dict.fromkeys(GLOBS, _TEXTS)
    ranged = _closed({"read": _TEXT, "from": {"type": ["string", "number"]}, "below": {"type": ["string", "number"]}}, "read")
    properties["firmware"] = {"anyOf": [*_TEXTS["anyOf"], ranged]}
    properties["boot"] = _said("Fields of the boot, names joined by dots", {"type": "object", "additionalProperties": _TEXTS})
    if not whole:
        return _closed(properties) | {"minProperties": 1}
    return _closed({"side": {"enum": ["station", "backend"]}, "dialect": _TEXTS, **properties}, "side")


def _texts() -> dict[str, Any]:
    literal, found = _closed({"from": _TEXT, "to": {"type": "string"}}, "from", "to"), _found()
    items = [{"enum": list(text.NAMED)}, _closed({"replace": literal}, "replace"), _closed({"regex": found}, "regex")]
    return {"type": "array", "minItems": 1, "maxItems": text.MOST, "items": {"anyOf": items}}


def _found() -> dict[str, Any]:
    return _closed({"find": _TEXT, "put": {"type": "string"}}, "find", "put")


def _frames() -> dict[str, Any]:
    each: list[Any] = [
        {"const": name, "description": does} for name, (_, does) in [*frame.NAMED.items(), *frame.ANSWERING.items()]
    ]
    words = {"type": "object", "additionalProperties": _TEXT, "minProperties": 1}
    each.append(_closed({frame.OPERATION: words}, frame.OPERATION))
    return {"type": "array", "minItems": 1, "items": {"oneOf": each}}


def _rules() -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": _rule("on")}


def _rule(*required: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "on": _said("call, result or error, and the operation", {"anyOf": [_ON, {"type": "array", "items": _ON, "minItems": 1}]}),
        "at": _said("The field: names joined by dots, [] for each item of a list", _TEXT),
        "when": _said("A condition over it, value, top and asked", _TEXT),
        "like": _said("A shell pattern for the value, or a list", _TEXTS),
    }
    for name, operation in OPERATIONS.items():
        properties[name] = _said(f"{operation.does}; takes {operation.takes}", operation.form)
    if not required:
        del properties["on"]
    return _closed(properties, *required)


def _switches() -> dict[str, Any]:
    return {name: _said(SWITCHES[name], _switch(form_of(name))) for name in SWITCHES}


def _switch(form: str) -> dict[str, Any]:
    known: dict[str, Any] = {
        "seconds": _SECONDS,
        "{role: seconds}": {"type": "object", "propertyNames": {"enum": list(ROLES)}, "additionalProperties": _SECONDS},
        "{OPERATION: seconds}": _by_operation(_SECONDS),
        "[role, …]": {"type": "array", "items": {"enum": list(ROLES)}, "minItems": 1},
        "true": _TRUE,
        "number": {"type": "integer", "minimum": FEWEST_IDS},
    }
    return known[form] if form in known else _commands()[form]


def _commands() -> dict[str, dict[str, Any]]:
    """The forms of switches about commands."""
    changes, payload = _list(_rule()), {"type": "object"}
    call = {"call": _TEXT, "with": payload, "change": changes, "when": _TEXT, "wait": _SECONDS}
    after = {"heard": _TEXT, "when": _TEXT, "seconds": _SECONDS, "on": _TEXT, "with": payload, "change": changes}
    every = {"seconds": _SECONDS, "on": _TEXT, "with": payload, "charging": _TRUE}
    split = {"on": _TEXT, "at": _TEXT, "most": _COUNT, "when": _TEXT, "refused": _TEXT, "then": changes}
    series = {"on": _TEXT, "when": _TEXT, "calls": _list(_closed(call, "call")), "answer": changes}
    plan = {"on": _TEXT, "refused": _TEXT, "try": _list({"type": "array", "items": _rule()})}
    newest = {"same": _list(_TEXT), "result": payload}
    again = {"heard": _TEXT, "zone": _TEXT, "seconds": _SECONDS, "on": _TEXT, **newest}
    again |= {"when": _TEXT, "change": changes, "forget": _list(_TEXT)}
    forms = {
        "fallbacks": _list(_closed(plan, "on", "refused", "try")),
        "sequences": _list(_closed(series, "on", "calls")),
        "split": _list(_closed(split, "on", "at", "most")),
        "ask_on_connect": _list(_closed({"on": _TEXT, "with": payload}, "on")),
        "ask_after": _list(_closed(after, "heard", "on")),
        "ask_every": _list(_closed(every, "seconds", "on")),
        "silence": _by_operation(_closed({"after": _SECONDS, "result": payload, "when": _TEXT}, "after")),
        "newest_only": _by_operation(_closed(newest, "result")),
        "repeats": _by_operation(_closed(newest | {"within": _SECONDS, "when": _TEXT}, "same", "within", "result")),
        "say_again": _list(_closed(again, "on", "same", "result")),
    }
    return {form_of(name): form for name, form in forms.items()}


def _list(item: Any) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": item}


def _by_operation(value: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": value, "minProperties": 1}


def _connect() -> dict[str, Any]:
    names = {"type": "array", "items": _TEXT, "minItems": 1}
    forms: dict[str, Any] = {
        "assume_subprotocol": _TRUE,
        "subprotocols": names,
        "speak": names,
        "headers": {"type": "object", "additionalProperties": _TEXT, "minProperties": 1},
        "identity": _closed({"path": _TEXT, "query": {"type": "string"}, "header": _TEXT, "credential": _TRUE})
        | {"minProperties": 1},
        "password": _closed({"path": _TEXT, "query": _TEXT, "header": _TEXT}) | {"minProperties": 1},
        "decode_twice": _TRUE,
        "forgive": {"type": "array", "items": {"enum": list(connect.FORGIVEN)}, "minItems": 1},
        "ping_every": _SECONDS,
        "dead_after": _SECONDS,
        "by_shape": names,
        "charset": _TEXT,
        "keep_link": _SECONDS,
        "cut_anew": _TRUE,
    }
    return {name: _said(meaning, forms[name]) for name, meaning in connect.MEANINGS.items()}


def _sample() -> dict[str, Any]:
    shown = {"anyOf": [{"const": "text"}, _ON]}
    beside = {"before": True, "after": True, "answer": True, "asked": True, "now": _TEXT, "skew": {"type": "integer"}}
    beside["facts"] = _closed({name: {"type": "object"} for name in QUESTIONS})
    message = _closed({"repair": shown, "adjust": shown, **beside}, "before")
    steps: dict[str, Any] = dict.fromkeys(_STEP_KEYS, _TEXT)
    steps |= {"seconds": _SECONDS, "nothing": _SECONDS, "with": {"type": "object"}}
    return {
        "anyOf": [
            message,
            _closed({"dialogue": {"type": "array", "items": _closed(steps), "minItems": 1}, "now": _TEXT}, "dialogue"),
        ]
    }
