"""A SOAP peer made of zeep: it serves ChargePointService (or CentralSystemService) by an official WSDL."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import zeep
from lxml import etree
from zeep.helpers import serialize_object

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"

ANSWERS: Mapping[str, dict[str, Any]] = {
    "unlockConnector": {"status": "Accepted"},
    "reset": {"status": "Accepted"},
    "changeAvailability": {"status": "Scheduled"},
    "getDiagnostics": {"fileName": "log.txt"},
    "clearCache": {"status": "Accepted"},
    "updateFirmware": {},
    "changeConfiguration": {"status": "NotSupported"},
    "remoteStartTransaction": {"status": "Accepted"},
    "remoteStopTransaction": {"status": "Accepted"},
    "cancelReservation": {"status": "Accepted"},
    "dataTransfer": {"status": "UnknownVendorId"},
    "getConfiguration": {
        "configurationKey": [{"key": "HeartBeatInterval", "readonly": False, "value": "300"}],
        "unknownKey": ["Foo"],
    },
    "getLocalListVersion": {"listVersion": 5},
    "reserveNow": {"status": "Occupied"},
    "sendLocalList": {"status": "HashError"},
}


class NoNetwork(zeep.transports.Transport):
    """zeep reads files only: whatever else it wants to load is a mistake."""

    def load(self, url: str) -> bytes:
        assert not url.startswith("http"), url
        return Path(url.removeprefix("file://")).read_bytes()


class ZeepStation:
    """A service of one peer.  ``heard`` holds (operation, arguments) in order; ``faults`` makes an operation fail."""

    def __init__(self, wsdl: Path, answers: Mapping[str, dict[str, Any]] = ANSWERS) -> None:
        self.answers = answers
        self.client = zeep.Client(str(wsdl), transport=NoNetwork())
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.faults: set[str] = set()
        station = self

        class Service(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = station.answer(body)
                self.send_response(status)
                self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/cp"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """Read by zeep, answer by zeep."""
        root = etree.fromstring(body)
        asked = root.find(f"{{{SOAP}}}Body")[0]  # type: ignore[index]
        name = etree.QName(asked)
        operation = name.localname.removesuffix("Request")
        given = self.client.get_element(name.text).parse(asked, self.client.wsdl.types)
        self.heard.append((operation, serialize_object(given, dict) or {}))
        header = root.find(f"{{{SOAP}}}Header")
        self.headers.append({etree.QName(h).localname: "".join(h.itertext()).strip() for h in header})  # type: ignore[union-attr]
        if operation in self.faults:
            sub = f'<f:Subcode><f:Value xmlns:o="{name.namespace}">o:NotSupported</f:Value></f:Subcode>'
            code = f'<f:Fault xmlns:f="{SOAP}"><f:Code><f:Value>f:Receiver</f:Value>{sub}</f:Code>'
            inner = f'{code}<f:Reason><f:Text xml:lang="en">not here</f:Text></f:Reason></f:Fault>'
            return 500, self._envelope(etree.fromstring(inner), operation)
        element = self.client.get_element(f"{{{name.namespace}}}{operation}Response")
        holder = etree.Element("holder")
        element.render(holder, element(**self.answers[operation]))
        return 200, self._envelope(holder[0], operation)

    def _envelope(self, content: Any, operation: str) -> bytes:
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "wsa": WSA})
        header = etree.SubElement(envelope, f"{{{SOAP}}}Header")
        etree.SubElement(header, f"{{{WSA}}}Action").text = f"/{operation[0].upper()}{operation[1:]}Response"
        etree.SubElement(header, f"{{{WSA}}}RelatesTo").text = self.headers[-1].get("MessageID", "")
        etree.SubElement(envelope, f"{{{SOAP}}}Body").append(content)
        return bytes(etree.tostring(envelope, xml_declaration=True, encoding="utf-8"))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
