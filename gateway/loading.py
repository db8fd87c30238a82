"""Loads dialects, tables, quirks and the site file together, and gathers the faults of all of them.

In: a site file (or none) and folders.  Out: `Loaded`.
Not here: the rules of each file.
"""

from __future__ import annotations

import contextlib
import itertools
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway import site_file
from gateway.address import LINKS, Address
from gateway.catalogue import KINDS, Folders
from gateway.config import TLS, Backend, Listener, Secret, SecretError, Site
from gateway.data import Data
from gateway.dialects.likeness import dialect_names
from gateway.dialects.load import load_dialect, load_dialects
from gateway.dialects.schema import Dialect
from gateway.ladder.ladder import Ladder
from gateway.quirks.choose import Quirks
from gateway.source import Fault, SourceError, nearest, one_of
from gateway.wires.wire import Wire


@dataclass
class Loaded:
    """What could be loaded.  ``data`` and ``site`` are None where faults stood in the way."""

    faults: list[Fault] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    data: Data | None = None
    site: Site | None = None


def load(config: Path | None, mappings: Sequence[Path] = ()) -> Loaded:
    """Load all; nothing is raised for a fault in a file."""
    loaded = Loaded()
    own = [*mappings]
    if config is not None:
        try:
            own += site_file.mappings_folders(config)
        except SourceError as error:
            loaded.faults += error.faults
            config = None
    loaded.faults += overlooked(own)
    dialects = _data(Folders(own), loaded)
    if config is not None:
        _site(config, dialects, loaded)
    loaded.faults = sorted(set(loaded.faults))
    return loaded


def ladder(own: Sequence[Path]) -> Ladder:
    """Dialects and tables alone, an operator's folders first.  Raises `SourceError`, also for what would not be read."""
    faults = overlooked(own)
    if faults:
        raise SourceError(faults)
    folders = Folders(own)
    return Ladder.load(folders, load_dialects(folders))


def overlooked(own: Sequence[Path]) -> list[Fault]:
    """What somebody put into a folder of mappings and nobody would ever read: it must not pass in silence."""
    faults = []
    for folder in own:
        if not folder.is_dir():
            faults.append(Fault(str(folder), 1, "there is no such mappings folder"))
        elif not any((folder / kind).is_dir() for kind in KINDS):
            faults.append(Fault(str(folder), 1, "this is no mappings folder", f"a folder in it named {one_of(KINDS)}"))
        for path in sorted(folder.rglob("*.y*ml")):
            kind = path.relative_to(folder).parts[0]
            near = nearest(kind, KINDS)
            if near and kind not in KINDS:
                faults.append(Fault(str(path), 1, "nobody reads this file", f"it below {one_of(KINDS)}", near))
            elif kind in KINDS and path.suffix != ".yaml":
                faults.append(Fault(str(path), 1, "nobody reads this file", "a name that ends in .yaml"))
    return faults


def _data(folders: Folders, loaded: Loaded) -> dict[str, Dialect]:
    found, names = dict[str, Dialect](), dialect_names(folders)
    for name in names:
        try:
            load_dialect(folders, name, found)
        except SourceError as error:
            loaded.faults += error.faults
            _stand_in(name, found)
    dialects = {name: found[name] for name in names if name in found}
    ladder = quirks = None
    try:
        ladder = Ladder.load(folders, dialects)
    except SourceError as error:
        loaded.faults += error.faults
    try:
        quirks = Quirks.load(folders, dialects)
    except SourceError as error:
        loaded.faults += error.faults
    if ladder is not None and quirks is not None and not loaded.faults:
        loaded.data = Data(dialects, ladder, quirks)
    return dialects


def _stand_in(name: str, dialects: dict[str, Dialect]) -> None:
    """Where an operator's dialect is broken, check the other files against the shipped one: their faults are wanted too."""
    with contextlib.suppress(SourceError, KeyError):
        dialects[name] = load_dialect(Folders(), name)


def _site(config: Path, dialects: dict[str, Dialect], loaded: Loaded) -> None:
    try:
        site = site_file.read(config, dialects, wires(dialects))
    except SourceError as error:
        loaded.faults += error.faults
        return
    loaded.site = site
    loaded.notices += unofficial(site, dialects)
    loaded.notices += old_tls(site)
    found = [(secret.line, unreadable(secret)) for secret in site.secrets()]
    found += [*faulty_files(site), *crowded(site)]
    if loaded.data is not None:
        found += misfits(site, loaded.data)
    loaded.faults += [Fault(str(config), line, what) for line, what in found if what]


def wires(dialects: Mapping[str, Dialect]) -> dict[str, dict[str, int | None]]:
    """The dialects that bring bytes of their own: the kinds of link that they run on, with their default ports."""
    pairs = ((name, dialect.wire) for name, dialect in dialects.items())
    return {name: {kind: rules.port for kind, rules in wire.links.items()} for name, wire in pairs if wire is not None}


def misfits(site: Site, data: Data) -> list[tuple[int, str]]:
    """What the site asks for and the data cannot do, each with its line."""
    ends: list[Listener | Backend] = [*site.entrances, *site.backends]
    found = [(end.line, mute(end.address, data.dialects[name])) for end in ends for name in end.address.dialects]
    found += [*unaccepted(site, data.dialects), *misplaced(site, data.dialects), *stations_only(site, data.dialects)]
    found += [*strange_options(site, data.dialects), *unkeyed(site, data.dialects)]
    for listener in site.entrances:
        for backend in site.backends:
            goal = backend.address.dialect
            for start in listener.address.dialects:
                if not data.ladder.reaches(start, goal):
                    found.append((listener.line, f"no table leads from {start} ({listener.name}) to {goal} ({backend.name})"))
    return [(line, what) for line, what in found if what]


def strange_options(site: Site, dialects: Mapping[str, Dialect]) -> list[tuple[int, str]]:
    """Options that the protocol of an entrance does not have, each with its line."""
    found = []
    for entrance in site.entrances:
        rules = dialects[entrance.address.dialect].device
        known = sorted(rules.options) if rules is not None else []
        for name in entrance.options:
            if name not in known:
                near = nearest(name, known)
                hint = f"; did you mean {near!r}?" if near else ""
                what = f"{entrance.name}: {entrance.address.dialect} has no option {name!r}, expected {one_of(known)}{hint}"
                found.append((entrance.line, what))
    return found


def unkeyed(site: Site, dialects: Mapping[str, Dialect]) -> list[tuple[int, str]]:
    """Entrances that lack the key of their frames, have a wrong one, or have one for nothing, each with its line."""
    found = []
    for one in site.entrances:
        wire = dialects[one.address.dialect].wire if one.address.wired else None
        if wire is None or not wire.secret:
            if one.key is not None:
                found.append((one.key.line, f"{one.name}: {one.address.dialect} encrypts nothing by a key of the site"))
        elif one.key is None:
            found.append(
                (one.line, f"{one.name}: {one.address.dialect} is encrypted; expected key: {{env: NAME}} or {{file: PATH}}")
            )
        else:
            with contextlib.suppress(SecretError):  # told already
                found += _wrong_key(one.key, wire, one.name)
    return found


def _wrong_key(secret: Secret, wire: Wire, name: str) -> list[tuple[int, str]]:
    try:
        wire.keyed(secret.read())
    except ValueError as error:
        return [(secret.line, f"{name}: {error}, as they are or in hex")]
    return []


def stations_only(site: Site, dialects: Mapping[str, Dialect]) -> list[tuple[int, str]]:
    """Back ends that would have to speak what stations alone speak, each with its line."""
    spoken = sorted(name for name, dialect in dialects.items() if dialect.ends == "both")
    found = [
        (backend, backend.address.dialect) for backend in site.backends if dialects[backend.address.dialect].ends == "station"
    ]
    return [(one.line, f"{one.name}: no back end speaks {name}, expected {one_of(spoken)}") for one, name in found]


def unaccepted(site: Site, dialects: Mapping[str, Dialect]) -> list[tuple[int, str]]:
    """Uses of a dialect whose real document nobody here has seen, where the operator did not say that he knows."""
    found = []
    for one in site.entrances:
        dialect = dialects[one.address.dialect]
        if dialect.status in site_file.ACCEPTABLE and dialect.status not in (*site.accept, *one.accept):
            what = f"{dialect.name} is {dialect.status}, not taken from its owner's document"
            found.append((one.line, f"{what}; to use it nevertheless, write accept: {dialect.status}"))
    return found


def misplaced(site: Site, dialects: Mapping[str, Dialect]) -> list[tuple[int, str]]:
    """Dialects with bytes of their own that listen where they can only dial, or the other way; and devices at one place."""
    uses = [(one, "listen") for one in site.listeners] + [(one.entrance, "dial") for one in site.devices]
    found = []
    for one, role in uses:
        wire = dialects[one.address.dialect].wire if one.address.wired else None
        if wire is not None and role not in wire.links[one.address.kind].roles:
            other = {"listen": "dialled: write it under devices:", "dial": "listened for: write it under listeners:"}[role]
            found.append((one.line, f"{one.address.dialect} over {one.address.kind} is {other}"))
    taken: dict[object, str] = {}
    for device in site.devices:
        if device.identity is not None and dialects[device.address.dialect].addressing.identity:
            what = f"the stations of {device.entrance.name} say themselves who they are: list {device.identity} under stations:"
            found.append((device.entrance.line, what))
        place = (str(device.address), device.unit)
        if place in taken:
            found.append((device.entrance.line, f"{device.entrance.name} and {taken[place]} are at the same place"))
        taken[place] = device.entrance.name
    return found


def unofficial(site: Site, dialects: Mapping[str, Dialect]) -> list[str]:
    """A notice for each dialect that the site uses and no standard describes, and each such form of one that is official."""
    ends: list[Listener | Backend] = [*site.entrances, *site.backends]
    used = sorted({(name, end.address.codec) for end in ends for name in end.address.dialects})
    names = sorted({name for name, _ in used})
    found = [f"{name} is {dialects[name].status}: see its file" for name in names if dialects[name].status != "official"]
    for name, codec in used:
        form = dialects[name].codecs.get(codec)
        if form is not None and form.status != dialects[name].status:
            found.append(f"the {codec} form of {name} is {form.status}: see its file")
    return found


def mute(where: Address, dialect: Dialect) -> str:
    """Why the dialect cannot be spoken over that link, or an empty text."""
    if where.wired:
        return "" if dialect.device is not None else f"{where}: {dialect.name} has no section device: that says what to do there"
    spoken = {"soap": dialect.soap, "json": dialect.json}
    if spoken[where.codec] is not None:
        return ""
    fit = [link for link, (codec, _) in LINKS.items() if spoken[codec] is not None]
    return f"{where}: {dialect.name} has no {where.codec} form, expected {one_of(fit)}"


def old_tls(site: Site) -> list[str]:
    """A notice for each listener that takes what is no longer held for safe."""
    shown = [(one.name, one.certificate.oldest) for one in site.listeners if one.certificate is not None]
    why = "which can be broken: for stations alone that know no better"
    return [f"{name} takes TLS {oldest}, {why}" for name, oldest in shown if oldest in TLS[:2]]


def faulty_files(site: Site) -> list[tuple[int, str]]:
    """Files of TLS that are not there, or that sign nothing, each with its line."""
    named = [(b.line, b.trust) for b in site.backends if b.trust is not None]
    named += [(d.entrance.line, d.trust) for d in site.devices if d.trust is not None]
    found = [(line, why) for line, path in named if path.is_file() and (why := uncertified(path))]
    for listener in site.listeners:
        if listener.certificate is not None:
            named += [(listener.line, listener.certificate.chain), (listener.line, listener.certificate.key)]
    return found + [(line, f"{path} is no file") for line, path in named if not path.is_file()]


def uncertified(path: Path) -> str:
    """Why nobody can be believed by a file, or an empty text."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        return f"{path} holds no certificate in PEM form"
    return ""


def crowded(site: Site) -> list[tuple[int, str]]:
    """Listeners that stand in each other's way on one port, each with its line."""
    found = []
    for one, other in itertools.combinations(site.listeners, 2):
        here, there = one.address, other.address
        if (here.host, here.port) != (there.host, there.port) or (here.kind == "udp") != (there.kind == "udp"):
            continue
        if here.kind != there.kind and "tcp" in (here.kind, there.kind):
            found.append((other.line, f"{one.name} and {other.name} cannot share a port: {one.address} takes all of it"))
            continue
        if one.certificate != other.certificate:
            found.append((other.line, f"{one.name} and {other.name} share a port, so they must share the certificate too"))
        if (here.codec, here.path.rstrip("/")) == (there.codec, there.path.rstrip("/")):
            expected = "name both dialects in one of them" if here.dialect != there.dialect else "leave one out"
            found.append(
                (other.line, f"{one.name} and {other.name} have the same address: one of them would never be asked; {expected}")
            )
    return found


def unreadable(secret: Secret) -> str:
    """Why a credential cannot be read, or an empty text."""
    try:
        secret.read()
    except SecretError as error:
        return str(error)
    return ""
