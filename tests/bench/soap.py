"""SOAP envelopes: writing against zeep, reading against a bare lxml parse.

In: the shipped dialect, the ordinary messages.  Out: figures.
zeep gets the WSDL that the gateway itself serves, and makes the same envelopes but for two addressing headers that it does
not write.  The bare parse uses a parser with the same options as the gateway's.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialect
from gateway.dialects.schema import Dialect
from gateway.dialects.soap import read_envelope, write_request, write_response
from gateway.dialects.wsdl import write_wsdl
from gateway.messages import Call, Result
from tests.bench import samples
from tests.bench.figures import Figure, figure, timed

ACTIONS = ("Authorize", "MeterValues", "StatusNotification", "StartTransaction")
ADDRESS = "http://127.0.0.1:8080/ocpp"


def write(dialect: Dialect, action: str) -> bytes:
    call = Call("b2c9f1d0-52a0-4a6f-9a44-3e6f5c0f7a11", action, samples.REQUESTS["ocpp1.5"][action])
    return write_request(dialect, call, "CP-15", "http://127.0.0.1:8302/", ADDRESS)


def answer(dialect: Dialect, action: str) -> bytes:
    result = Result("", action, samples.RESULTS["ocpp1.5"][action])
    return write_response(dialect, result, "urn:uuid:b2c9f1d0-52a0-4a6f-9a44-3e6f5c0f7a11", "urn:uuid:x")


class Zeep:
    """A zeep client of the WSDL that we serve."""

    def __init__(self, dialect: Dialect) -> None:
        with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
            warnings.simplefilter("ignore")
            import zeep

            path = Path(folder) / "served.wsdl"
            path.write_bytes(write_wsdl(dialect, "station", ADDRESS))
            self.client = zeep.Client(str(path))
        self.service = self.client.service
        self.binding = next(iter(self.client.wsdl.bindings.values()))

    def write(self, action: str) -> bytes:
        payload = _for_zeep(samples.REQUESTS["ocpp1.5"][action])
        message = self.client.create_message(self.service, action, **payload, _soapheaders={"ChargeBoxIdentity": "CP-15"})
        return etree.tostring(message)  # type: ignore[no-any-return]

    def read(self, action: str, data: bytes) -> Any:
        operation = self.binding.get(action)
        return operation.process_reply(etree.fromstring(data))


def _for_zeep(value: Any) -> Any:
    """zeep calls the text of an element ``_value_1``."""
    if isinstance(value, dict):
        made = {name: _for_zeep(one) for name, one in value.items()}
        if "measurand" in made:
            made["_value_1"] = made.pop("value")
        return made
    return [_for_zeep(one) for one in value] if isinstance(value, list) else value


def bare_parser() -> etree.XMLParser:
    """The options of `gateway.dialects.xml`; test_bench.py holds them against each other."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False
    )


def measure(quick: bool) -> Iterator[Figure]:
    """Writing and reading of four requests, and reading of their answers by zeep."""
    dialect = load_dialect(Folders(), "ocpp1.5")
    zeep, parser = Zeep(dialect), bare_parser()
    seconds, rounds = (0.004, 9) if quick else (0.01, 31)
    for action in ACTIONS:
        ours, theirs = timed([lambda a=action: write(dialect, a), lambda a=action: zeep.write(a)], seconds, rounds)  # type: ignore[misc]
        yield figure(f"SOAP write {action}, times faster than zeep", ours, "us", theirs, ">= 20", faster=True)
    for action in ACTIONS:
        data = write(dialect, action)
        calls: list[Callable[[], Any]] = [
            lambda d=data: read_envelope(d, [dialect]),  # type: ignore[misc]
            lambda d=data: etree.fromstring(d, parser),  # type: ignore[misc]
        ]
        ours, bare = timed(calls, seconds, rounds)
        yield figure(f"SOAP read {action}, against a bare lxml parse", ours, "us", bare, "<= 2.5")
    for action in ("Authorize", "StartTransaction"):
        data = answer(dialect, action)
        calls = [lambda d=data: read_envelope(d, [dialect]), lambda a=action, d=data: zeep.read(a, d)]  # type: ignore[misc]
        ours, theirs = timed(calls, seconds, rounds)
        yield figure(f"SOAP read answer {action}, times faster than zeep", ours, "us", theirs, faster=True)
