"""What a Python programmer would write for exactly OCPP 1.5 and 1.6, without tables: the yardstick of `make bench`.

Frozen: it is not tuned when the gateway is, and changes only with the meaning of the tables.

Each function takes one payload of the sender's dialect, checks it, and gives the payload of the receiver's dialect, in one
pass.  What it checks is what the gateway checks: required fields, types (numbers and booleans also as text, for XML has
nothing else), lengths, words of closed lists, integers of 32 bits in 1.5 and 60 in 1.6, no NUL and no half surrogates,
times that exist, normalised to UTC.  Unknown fields are left behind.  What it does less: it counts no losses, has no leap
seconds and no 24:00, and says of a fault only the field's own name.

    request("ocpp1.5", "ocpp1.6", "Authorize", payload, facts)    (action, payload); no action: nothing is left to say
    result("ocpp1.5", "ocpp1.6", "Authorize", payload, asked)     a payload, from the first dialect to the second
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Payload = dict[str, Any]


class Invalid(ValueError):
    """A payload breaks its schema."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{name}: {code}")
        self.code, self.name = code, name


class Unsayable(ValueError):
    """A valid value that the other side has no room for."""


# ---- single values

_BAD = re.compile("[\x00\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}(?:\.0*)?", re.ASCII)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,30})?([Zz]|[+-][0-9]{2}:[0-9]{2})?", re.ASCII
)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_ABSENT = (None, "")


def string(value: Any, name: str, most: int | None = None) -> str:
    if value is None:
        raise Invalid("OccurrenceConstraintViolation", name)
    if not isinstance(value, str):
        raise Invalid("TypeConstraintViolation", name)
    if most is not None and len(value) > most:
        raise Invalid("PropertyConstraintViolation", name)
    if _BAD.search(value):
        raise Invalid("FormatViolation", name)
    return value


def integer(value: Any, name: str, bits: int) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = int(value.partition(".")[0])
    if value in _ABSENT:
        raise Invalid("OccurrenceConstraintViolation", name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid("TypeConstraintViolation", name)
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise Invalid("PropertyConstraintViolation", name)
    return value


def boolean(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    if value in _ABSENT:
        raise Invalid("OccurrenceConstraintViolation", name)
    if isinstance(value, str) and value.strip() in _BOOLEANS:
        return _BOOLEANS[value.strip()]
    raise Invalid("TypeConstraintViolation", name)


def word(value: Any, name: str, words: dict[str, Any]) -> Any:
    """A word of the sender's list, as the receiver spells it."""
    if value in _ABSENT:
        raise Invalid("OccurrenceConstraintViolation", name)
    if not isinstance(value, str):
        raise Invalid("TypeConstraintViolation", name)
    try:
        return words[value]
    except KeyError:
        pass
    try:
        return words[value.strip()]
    except KeyError:
        raise Invalid("PropertyConstraintViolation", name) from None


def time(value: Any, name: str) -> str:
    if value in _ABSENT:
        raise Invalid("OccurrenceConstraintViolation", name)
    if not isinstance(value, str):
        raise Invalid("TypeConstraintViolation", name)
    value = value.strip()
    match = _TIME.fullmatch(value)
    if match is None:
        raise Invalid("FormatViolation", name)
    digits, zone = match.groups()
    try:
        moment = datetime.fromisoformat(value)
        if zone not in ("Z", "z", None):
            moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("PropertyConstraintViolation", name) from None
    if zone == "Z" and value[10] == "T":
        return value
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}{digits or ''}Z"


def items(value: Any, name: str) -> list[Any]:
    if value in _ABSENT:
        return []
    if not isinstance(value, list):
        raise Invalid("TypeConstraintViolation", name)
    return value


def fields(value: Any, name: str) -> Payload:
    if value in _ABSENT:
        raise Invalid("OccurrenceConstraintViolation", name)
    if not isinstance(value, dict):
        raise Invalid("TypeConstraintViolation", name)
    return value


def add(out: Payload, p: Payload, name: str, check: Callable[..., Any], *limits: Any) -> None:
    """An optional field, where it is there."""
    value = p.get(name)
    if value is not None and (value != "" or check is string):
        out[name] = check(value, name, *limits)


def same(*words: str) -> dict[str, Any]:
    return {one: one for one in words}


def short(value: Any, name: str) -> int:
    """An integer on its way to 1.5, which has 32 bits; 1.6 sets no size, 60 bits are the gateway's own bound."""
    value = integer(value, name, 60)
    if not -(2**31) <= value < 2**31:
        raise Unsayable(name)
    return value


def int32(value: Any, name: str) -> int:
    return integer(value, name, 32)


def room(value: Any, name: str, most: int) -> str:
    """Text of any length, on its way to where ``most`` characters are allowed."""
    value = string(value, name)
    if len(value) > most:
        raise Unsayable(name)
    return value


# ---- words: those of 1.5, of 1.6, and from one to the other

ACCEPTED = same("Accepted", "Rejected")
AUTHORIZATION = same("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx")
AVAILABILITY = same("Accepted", "Rejected", "Scheduled")
AVAILABILITY_TYPE = same("Inoperative", "Operative")
DATA_TRANSFER = same("Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId") | {"UnknownVendor": "UnknownVendorId"}
RESERVATION = same("Accepted", "Faulted", "Occupied", "Rejected", "Unavailable")
RESET = same("Hard", "Soft")
UPDATE_TYPE = same("Differential", "Full")
FORMAT = same("Raw", "SignedData")
REGISTRATION_DOWN = same("Accepted", "Rejected") | {"Pending": "Rejected"}
STATUS_UP = same("Available", "Occupied", "Faulted", "Unavailable", "Reserved")
STATUS_DOWN = same("Available", "Reserved", "Faulted", "Unavailable") | dict.fromkeys(
    ("Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"), "Occupied"
)
ERROR_UP = same(
    *("ConnectorLockFailure", "HighTemperature", "NoError", "PowerMeterFailure", "PowerSwitchFailure", "ReaderFailure"),
    *("ResetFailure", "GroundFailure", "OverCurrentFailure", "UnderVoltage", "WeakSignal", "OtherError"),
) | {"Mode3Error": "EVCommunicationError"}
NAMELESS = ("InternalError", "LocalListConflict", "OverVoltage")
ERROR_DOWN = {new: old for old, new in ERROR_UP.items()} | dict.fromkeys(NAMELESS, "OtherError")
FIRMWARE_UP = same("Downloaded", "DownloadFailed", "InstallationFailed", "Installed")
FIRMWARE_DOWN = FIRMWARE_UP | dict.fromkeys(("Downloading", "Idle", "Installing"))
DIAGNOSTICS_UP = same("Uploaded", "UploadFailed")
DIAGNOSTICS_DOWN = DIAGNOSTICS_UP | dict.fromkeys(("Idle", "Uploading"))
CONFIGURATION_UP = same("Accepted", "Rejected", "NotSupported")
CONFIGURATION_DOWN = CONFIGURATION_UP | {"RebootRequired": "Accepted"}
UNLOCK_UP = {"Accepted": "Unlocked", "Rejected": "UnlockFailed"}
UNLOCK_DOWN = {"Unlocked": "Accepted", "UnlockFailed": "Rejected", "NotSupported": "Rejected"}
UPDATE_DOWN = same("Accepted", "Failed", "NotSupported", "VersionMismatch")
UPDATE_UP = UPDATE_DOWN | {"HashError": "Failed"}
CONTEXT_UP = same(
    *("Interruption.Begin", "Interruption.End", "Sample.Clock", "Sample.Periodic", "Transaction.Begin", "Transaction.End")
)
CONTEXT_DOWN = CONTEXT_UP | dict.fromkeys(("Other", "Trigger"))
LOCATION_UP = same("Inlet", "Outlet", "Body")
LOCATION_DOWN = LOCATION_UP | dict.fromkeys(("Cable", "EV"))
MEASURAND_UP = same(
    *("Energy.Active.Export.Register", "Energy.Active.Import.Register", "Energy.Reactive.Export.Register"),
    *("Energy.Reactive.Import.Register", "Energy.Active.Export.Interval", "Energy.Active.Import.Interval"),
    *("Energy.Reactive.Export.Interval", "Energy.Reactive.Import.Interval", "Power.Active.Export", "Power.Active.Import"),
    *("Power.Reactive.Export", "Power.Reactive.Import", "Current.Export", "Current.Import", "Voltage", "Temperature"),
)
MEASURAND_DOWN = MEASURAND_UP | dict.fromkeys(("Current.Offered", "Frequency", "Power.Factor", "Power.Offered", "RPM", "SoC"))
PHASE = same("L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")
UNIT_UP = same("Wh", "kWh", "varh", "kvarh", "W", "kW", "var", "kvar") | {"Amp": "A", "Volt": "V", "Celsius": "Celcius"}
UNIT_DOWN = {new: old for old, new in UNIT_UP.items()} | dict.fromkeys(("Fahrenheit", "K", "kVA", "VA", "Percent"))
UNIT_DOWN["Celsius"] = "Celsius"
KEY_UP = {"HeartBeatInterval": "HeartbeatInterval"}
KEY_DOWN = {"HeartbeatInterval": "HeartBeatInterval"}
CHARGING_PURPOSE = same("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")
CHARGING_KIND = same("Absolute", "Recurring", "Relative")
RECURRENCY = same("Daily", "Weekly")
RATE_UNIT = same("W", "A")
REASON = same(
    *("EmergencyStop", "EVDisconnected", "HardReset", "Local", "Other", "PowerLoss", "Reboot", "Remote", "SoftReset"),
    *("UnlockCommand", "DeAuthorized"),
)


# ---- parts of messages


def id_tag_info(value: Any, name: str) -> Payload:
    p = fields(value, name)
    out = {"status": word(p.get("status"), "status", AUTHORIZATION)}
    add(out, p, "expiryDate", time)
    add(out, p, "parentIdTag", string, 20)
    return out


def values_up(p: Payload, name: str) -> list[Payload]:
    """The meter values of 1.5 as those of 1.6."""
    return [
        {"timestamp": time(one.get("timestamp"), "timestamp"), "sampledValue": [sample_up(s) for s in samples(one, "value")]}
        for one in [fields(value, name) for value in items(p.get(name), name)]
    ]


def samples(meter_value: Payload, name: str) -> list[Any]:
    found = items(meter_value.get(name), name)
    if not found:
        raise Invalid("OccurrenceConstraintViolation", name)
    return found


def sample_up(value: Any) -> Payload:
    p = fields(value, "value")
    out = {"value": string(p.get("value"), "value")}
    add(out, p, "context", word, CONTEXT_UP)
    add(out, p, "format", word, FORMAT)
    add(out, p, "measurand", word, MEASURAND_UP)
    add(out, p, "location", word, LOCATION_UP)
    add(out, p, "unit", word, UNIT_UP)
    return out


def values_down(p: Payload, name: str) -> list[Payload]:
    """The meter values of 1.6 as those of 1.5, without the samples that 1.5 cannot say, and without what is empty then."""
    read = []
    for value in items(p.get(name), name):
        one = fields(value, name)
        read.append((time(one.get("timestamp"), "timestamp"), [sample_read(s) for s in samples(one, "sampledValue")]))
    alike: dict[tuple[Any, ...], int] = {}
    for timestamp, found in read:
        for sample in found:
            key = (timestamp, *likeness(sample))
            alike[key] = alike.get(key, 0) + 1
    out = []
    for timestamp, found in read:
        told = [
            sample_down(sample)
            for sample in found
            if sayable(sample) and not ("phase" in sample and alike[(timestamp, *likeness(sample))] > 1)
        ]
        if told:
            out.append({"timestamp": timestamp, "value": told})
    return out


def sample_read(value: Any) -> Payload:
    """A sample of 1.6 in the words of 1.5; None stands for what 1.5 has no word for."""
    p = fields(value, "sampledValue")
    out = {"value": string(p.get("value"), "value")}
    add(out, p, "context", word, CONTEXT_DOWN)
    add(out, p, "format", word, FORMAT)
    add(out, p, "measurand", word, MEASURAND_DOWN)
    add(out, p, "phase", word, PHASE)
    add(out, p, "location", word, LOCATION_DOWN)
    if p.get("unit") != "Hertz":  # says no more than its absence
        add(out, p, "unit", word, UNIT_DOWN)
    return out


def likeness(sample: Payload) -> tuple[Any, ...]:
    """What 1.5 can tell two samples of one moment apart by."""
    return (
        sample.get("measurand", "Energy.Active.Import.Register"),
        sample.get("format", "Raw"),
        sample.get("location", "Outlet"),
    )


def sayable(sample: Payload) -> bool:
    return not any(name in sample and sample[name] is None for name in ("measurand", "location", "unit"))


def sample_down(sample: Payload) -> Payload:
    return {name: value for name, value in sample.items() if value is not None and name != "phase"}


def local_list(p: Payload, name: str) -> list[Payload]:
    out = []
    for value in items(p.get(name), name):
        one = fields(value, name)
        entry: Payload = {"idTag": string(one.get("idTag"), "idTag", 20)}
        add(entry, one, "idTagInfo", id_tag_info)
        out.append(entry)
    return out


def tenth(value: Any, name: str) -> None:
    if value in _ABSENT:
        raise Invalid("OccurrenceConstraintViolation", name)
    try:
        number = Decimal(value)
    except (ArithmeticError, TypeError, ValueError):
        raise Invalid("TypeConstraintViolation", name) from None
    if not number.is_finite() or number % Decimal("0.1"):
        raise Invalid("PropertyConstraintViolation", name)


def charging_profile(value: Any, name: str) -> Payload:
    """Checked only: 1.5 has none."""
    p = fields(value, name)
    out: Payload = {}
    for number in ("chargingProfileId", "stackLevel"):
        integer(p.get(number), number, 60)
    add(out, p, "transactionId", integer, 60)
    word(p.get("chargingProfilePurpose"), "chargingProfilePurpose", CHARGING_PURPOSE)
    word(p.get("chargingProfileKind"), "chargingProfileKind", CHARGING_KIND)
    add(out, p, "recurrencyKind", word, RECURRENCY)
    add(out, p, "validFrom", time)
    add(out, p, "validTo", time)
    schedule = fields(p.get("chargingSchedule"), "chargingSchedule")
    add(out, schedule, "duration", integer, 60)
    add(out, schedule, "startSchedule", time)
    word(schedule.get("chargingRateUnit"), "chargingRateUnit", RATE_UNIT)
    add(out, schedule, "minChargingRate", tenth)
    for value in samples(schedule, "chargingSchedulePeriod"):
        period = fields(value, "chargingSchedulePeriod")
        integer(period.get("startPeriod"), "startPeriod", 60)
        tenth(period.get("limit"), "limit")
        add(out, period, "numberPhases", integer, 60)
    return out


def keys(p: Payload, name: str, most: int | None = None) -> list[str]:
    return [string(one, name, most) for one in items(p.get(name), name)]


# ---- requests, from 1.5 to 1.6 and from 1.6 to 1.5


def authorize(p: Payload, facts: Any) -> Payload:
    return {"idTag": string(p.get("idTag"), "idTag", 20)}


def start_up(p: Payload, facts: Any, number: Callable[..., int] = int32) -> Payload:
    out = {
        "connectorId": number(p.get("connectorId"), "connectorId"),
        "idTag": string(p.get("idTag"), "idTag", 20),
        "timestamp": time(p.get("timestamp"), "timestamp"),
        "meterStart": number(p.get("meterStart"), "meterStart"),
    }
    add(out, p, "reservationId", number)
    return out


def start_down(p: Payload, facts: Any) -> Payload:
    return start_up(p, facts, short)


def stop_up(p: Payload, facts: Any) -> Payload:
    out = {
        "transactionId": int32(p.get("transactionId"), "transactionId"),
        "timestamp": time(p.get("timestamp"), "timestamp"),
        "meterStop": int32(p.get("meterStop"), "meterStop"),
    }
    add(out, p, "idTag", string, 20)
    found: list[Payload] = []
    for one in items(p.get("transactionData"), "transactionData"):
        found += values_up(fields(one, "transactionData"), "values")
    if found:
        out["transactionData"] = found
    why = facts.stop_reason(out["transactionId"])
    out["reason"] = {"remote": "Remote", "soft_reset": "SoftReset", "hard_reset": "HardReset"}.get(why, "Local")
    return out


def stop_down(p: Payload, facts: Any) -> Payload:
    out = {
        "transactionId": short(p.get("transactionId"), "transactionId"),
        "timestamp": time(p.get("timestamp"), "timestamp"),
        "meterStop": short(p.get("meterStop"), "meterStop"),
    }
    add(out, p, "idTag", string, 20)
    add({}, p, "reason", word, REASON)
    found = values_down(p, "transactionData")
    if found:
        out["transactionData"] = [{"values": found}]
    return out


def meter_up(p: Payload, facts: Any) -> Payload | None:
    out: Payload = {"connectorId": int32(p.get("connectorId"), "connectorId")}
    add(out, p, "transactionId", int32)
    out["meterValue"] = values_up(p, "values")
    return out if out["meterValue"] else None


def meter_down(p: Payload, facts: Any) -> Payload | None:
    out: Payload = {"connectorId": short(p.get("connectorId"), "connectorId")}
    add(out, p, "transactionId", short)
    samples(p, "meterValue")
    out["values"] = values_down(p, "meterValue")
    return out if out["values"] else None


def boot(p: Payload, facts: Any) -> Payload:
    out = {
        "chargePointVendor": string(p.get("chargePointVendor"), "chargePointVendor", 20),
        "chargePointModel": string(p.get("chargePointModel"), "chargePointModel", 20),
    }
    add(out, p, "chargePointSerialNumber", string, 25)
    add(out, p, "chargeBoxSerialNumber", string, 25)
    add(out, p, "firmwareVersion", string, 50)
    add(out, p, "iccid", string, 20)
    add(out, p, "imsi", string, 20)
    add(out, p, "meterType", string, 25)
    add(out, p, "meterSerialNumber", string, 25)
    return out


def status_up(p: Payload, facts: Any) -> Payload:
    connector = int32(p.get("connectorId"), "connectorId")
    state = word(p.get("status"), "status", STATUS_UP)
    if state == "Occupied":
        if connector == 0:
            state = "Available"
        elif facts.running(connector):
            state = "Charging"
        elif facts.ended(connector):
            state = "Finishing"
        else:
            state = "Preparing"
    out = {"connectorId": connector, "status": state, "errorCode": word(p.get("errorCode"), "errorCode", ERROR_UP)}
    add(out, p, "timestamp", time)
    add(out, p, "info", string)
    add(out, p, "vendorId", string)
    add(out, p, "vendorErrorCode", string)
    if "info" in out:
        out["info"] = out["info"][:50]
    if len(out.get("vendorId", "")) > 255:
        del out["vendorId"]
    if len(out.get("vendorErrorCode", "")) > 50:
        del out["vendorErrorCode"]
    return out


def status_down(p: Payload, facts: Any) -> Payload:
    out = {
        "connectorId": short(p.get("connectorId"), "connectorId"),
        "status": word(p.get("status"), "status", STATUS_DOWN),
        "errorCode": word(p.get("errorCode"), "errorCode", ERROR_DOWN),
    }
    add(out, p, "timestamp", time)
    add(out, p, "info", string, 50)
    add(out, p, "vendorId", string, 255)
    add(out, p, "vendorErrorCode", string, 50)
    if not out.get("info") and p["errorCode"].strip() in NAMELESS:
        out["info"] = p["errorCode"].strip()
    return out


def nothing(p: Payload, facts: Any) -> Payload:
    return {}


def firmware_up(p: Payload, facts: Any) -> Payload:
    return {"status": word(p.get("status"), "status", FIRMWARE_UP)}


def firmware_down(p: Payload, facts: Any) -> Payload | None:
    state = word(p.get("status"), "status", FIRMWARE_DOWN)
    return {"status": state} if state else None


def diagnostics_up(p: Payload, facts: Any) -> Payload:
    return {"status": word(p.get("status"), "status", DIAGNOSTICS_UP)}


def diagnostics_down(p: Payload, facts: Any) -> Payload | None:
    state = word(p.get("status"), "status", DIAGNOSTICS_DOWN)
    return {"status": state} if state else None


def data_up(p: Payload, facts: Any) -> Payload:
    out = {"vendorId": room(p.get("vendorId"), "vendorId", 255)}
    if p.get("messageId") is not None:
        out["messageId"] = room(p["messageId"], "messageId", 50)
    add(out, p, "data", string)
    return out


def data_down(p: Payload, facts: Any) -> Payload:
    out = {"vendorId": string(p.get("vendorId"), "vendorId", 255)}
    add(out, p, "messageId", string, 50)
    add(out, p, "data", string)
    return out


def unlock_up(p: Payload, facts: Any) -> Payload:
    return {"connectorId": int32(p.get("connectorId"), "connectorId")}


def unlock_down(p: Payload, facts: Any) -> Payload:
    return {"connectorId": short(p.get("connectorId"), "connectorId")}


def reset(p: Payload, facts: Any) -> Payload:
    return {"type": word(p.get("type"), "type", RESET)}


def availability_up(p: Payload, facts: Any, number: Callable[..., int] = int32) -> Payload:
    return {
        "connectorId": number(p.get("connectorId"), "connectorId"),
        "type": word(p.get("type"), "type", AVAILABILITY_TYPE),
    }


def availability_down(p: Payload, facts: Any) -> Payload:
    return availability_up(p, facts, short)


def get_diagnostics_up(p: Payload, facts: Any, number: Callable[..., int] = int32) -> Payload:
    out = {"location": string(p.get("location"), "location")}
    add(out, p, "startTime", time)
    add(out, p, "stopTime", time)
    add(out, p, "retries", number)
    add(out, p, "retryInterval", number)
    return out


def get_diagnostics_down(p: Payload, facts: Any) -> Payload:
    return get_diagnostics_up(p, facts, short)


def update_firmware_up(p: Payload, facts: Any, number: Callable[..., int] = int32) -> Payload:
    out = {
        "retrieveDate": time(p.get("retrieveDate"), "retrieveDate"),
        "location": string(p.get("location"), "location"),
    }
    add(out, p, "retries", number)
    add(out, p, "retryInterval", number)
    return out


def update_firmware_down(p: Payload, facts: Any) -> Payload:
    return update_firmware_up(p, facts, short)


def change_configuration_up(p: Payload, facts: Any) -> Payload:
    key = room(p.get("key"), "key", 50)
    return {"key": KEY_UP.get(key, key), "value": room(p.get("value"), "value", 500)}


def change_configuration_down(p: Payload, facts: Any) -> Payload:
    key = string(p.get("key"), "key", 50)
    return {"key": KEY_DOWN.get(key, key), "value": string(p.get("value"), "value", 500)}


def remote_start_up(p: Payload, facts: Any) -> Payload:
    out = {"idTag": string(p.get("idTag"), "idTag", 20)}
    add(out, p, "connectorId", int32)
    return out


def remote_start_down(p: Payload, facts: Any) -> Payload:
    out = {"idTag": string(p.get("idTag"), "idTag", 20)}
    add(out, p, "connectorId", short)
    add({}, p, "chargingProfile", charging_profile)
    return out


def remote_stop_up(p: Payload, facts: Any) -> Payload:
    return {"transactionId": int32(p.get("transactionId"), "transactionId")}


def remote_stop_down(p: Payload, facts: Any) -> Payload:
    return {"transactionId": short(p.get("transactionId"), "transactionId")}


def cancel_up(p: Payload, facts: Any) -> Payload:
    return {"reservationId": int32(p.get("reservationId"), "reservationId")}


def cancel_down(p: Payload, facts: Any) -> Payload:
    return {"reservationId": short(p.get("reservationId"), "reservationId")}


def get_configuration_up(p: Payload, facts: Any) -> Payload:
    asked = [room(one, "key", 50) for one in items(p.get("key"), "key")]
    return {"key": [KEY_UP.get(key, key) for key in asked]} if asked else {}


def get_configuration_down(p: Payload, facts: Any) -> Payload:
    asked = keys(p, "key", 50)
    return {"key": [KEY_DOWN.get(key, key) for key in asked]} if asked else {}


def reserve_up(p: Payload, facts: Any, number: Callable[..., int] = int32) -> Payload:
    out = {
        "connectorId": number(p.get("connectorId"), "connectorId"),
        "expiryDate": time(p.get("expiryDate"), "expiryDate"),
        "idTag": string(p.get("idTag"), "idTag", 20),
        "reservationId": number(p.get("reservationId"), "reservationId"),
    }
    add(out, p, "parentIdTag", string, 20)
    return out


def reserve_down(p: Payload, facts: Any) -> Payload:
    return reserve_up(p, facts, short)


def send_list_up(p: Payload, facts: Any) -> Payload:
    out = {
        "updateType": word(p.get("updateType"), "updateType", UPDATE_TYPE),
        "listVersion": int32(p.get("listVersion"), "listVersion"),
    }
    add({}, p, "hash", string)
    tags = local_list(p, "localAuthorisationList")
    if tags:
        out["localAuthorizationList"] = tags
    return out


def send_list_down(p: Payload, facts: Any) -> Payload:
    out = {
        "updateType": word(p.get("updateType"), "updateType", UPDATE_TYPE),
        "listVersion": short(p.get("listVersion"), "listVersion"),
    }
    tags = local_list(p, "localAuthorizationList")
    if tags:
        out["localAuthorisationList"] = tags
    return out


# ---- results; ``asked`` is the request as its asker made it


def authorize_result(p: Payload, asked: Payload) -> Payload:
    return {"idTagInfo": id_tag_info(p.get("idTagInfo"), "idTagInfo")}


def start_result_up(p: Payload, asked: Payload) -> Payload:
    return {
        "transactionId": int32(p.get("transactionId"), "transactionId"),
        "idTagInfo": id_tag_info(p.get("idTagInfo"), "idTagInfo"),
    }


def start_result_down(p: Payload, asked: Payload) -> Payload:
    return {
        "transactionId": short(p.get("transactionId"), "transactionId"),
        "idTagInfo": id_tag_info(p.get("idTagInfo"), "idTagInfo"),
    }


def stop_result(p: Payload, asked: Payload) -> Payload:
    out: Payload = {}
    add(out, p, "idTagInfo", id_tag_info)
    return out


def boot_result_up(p: Payload, asked: Payload) -> Payload:
    return {
        "status": word(p.get("status"), "status", ACCEPTED),
        "currentTime": time(p.get("currentTime"), "currentTime"),
        "interval": int32(p.get("heartbeatInterval"), "heartbeatInterval"),
    }


def boot_result_down(p: Payload, asked: Payload) -> Payload:
    return {
        "status": word(p.get("status"), "status", REGISTRATION_DOWN),
        "currentTime": time(p.get("currentTime"), "currentTime"),
        "heartbeatInterval": short(p.get("interval"), "interval"),
    }


def heartbeat_result(p: Payload, asked: Payload) -> Payload:
    return {"currentTime": time(p.get("currentTime"), "currentTime")}


def data_result(p: Payload, asked: Payload) -> Payload:
    out = {"status": word(p.get("status"), "status", DATA_TRANSFER)}
    add(out, p, "data", string)
    return out


def status_result(words: dict[str, Any]) -> Callable[[Payload, Payload], Payload]:
    """For the many results that are one word."""

    def result(p: Payload, asked: Payload) -> Payload:
        return {"status": word(p.get("status"), "status", words)}

    return result


def get_diagnostics_result_up(p: Payload, asked: Payload) -> Payload:
    out: Payload = {}
    add(out, p, "fileName", string)
    if len(out.get("fileName", "")) > 255:
        del out["fileName"]
    return out


def get_diagnostics_result_down(p: Payload, asked: Payload) -> Payload:
    out: Payload = {}
    add(out, p, "fileName", string, 255)
    return out


def spelled(asked: Payload, table: dict[str, str]) -> dict[str, str]:
    """How the asker spelled each key; the first of two that differ only in case."""
    return {table.get(one, one).casefold(): one for one in reversed(asked.get("key", []))}


def get_configuration_result_up(p: Payload, asked: Payload) -> Payload:
    """From a 1.5 station to a 1.6 back end, which allows less."""
    out: Payload = {}
    echo = spelled(asked, KEY_DOWN)
    known = []
    for value in items(p.get("configurationKey"), "configurationKey"):
        one = fields(value, "configurationKey")
        key, text = string(one.get("key"), "key"), one.get("value")
        entry = {"key": echo.get(key.casefold()) or KEY_UP.get(key, key), "readonly": boolean(one.get("readonly"), "readonly")}
        if text is not None and len(string(text, "value")) <= 500:
            entry["value"] = text
        if len(key) <= 50:
            known.append(entry)
    if known:
        out["configurationKey"] = known
    unknown = [echo.get(key.casefold()) or KEY_UP.get(key, key) for key in keys(p, "unknownKey") if len(key) <= 50]
    if unknown:
        out["unknownKey"] = unknown
    return out


def get_configuration_result_down(p: Payload, asked: Payload) -> Payload:
    out: Payload = {}
    echo = spelled(asked, KEY_UP)
    known = []
    for value in items(p.get("configurationKey"), "configurationKey"):
        one = fields(value, "configurationKey")
        key = string(one.get("key"), "key", 50)
        entry = {"key": echo.get(key.casefold()) or KEY_DOWN.get(key, key), "readonly": boolean(one.get("readonly"), "readonly")}
        add(entry, one, "value", string, 500)
        known.append(entry)
    if known:
        out["configurationKey"] = known
    unknown = [echo.get(key.casefold()) or KEY_DOWN.get(key, key) for key in keys(p, "unknownKey", 50)]
    if unknown:
        out["unknownKey"] = unknown
    return out


def list_version_result_up(p: Payload, asked: Payload) -> Payload:
    return {"listVersion": int32(p.get("listVersion"), "listVersion")}


def list_version_result_down(p: Payload, asked: Payload) -> Payload:
    return {"listVersion": short(p.get("listVersion"), "listVersion")}


def send_list_result_up(p: Payload, asked: Payload) -> Payload:
    add({}, p, "hash", string)
    return {"status": word(p.get("status"), "status", UPDATE_UP)}


Request = Callable[[Payload, Any], Payload | None]
Result = Callable[[Payload, Payload], Payload]

REQUESTS: dict[tuple[str, str], dict[str, Request]] = {
    ("ocpp1.5", "ocpp1.6"): {
        "Authorize": authorize,
        "StartTransaction": start_up,
        "StopTransaction": stop_up,
        "MeterValues": meter_up,
        "BootNotification": boot,
        "StatusNotification": status_up,
        "Heartbeat": nothing,
        "FirmwareStatusNotification": firmware_up,
        "DiagnosticsStatusNotification": diagnostics_up,
        "DataTransfer": data_up,
        "UnlockConnector": unlock_up,
        "Reset": reset,
        "ChangeAvailability": availability_up,
        "GetDiagnostics": get_diagnostics_up,
        "ClearCache": nothing,
        "UpdateFirmware": update_firmware_up,
        "ChangeConfiguration": change_configuration_up,
        "RemoteStartTransaction": remote_start_up,
        "RemoteStopTransaction": remote_stop_up,
        "CancelReservation": cancel_up,
        "GetConfiguration": get_configuration_up,
        "GetLocalListVersion": nothing,
        "ReserveNow": reserve_up,
        "SendLocalList": send_list_up,
    },
    ("ocpp1.6", "ocpp1.5"): {
        "Authorize": authorize,
        "StartTransaction": start_down,
        "StopTransaction": stop_down,
        "MeterValues": meter_down,
        "BootNotification": boot,
        "StatusNotification": status_down,
        "Heartbeat": nothing,
        "FirmwareStatusNotification": firmware_down,
        "DiagnosticsStatusNotification": diagnostics_down,
        "DataTransfer": data_down,
        "UnlockConnector": unlock_down,
        "Reset": reset,
        "ChangeAvailability": availability_down,
        "GetDiagnostics": get_diagnostics_down,
        "ClearCache": nothing,
        "UpdateFirmware": update_firmware_down,
        "ChangeConfiguration": change_configuration_down,
        "RemoteStartTransaction": remote_start_down,
        "RemoteStopTransaction": remote_stop_down,
        "CancelReservation": cancel_down,
        "GetConfiguration": get_configuration_down,
        "GetLocalListVersion": nothing,
        "ReserveNow": reserve_down,
        "SendLocalList": send_list_down,
    },
}

_SAME_RESULTS: dict[str, Result] = {
    "Authorize": authorize_result,
    "StopTransaction": stop_result,
    "MeterValues": nothing,
    "StatusNotification": nothing,
    "Heartbeat": heartbeat_result,
    "FirmwareStatusNotification": nothing,
    "DiagnosticsStatusNotification": nothing,
    "DataTransfer": data_result,
    "Reset": status_result(ACCEPTED),
    "ChangeAvailability": status_result(AVAILABILITY),
    "ClearCache": status_result(ACCEPTED),
    "UpdateFirmware": nothing,
    "RemoteStartTransaction": status_result(ACCEPTED),
    "RemoteStopTransaction": status_result(ACCEPTED),
    "CancelReservation": status_result(ACCEPTED),
    "ReserveNow": status_result(RESERVATION),
}
RESULTS: dict[tuple[str, str], dict[str, Result]] = {
    ("ocpp1.5", "ocpp1.6"): {
        **_SAME_RESULTS,
        "StartTransaction": start_result_up,
        "BootNotification": boot_result_up,
        "UnlockConnector": status_result(UNLOCK_UP),
        "GetDiagnostics": get_diagnostics_result_up,
        "ChangeConfiguration": status_result(CONFIGURATION_UP),
        "GetConfiguration": get_configuration_result_up,
        "GetLocalListVersion": list_version_result_up,
        "SendLocalList": send_list_result_up,
    },
    ("ocpp1.6", "ocpp1.5"): {
        **_SAME_RESULTS,
        "StartTransaction": start_result_down,
        "BootNotification": boot_result_down,
        "UnlockConnector": status_result(UNLOCK_DOWN),
        "GetDiagnostics": get_diagnostics_result_down,
        "ChangeConfiguration": status_result(CONFIGURATION_DOWN),
        "GetConfiguration": get_configuration_result_down,
        "GetLocalListVersion": list_version_result_down,
        "SendLocalList": status_result(UPDATE_DOWN),
    },
}


def request(asker: str, answerer: str, action: str, payload: Any, facts: Any) -> tuple[str | None, Payload]:
    """The request as the answerer shall hear it.  Raises `Invalid`, and `Unsayable` where it must be refused."""
    convert = REQUESTS[asker, answerer].get(action)
    if convert is None:
        raise Invalid("NotImplemented", action)
    if not isinstance(payload, dict):
        raise Invalid("TypeConstraintViolation", "")
    made = convert(payload, facts)
    return (None, {}) if made is None else (action, made)


def result(answerer: str, asker: str, action: str, payload: Any, asked: Payload) -> Payload:
    """The result as the asker shall hear it.  Raises `Invalid` and `Unsayable`."""
    convert = RESULTS[answerer, asker].get(action)
    if convert is None:
        raise Invalid("NotImplemented", action)
    if not isinstance(payload, dict):
        raise Invalid("TypeConstraintViolation", "")
    return convert(payload, asked)
