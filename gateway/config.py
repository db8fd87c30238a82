"""The site: which listeners, back ends and stations there are, frozen and typed.

In: values that `gateway.site_file` or the command line made.  Out: `Site`.
Not here: reading YAML (`gateway.site_file`), opening anything.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from gateway.address import Address
from gateway.session.policy import Policy

Enroll = Literal["open", "listed"]


class SecretError(Exception):
    """A credential's reference leads nowhere."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A credential by reference: the name of an environment variable, or a file.  Its value never stands in the site file."""

    env: str | None = None
    file: Path | None = None
    line: int = field(default=1, compare=False)
    """Of the site file: where to look if it leads nowhere."""

    def read(self, environ: Mapping[str, str] = os.environ) -> bytes:
        """The credential's bytes; a file's trailing line break is not part of it.  Raises `SecretError`."""
        if self.env is not None:
            if self.env not in environ:
                raise SecretError(f"the environment has no variable {self.env}")
            return os.fsencode(environ[self.env])
        assert self.file is not None
        try:
            return self.file.read_bytes().rstrip(b"\r\n")
        except OSError as error:
            raise SecretError(f"{self.file} cannot be read: {error.strerror}") from None


TLS = ("1.0", "1.1", "1.2", "1.3")
"""What a listener may name as the oldest TLS that it takes."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A listener's TLS certificate chain and key, PEM files.  ``oldest`` is the TLS that it still takes."""

    chain: Path
    key: Path
    oldest: str = "1.2"


@dataclass(frozen=True, slots=True)
class Listener:
    """Where stations come in.  ``public`` is the URL that stations see (for ``wsa:From`` and the WSDL).

    ``assumed`` is the dialect of a station that names no sub-protocol; None: such a station is turned away.
    """

    name: str
    address: Address
    enroll: Enroll
    certificate: Certificate | None = None
    public: str | None = None
    backend: str | None = None
    line: int = field(default=1, compare=False)
    assumed: str | None = None
    accept: tuple[str, ...] = ()
    """Statuses of dialects that the operator takes the risk of."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the dialect's ``device:`` section wants to know of each station that comes in here."""
    key: Secret | None = None
    """By which the frames of its stations are encrypted."""

    def speaking(self, dialect: str) -> Listener:
        """This listener for a station that speaks ``dialect``; as it is, for a dialect that is not spoken here."""
        if dialect == self.address.dialect or dialect not in self.address.dialects:
            return self
        others = tuple(name for name in self.address.dialects if name != dialect)
        return replace(self, address=replace(self.address, dialect=dialect, others=others))

    @property
    def url(self) -> str:
        """The URL to tell others."""
        return self.public or self.address.url()


@dataclass(frozen=True, slots=True)
class Device:
    """A station with a protocol of its own that we dial or poll, or a line with such stations on it.

    ``identity`` None: its stations say themselves who they are, and come in as ``entrance`` allows.  ``unit`` is its address on
    the line; ``bind`` where a socket is bound that has no connections, if not everywhere.  ``username`` and ``credential`` are
    shown to it (HTTP Basic), or to its broker; ``trust`` signs what it shows over TLS.
    """

    entrance: Listener
    identity: str | None
    unit: int | str | None = None
    bind: tuple[str, int] | None = None
    username: str | None = None
    credential: Secret | None = None
    trust: Path | None = None
    verify: bool = True

    @property
    def address(self) -> Address:
        """Where it is dialled."""
        return self.entrance.address


@dataclass(frozen=True, slots=True)
class Backend:
    """A network back end.  ``callback`` is the URL where a SOAP back end reaches us; we listen at ``callback_listen``."""

    name: str
    address: Address
    username: str | None = None
    credential: Secret | None = None
    trust: Path | None = None
    verify: bool = True
    callback: str | None = None
    callback_listen: tuple[str, int] | None = None
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Station:
    """One listed station.  ``identity`` is how it names itself, ``upstream`` how the back end knows it.

    ``password`` is what the station shows us (HTTP Basic), ``credential`` what we show the back end in its name.
    """

    identity: str
    upstream: str
    backend: str | None = None
    password: Secret | None = None
    credential: Secret | None = None
    callback: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """The wire trace: how much disk it may use, and whether tags are masked."""

    path: Path | None = None
    max_bytes: int = 16 * 2**20
    files: int = 4
    mask_tags: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that one gateway process serves."""

    listeners: tuple[Listener, ...]
    backends: tuple[Backend, ...]
    data: Path
    stations: Mapping[str, Station] = field(default_factory=dict)
    admin: tuple[str, int] | None = None
    mappings: tuple[Path, ...] = ()
    policy: Policy = field(default_factory=Policy)
    trace: TraceSettings = field(default_factory=TraceSettings)
    drain: float = 30.0
    unknown: Literal["pass", "refuse"] = "pass"
    devices: tuple[Device, ...] = ()
    accept: tuple[str, ...] = ()

    @property
    def entrances(self) -> tuple[Listener, ...]:
        """Every way by which stations come in: listeners, and the devices that we dial."""
        return (*self.listeners, *(device.entrance for device in self.devices))

    def options_of(self, identity: str, entrance: Listener) -> dict[str, Any]:
        """What the site says to the protocol of a station: its entrance's options, then its own."""
        station = self.stations.get(identity)
        return {**entrance.options, **(station.options if station else {})}

    def backend_of(self, identity: str, listener: Listener) -> Backend:
        """The back end of a station: its own, else its listener's, else the first."""
        station = self.stations.get(identity)
        name = (station.backend if station else None) or listener.backend
        return next((b for b in self.backends if b.name == name), self.backends[0])

    def upstream_of(self, identity: str) -> str:
        """The name by which the back end knows a station."""
        station = self.stations.get(identity)
        return station.upstream if station else identity

    def secrets(self) -> list[Secret]:
        """Every credential: what stations show us, what we show back ends, the keys of frames."""
        named = [b.credential for b in self.backends] + [d.credential for d in self.devices] + [one.key for one in self.entrances]
        named += [secret for station in self.stations.values() for secret in (station.password, station.credential)]
        return [secret for secret in named if secret is not None]

    def identity_of(self, upstream: str) -> str:
        """The station that the back end calls ``upstream``."""
        return next((s.identity for s in self.stations.values() if s.upstream == upstream), upstream)
