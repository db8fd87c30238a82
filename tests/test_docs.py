"""The documentation says what is so: every command line in it parses, every data file in it loads, every path in it exists."""

from __future__ import annotations

import ast
import dataclasses
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway import loading, site_file
from gateway.catalogue import Folders
from gateway.cli import demo
from gateway.cli.main import parser
from gateway.dialects.load import load_dialects
from gateway.dialects.schema import Dialect
from gateway.quirks.choose import Quirks
from gateway.session.policy import Policy

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.rst", *(ROOT / "docs").rglob("*.rst")])
RUNNING = ROOT / "docs" / "running.rst"
OWN_FILES = {"gateway.yaml", "./mappings"}
"""Files that a reader has and we have not: such a command is parsed and not run."""


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    lines = page.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        found = re.match(r"( *)\.\. code-block:: (\w+)$", line)
        if found:
            body = []
            for other in lines[number + 1 :]:
                if other.strip() and not other.startswith(found[1] + " "):
                    break
                body.append(other)
            yield Block(page, number + 1, found[2], textwrap.dedent("\n".join(body)).strip() + "\n")


BLOCKS = [block for page in PAGES for block in blocks(page)]
YAML = [block for block in BLOCKS if block.kind == "yaml"]


def commands() -> list[str]:
    """Each command line once, continued lines joined, comments off; literals inside text, too, if they have arguments."""
    found = []
    for block in BLOCKS:
        if block.kind == "sh":
            joined = re.sub(r"\\\n\s*", " ", block.text)
            found += [line.split("  #")[0].strip() for line in joined.splitlines() if "ocpp-gateway " in line]
    for page in PAGES:
        found += re.findall(r"``(ocpp-gateway [^`…]+)``", page.read_text(encoding="utf-8"))
    found += re.findall(
        r"ocpp-gateway \w+ [-\w. ]+?(?=  |\")", (ROOT / "gateway" / "cli" / "demo.py").read_text(encoding="utf-8")
    )
    return sorted({line for line in found if not line.endswith(("--help", "--version"))})


COMMANDS = commands()
RUNNABLE = [line for line in COMMANDS if re.search(r"\b(explain|translate|check)\b", line) and not OWN_FILES & set(line.split())]


def arguments(line: str) -> list[str]:
    return shlex.split(line.partition("ocpp-gateway ")[2])


def test_there_is_something_to_check() -> None:
    assert len(COMMANDS) >= 12
    assert len(RUNNABLE) >= 5
    assert len(YAML) >= 4


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_line_parses(line: str) -> None:
    assert callable(parser().parse_args(arguments(line)).run)


@pytest.mark.parametrize("line", RUNNABLE)
def test_a_command_runs(line: str) -> None:
    said = re.match(r"echo '(.*)' \| ", line)
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *arguments(line)],
        cwd=ROOT,
        input=said[1] if said else "",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.fixture(scope="module")
def dialects() -> dict[str, Dialect]:
    return load_dialects(Folders([]))


@pytest.mark.parametrize("block", YAML, ids=str)
def test_a_data_file_loads(block: Block, tmp_path: Path, dialects: dict[str, Dialect]) -> None:
    name = re.match(r"# (\S+)", block.text)
    assert name, f"{block}: the first line must say which file it is"
    file = tmp_path / name[1].removeprefix("mappings/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, encoding="utf-8")
    if name[1] == "gateway.yaml":
        assert site_file.read(file, dialects, loading.wires(dialects)).listeners
    else:
        assert name[1].startswith("mappings/quirks/")
        shipped, with_it = Quirks.load(Folders([]), dialects), Quirks.load(Folders([tmp_path]), dialects)
        assert len(with_it.profiles) > len(shipped.profiles)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_linked_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [re.sub(r"\s+", "", one) for one in re.findall(r"`[^`<]+<([^>]+)>`_", text)]
    missing = [one for one in targets if not one.startswith("http") and not (page.parent / one).exists()]
    named = re.findall(r"``((?:gateway|mappings|docs|deploy|tests)/[\w./-]+)``", text)
    missing += [one for one in named if not (ROOT / one).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_are_found_from_the_readme(page: Path) -> None:
    seen, todo = set(), [ROOT / "README.rst"]
    while todo:
        one = todo.pop()
        if one not in seen and one.suffix == ".rst":
            seen.add(one)
            links = re.findall(r"`[^`<]+<([^>]+\.rst)>`_", one.read_text(encoding="utf-8"))
            todo += [(one.parent / re.sub(r"\s+", "", link)).resolve() for link in links]
    assert page in seen


def test_every_policy_key_is_there_with_its_default() -> None:
    rows = re.findall(r"\* - ``(\w+)``\n\s+- (\S+)\n", RUNNING.read_text(encoding="utf-8").split("\nPolicy\n")[1])
    defaults = {one.name: getattr(Policy(), one.name) for one in dataclasses.fields(Policy)}
    assert {key: value for key, value in rows if key in defaults} == {key: spelled(value) for key, value in defaults.items()}


def spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, int | float) else str(value)


def test_every_key_of_the_site_file_is_there() -> None:
    tree = ast.parse((ROOT / "gateway" / "site_file.py").read_text(encoding="utf-8"))
    named = {*site_file.TOP, *site_file.TOP_OPTIONAL}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "keys":
            named |= {one.value for part in node.args[2:] for one in ast.walk(part) if isinstance(one, ast.Constant)}
    example = next(block.text for block in YAML if block.page == RUNNING)
    assert len(named) > 20
    assert [key for key in sorted(named) if not re.search(rf"\b{key}:", example)] == []


def test_every_command_and_option_is_there() -> None:
    text = RUNNING.read_text(encoding="utf-8")
    commands = next(action.choices for action in parser()._actions if isinstance(action.choices, dict))
    for command in commands.values():
        command.complete()
    assert [name for name in commands if f"``{name}``" not in text] == []
    options = {option for command in commands.values() for action in command._actions for option in action.option_strings}
    assert sorted(option for option in options if option.startswith("--") and not re.search(rf"{option}\b", text)) == []


def test_the_demo_tells_of_commands_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/ocpp-gateway"])
    monkeypatch.setattr("shutil.which", lambda name: None)
    hints = "\n".join(demo.hints_of([1, 2, 3, 4], Path("/x")))
    assert ".venv/bin/ocpp-gateway explain ocpp1.5 ocpp1.6 MeterValues" in hints, "as it can be called from this shell"
    assert "http://127.0.0.1:2/metrics" in hints
