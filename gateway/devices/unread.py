"""Whether every field of every record that a station sends is looked at, or declared lost with the reason; never both.

In: what the rules read, what the section declares lost.  Out: faults.
Not here: the rules (`gateway.devices.load`).
"""

from __future__ import annotations

from gateway.devices.names import leaves
from gateway.devices.reading import Reader
from gateway.devices.rules import DeviceRules
from gateway.source import Map, nearest, one_of

EVERYTHING = "*"


def unread(reader: Reader, rules: DeviceRules, where: Map) -> None:
    """Note what nobody thought of, and what is declared lost and is not."""
    lost, everywhere = reader.map(where, "lost"), dict.fromkeys(rules.lost.get(EVERYTHING, {}), 0)
    for name, shape in reader.frames.items():
        if shape.sender == "backend":
            continue
        declared, paths = rules.lost.get(name, {}), leaves(shape.fields)
        seen = {path for path in paths if _met(path, {*reader.read[name], *shape.matched})}
        missing = [path for path in paths if path not in seen and path not in declared]
        for path in [path for path in missing if path in everywhere]:
            everywhere[path] += 1
            missing.remove(path)
        if missing and EVERYTHING not in declared:
            what = f"nothing reads {', '.join(f'{name}.{path}' for path in missing)}"
            reader.checker.fault(
                where, "records", what, f"a rule, or lines under 'lost' with the reason ({name}.{missing[0]}: …)"
            )
        for path in declared:
            key = f"{name}.{path}"
            if path == EVERYTHING:
                if not missing:
                    reader.checker.fault(lost, key, f"everything of {name} is read", "no such line")
            elif path not in paths:
                reader.checker.fault(lost, key, f"{name} has no field {path!r}", one_of(paths), nearest(path, paths))
            elif path in seen:
                reader.checker.fault(lost, key, f"{key} is declared lost and is not", "no such line")
    for path in [path for path, count in everywhere.items() if not count]:
        reader.checker.fault(lost, f"{EVERYTHING}.{path}", f"no record has a field {path!r} that nothing reads", "no such line")


def _met(path: str, seen: set[str]) -> bool:
    """Whether a field is looked at: itself, what it is part of, or something within it."""
    return any(path == one or path.startswith(f"{one}.") or one.startswith(f"{path}.") for one in seen)
