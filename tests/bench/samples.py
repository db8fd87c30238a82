"""One ordinary message of each operation, in 1.5 and in 1.6, as a station or a back end would send it.

REQUESTS["ocpp1.5"]["Authorize"], RESULTS["ocpp1.6"]["Authorize"]: typed payloads; `as_text` is how SOAP brings them
"""

from __future__ import annotations

from typing import Any

Payload = dict[str, Any]

_NOW, _LATER = "2026-11-22T07:15:00Z", "2026-11-23T00:00:00.000Z"
_TAG = {"status": "Accepted", "expiryDate": _LATER, "parentIdTag": "FLEET"}
_BOOT = {
    "chargePointVendor": "Example",
    "chargePointModel": "Wallbox 22",
    "chargePointSerialNumber": "EX-00017",
    "firmwareVersion": "4.1.0",
    "iccid": "89490200001234567890"[:20],
    "meterType": "EMH",
}
_START = {"connectorId": 1, "idTag": "04E1D2C3B4A5F6", "timestamp": _NOW, "meterStart": 1_024_333}
_STOP = {"transactionId": 70_001, "idTag": "04E1D2C3B4A5F6", "timestamp": _NOW, "meterStop": 1_039_810}


def _values(list_name: str, amp: str) -> list[Payload]:
    """Three samples: energy, power and current."""
    common = {"context": "Sample.Periodic"}
    three: list[Payload] = [
        {"value": "1031207", **common, "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": "10.97", **common, "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "15.9", **common, "measurand": "Current.Import", "unit": amp},
    ]
    return [{"timestamp": _NOW, list_name: three}]


_BOTH: dict[str, Payload] = {
    "Authorize": {"idTag": "04E1D2C3B4A5F6"},
    "StartTransaction": _START,
    "BootNotification": _BOOT,
    "StatusNotification": {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": _NOW},
    "Heartbeat": {},
    "FirmwareStatusNotification": {"status": "Installed"},
    "DiagnosticsStatusNotification": {"status": "Uploaded"},
    "DataTransfer": {"vendorId": "com.example", "messageId": "tariff", "data": "0.29 EUR/kWh"},
    "UnlockConnector": {"connectorId": 1},
    "Reset": {"type": "Soft"},
    "ChangeAvailability": {"connectorId": 1, "type": "Inoperative"},
    "GetDiagnostics": {"location": "ftp://ftp.example/up", "startTime": _NOW, "retries": 3, "retryInterval": 60},
    "ClearCache": {},
    "UpdateFirmware": {"retrieveDate": _LATER, "location": "ftp://ftp.example/fw.bin", "retries": 3},
    "ChangeConfiguration": {"key": "MeterValueSampleInterval", "value": "60"},
    "RemoteStartTransaction": {"idTag": "04E1D2C3B4A5F6", "connectorId": 1},
    "RemoteStopTransaction": {"transactionId": 70_001},
    "CancelReservation": {"reservationId": 12},
    "GetConfiguration": {"key": ["MeterValueSampleInterval", "ConnectionTimeOut"]},
    "GetLocalListVersion": {},
    "ReserveNow": {"connectorId": 1, "expiryDate": _LATER, "idTag": "04E1D2C3B4A5F6", "reservationId": 12},
}
_TAGS = [{"idTag": f"04E1D2C3B4A5{n:02d}", "idTagInfo": {"status": "Accepted", "expiryDate": _LATER}} for n in range(5)]
REQUESTS: dict[str, dict[str, Payload]] = {
    "ocpp1.5": {
        **_BOTH,
        "StopTransaction": {**_STOP, "transactionData": [{"values": _values("value", "Amp")}]},
        "MeterValues": {"connectorId": 1, "transactionId": 70_001, "values": _values("value", "Amp")},
        "SendLocalList": {"updateType": "Full", "listVersion": 7, "localAuthorisationList": _TAGS},
    },
    "ocpp1.6": {
        **_BOTH,
        "StopTransaction": {**_STOP, "reason": "EVDisconnected", "transactionData": _values("sampledValue", "A")},
        "MeterValues": {"connectorId": 1, "transactionId": 70_001, "meterValue": _values("sampledValue", "A")},
        "SendLocalList": {"updateType": "Full", "listVersion": 7, "localAuthorizationList": _TAGS},
    },
}

_KNOWN = [
    {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"},
    {"key": "ConnectionTimeOut", "readonly": True, "value": "30"},
]
_BOTH_RESULTS: dict[str, Payload] = {
    "Authorize": {"idTagInfo": _TAG},
    "StartTransaction": {"transactionId": 70_001, "idTagInfo": _TAG},
    "StopTransaction": {"idTagInfo": _TAG},
    "MeterValues": {},
    "StatusNotification": {},
    "Heartbeat": {"currentTime": _NOW},
    "FirmwareStatusNotification": {},
    "DiagnosticsStatusNotification": {},
    "DataTransfer": {"status": "Accepted", "data": "ok"},
    "UnlockConnector": {"status": "Accepted"},
    "Reset": {"status": "Accepted"},
    "ChangeAvailability": {"status": "Scheduled"},
    "GetDiagnostics": {"fileName": "diag-0001.zip"},
    "ClearCache": {"status": "Accepted"},
    "UpdateFirmware": {},
    "ChangeConfiguration": {"status": "Accepted"},
    "RemoteStartTransaction": {"status": "Accepted"},
    "RemoteStopTransaction": {"status": "Accepted"},
    "CancelReservation": {"status": "Rejected"},
    "GetConfiguration": {"configurationKey": _KNOWN, "unknownKey": ["NoSuchKey"]},
    "GetLocalListVersion": {"listVersion": 7},
    "ReserveNow": {"status": "Occupied"},
    "SendLocalList": {"status": "Accepted"},
}
RESULTS: dict[str, dict[str, Payload]] = {
    "ocpp1.5": {
        **_BOTH_RESULTS,
        "BootNotification": {"status": "Accepted", "currentTime": _NOW, "heartbeatInterval": 300},
    },
    "ocpp1.6": {
        **_BOTH_RESULTS,
        "BootNotification": {"status": "Accepted", "currentTime": _NOW, "interval": 300},
        "UnlockConnector": {"status": "Unlocked"},
    },
}


def as_text(value: Any) -> Any:
    """The payload as an XML reader gives it: numbers and booleans are text."""
    if isinstance(value, dict):
        return {name: as_text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_text(one) for one in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
