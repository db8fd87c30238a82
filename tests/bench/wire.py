"""The bytes that the benchmark sends, built once: what a 1.5 SOAP station posts, and what back ends answer.

In: a station's name and numbers.  Out: bytes.  Written by hand, so that nothing of the gateway's own codecs is in the load.
The envelopes have the form of a real simulator's (declarations of three prefixes, five addressing headers).
"""

from __future__ import annotations

_ENVELOPE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"'
    ' xmlns:cs="urn://Ocpp/Cs/2012/06/"><s:Header><cs:chargeBoxIdentity>{identity}</cs:chargeBoxIdentity>'
    '<a:Action s:mustUnderstand="true">/{action}</a:Action>'
    '<a:MessageID s:mustUnderstand="true">urn:uuid:5d0e6c1b-8f4c-4d5e-9a70-##########00</a:MessageID>'
    '<a:From s:mustUnderstand="true"><a:Address>http://127.0.0.1:8302/ocpp/{identity}</a:Address></a:From>'
    '<a:ReplyTo s:mustUnderstand="true"><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>'
    '<a:To s:mustUnderstand="true">http://127.0.0.1:{port}/ocpp</a:To></s:Header>'
    "<s:Body><cs:{element}>{body}</cs:{element}></s:Body></s:Envelope>"
)
_BODIES = {
    "Authorize": "<cs:idTag>04E1D2C3B4A5F6</cs:idTag>",
    "BootNotification": (
        "<cs:chargePointVendor>Bench</cs:chargePointVendor><cs:chargePointModel>One</cs:chargePointModel>"
        "<cs:chargePointSerialNumber>{identity}</cs:chargePointSerialNumber><cs:firmwareVersion>1.0</cs:firmwareVersion>"
    ),
    # Three samples.  The counter is in the register, so that no message is a repetition of another.
    "MeterValues": (
        "<cs:connectorId>1</cs:connectorId><cs:values><cs:timestamp>2026-11-22T07:15:00Z</cs:timestamp>"
        '<cs:value context="Sample.Periodic" measurand="Energy.Active.Import.Register" unit="Wh">##########</cs:value>'
        '<cs:value context="Sample.Periodic" measurand="Power.Active.Import" unit="kW">10.97</cs:value>'
        '<cs:value context="Sample.Periodic" measurand="Current.Import" unit="Amp">15.9</cs:value></cs:values>'
    ),
}
_ANSWER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:wsa="http://www.w3.org/2005/08/addressing"><soap:Header><wsa:Action>/{action}Response</wsa:Action>'
    "<wsa:MessageID>urn:uuid:0d5b6a3e-4a53-4bb8-8a43-6d3c2f6bdc0f</wsa:MessageID>"
    "<wsa:RelatesTo>urn:uuid:5d0e6c1b-8f4c-4d5e-9a70-000000000000</wsa:RelatesTo>"
    "<wsa:To>http://www.w3.org/2005/08/addressing/anonymous</wsa:To></soap:Header>"
    '<soap:Body><{element} xmlns="urn://Ocpp/Cs/2012/06/">{body}</{element}></soap:Body></soap:Envelope>'
)
_ANSWERS = {
    "Authorize": "<idTagInfo><status>Accepted</status><parentIdTag>FLEET</parentIdTag></idTagInfo>",
    "MeterValues": "",
}
# What a 1.6 back end says to each call; the time is of no account.
RESULTS = {
    b"Authorize": b'{"idTagInfo":{"status":"Accepted","parentIdTag":"FLEET"}}',
    b"BootNotification": b'{"status":"Accepted","currentTime":"2026-11-22T07:15:00Z","interval":86400}',
    b"Heartbeat": b'{"currentTime":"2026-11-22T07:15:00Z"}',
}


def element(action: str, suffix: str) -> str:
    return action[:1].lower() + action[1:] + suffix


def post(action: str, identity: str, port: int) -> list[bytes]:
    """A POST in pieces: between two of them belongs a counter of ten digits, so its length is the same each time."""
    body = _BODIES[action].format(identity=identity)
    text = _ENVELOPE.format(identity=identity, action=action, port=port, element=element(action, "Request"), body=body)
    head = (
        f"POST /ocpp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: bench\r\n"
        f'Content-Type: application/soap+xml; charset=utf-8; action="/{action}"\r\nContent-Length: {len(text)}\r\n\r\n'
    )
    return (head + text).encode().split(b"##########")


def answer(action: str) -> bytes:
    """What the gateway answers a station, byte for byte as long: for a relay that does not look inside."""
    return _ANSWER.format(action=action, element=element(action, "Response"), body=_ANSWERS[action]).encode()


def text_frame(payload: bytes) -> bytes:
    """An unmasked text frame, as a WebSocket server sends it."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    return bytes((0x81, 126)) + size.to_bytes(2, "big") + payload
