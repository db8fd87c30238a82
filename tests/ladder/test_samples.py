"""Each sample of each shipped table holds, and no entry of a table can be taken out without anybody noticing."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.ladder.samples import Shown, faults, samples
from gateway.ladder.tables import Table
from gateway.source import Map, SourceError, load, loads
from tests.ladder import toys
from tests.ladder.slices import Slices

FOLDERS = Folders()
DIALECTS = load_dialects(FOLDERS)
TREES = {name: load(path) for name, path in FOLDERS.files("ladder").items()}
TABLES = {name: Table.build(tree, name, DIALECTS) for name, tree in TREES.items()}
EVERY = [shown for table in TABLES.values() for shown in samples(table)]


@pytest.mark.parametrize("shown", EVERY, ids=[shown.id for shown in EVERY])
def test_a_sample_holds(shown: Shown) -> None:
    assert shown.fault() == ""


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_case_bound_and_condition_is_shown(table: Table) -> None:
    assert list(faults(table)) == []


def shown_elsewhere(path: tuple[Any, ...], tree: Map) -> bool:
    """What no sample can miss: optional fields of an answer of our own (dialogues ask for them); what a flow does (the experiment
    and test_flow_laws.py compare its lines with what is seen), and which message a text is, or what a refusal of it
    (test_embedded.py goes through them all); samples beside maps of Python that prove more than they must.
    """
    inside = any(str(key).startswith("sample") for key in path[:-1])
    refusal = str(path[1]).startswith("DataTransfer = ") and path[2:] == ("result", "> status") if len(path) > 1 else False
    return (
        "answer" in path[-2:-1]
        or "flow" in path[3:]
        or path[:2] == ("enums", "Embedded")
        or refusal
        or ("maps" in tree and inside)
    )


def entries(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield (*path, key)
        yield from entries(node[key], (*path, key))


class Without:
    """The tree without one entry, inside a with block."""

    def __init__(self, tree: Map, path: tuple[Any, ...]) -> None:
        self.node, self.key = tree, path[-1]
        for key in path[:-1]:
            self.node = self.node[key]

    def __enter__(self) -> None:
        self.kept = list(self.node.items()) if isinstance(self.node, dict) else list(self.node)
        del self.node[self.key]

    def __exit__(self, *_: object) -> None:
        self.node.clear()
        self.node.update(self.kept) if isinstance(self.node, dict) else self.node.extend(self.kept)


def noticed(tree: Map, name: str) -> bool:
    try:
        return next(faults(Table.build(tree, name, DIALECTS)), "") != ""
    except SourceError:
        return True


CAREFUL = {
    ("messages", "Authorize", "request", "idTag = idToken", "lost <"),
    ("messages", "Authorize", "request", "lost <"),
    ("messages", "Authorize", "request", "lost <", "certificate"),
    ("messages", "Authorize", "request", "lost <", "iso15118CertificateHashData"),
    ("messages", "SignCertificate", "request", "csr <"),
    ("messages", "CertificateSigned", "request", "certificateChain <"),
    ("messages", "CancelReservation", "flow <"),
    ("messages", "ClearChargingProfile"),
    ("messages", "RequestStartTransaction"),
    ("shapes", "CompositeSchedule", "duration < duration"),
    ("messages", "UpdateFirmware < UpdateFirmware", "request", "lost <"),
    ("messages", "UpdateFirmware < UpdateFirmware", "request", "lost <", "firmware.installDateTime"),
}
"""Without one of these a table would be whole too, but less careful: what is refused or counted now would cross in part.
Certificates then go where another message would take them (test_embedded.py, test_certificates.py).
The flow of CancelReservation only forgets what is due (test_reservations.py)."""


@pytest.mark.parametrize("name", TREES)
def test_taking_out_any_one_entry_is_noticed(name: str) -> None:
    tree = load(FOLDERS.files("ladder")[name])
    slices, missed, tried = Slices(tree, name, DIALECTS), [], 0
    paths = list(entries(tree))
    # No slices can be cut where something holds everywhere, and the whole takes half an hour: it was tried when it was made.
    for path in random.Random(1).sample(paths, 110) if "everywhere" in tree else paths:
        tried += 1
        with Without(tree, path):
            if path not in CAREFUL and not (slices.noticed(path) or shown_elsewhere(path, tree) or noticed(tree, name)):
                missed.append(path)
    assert [" / ".join(map(str, path)) for path in missed] == []
    assert tried > 100
    assert not noticed(tree, name), "the tree must be whole again"


def test_taking_out_any_one_entry_of_the_toys_is_noticed() -> None:
    with pytest.MonkeyPatch.context() as patch:
        dialects = toys.plant(patch)
        tree, missed = loads(toys.TABLE, "toy.yaml"), []
        for path in list(entries(tree)):
            with Without(tree, path), contextlib.suppress(SourceError):
                quiet = list(faults(Table.build(tree, "toy", dialects))) == []
                missed += [path] if quiet and not shown_elsewhere(path, tree) else []
        # Another part reads the field; only the note of the loss, where it does not, would be missing.
        assert missed == [("messages", "Read", "request", "lost >")]
