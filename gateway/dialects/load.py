"""Reads dialect files strictly: every fault of a file is reported, with its line.

In: ``mappings/dialects/<name>.yaml`` (format: mappings/README.rst).  Out: `Dialect`, or `SourceError`.
Not here: types and fields (`gateway.dialects.fields`), codecs (`gateway.dialects.codecs`), what a dialect does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from gateway.catalogue import Folders
from gateway.devices.load import read_device
from gateway.devices.rules import DeviceRules
from gateway.dialects.codecs import STATUS, json_codec, soap_codec
from gateway.dialects.errors import Violation
from gateway.dialects.fields import NAME, Types
from gateway.dialects.lenses import put
from gateway.dialects.likeness import dialect_names, whole
from gateway.dialects.schema import Dialect
from gateway.dialects.settings import settings
from gateway.dialects.shapes import Answer, Enum, Field, MessageType, Shape, at
from gateway.facts import FACTS, ROLES, WORDS
from gateway.source import Checker, Fault, List, Map, SourceError, load, loads, nearest, one_of
from gateway.wires.load import load_wire
from gateway.wires.wire import Wire

_SENDERS = ("station", "backend", "both")
_ANSWERS = ("ack", "content")
# Losing one of these loses money, so the file must say when the station is answered and what makes a retry the same.
_TRANSACTION = ("start", "update", "meter", "stop")
_BITS = (16, 32, 60)
_HEAD = ("dialect", "title", "status", "codecs")
_PROVENANCE = ("statement", "evidence", "verified_against")
_OPTIONAL = ("words", "enums", "shapes", "extras", "integers", "transactions", "settings", "ends", "device", "provenance")


def load_dialect(folders: Folders, name: str, loaded: dict[str, Dialect] | None = None) -> Dialect:
    """The dialect of that name.  Raises `SourceError` with all faults of its file, or if there is none.

    What stands in ``loaded`` is taken from there, and what is loaded on the way is put there.
    """
    loaded = {} if loaded is None else loaded
    if name in loaded:
        return loaded[name]
    files = folders.files("dialects")
    if name not in files:
        fault = Fault("mappings/dialects", 1, f"there is no dialect {name!r}", ", ".join(sorted(files)), nearest(name, files))
        raise SourceError([fault])
    top = whole(load(files[name], folders.display(files[name])), folders)
    made = loaded[name] = build(top, name, folders, loaded)
    return made


def load_dialects(folders: Folders) -> dict[str, Dialect]:
    """All dialects by name.  Raises `SourceError` with the faults of all files."""
    loaded, faults, names = dict[str, Dialect](), list[Fault](), dialect_names(folders)
    for name in names:
        try:
            load_dialect(folders, name, loaded)
        except SourceError as error:
            faults += error.faults
    if faults:
        raise SourceError(faults)
    return {name: loaded[name] for name in names}


def read_text(text: str, shown: str = "<text>") -> Dialect:
    """A dialect from the text of its file (for tests and drafts)."""
    return build(loads(text, shown))


def build(top: Map, name: str | None = None, folders: Folders | None = None, loaded: dict[str, Dialect] | None = None) -> Dialect:
    """The dialect that ``top`` describes; ``name`` is the name of its file.  Raises `SourceError`.

    A dialect that it speaks is looked for in ``loaded``, then in ``folders`` (the shipped ones, where there are none).
    """
    checker = Checker()
    if "speaks" in top:
        made = _speaking(checker, top, name, folders or Folders(), loaded)
    else:
        checker.keys(top, "a dialect", _HEAD, ["messages", *_OPTIONAL])
        _head(checker, top, name)
        if "messages" not in top:
            checker.fault(top, None, "a dialect lacks the key 'messages'", "messages: {…}, or speaks: plain")
            load_wire(checker, _codecs(checker, top, ["json", "soap", "wire"]))  # all else is said in its messages
            checker.raise_if_any()
        made = _telling(checker, top)
    checker.raise_if_any()
    return made


def _telling(checker: Checker, top: Map) -> Dialect:
    """A dialect with messages of its own."""
    enums, shapes, extras = (_map(checker, top, key) for key in ("enums", "shapes", "extras"))
    types = Types(checker, enums, shapes, _bits(checker, top), extras)
    words = _words(checker, _map(checker, top, "words"))
    given = _map(checker, top, "messages")
    messages = {action: m for action in given if (m := _message(checker, types, given, action)) is not None}
    for where, unused, what in types.unreached():
        checker.fault(where, unused, f"no message uses the {what} {unused!r}", "a field of that type, or no such entry")
    _check_words(checker, given=_map(checker, top, "words"), words=words, values=_said(messages, words))
    codecs = _codecs(checker, top, ["json", "soap", "wire"])
    if extras and "soap" in codecs:
        checker.fault(top, "extras", "a field that every object may carry has no place in XML", "the codec json alone")
    status = top.get("status")
    json, soap = json_codec(checker, codecs, types, status), soap_codec(checker, codecs, types, status)
    wire = load_wire(checker, codecs)
    namer = _choice(checker, top, "transactions", ("backend", "station"))
    ends = _choice(checker, top, "ends", ("both", "station"))
    device = _device(checker, top, messages, wire)
    checker.raise_if_any()
    head = (str(top["dialect"]), str(top["title"]), top["status"])
    told = settings(checker, _map(checker, top, "settings"))
    made = Dialect(*head, messages, words, json, soap, wire, names_transactions=namer, settings=told, ends=ends, device=device)
    _check_defaults(checker, made, given)
    return made


def _speaking(checker: Checker, top: Map, name: str | None, folders: Folders, loaded: dict[str, Dialect] | None) -> Dialect:
    """A protocol of its own that is told in the messages of another dialect."""
    checker.keys(top, "a dialect that speaks another", [*_HEAD, "speaks", "device"], ["provenance"])
    _head(checker, top, name)
    files = [one for one in folders.files("dialects") if one != name]
    if top["speaks"] not in files:
        near = nearest(str(top["speaks"]), files)
        checker.fault(top, "speaks", f"unknown dialect {top['speaks']!r}", one_of(sorted(files)), near)
    checker.raise_if_any()
    spoken = load_dialect(folders, str(top["speaks"]), loaded)
    if spoken.speaks:
        checker.fault(top, "speaks", f"{spoken.name} speaks {spoken.speaks} itself", f"speaks: {spoken.speaks}")
    wire = load_wire(checker, _codecs(checker, top, ["wire"]))
    device = _device(checker, top, spoken.messages, wire)
    checker.raise_if_any()
    own = (str(top["dialect"]), str(top["title"]), top["status"])
    namer, none = spoken.names_transactions, None
    return Dialect(
        *own,
        spoken.messages,
        spoken.words,
        none,
        none,
        wire,
        names_transactions=namer,
        ends="station",
        speaks=spoken.name,
        device=device,
    )


def _codecs(checker: Checker, top: Map, known: list[str]) -> Map:
    codecs = _map(checker, top, "codecs")
    checker.keys(codecs, "codecs", [], known)
    if "codecs" in top and not codecs:
        checker.fault(top, "codecs", "a dialect needs a codec", " or ".join(known))
    return codecs


def _device(checker: Checker, top: Map, messages: Mapping[str, MessageType], wire: Wire | None) -> DeviceRules | None:
    """What the records of a wire mean; a wire and such rules go together."""
    if "device" in top and wire is not None:
        return read_device(checker, _map(checker, top, "device"), messages, wire.frames)
    if "device" in top and "wire" not in _map(checker, top, "codecs"):
        checker.fault(top, "device", "there are no records to which these rules could apply", "codecs: {wire: …}")
    return None


def _head(checker: Checker, top: Map, name: str | None) -> None:
    if name is not None and top.get("dialect") not in (None, name):
        checker.fault(top, "dialect", f"the dialect {top['dialect']!r} stands in the file {name!r}", "the same name")
    if "status" in top and top["status"] not in STATUS:
        _odd(checker, top, "status", STATUS)
    _provenance(checker, top)
    for key in ("dialect", "title"):
        if key in top and (not isinstance(top[key], str) or not top[key]):
            checker.fault(top, key, f"{key} is {top[key]!r}", "text")


def _provenance(checker: Checker, top: Map) -> None:
    """What a reconstruction is made from; without the owner's document it must be said."""
    if top.get("status") == "reconstructed" and "provenance" not in top:
        checker.fault(
            top, "status", "a reconstruction says what it is made from", "provenance: {statement, evidence, verified_against}"
        )
    elif "provenance" in top:
        given = _map(checker, top, "provenance")
        checker.keys(given, "provenance", _PROVENANCE)
        if not isinstance(given.get("evidence"), List) or not given["evidence"]:
            checker.fault(given, "evidence", "a provenance needs evidence", "a list of sources")


def _odd(checker: Checker, where: Map, key: str, known: Iterable[str]) -> None:
    """The value at ``key`` is none of ``known``."""
    value = where.get(key)
    checker.fault(where, key, f"unknown {key} {value!r}", one_of(known), nearest(str(value), known))


def _choice(checker: Checker, top: Map, key: str, words: Sequence[str]) -> Any:
    """The word at ``key``, of which the first is the usual."""
    if top.get(key, words[0]) not in words:
        _odd(checker, top, key, words)
    return top.get(key, words[0])


def _bits(checker: Checker, top: Map) -> int:
    bits = top.get("integers", 60)
    if bits not in _BITS:
        checker.fault(top, "integers", f"integers of {bits!r} bits", f"one of {', '.join(map(str, _BITS))}")
        return 60
    return int(bits)


def _map(checker: Checker, where: Map, key: str) -> Map:
    """The map at ``where[key]``; an empty one with the same line where it is missing or no map."""
    found = where.get(key)
    if isinstance(found, Map):
        return found
    if found is not None:
        checker.fault(where, key, f"{key!r} is no map", "key: value lines")
    empty = Map()
    empty.file, empty.line, empty.lines = where.file, where.lines.get(key, where.line), {}
    return empty


def _message(checker: Checker, types: Types, where: Map, action: str) -> MessageType | None:
    given = where[action]
    if not isinstance(given, Map) or not NAME.fullmatch(action):
        checker.fault(where, action, f"message {action!r} is no map, or its name is odd", "from, request, result, …")
        return None
    optional = ["role", "answer", "key", "facts", "defaults", "request", "result", "codec"]
    checker.keys(given, f"message {action}", ["from"], optional)
    for key in ("request", "result"):
        given.setdefault(key, None)
    request, result = types.fields(action, given, "request"), types.fields(f"{action}Result", given, "result")
    if given.get("from") not in _SENDERS:
        _odd(checker, given, "from", _SENDERS)
    role, role_at, roles = _roles(checker, given, request)
    facts = _map(checker, given, "facts")
    checker.keys(facts, f"facts of {action}", [], ["request", "result"])
    if request is None or result is None:
        return None
    asked, told = (_facts(checker, facts, kind, shape) for kind, shape in (("request", request), ("result", result)))
    retry = _key(checker, given, action, role, asked)
    answer, content_if = _answer(checker, given, request)
    defaults = dict(_leaves(_map(checker, given, "defaults")))
    if given.get("codec") not in (None, "json", "soap"):
        _odd(checker, given, "codec", ("json", "soap"))
    sender, codec = given.get("from", "both"), given.get("codec")
    return MessageType(
        action, sender, role, answer, retry, request, result, asked, told, defaults, codec, role_at, roles, content_if
    )


def _roles(checker: Checker, given: Map, request: Shape | None) -> tuple[str | None, str, dict[str, str]]:
    """The role, or where it depends on the payload: the last role, where the value stands, and each value's role."""
    role = given.get("role")
    if not isinstance(role, Map):
        if role is not None and str(role) not in ROLES:
            _odd(checker, given, "role", ROLES)
            return None, "", {}
        return role, "", {}
    path, roles = str(role.get("by")), {str(value): str(name) for value, name in role.items() if value != "by"}
    field = at(request, path) if request is not None else None
    if field is None or not isinstance(field.type, Enum):
        checker.fault(role, "by", f"the role depends on {path!r}", "by: a field of the request that is an enum")
        return None, "", {}
    for value, name in roles.items():
        if value not in field.type.values:
            checker.unknown(role, value, f"value of {path}", field.type.values)
        if name not in ROLES:
            _odd(checker, role, value, ROLES)
    return (list(roles.values())[-1] if roles else None), path, roles


def _answer(checker: Checker, given: Map, request: Shape) -> tuple[Answer | None, str]:
    """When the station is answered, and the field on which that depends, if it does."""
    answer = given.get("answer")
    if not isinstance(answer, Map):
        if answer is not None and answer not in _ANSWERS:
            _odd(checker, given, "answer", _ANSWERS)
        return answer, ""
    checker.keys(answer, "answer", ["content if"])
    path = str(answer.get("content if"))
    if at(request, path) is None:
        near = nearest(path, request.fields)
        checker.fault(answer, "content if", f"the answer depends on {path!r}", "a field of the request", near)
    return "ack", path


def _facts(checker: Checker, facts: Map, kind: str, shape: Shape) -> dict[str, str]:
    given = _map(checker, facts, kind)
    made = {}
    for fact, path in given.items():
        if fact not in FACTS:
            checker.unknown(given, fact, "fact", FACTS)
        elif not isinstance(path, str) or not _single(at(shape, path)):
            near = nearest(str(path), shape.fields)
            checker.fault(given, fact, f"the fact {fact!r} is at {path!r}", "a path to a single value, through no list", near)
        else:
            made[fact] = path
    return made


def _single(field: Field | None) -> bool:
    return field is not None and not isinstance(field.type, Shape)


def _key(checker: Checker, given: Map, action: str, role: str | None, asked: dict[str, str]) -> tuple[str, ...]:
    """The facts of the natural key; empty for the whole payload, and for messages that need none."""
    money = role in _TRANSACTION or "answer" in given
    for need in ("answer", "key"):
        if money and need not in given:
            checker.fault(given, None, f"the transaction message {action} lacks the key {need!r}")
    key = given.get("key")
    if key is None or key == "payload":
        return ()
    if not isinstance(key, List) or not key:
        checker.fault(given, "key", f"the key of {action} is {key!r}", "a list of facts, or the word payload")
        return ()
    for index, fact in enumerate(key):
        if fact not in asked:
            near = nearest(str(fact), asked)
            checker.fault(key, index, f"the key of {action} names {fact!r}", "a fact of its request", near)
    return tuple(key)


def _leaves(given: Map, before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in given.items():
        found += _leaves(value, f"{before}{name}.") if isinstance(value, Map) else [(f"{before}{name}", value)]
    return found


def _words(checker: Checker, given: Map) -> dict[str, dict[str, tuple[str, ...]]]:
    made: dict[str, dict[str, tuple[str, ...]]] = {}
    for fact in given:
        if fact not in WORDS:
            checker.unknown(given, fact, "fact with words", WORDS)
            continue
        spoken = _map(checker, given, fact)
        made[fact] = {}
        for word, wires in spoken.items():
            if word not in WORDS[fact]:
                checker.unknown(spoken, word, f"word of the fact {fact}", WORDS[fact])
            made[fact][word] = tuple(map(str, wires)) if isinstance(wires, List) else (str(wires),)
    return made


def _said(messages: dict[str, MessageType], words: dict[str, dict[str, tuple[str, ...]]]) -> dict[str, set[str]]:
    """The wire values that each fact with words can have, over all messages; of a text those that its words say."""
    values: dict[str, set[str]] = {}
    for message in messages.values():
        for kind in ("call", "result"):
            for fact, path in message.facts(kind).items():
                field = at(message.shape(kind), path)
                if fact in WORDS and field is not None:
                    said = field.type.values if isinstance(field.type, Enum) else chain(*words.get(fact, {}).values())
                    values.setdefault(fact, set()).update(said)
    return values


def _check_words(checker: Checker, given: Map, words: dict[str, dict[str, tuple[str, ...]]], values: dict[str, set[str]]) -> None:
    """Every value of an enum that is a fact with words must have one, and every spelling must be used."""
    for fact, said in values.items():
        known = {wire for wires in words.get(fact, {}).values() for wire in wires}
        for value in sorted(said - known):
            checker.fault(given, fact, f"the value {value!r} of the fact {fact!r} has no neutral word", f"one in words: {fact}:")
    for fact, spoken in words.items():
        could = values.get(fact, set())
        for word, wire in [(word, wire) for word, wires in spoken.items() for wire in wires if wire not in could]:
            what = f"no field of the fact {fact!r} can be {wire!r}"
            checker.fault(_map(checker, given, fact), word, what, "a value of its enum", nearest(wire, could))


def _check_defaults(checker: Checker, dialect: Dialect, given: Map) -> None:
    """A result that the gateway may have to make itself must be complete from facts and defaults."""
    for action, message in dialect.messages.items():
        payload: dict[str, Any] = {}
        for path in message.result_facts.values():
            put(payload, path, _example(at(message.result, path)))
        for path, value in message.defaults.items():
            put(payload, path, value)
        if message.defaults or (message.role is not None and message.sender != "backend"):
            try:
                dialect.check("result", action, payload)
            except Violation as error:
                missing = error.code == "OccurrenceConstraintViolation"
                expected = "a fact or a default for it" if missing else "defaults that fit the result"
                checker.fault(given, action, f"a result of {action} made here breaks at {error.path}: {error.why}", expected)


def _example(field: Field | None) -> Any:
    """Some value that fits ``field``."""
    assert field is not None
    if isinstance(field.type, Enum):
        return field.type.values[0]
    return {"integer": 0, "decimal": 0, "boolean": True, "dateTime": "2000-01-01T00:00:00Z"}.get(field.type.name, "")
