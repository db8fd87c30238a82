"""Reads the section ``codecs`` of a dialect file: how its frames or envelopes differ from everybody's.

In: the maps ``json`` and ``soap``.  Out: `JsonCodec`, `SoapCodec`; faults go to the `Checker`.
Not here: the rest of the file (`gateway.dialects.load`), the codecs themselves (`ocppj`, `soap`).
"""

from __future__ import annotations

import re
from typing import Any

from gateway.dialects.errors import CODES
from gateway.dialects.schema import JsonCodec, SoapCodec
from gateway.source import Checker, Map, nearest

_SIDES = ("station", "backend")
_FAULT = re.compile(r"(Sender|Receiver)/([A-Za-z]{1,40}|\*)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"&]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


def json_codec(checker: Checker, codecs: Map) -> JsonCodec | None:
    """The JSON codec, or None where the dialect has none (or a faulty one)."""
    given = _section(checker, codecs, "json")
    if given is None or not checker.keys(given, "the codec json", ["subprotocol"], ["errors"]):
        return None
    errors = given["errors"] if isinstance(given.get("errors"), Map) else Map()
    for code, spelling in errors.items():
        _code(checker, errors, code, code)
        _text(checker, errors, code, _NAME, "one word")
        if spelling == code:
            checker.fault(errors, code, f"{code} is spelled as it is", "no line for it")
    _text(checker, given, "subprotocol", _NAME, "the name of a WebSocket sub-protocol")
    return JsonCodec(str(given["subprotocol"]), {code: errors.get(code, code) for code in CODES})


def soap_codec(checker: Checker, codecs: Map) -> SoapCodec | None:
    """The SOAP codec, or None where the dialect has none (or a faulty one)."""
    given = _section(checker, codecs, "soap")
    needed = ["namespaces", "services", "identity", "faults", "read_faults"]
    if given is None or not checker.keys(given, "the codec soap", needed, ["must_understand"]):
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
    return SoapCodec(dict(given["namespaces"]), dict(given["services"]), str(given["identity"]), must, faults, read)


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
