"""Reads records of registers: ``read: holding`` or ``write: coil``, fields with the address ``at``; or another ``function``.

In: one record of a wire whose form is ``registers``.  Out: the rules of its question and its answer.
Not here: other forms (`gateway.wires.load_forms`), the bytes (`gateway.wires.registers`).
"""

from __future__ import annotations

from dataclasses import replace

from gateway.messages import Side
from gateway.source import Checker, Map, one_of
from gateway.wires.fields import Field, Layout, Part, names, shapes
from gateway.wires.kinds import Digits, Integer, Truth
from gateway.wires.load_fields import Setting, layout
from gateway.wires.load_turns import number
from gateway.wires.registers import MOST, READS, WRITES, Answer, Block, Other, Question, Refusal
from gateway.wires.shapes import FieldShape, FrameShape, Sequence
from gateway.wires.wire import Form, Rule, When

REFUSAL = "exception"
"""The record of a Modbus exception; every wire of registers has it."""
_TRANSACTION = "transaction"


def header_of(top: Map) -> tuple[Layout, tuple[tuple[str, str], ...]]:
    """The fields before each PDU, and those that an answer repeats: with MBAP there is a transaction."""
    form, frame = top["form"], top["frame"]
    unit = number(form.get("unit", 1)) if isinstance(form, Map) else 1
    fields: list[Field] = [Field("unit", Integer(1), default=unit)]
    if frame == "mbap" or (isinstance(frame, Map) and frame.get("kind") == "mbap"):
        fields = [Field(_TRANSACTION, Integer(2), default=0), Field("_protocol", Integer(2), const=0), *fields]
    return tuple(fields), tuple((one.name, one.name) for one in fields if one.told)


def sequence_of(header: Layout) -> Sequence | None:
    """The transactions are numbered."""
    return Sequence(_TRANSACTION, 1, 0xFFFF) if any(one.name == _TRANSACTION for one in header) else None


def register_rules(checker: Checker, given: Map, name: str, top: Map, setting: Setting) -> list[Rule]:
    """The rules of one record: its answer and its question."""
    checker.keys(given, f"record {name}", [], ["read", "write", "fields", "function", "asks", "more"])
    if "read" not in given and "write" not in given:
        return _other_function(checker, given, name, top, setting)
    header, same = header_of(top)
    fields = _addressed(checker, given, layout(checker, given, "fields", setting))
    block = _block(checker, given, name, fields)
    if block is None:
        return []
    asked, told = (fields, ()) if not block.reads else ((), fields)
    return _both(name, header, same, (Question(block=block, header=header), asked), (Answer(block=block, header=header), told))


def _both(
    name: str, header: Layout, same: tuple[tuple[str, str], ...], question: tuple[Form, Layout], answer: tuple[Form, Layout]
) -> list[Rule]:
    """The rules of an answer and of its question, each a form and the fields that it has beside the header."""
    matched = frozenset(one for one, _ in same)

    def rule(sender: Side, form: Form, own: Layout, when: When, answers: tuple[str, ...] = ()) -> Rule:
        told = (*header, *own)
        shape = FrameShape(sender, shapes(told), shapes(told), matched, answers)
        return Rule(name, sender, when, form, own, shape, form, frozenset(names(told)), None, same)

    return [rule("station", *answer, When(asked=(name,)), (name,)), rule("backend", *question, When())]


def _other_function(checker: Checker, given: Map, name: str, top: Map, setting: Setting) -> list[Rule]:
    """``function: 43``, with the fields of the question under ``asks`` and those of the answer under ``fields``."""
    function = number(given.get("function"))
    if function is None or not 1 <= function <= 127 or function in MOST:
        checker.fault(
            given,
            "function",
            f"record {name} reads and writes no registers",
            f"read or write: {one_of(READS)}; or another function",
        )
        return []
    header, same = header_of(top)
    forms = Other(function=function, header=header), Other(function=function, header=header, more=given.get("more") is True)
    asks, fields = layout(checker, given, "asks", setting), layout(checker, given, "fields", setting)
    return _both(name, header, same, (forms[0], asks), (forms[1], fields))


def refusal_rule(top: Map, records: tuple[str, ...]) -> Rule:
    """What a station answers to any question that it refuses."""
    header, same = header_of(top)
    fields = {**shapes(header), "function": FieldShape("integer"), "code": FieldShape("integer")}
    shape = FrameShape("station", fields, fields, frozenset(one for one, _ in same), records, refusal=True)
    form = Refusal(header=header)
    return Rule(REFUSAL, "station", When(asked=records), form, (), shape, form, frozenset(fields), None, same)


def _addressed(checker: Checker, given: Map, fields: Layout) -> Layout:
    """The fields with their addresses as numbers."""
    made: list[Part] = []
    where = given["fields"] if isinstance(given.get("fields"), Map) else Map()
    coils = given.get("read", given.get("write")) in ("coil", "discrete")
    for field in fields:
        at = number(where[field.name].get("at")) if isinstance(where[field.name], Map) else None
        kind = field.kind if isinstance(field, Field) else None
        if at is None or not 0 <= at <= 0xFFFF:
            checker.fault(where, field.name, f"the field {field.name} has no address", "{type: u16, at: 1000}")
        elif field.size is None and not isinstance(kind, Truth):
            checker.fault(where, field.name, f"nothing says how long {field.name} is", "a kind with a width; a list with a count")
        elif coils != isinstance(kind, Truth):
            checker.fault(where, field.name, f"{field.name} is of the wrong kind", "bool in coils, any other in registers")
        elif isinstance(kind, Digits):
            checker.fault(where, field.name, f"{field.name} is digits", "u16, u32, text(n), …")
        else:
            made.append(replace(field, key=str(at)))
    return tuple(sorted(made, key=lambda one: int(one.key)))


def _block(checker: Checker, given: Map, name: str, fields: Layout) -> Block | None:
    key = "write" if "write" in given else "read"
    known = WRITES if key == "write" else READS
    if given[key] not in known or ("read" in given and "write" in given):
        checker.fault(given, key, f"record {name} has {key}: {given[key]!r}", f"read or write, and {one_of(known)}")
        return None
    if not fields:
        checker.fault(given, None, f"record {name} has no fields", "name: {type: u16, at: 1000}")
        return None
    spans = [(int(one.key), max(1, ((one.size or 0) + 1) // 2)) for one in fields]
    start, end = spans[0][0], max(at + size for at, size in spans)
    count = end - start
    function = _function(checker, given, key, count)
    if count > MOST[function]:
        checker.fault(given, "fields", f"record {name} spans {count} of at most {MOST[function]}", "two records")
    if key == "write" and sum(size for _, size in spans) != count:
        checker.fault(given, "fields", f"the registers of {name} have a gap or overlap", "a record for each piece")
    return Block(function, start, count)


def _function(checker: Checker, given: Map, key: str, count: int) -> int:
    """The function code: for a write of one, the single one, unless the file says otherwise."""
    if key == "read":
        return READS[given["read"]]
    single, several = WRITES[given["write"]]
    wanted = number(given.get("function", single if count == 1 else several))
    if wanted not in (single, several) or (wanted == single and count > 1):
        checker.fault(
            given, "function", f"function {given.get('function')!r} for {count}", f"{single} for one, {several} for any"
        )
        return several
    return wanted
