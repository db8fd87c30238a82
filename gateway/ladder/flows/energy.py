"""The energy register among meter values: exact, in Wh.

In: meter values of either side.  Out: the register's last reading, and a reading as a meter value.
Not here: any other measurand (the tables carry them).

The register is ``Energy.Active.Import.Register`` of the outlet, over all phases; both sides name it by leaving its name away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from gateway.messages import Payload

REGISTER = "Energy.Active.Import.Register"
_FACTOR = {"Wh": Decimal(1), "kWh": Decimal(1000)}
_MOST = 12
"""The largest power of ten that a register is believed to be given in."""


def registers(values: Sequence[Payload] | None, context: str | None = None) -> Iterator[Decimal]:
    """Every reading of the register in order, in Wh; with ``context`` only those of that context."""
    for value in values or ():
        for sample in value["sampledValue"]:
            if is_register(sample) and context in (None, sample.get("context")):
                found = _wh(sample)
                if found is not None:
                    yield found


def is_register(sample: Payload) -> bool:
    """Whether a sample is the register of the whole outlet, as a plain number."""
    place = sample.get("location", "Outlet") == "Outlet" and sample.get("phase") is None
    return place and sample.get("measurand", REGISTER) == REGISTER and sample.get("format", "Raw") == "Raw"


def _wh(sample: Payload) -> Decimal | None:
    measure = sample.get("unitOfMeasure") or {}
    factor = _FACTOR.get(sample.get("unit") or measure.get("unit") or "Wh")
    power = measure.get("multiplier") or 0
    try:
        number = Decimal(sample["value"])
    except (InvalidOperation, TypeError, ValueError):
        return None
    if factor is None or not number.is_finite() or abs(power) > _MOST:
        return None
    return number * factor * Decimal(10) ** power


def last(values: Sequence[Payload] | None, context: str | None = None) -> Decimal | None:
    """The last reading, or None."""
    found = list(registers(values, context))
    return found[-1] if found else None


def first(values: Sequence[Payload] | None) -> Decimal | None:
    """The reading at a transaction's begin, where one says so, else the first; or None."""
    begin = last(values, "Transaction.Begin")
    return begin if begin is not None else next(registers(values), None)


def whole(wh: Decimal) -> int:
    """As a whole number of Wh, half up."""
    return int(wh.to_integral_value(ROUND_HALF_UP))


def plain(wh: Decimal) -> str:
    """As text without an exponent, for a register that is kept."""
    return format(wh, "f")


def reading(wh: Decimal | int, when: str, context: str) -> Payload:
    """A meter value with the register alone, as a side that names its units writes it."""
    sample: dict[str, Any] = {
        "value": Decimal(wh),
        "context": context,
        "measurand": REGISTER,
        "location": "Outlet",
        "unitOfMeasure": {"unit": "Wh"},
    }
    return {"timestamp": when, "sampledValue": [sample]}
