"""Reads ``gateway.yaml`` into a `Site`, with every fault at once.

In: a path and the names of the loaded dialects.  Out: `Site`, or `SourceError`.
Not here: what the settings do.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from gateway import address, source
from gateway.config import TLS, Backend, Certificate, Device, Enroll, Listener, Secret, Site, Station, TraceSettings
from gateway.session.policy import Policy
from gateway.source import Checker, Map

LISTENER = ("dialects", "name", "enroll", "certificate", "public", "backend", "without_subprotocol", "accept", "options", "key")
DEVICE = (
    "identity",
    "name",
    "enroll",
    "backend",
    "unit",
    "bind",
    "username",
    "credential",
    "accept",
    "options",
    "key",
    "trust",
    "verify",
)
TOP = ("backends",)
TOP_OPTIONAL = ("listeners", "devices", "data", "stations", "admin", "mappings", "policy", "trace", "drain", "unknown", "accept")
STATION = ("as", "backend", "password", "credential", "callback", "options")
ACCEPTABLE = ("reconstructed",)
"""Statuses of dialects that nobody gets without asking for them."""


def mappings_folders(path: Path) -> tuple[Path, ...]:
    """The operator's own mappings folders that the file names: needed before the rest of it can be checked."""
    top = source.load(path)
    named = top.get("mappings", [])
    return tuple(path.parent / str(one) for one in (named if isinstance(named, list) else [named]))


def read(path: Path, dialects: Iterable[str], wires: address.Wires = MappingProxyType({})) -> Site:
    """Read the whole file.  Raises `SourceError` with every fault."""
    return _Reader(source.load(path), path.parent, sorted(dialects), wires).site()


class _Reader:
    def __init__(self, top: Map, folder: Path, dialects: list[str], wires: address.Wires) -> None:
        self.top, self.folder, self.dialects, self.wires = top, folder, dialects, wires
        self.check = Checker()

    def site(self) -> Site:
        self.check.keys(self.top, "the site file", TOP, TOP_OPTIONAL)
        backends = self.each("backends", self.backend)
        listeners, devices = self.each("listeners", self.listener), self.each("devices", self.device)
        names = [b.name for b in backends]
        self.unique("backends", names)
        self.unique("listeners", [one.name for one in listeners])
        self.unique("devices", [one.entrance.name for one in devices])
        if "listeners" not in self.top and "devices" not in self.top:
            self.check.fault(self.top, None, "the site file lacks the key 'listeners'", "that, or devices")
        stations = self.stations(names)
        self.known_backends(names)
        site: dict[str, Any] = dict(  # noqa: C408 (names are easier to read than keys)
            data=self.folder / self.text(self.top, "data", "data"),
            admin=self.host_port(self.top, "admin"),
            mappings=tuple(self.folder / str(m) for m in self.as_list(self.top.get("mappings", []))),
            policy=self.policy(),
            trace=self.trace(),
            drain=float(self.number(self.top, "drain", 30)),
            unknown=self.choice(self.top, "unknown", ("pass", "refuse"), "pass"),
            devices=tuple(devices),
            accept=self.accept(self.top),
        )
        self.check.raise_if_any()
        return Site(tuple(listeners), tuple(backends), stations=stations, **site)

    # -- parts ---------------------------------------------------------------------------------------------------

    def listener(self, at: Map, number: int) -> Listener | None:
        if not self.check.keys(at, "a listener", ("listen",), LISTENER):
            return None
        where = self.address(at, "listen")
        if where is None:
            return None
        default: Enroll = "open" if where.loopback else "listed"
        enroll = self.choice(at, "enroll", ("open", "listed"), default)
        certificate = self.certificate(at) if "certificate" in at else None
        if where.secure and certificate is None:
            self.check.fault(at, "listen", f"{where.link} needs a certificate", "certificate: {chain: FILE, key: FILE}")
        name = self.text(at, "name", f"listener-{number + 1}")
        public, backend = self.url(at, "public"), self.optional_text(at, "backend")
        accept, options, key = self.accept(at), self.options(at), self.secret(at, "key")
        return Listener(name, where, enroll, certificate, public, backend, at.line, self.assumed(at, where), accept, options, key)

    def device(self, at: Map, number: int) -> Device | None:
        if not self.check.keys(at, "a device", ("dial",), DEVICE):
            return None
        where = self.address(at, "dial")
        if where is None:
            return None
        if not where.wired:
            self.check.fault(at, "dial", f"{where.dialect} stations come by themselves", "listeners: - listen: …")
        enroll = self.choice(at, "enroll", ("open", "listed"), "open" if where.loopback else "listed")
        name, backend = self.text(at, "name", f"device-{number + 1}"), self.optional_text(at, "backend")
        accept, options, key = self.accept(at), self.options(at), self.secret(at, "key")
        entrance = Listener(name, where, enroll, backend=backend, line=at.line, accept=accept, options=options, key=key)
        identity, username = self.optional_text(at, "identity"), self.optional_text(at, "username")
        if identity == "":
            self.check.fault(at, "identity", "identity is ''", "a name, or no such key")
        bind, credential, (trust, verify) = self.host_port(at, "bind"), self.secret(at, "credential"), self.trusted(at)
        return Device(entrance, identity, self.unit(at), bind, username, credential, trust, verify)

    def unit(self, at: Map) -> int | str | None:
        value = at.get("unit")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | str)):
            self.check.fault(at, "unit", f"unit is {value!r}", "a number, or text: its address on the line")
            return None
        return value

    def accept(self, at: Map) -> tuple[str, ...]:
        words = tuple(map(str, self.as_list(at.get("accept"))))
        for word in words:
            if word not in ACCEPTABLE:
                near = source.nearest(word, ACCEPTABLE)
                self.check.fault(at, "accept", f"accept is {word!r}", source.one_of(ACCEPTABLE), near)
        return words

    def options(self, at: Map) -> dict[str, Any]:
        given = at.get("options")
        if given is not None and not isinstance(given, Map):
            self.check.fault(at, "options", "options is no mapping", "name: value lines")
        return dict(given) if isinstance(given, Map) else {}

    def assumed(self, at: Map, where: address.Address) -> str | None:
        if "without_subprotocol" in at and where.codec == "soap":
            self.check.fault(at, "without_subprotocol", "a SOAP listener has no sub-protocols", "no such line")
            return None
        word: str | None = self.choice(at, "without_subprotocol", where.dialects, None) if "without_subprotocol" in at else None
        return word

    def backend(self, at: Map, number: int) -> Backend | None:
        optional = ("name", "username", "credential", "trust", "verify", "callback", "callback_listen")
        if not self.check.keys(at, "a back end", ("connect",), optional):
            return None
        where = self.address(at, "connect")
        if where is None:
            return None
        callback = self.url(at, "callback")
        if where.codec == "soap" and callback is None:
            self.check.fault(at, "connect", "a SOAP back end must know where to reach us", "callback: http://host:port/path")
        trust, verify = self.trusted(at)
        return Backend(
            name=self.text(at, "name", f"backend-{number + 1}"),
            address=where,
            username=self.optional_text(at, "username"),
            credential=self.secret(at, "credential"),
            trust=trust,
            verify=verify,
            callback=callback,
            callback_listen=self.host_port(at, "callback_listen") or host_port_of(callback),
            line=at.line,
        )

    def trusted(self, at: Map) -> tuple[Path | None, bool]:
        """Who signs the certificate of a peer that is dialled, and whether that is looked at."""
        trust = self.folder / str(at["trust"]) if "trust" in at else None
        return trust, bool(self.choice(at, "verify", (True, False), True))

    def stations(self, backends: list[str]) -> dict[str, Station]:
        listed = self.top.get("stations")
        if listed is None:
            return {}
        if not isinstance(listed, Map):
            self.check.fault(self.top, "stations", "stations is no mapping", "identity: {…} lines")
            return {}
        made = {identity: self.station(listed, identity, backends) for identity in listed}
        upstream: dict[str, str] = {}
        for identity, station in made.items():
            if station.upstream in upstream:
                self.check.fault(
                    listed, identity, f"{identity} and {upstream[station.upstream]} have the same name at the back end"
                )
            upstream[station.upstream] = identity
        return made

    def station(self, listed: Map, identity: str, backends: list[str]) -> Station:
        at = listed[identity] if isinstance(listed[identity], Map) else Map()
        if at.file:
            self.check.keys(at, f"station {identity}", (), STATION)
        elif listed[identity] is not None:
            self.check.fault(listed, identity, f"station {identity} is no mapping", "{as: …, backend: …}, or nothing")
        if at.get("backend", None) not in (None, *backends):
            self.check.unknown(at, "backend", f"back end {at['backend']!r}, wanted by station {identity}:", backends)
        password, credential = self.secret(at, "password"), self.secret(at, "credential")
        upstream = str(at.get("as", identity))
        callback = self.url(at, "callback")
        return Station(identity, upstream, at.get("backend"), password, credential, callback, self.options(at))

    def known_backends(self, names: list[str]) -> None:
        for at in (*self.as_list(self.top.get("listeners")), *self.as_list(self.top.get("devices"))):
            wanted = at.get("backend") if isinstance(at, Map) else None
            if wanted is not None and wanted not in names:
                near = source.nearest(str(wanted), names)
                self.check.fault(at, "backend", f"there is no back end {wanted!r}", source.one_of(names), near)

    def policy(self) -> Policy:
        at = self.top.get("policy")
        if at is None:
            return Policy()
        if not isinstance(at, Map):
            self.check.fault(self.top, "policy", "policy is no mapping", "setting: value lines")
            return Policy()
        settings = {one.name: one for one in dataclasses.fields(Policy)}
        self.check.keys(at, "policy", (), settings)
        policy = Policy(**{key: self.setting(at, key, getattr(Policy(), key)) for key in at if key in settings})
        if policy.station_call >= policy.call_deadline:
            key = "station_call" if "station_call" in at else "call_deadline"
            said = f"station_call ({policy.station_call:g}) is not below call_deadline ({policy.call_deadline:g})"
            self.check.fault(at, key, said, "the station's time to end before the back end's does")
        return policy

    def setting(self, at: Map, key: str, default: Any) -> Any:
        value, words = at[key], typing.get_args(typing.get_type_hints(Policy)[key])
        if words:
            return self.choice(at, key, words, default)
        if isinstance(default, bool) or not isinstance(default, int | float):
            if type(value) is not type(default):
                self.check.fault(at, key, f"{key} is {value!r}", f"something like {default!r}")
                return default
            return value
        return type(default)(self.number(at, key, default))

    def trace(self) -> TraceSettings:
        at = self.top.get("trace")
        if at is None:
            return TraceSettings()
        if not isinstance(at, Map):
            self.check.fault(self.top, "trace", "trace is no mapping", "{path: FILE}")
            return TraceSettings()
        self.check.keys(at, "trace", ("path",), ("max_bytes", "files", "mask_tags"))
        path = self.folder / str(at["path"]) if "path" in at else None
        default = TraceSettings()
        return TraceSettings(
            path,
            int(self.number(at, "max_bytes", default.max_bytes)),
            int(self.number(at, "files", default.files)),
            bool(self.choice(at, "mask_tags", (True, False), False)),
        )

    # -- values --------------------------------------------------------------------------------------------------

    def each(self, key: str, build: Any) -> list[Any]:
        made = []
        for number, at in enumerate(self.as_list(self.top.get(key, []))):
            if isinstance(at, Map):
                made.append(build(at, number))
            else:
                self.check.fault(self.top, key, f"an entry of {key} is no mapping")
        if not made and key in self.top:
            self.check.fault(self.top, key, f"{key} is empty", "at least one entry")
        return [one for one in made if one is not None]

    def unique(self, key: str, names: list[str]) -> None:
        for name in {n for n in names if names.count(n) > 1}:
            self.check.fault(self.top, key, f"two {key} are called {name!r}")

    def as_list(self, value: Any) -> list[Any]:
        return value if isinstance(value, list) else [] if value is None else [value]

    def optional_text(self, at: Map, key: str) -> str | None:
        return self.text(at, key, "") if at.get(key) is not None else None

    def text(self, at: Map, key: str, default: str) -> str:
        value = at.get(key, default)
        if not isinstance(value, str):
            self.check.fault(at, key, f"{key} is {value!r}", "text")
        return str(value)

    def number(self, at: Map, key: str, default: float) -> float | int | Decimal:
        value = at.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or value < 0:
            self.check.fault(at, key, f"{key} is {value!r}", "a number, 0 or more")
            return default
        return value

    def choice(self, at: Map, key: str, allowed: tuple[Any, ...], default: Any) -> Any:
        value = at.get(key, default)
        if value not in allowed:
            words = [str(one).lower() for one in allowed]
            self.check.fault(at, key, f"{key} is {value!r}", source.one_of(words), source.nearest(str(value), words))
            return default
        return value

    def address(self, at: Map, key: str) -> address.Address | None:
        try:
            made = address.parse(self.with_dialects(at, str(at[key])), self.dialects, self.wires)
        except address.AddressError as error:
            self.check.fault(at, key, str(error))
            return None
        if made.others and key == "connect":
            self.check.fault(at, key, f"{made} names several dialects", "the one that the back end speaks")
        return made

    def with_dialects(self, at: Map, text: str) -> str:
        """The address with the dialects of the line ``dialects`` in front of it, where there is one."""
        named = self.as_list(at.get("dialects"))
        if "dialects" in at and (not named or "+" in text.partition("://")[0]):
            expected = "listen: ws://…, dialects: […]"
            self.check.fault(at, "dialects", "the dialects stand in the address already, or nowhere", expected)
        return f"{','.join(map(str, named))}+{text}" if named and "+" not in text.partition("://")[0] else text

    def url(self, at: Map, key: str) -> str | None:
        if at.get(key) is None:
            return None
        if not is_http_url(str(at[key])):
            self.check.fault(at, key, f"{key} is {at[key]!r}", "a URL such as http://host:port/path")
            return None
        return str(at[key])

    def host_port(self, at: Map, key: str) -> tuple[str, int] | None:
        if at.get(key) is None:
            return None
        host, _, port = str(at[key]).rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            self.check.fault(at, key, f"{key} is {at[key]!r}", "host:port, as in 127.0.0.1:9100")
            return None
        return host.strip("[]"), int(port)

    def certificate(self, at: Map) -> Certificate | None:
        one = at["certificate"]
        if not isinstance(one, Map) or not self.check.keys(one, "certificate", ("chain", "key"), ("oldest_tls",)):
            self.check.fault(at, "certificate", "certificate is not whole", "{chain: FILE, key: FILE}")
            return None
        oldest = str(one.get("oldest_tls", "1.2"))
        if oldest not in TLS:
            self.check.fault(one, "oldest_tls", f"there is no TLS {oldest}", source.one_of(TLS))
            return None
        return Certificate(self.folder / str(one["chain"]), self.folder / str(one["key"]), oldest)

    def secret(self, at: Map, key: str) -> Secret | None:
        one = at.get(key)
        if one is None:
            return None
        if not isinstance(one, Map) or len(one) != 1 or not {"env", "file"} >= set(one):
            self.check.fault(at, key, f"{key} stands in the file itself or is no reference", "{env: NAME} or {file: PATH}")
            return None
        line = source.line_of(at, key)
        return Secret(env=str(one["env"]), line=line) if "env" in one else Secret(file=self.folder / str(one["file"]), line=line)


def is_http_url(text: str) -> bool:
    """Whether the text is a URL where SOAP can be received, without a password in it."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:  # a port that is none
        return False


def host_port_of(url: str | None) -> tuple[str, int] | None:
    """Where to listen for a URL."""
    if url is None:
        return None
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
