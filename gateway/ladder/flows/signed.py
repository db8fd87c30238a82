"""Signed readings: one sample with its signature, or two samples, of which one is the signed text.

In: the samples of one meter value, of either side.  Out: those of the other, none cut, none without a number where one is wanted.
Not here: the fields of a sample (the table's rules).

Left: ``format: SignedData``, the value is the JSON text of the right side's ``SignedMeterValue`` (OCA's note on signed meter
values in 1.6), or whatever the vendor writes; the number stands in a sample of the same kind beside it, or in the data (OCMF).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from gateway.messages import Payload

SIGNED = "SignedData"
LONGEST = {"signedMeterData": 2500, "signingMethod": 50, "encodingMethod": 50, "publicKey": 2500}
OCMF = "OCMF"
UNITS = ("Wh", "kWh")
_KIND = {"measurand": "Energy.Active.Import.Register", "phase": "", "location": "Outlet", "context": "Sample.Periodic"}
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
One: TypeAlias = Callable[[Payload], "Payload | None"]


class Signed:
    """A map for the items of a list together."""

    def right(self, items: Sequence[Payload], one: One, run: Any) -> list[Payload]:
        """Each number with its signature."""
        signed = [item for item in items if item.get("format") == SIGNED]
        if not signed:
            return [plain for item in items if (plain := one(item)) is not None]
        made: list[Payload | None] = []
        for item in (item for item in items if item.get("format") != SIGNED):
            mate = next((other for other in signed if kind(other) == kind(item)), None)
            signed = [other for other in signed if other is not mate]
            made += [one(item)] if mate is None else _joined(item, mate, one)
        for item in signed:
            told = told_by(parsed(item["value"]))
            made += [one(item)] if told is None else _joined({**item, **told, "format": "Raw"}, item, one)
        return [sample for sample in made if sample is not None]

    def left(self, items: Sequence[Payload], one: One, run: Any) -> list[Payload]:
        """Each number, and behind it what is signed, as JSON text."""
        made: list[Payload] = []
        for item in items:
            plain = one(item)
            made += [] if plain is None else [plain]
            if plain is not None and item.get("signedMeterValue"):
                text = msgspec.json.encode({name: item["signedMeterValue"][name] for name in LONGEST}).decode("utf-8")
                made.append({**plain, "value": text, "format": SIGNED})
        return made


def kind(sample: Payload) -> tuple[str, ...]:
    """What a sample is a reading of."""
    return tuple(sample.get(name, usual) for name, usual in _KIND.items())


def _joined(item: Payload, signed: Payload, one: One) -> list[Payload | None]:
    """A number with its signature; alone where the signature does not fit, which the rules then count as lost."""
    data, plain = parsed(signed["value"]), one(item)
    if plain is None or any(len(data[name]) > most for name, most in LONGEST.items()):
        return [plain, one(signed)]
    return [{**plain, "signedMeterValue": data}]


def parsed(text: str) -> dict[str, str]:
    """The signed value that a text is; what is not said stays empty."""
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        found = None
    if isinstance(found, dict) and isinstance(found.get("signedMeterData"), str):
        return {name: value if isinstance(value := found.get(name), str) else "" for name in LONGEST}
    data = base64.b64encode(text.encode("utf-8")).decode("ascii")
    return dict.fromkeys(LONGEST, "") | {"signedMeterData": data, "encodingMethod": OCMF if text.startswith(f"{OCMF}|") else ""}


def told_by(signed: dict[str, str]) -> Payload | None:
    """The last reading that the data itself tells, with its unit; None where it is in no form that we read."""
    try:
        text = base64.b64decode(signed["signedMeterData"], validate=True).decode("utf-8")
        mark, payload, *_ = text.split("|")
        last = _DECODER.decode(payload)["RD"][-1]
        number, unit = last["RV"], last["RU"]
    except (binascii.Error, UnicodeDecodeError, msgspec.DecodeError, ValueError, LookupError, TypeError):
        return None
    known = mark == OCMF and unit in UNITS and isinstance(number, Decimal | int) and not isinstance(number, bool)
    return {"value": format(Decimal(number), "f"), "unit": unit} if known else None
