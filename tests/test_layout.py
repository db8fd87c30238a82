"""The shape of the code, held by a test from the first commit: small rooms, no cycles, no hidden I/O, no names in Python that
belong into the data files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "gateway").rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
IDS = [str(path.relative_to(ROOT)) for path in MODULES]
each_module = pytest.mark.parametrize("path", MODULES, ids=IDS)

MAY_TOUCH_THE_WORLD = ("cli", "links", "observe", "journal")
WORLD = {"socket", "random", "uuid", "secrets", "time", "threading", "sqlite3", "subprocess", "select", "asyncio"}
EMPTY_NAMES = re.compile(r"(manager|handler|helper|utils?|processor|engine)$", re.IGNORECASE)
FIELD_NAMES = re.compile(
    r"^(?:(?:Start|Stop)Transaction|BootNotification|TransactionEvent|MeterValues|StatusNotification|Authorize|Heartbeat|"
    r"RemoteStartTransaction|RemoteStopTransaction|DataTransfer|idTag|connectorId|transactionId|meterStart|ocpp\d[\d.]*)$"
)


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(path: Path) -> str:
    parts = path.relative_to(ROOT / "gateway").parts
    return parts[0] if len(parts) > 1 else path.stem


@each_module
def test_a_module_says_what_it_is(path: Path) -> None:
    assert (ast.get_docstring(TREES[path]) or "").strip(), "no opening docstring"


@each_module
def test_a_module_fits_in_the_head(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 400


@each_module
def test_a_function_fits_on_a_page(path: Path) -> None:
    long = [
        (f.name, f.end_lineno - f.lineno + 1) for f in functions(TREES[path]) if f.end_lineno and f.end_lineno - f.lineno + 1 > 40
    ]
    assert long == []


def test_most_functions_are_short() -> None:
    lengths = [(f.end_lineno or f.lineno) - f.lineno + 1 for tree in TREES.values() for f in functions(tree)]
    assert sum(1 for n in lengths if n <= 14) / len(lengths) >= 0.75, "three quarters have at most 14 lines, docstring included"


@each_module
def test_names_say_more_than_that_something_does_something(path: Path) -> None:
    names = [path.stem] + [n.name for n in ast.walk(TREES[path]) if isinstance(n, ast.ClassDef | ast.FunctionDef)]
    assert [name for name in names if EMPTY_NAMES.search(name)] == []


@each_module
def test_the_core_does_no_io(path: Path) -> None:
    if room(path) in MAY_TOUCH_THE_WORLD:
        return
    assert sorted({name.split(".")[0] for name in imports(path)} & WORLD - {"random"}) == []


@each_module
def test_only_the_command_line_knows_the_global_reactor(path: Path) -> None:
    if room(path) == "cli":
        return
    assert "twisted.internet.reactor" not in imports(path)


@each_module
def test_public_things_are_documented(path: Path) -> None:
    missing = []
    for node in TREES[path].body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node):
            missing.append(node.name)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            missing += [
                f"{node.name}.{f.name}"
                for f in node.body
                if isinstance(f, ast.FunctionDef) and not f.name.startswith("_") and not ast.get_docstring(f)
            ]
    assert missing == []


@each_module
def test_the_data_says_it(path: Path) -> None:
    """Message, field and version names stand in mappings/, not in Python."""
    if room(path) in ("cli", "demo") or "flows" in path.parts:
        return
    named = [n.value for n in ast.walk(TREES[path]) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    assert [name for name in named if FIELD_NAMES.match(name)] == []


def test_there_is_no_import_cycle() -> None:
    modules = {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in MODULES}
    graph = {name: {other for other in imports(path) if other in modules and other != name} for name, path in modules.items()}
    while graph:
        leaves = {name for name, needs in graph.items() if not needs & graph.keys()}
        assert leaves, f"these import each other in a circle: {sorted(graph)}"
        graph = {name: needs for name, needs in graph.items() if name not in leaves}


def test_tests_mirror_the_tree() -> None:
    """Each module of code has a test module of the same name, except where its room is tested through another door."""
    tested = {p.relative_to(ROOT / "tests").with_name(p.name.removeprefix("test_")) for p in (ROOT / "tests").rglob("test_*.py")}
    rooms = {path.parent for path in tested}
    missing = [str(p) for p in (m.relative_to(ROOT / "gateway") for m in MODULES) if p.parent not in rooms and p not in tested]
    assert [m for m in missing if not m.endswith("__init__.py")] == []


def test_the_wheel_holds_every_package() -> None:
    import configparser

    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(setup["options"]["packages"].split())
    there = {".".join(path.parent.relative_to(ROOT).parts) for path in MODULES}
    assert listed == there | {"gateway.shipped"}
