"""The manual (``mappings/README.rst``) says what is so: its profiles load and play, and it names everything that there is."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from gateway import rehearsal
from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.quirks import connect, frame, text
from gateway.quirks.choose import Quirks
from gateway.quirks.operation import OPERATIONS
from gateway.quirks.profile import ASIDE, VERBS
from gateway.session.policy import SWITCHES

MANUAL = (Path(__file__).parents[2] / "mappings" / "README.rst").read_text(encoding="utf-8")
CHAPTER = MANUAL.split("Quirks\n======\n")[1].split("Ladder tables\n====")[0]
BLOCKS = [textwrap.dedent(found) for found in re.findall(r"\.\. code-block:: yaml\n\n((?: {3}.*\n|\n)+)", CHAPTER)]
DIALECTS = load_dialects(Folders())


def load(folder: Path, block: str) -> Quirks:
    (folder / "quirks").mkdir()
    (folder / "quirks" / "manual.yaml").write_text(block, encoding="utf-8")
    return Quirks.load(Folders([folder]), DIALECTS)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_example_loads_and_plays(tmp_path: Path, block: str) -> None:
    quirks = load(tmp_path, block)
    own = [profile for profile in quirks.profiles.values() if not profile.shipped]
    assert own or "use:" in block
    assert [str(fault) for profile in own for fault in rehearsal.play(profile, DIALECTS).faults] == []


def test_there_is_an_example_of_every_verb() -> None:
    assert len(BLOCKS) == 9
    for word in ("repair:", "adjust:", "behave:", "dialogue:", "use:", "off:", "answer:", "side: backend"):
        assert any(word in block for block in BLOCKS), word


FRAMES = [*frame.NAMED, *frame.ANSWERING]


@pytest.mark.parametrize(
    "name", [*OPERATIONS, *text.NAMED, "replace", "regex", *FRAMES, *SWITCHES, *connect.MEANINGS, *VERBS, *ASIDE]
)
def test_everything_is_named(name: str) -> None:
    assert re.search(rf"``{name}\b|\*\*{name}\b", CHAPTER)


def test_use_and_off_do_what_they_say(tmp_path: Path) -> None:
    from gateway.quirks.match import Known

    quirks = load(tmp_path, next(block for block in BLOCKS if "use:" in block))
    assert quirks.profiles["wallbox-stack-level-zero"].off.endswith("manual.yaml:5")
    wallbox = Known("station", dialect="ocpp1.6", vendor="Wall Box Chargers")
    assert "wallbox-stack-level-zero" not in quirks.choose(wallbox).ids
    assert quirks.choose(Known("station", station="CP-071", dialect="ocpp1.6")).ids == ("no-pong",)
    assert quirks.choose(Known("station", station="CP-08", dialect="ocpp1.6")).empty
    assert quirks.choose(Known("backend", backend="backend-1", dialect="ocpp1.6")).ids == ("scheduled-is-no-refusal",)
