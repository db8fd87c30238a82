"""Readings of a running transaction from 1.6 to events of 2.0.1: microseconds by tables and flow, and by hand.

In: the shipped data.  Out: figures.

The part by hand is what a Python programmer would write for exactly this message.  It is frozen like `tests.bench.handwritten`,
whose checks of single values it uses: required fields, types, words, lengths, times.  It does what the gateway does, and a test
compares both: one event for each moment, numbered; samples that 2.0.1 cannot say are left out; units that 1.6 leaves unsaid
are named; the register's last reading is remembered.  What it does less: it counts no losses, leaves out what is signed, and
knows no other message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.ladder.facts import Context, Known, Recorded
from gateway.ladder.registers import Registers
from tests.bench import samples
from tests.bench.figures import Figure, figure, timed
from tests.bench.handwritten import FORMAT, PHASE, Invalid, Payload, add, fields, integer, items, same, string, time, word
from tests.bench.translate import Data, load

TARGET = "<= 1.8"
PAIR = ("ocpp1.6", "ocpp2.0.1")
TRANSACTION = 70_001

CONTEXT = same(
    *("Interruption.Begin", "Interruption.End", "Other", "Sample.Clock", "Sample.Periodic", "Transaction.Begin"),
    *("Transaction.End", "Trigger"),
)
LOCATION = same("Body", "Cable", "EV", "Inlet", "Outlet")
UNIT = same(
    *("Wh", "kWh", "varh", "kvarh", "W", "kW", "VA", "kVA", "var", "kvar", "A", "V", "K", "Fahrenheit", "Percent", "Celsius")
)
UNIT |= {"Celcius": "Celsius"}
NATURAL = {
    "Voltage": "V",
    "SoC": "Percent",
    "Frequency": "Hz",
    **dict.fromkeys(("Current.Export", "Current.Import", "Current.Offered"), "A"),
    **dict.fromkeys(("Power.Active.Export", "Power.Active.Import", "Power.Offered"), "W"),
    **dict.fromkeys(("Power.Reactive.Export", "Power.Reactive.Import"), "var"),
    **dict.fromkeys(
        (f"Energy.Reactive.{way}.{kind}" for way in ("Export", "Import") for kind in ("Register", "Interval")), "varh"
    ),
}
REGISTER = "Energy.Active.Import.Register"
MEASURAND: dict[str, Any] = same(
    *(
        f"Energy.{kind}.{way}.{what}"
        for kind in ("Active", "Reactive")
        for way in ("Export", "Import")
        for what in ("Register", "Interval")
    ),
    *(
        "Power.Active.Export",
        "Power.Active.Import",
        "Power.Offered",
        "Power.Reactive.Export",
        "Power.Reactive.Import",
        "Power.Factor",
    ),
    *("Current.Import", "Current.Export", "Current.Offered", "Voltage", "Frequency", "SoC"),
) | dict.fromkeys(("Temperature", "RPM"))
TRIGGER = {"Sample.Clock": "MeterValueClock", "Trigger": "Trigger"}
FACTOR = {"Wh": 1, "kWh": 1000}


# ---- by hand
def by_hand(payload: Payload, kept: Payload, transaction: str, offline: bool = False) -> tuple[list[Payload], Payload]:
    """The events, and what is kept of the transaction from now on."""
    integer(payload.get("connectorId"), "connectorId", 60)
    add({}, payload, "transactionId", integer, 60)
    values = items(payload.get("meterValue"), "meterValue")
    if not values:
        raise Invalid("OccurrenceConstraintViolation", "meterValue")
    read = [_value(fields(value, "meterValue")) for value in values]
    events, number, wh = [], kept["seq"], kept["wh"]
    for when, told, trigger, register in read:
        wh = register if register is not None else wh
        if not told:
            continue
        event = {
            "eventType": "Updated",
            "timestamp": when,
            "triggerReason": trigger,
            "seqNo": number,
            "transactionInfo": {"transactionId": transaction},
            "meterValue": [{"timestamp": when, "sampledValue": told}],
        }
        if offline:
            event["offline"] = True
        events.append(event)
        number += 1
    return events, {**kept, "seq": number, "wh": wh}


def _value(value: Payload) -> tuple[str, list[Payload], str, str | None]:
    """One moment: when, its samples, why it was sent, and the register."""
    when = time(value.get("timestamp"), "timestamp")
    given = items(value.get("sampledValue"), "sampledValue")
    if not given:
        raise Invalid("OccurrenceConstraintViolation", "sampledValue")
    told, register, trigger = [], None, ""
    for one in given:
        sample, context, wh = _sample(fields(one, "sampledValue"))
        trigger = trigger or TRIGGER.get(context, "MeterValuePeriodic")
        if sample is not None:
            told.append(sample)
        if wh is not None:
            register = wh
    return when, told, trigger, register


def _sample(p: Payload) -> tuple[Payload | None, str, str | None]:
    """A sample in the words of 2.0.1 (None: it cannot be said), its context, and the register if it is one."""
    text, out = string(p.get("value"), "value"), {}
    add(out, p, "context", word, CONTEXT)
    add(out, p, "measurand", word, MEASURAND)
    add(out, p, "phase", word, PHASE)
    add(out, p, "location", word, LOCATION)
    unit = word(p["unit"], "unit", UNIT) if p.get("unit") else None
    signed = bool(p.get("format")) and word(p["format"], "format", FORMAT) == "SignedData"
    context, measurand = out.get("context", "Sample.Periodic"), out.get("measurand", REGISTER)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None, context, None
    if signed or not number.is_finite():
        return None, context, None
    wh = None
    if measurand == REGISTER and unit in (None, "Wh", "kWh") and out.get("location", "Outlet") == "Outlet" and "phase" not in out:
        wh = format(number * FACTOR[unit or "Wh"], "f")
    _, digits, exponent = number.as_tuple()
    if measurand is None or number.adjusted() >= 18 or len(digits) > 40 or not -30 <= exponent < 18:  # type: ignore[operator]
        return None, context, wh
    out["value"] = number
    unit = unit or NATURAL.get(out.get("measurand", ""))
    if unit:
        out["unitOfMeasure"] = {"unit": unit}
    return out, context, wh


# ---- by the gateway
def running() -> Context:
    """What the session hands over for a message of a transaction that runs."""
    known = Known(1, "04E1D2C3B4A5F6", "2026-11-22T07:00:00Z", "1024333", True)
    kept = {"seq": 3, "connector": 1, "charging": "Charging", "wh": "1024333"}
    facts = Recorded({1: TRANSACTION}, known={TRANSACTION: known})
    return Context(facts, registers=Registers({"events": {str(TRANSACTION): kept}}), transaction=TRANSACTION)


def by_tables(data: Data, given: Payload, cx: Context) -> Callable[[], Any]:
    """Check, flow and rules, as the gateway does them."""
    route, check = data.ladder.route(*PAIR), data.dialects[PAIR[0]].check
    return lambda: route.request("MeterValues", check("call", "MeterValues", given, "drop"), cx)


def measure(quick: bool) -> Iterator[Figure]:
    """One figure: readings of two moments or so, as in `tests.bench.samples`."""
    data, cx = load(), running()
    given = samples.REQUESTS[PAIR[0]]["MeterValues"]
    state = dict(cx.registers.get("events", str(TRANSACTION)))

    def hand() -> None:
        state.update(by_hand(given, state, str(TRANSACTION))[1])

    seconds, rounds = (0.001, 7) if quick else (0.002, 25)
    tables, made = timed([by_tables(data, given, cx), hand], seconds, rounds)
    yield figure("translate 1.6->2.0.1 MeterValues request, of a transaction", tables, "us", made, TARGET)
