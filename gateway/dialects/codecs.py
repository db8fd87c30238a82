"""Reads the section ``codecs`` of a dialect file: how its frames or envelopes differ from everybody's.

In: the maps ``json`` and ``soap``.  Out: `JsonCodec`, `SoapCodec`; faults go to the `Checker`.
Not here: the rest of the file (`gateway.dialects.load`), the codecs themselves (`ocppj`, `soap`).
"""

from __future__ import annotations

import re
from typing import Any

from gateway.dialects.errors import CODES
from gateway.dialects.fields import Types
from gateway.dialects.schema import JsonCodec, SoapCodec
from gateway.source import Checker, Map, nearest

STATUS = ("official", "unofficial", "reconstructed")
_SOAP_MORE = ("must_understand", "integers", "spelled", "status")
_SIDES = ("station", "backend")
_FAULT = re.compile(r"(Sender|Receiver)/([A-Za-z]{1,40}|\*)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"&]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


def json_codec(checker: Checker, codecs: Map, types: Types, status: Any) -> JsonCodec | None:
    """The JSON codec, or None where the dialect has none (or a faulty one)."""
    given = _section(checker, codecs, "json")
    if given is None or not checker.keys(given, "the codec json", ["subprotocol"], ["errors", "status", "spelled"]):
        return None
    errors = given["errors"] if isinstance(given.get("errors"), Map) else Map()
    for code, spelling in errors.items():
        _code(checker, errors, code, code)
        _text(checker, errors, code, _NAME, "one word")
        if spelling == code:
            checker.fault(errors, code, f"{code} is spelled as it is", "no line for it")
    _text(checker, given, "subprotocol", _NAME, "the name of a WebSocket sub-protocol")
    spelled = _spelled(checker, given, types, types.enum_words() | types.shape_fields())
    codes = {code: errors.get(code, code) for code in CODES}
    return JsonCodec(str(given["subprotocol"]), codes, _status(checker, given, status), spelled)


def soap_codec(checker: Checker, codecs: Map, types: Types, status: Any) -> SoapCodec | None:
    """The SOAP codec, or None where the dialect has none (or a faulty one)."""
    given = _section(checker, codecs, "soap")
    needed = ["namespaces", "services", "identity", "faults", "read_faults"]
    if given is None or not checker.keys(given, "the codec soap", needed, _SOAP_MORE):
        return None
    for key, pattern in (("namespaces", _URI), ("services", _NAME)):
        if not isinstance(given[key], Map):
            checker.fault(given, key, f"{key} of the codec soap is no map", "one line for station, one for backend")
            return None
        checker.keys(given[key], key, _SIDES)
        for side in given[key]:
            _text(checker, given[key], side, pattern, "a URI" if key == "namespaces" else "one word")
    _text(checker, given, "identity", _NAME, "the name of a header")
    if not isinstance(given.get("must_understand", True), bool):
        checker.fault(given, "must_understand", "must_understand is neither true nor false")
    faults, read = _faults(checker, given), _read_faults(checker, given)
    must = given.get("must_understand", True) is True
    return SoapCodec(
        dict(given["namespaces"]),
        dict(given["services"]),
        str(given["identity"]),
        must,
        faults,
        read,
        int(given["integers"]) if given.get("integers") in (16, 32) else types.bits,
        _spelled(checker, given, types, types.enum_words()),
        _status(checker, given, status),
    )


def _status(checker: Checker, given: Map, usual: Any) -> Any:
    """How official this form is: the dialect's own status, where nothing else is said."""
    if given.get("status", "official") not in STATUS:
        checker.unknown(given, "status", "status", STATUS)
    return given.get("status", usual)


def _spelled(checker: Checker, given: Map, types: Types, known: dict[str, list[str]]) -> dict[str, dict[str, str]]:
    """``Type.name: spelling``, where ``known`` has the names of each type."""
    made: dict[str, dict[str, str]] = {}
    listed = given["spelled"] if isinstance(given.get("spelled"), Map) else Map()
    for place, spelling in listed.items():
        kind, _, name = place.partition(".")
        if name not in known.get(kind, ()):
            near = nearest(place, [f"{one}.{word}" for one, words in known.items() for word in words])
            checker.fault(listed, place, f"there is no {place!r}", "Enum.Word, or Shape.field (JSON only)", near)
        elif not isinstance(spelling, str) or not _NAME.fullmatch(spelling) or spelling in known[kind]:
            checker.fault(listed, place, f"{place} is spelled {spelling!r}", f"one word that {kind} does not have")
        elif kind in types.enums and types.enums[kind].read.get(spelling) != name:
            checker.fault(listed, place, f"{spelling!r} would not be read again", f"read: {{{spelling}: {name}}} at enum {kind}")
        else:
            made.setdefault(kind, {})[name] = spelling
    return made


def _section(checker: Checker, codecs: Map, name: str) -> Map | None:
    given = codecs.get(name)
    if name in codecs and not isinstance(given, Map):
        checker.fault(codecs, name, f"the codec {name} is no map", "key: value lines")
        return None
    return given


def _faults(checker: Checker, given: Map) -> dict[str, tuple[str, str]]:
    """``Sender/SubCode: [neutral codes]``; each neutral code must stand once."""
    made: dict[str, tuple[str, str]] = {}
    listed = given["faults"] if isinstance(given["faults"], Map) else Map()
    for fault, codes in listed.items():
        match = _fault(checker, listed, fault)
        for code in codes if isinstance(codes, list) else [codes]:
            if _code(checker, listed, fault, code) and match:
                if code in made:
                    checker.fault(listed, fault, f"{code} has two faults", "one")
                made[code] = (match[1], match[2])
    for code in CODES:
        if code not in made:
            checker.fault(given, "faults", f"no fault stands for {code}", "each neutral code once")
    return made


def _read_faults(checker: Checker, given: Map) -> dict[tuple[str, str], str]:
    """``Sender/SubCode: neutral code``, with ``*`` for any other sub-code."""
    made: dict[tuple[str, str], str] = {}
    listed = given["read_faults"] if isinstance(given["read_faults"], Map) else Map()
    for fault, code in listed.items():
        match = _fault(checker, listed, fault)
        if _code(checker, listed, fault, code) and match:
            made[match[1], match[2].replace("*", "")] = code
    for side in ("Sender", "Receiver"):
        if (side, "") not in made:
            checker.fault(given, "read_faults", f"no line for {side}/*", "the code of an unknown sub-code")
    return made


def _fault(checker: Checker, where: Map, fault: str) -> re.Match[str] | None:
    match = _FAULT.fullmatch(fault)
    if match is None:
        checker.fault(where, fault, f"{fault!r} is no fault", "Sender/SubCode or Receiver/SubCode")
    return match


def _code(checker: Checker, where: Map, key: str, code: Any) -> bool:
    if code not in CODES:
        checker.fault(where, key, f"unknown error code {code!r}", f"one of {', '.join(CODES)}", nearest(str(code), CODES))
    return code in CODES


def _text(checker: Checker, where: Map, key: str, pattern: re.Pattern[str], expected: str) -> None:
    value = where.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        checker.fault(where, key, f"{key} is {value!r}", expected)
