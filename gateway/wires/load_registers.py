"""Reads records of registers: ``read: holding`` or ``write: coil``, fields with the address ``at``.

In: one record of a wire whose form is ``registers``.  Out: the rules of its question and its answer.
Not here: other forms (`gateway.wires.load_forms`), the bytes (`gateway.wires.registers`).
"""

from __future__ import annotations

from dataclasses import replace

from gateway.source import Checker, Map, one_of
from gateway.wires.fields import Field, Layout, names, shapes
from gateway.wires.kinds import Digits, Integer, Truth
from gateway.wires.load_fields import Setting, layout
from gateway.wires.load_turns import number
from gateway.wires.registers import MOST, READS, WRITES, Answer, Block, Question, Refusal
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
    checker.keys(given, f"record {name}", [], ["read", "write", "fields", "function"])
    header, same = header_of(top)
    fields = _addressed(checker, given, layout(checker, given, "fields", setting))
    block = _block(checker, given, name, fields)
    if block is None:
        return []
    asked = header if block.reads else (*header, *fields)
    told = (*header, *fields) if block.reads else header
    matched = frozenset(one for one, _ in same)

    def rule(sender: str, form: Form, own: Layout, when: When, answers: tuple[str, ...] = ()) -> Rule:
        shape = FrameShape(sender, shapes(own), shapes(own), matched, answers)  # type: ignore[arg-type]
        carried = fields if own != header else ()
        return Rule(name, shape.sender, when, form, carried, shape, form, frozenset(names(own)), None, same)

    return [
        rule("station", Answer(block=block, header=header), told, When(asked=(name,)), (name,)),
        rule("backend", Question(block=block, header=header), asked, When()),
    ]


def refusal_rule(top: Map, records: tuple[str, ...]) -> Rule:
    """What a station answers to any question that it refuses."""
    header, same = header_of(top)
    fields = {**shapes(header), "function": FieldShape("integer"), "code": FieldShape("integer")}
    shape = FrameShape("station", fields, fields, frozenset(one for one, _ in same), records, refusal=True)
    form = Refusal(header=header)
    return Rule(REFUSAL, "station", When(asked=records), form, (), shape, form, frozenset(fields), None, same)


def _addressed(checker: Checker, given: Map, fields: Layout) -> tuple[Field, ...]:
    """The fields with their addresses as numbers."""
    made, where = [], given["fields"] if isinstance(given.get("fields"), Map) else Map()
    coils = given.get("read", given.get("write")) in ("coil", "discrete")
    for field in fields:
        at = number(where[field.name].get("at")) if isinstance(where[field.name], Map) else None
        if at is None or not 0 <= at <= 0xFFFF or not isinstance(field, Field):
            checker.fault(where, field.name, f"the field {field.name} has no address", "{type: u16, at: 1000}")
        elif field.size is None and not isinstance(field.kind, Truth):
            checker.fault(where, field.name, f"nothing says how long {field.name} is", "a kind with a width")
        elif coils != isinstance(field.kind, Truth):
            checker.fault(where, field.name, f"{field.name} is of the wrong kind", "bool in coils, any other in registers")
        elif isinstance(field.kind, Digits):
            checker.fault(where, field.name, f"{field.name} is digits", "u16, u32, text(n), …")
        else:
            made.append(replace(field, key=str(at)))
    return tuple(sorted(made, key=lambda one: int(one.key)))


def _block(checker: Checker, given: Map, name: str, fields: tuple[Field, ...]) -> Block | None:
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
