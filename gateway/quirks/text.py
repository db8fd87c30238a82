"""Mends the text of a message before it is parsed.

In: the text as it came.  Out: the text to parse; the same object where nothing was wrong.
Not here: anything that knows what the message says.  The journal and the trace keep the original.

The list is closed and every operation is linear in the length of the text.  Doing a named one twice is the same as doing
it once; for ``replace`` the profile's samples are held to that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.quirks.bounded import bounded
from gateway.source import Checker, List, Map

TextChange: TypeAlias = Callable[[str], str]
MOST = 16
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},"]', re.DOTALL)
_CLAMP = re.compile(r'[{}"]')
_OPENS = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class TextRule:
    """One text repair of a profile.  ``key`` is what two profiles may not both do differently.

    ``answers`` is for one that mends the message id of an answer: it looks at the ids of the calls that wait, the latest last.
    """

    name: str
    change: TextChange
    key: tuple[str, ...]
    answers: Callable[[str, Collection[str]], str] | None = None

    def apply(self, text: str, open: Collection[str] = ()) -> str:
        """The text after the repair, where the calls of these ids wait for an answer."""
        return self.change(text) if self.answers is None else self.answers(text, open)


def strip_control(text: str) -> str:
    """Without control characters, but for tab and line breaks."""
    return _CONTROL.sub("", text) if _CONTROL.search(text) else text


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Brackets, commas and whole strings of a JSON text; an unclosed string ends it as a lone quote."""
    for found in _TOKEN.finditer(text):
        yield found[0], found.start(), found.end()
        if found[0] == '"':
            return


def balance_brackets(text: str) -> str:
    """With the closing brackets that are missing at its end.  Brackets that cross, or a broken string, are left alone."""
    open_: list[str] = []
    for mark, _, _ in _tokens(text):
        if mark in _OPENS:
            open_.append(_OPENS[mark])
        elif mark == '"' or (mark in "]}" and (not open_ or open_.pop() != mark)):
            return text
    return text + "".join(reversed(open_)) if open_ else text


def drop_leading_comma(text: str) -> str:
    """Without a comma that follows an opening bracket."""
    kept: list[str] = []
    done, opened = 0, -1
    for mark, start, end in _tokens(text):
        if mark == "," and opened >= 0 and not text[opened:start].strip():
            kept.append(text[done:start])
            done = opened = end
        else:
            opened = end if mark in _OPENS else -1
    return "".join([*kept, text[done:]]) if kept else text


def drop_trailing_comma(text: str) -> str:
    """Without commas that stand right before a closing bracket."""
    kept: list[str] = []
    done, comma = 0, (-1, -1)  # where a run of commas begins and ends
    for mark, start, end in _tokens(text):
        if mark in "]}" and comma[0] >= 0 and not text[comma[1] : start].strip():
            kept.append(text[done : comma[0]])
            done = comma[1]
        runs_on = comma[0] >= 0 and not text[comma[1] : start].strip()
        comma = (-1, -1) if mark != "," else (comma[0] if runs_on else start, end)
    return "".join([*kept, text[done:]]) if kept else text


def strip_frame(text: str) -> str:
    """Without what stands before the first and behind the last square bracket: a byte order mark, a name, a NUL."""
    first, last = text.find("["), text.rfind("]")
    outside = text[:first] + text[last + 1 :] if 0 <= first < last else ""
    return text[first : last + 1] if outside and not _CLAMP.search(outside) else text


def escape_non_ascii(text: str) -> str:
    """With every character beyond ASCII as JSON's escape of it."""
    if text.isascii():
        return text
    codes = text.encode("utf-16-be", "surrogatepass")
    units = [int.from_bytes(codes[at : at + 2], "big") for at in range(0, len(codes), 2)]
    return "".join(chr(unit) if unit < 128 else f"\\u{unit:04x}" for unit in units)


NAMED: dict[str, TextChange] = {
    "strip_control": strip_control,
    "strip_frame": strip_frame,
    "balance_brackets": balance_brackets,
    "drop_leading_comma": drop_leading_comma,
    "drop_trailing_comma": drop_trailing_comma,
    "escape_non_ascii": escape_non_ascii,
}
LONGEST = 32 * 1024
"""Characters of a text that ``regex`` looks at; a longer one is left alone, so that no text costs more than a moment."""


def replace(before: str, after: str) -> TextChange:
    """One literal for another, everywhere."""
    return lambda text: text.replace(before, after) if before in text else text


def read_text_rules(check: Checker, at: Map, key: str, once: bool = False) -> tuple[TextRule, ...]:
    """The list of text repairs at ``at[key]``: names, ``replace: {from: …, to: …}`` or ``regex: {find: …, put: …}``.

    ``once``: they are never done to their own outcome, so it need not be the same.
    """
    listed = at[key]
    if not isinstance(listed, List) or not 0 < len(listed) <= MOST:
        check.fault(at, key, "no list of text repairs", f"one to {MOST} of {', '.join(NAMED)}, replace, regex")
        return ()
    made = [_rule(check, listed, number, item, once) for number, item in enumerate(listed)]
    return tuple(rule for rule in made if rule is not None)


def _rule(check: Checker, listed: List, number: int, item: Any, once: bool) -> TextRule | None:
    if isinstance(item, str) and item in NAMED:
        return TextRule(item, NAMED[item], ())
    if isinstance(item, Map) and set(item) == {"replace"} and isinstance(item["replace"], Map):
        return _replacing(check, item["replace"], once)
    if isinstance(item, Map) and set(item) == {"regex"} and isinstance(item["regex"], Map):
        return _finding(check, item["regex"])
    if isinstance(item, str):
        check.unknown(_as_map(listed, number), item, "text repair", [*NAMED, "replace", "regex"])
    else:
        check.fault(listed, number, "not a text repair", "a name, replace: {from: …, to: …} or regex: {find: …, put: …}")
    return None


def _replacing(check: Checker, at: Map, once: bool) -> TextRule | None:
    if not check.keys(at, "replace", ("from", "to")):
        return None
    before, after = at["from"], at["to"]
    if not isinstance(before, str) or not isinstance(after, str) or not before:
        check.fault(at, None, "replace works on text", "quoted text in from and to, and from not empty")
        return None
    if before in after and not once:
        check.fault(at, "to", "what is replaced stands in its replacement, so repairing twice would differ")
        return None
    return TextRule("replace", replace(before, after), ("replace", before))


def _finding(check: Checker, at: Map) -> TextRule | None:
    if not check.keys(at, "regex", ("find", "put")):
        return None
    try:
        found, put = bounded(str(at["find"]), LONGEST), str(at["put"])
        found.sub(put, "")
    except (ValueError, IndexError, re.error) as error:
        check.fault(at, "find", str(error))
        return None
    return TextRule("regex", lambda text: found.sub(put, text) if len(text) <= LONGEST else text, ("regex", found.pattern))


def _as_map(listed: List, number: int) -> Map:
    made = Map()
    made.file, made.line, made.lines = listed.file, listed.lines[number], {}
    return made
