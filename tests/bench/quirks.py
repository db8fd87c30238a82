"""What quirk profiles cost: a station with ten field quirks, and one with none, from a frame's text to the text that goes on.

In: the shipped data, a profile of our own.  Out: figures.
The way is the gateway's own at run time: text repairs, `read_frame`, repairs of the payload, the strict decode, the route,
`write_frame`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gateway.catalogue import Folders
from gateway.dialects.ocppj import read_frame, write_frame
from gateway.ends.voice import Voice
from gateway.ladder.facts import Context, Recorded
from gateway.messages import Call, Message
from gateway.quirks.choose import Quirks
from gateway.quirks.cures import NONE, Cures
from gateway.quirks.match import Known
from tests.bench import translate
from tests.bench.figures import Figure, figure, timed

TARGET, NOTHING = "<= 1.3", "<= 1.05"
SAMPLES = ",".join(f'{{"value":"{n}.5","measurand":"Voltage","unit":"V","phase":"L{n}"}}' for n in (1, 2, 3))
FRAMES = {
    "meter": f'[2,"17","MeterValues",{{"connectorId":1,"transactionId":7,"meterValue":[{{"timestamp":"2024-05-01T10:00:00Z",'
    f'"sampledValue":[{{"value":"1250","measurand":"Energy.Active.Import.Register","unit":"Wh"}},{SAMPLES}]}}]}}]',
    "status": '[2,"18","StatusNotification",{"connectorId":1,"status":"Charging","errorCode":"NoError",'
    '"timestamp":"2024-05-01T10:00:00Z"}]',
}
METER, STATE = "on: call MeterValues, at: ", "on: call StatusNotification, at: "
EACH = '"meterValue[].sampledValue[].'
RULES = (
    f"{{{METER}connectorId, enum: {{0: 1}}}}",
    f"{{{METER}transactionId, enum: {{-1: 0}}}}",
    f'{{{METER}"meterValue[].timestamp", zone: "+02:00"}}',
    f'{{{METER}{EACH}value", trim: true}}',
    f'{{{METER}{EACH}unit", unset: [Hz]}}',
    f"{{{STATE}connectorId, enum: {{11: 1}}}}",
    f"{{{STATE}status, spelling: [Available, Charging, Faulted]}}",
    f"{{{STATE}info, truncate: 50}}",
    f'{{{STATE}timestamp, not_before: "2015-01-01T00:00:00Z"}}',
    f"{{{STATE}vendorErrorCode, to_text: true}}",
)
SHOWN = (
    ("MeterValues", "{connectorId: 0, transactionId: -1, meterValue: [{timestamp: '2024-05-01T10:00:00', sampledValue: "
     "[{value: ' 1', unit: Hz}]}]}", "{connectorId: 1, transactionId: 0, meterValue: [{timestamp: '2024-05-01T08:00:00Z', "
     "sampledValue: [{value: '1'}]}]}"),
    ("StatusNotification", "{connectorId: 11, status: CHARGING, errorCode: NoError, timestamp: '1970-01-01T00:00:00Z', "
     f"vendorErrorCode: 7, info: {'i' * 51}}}", "{connectorId: 1, status: Charging, errorCode: NoError, "
     f"timestamp: '1970-01-01T00:00:00Z', vendorErrorCode: '7', info: {'i' * 50}}}"),
)  # fmt: skip
PROFILE = f"""
quirks:
  ten-fields:
    title: Ten fields
    why: For the bench.
    link: https://example.org/1
    deliberate: true
    match: {{side: station, dialect: ocpp1.6, vendor: Ten}}
    repair: {{payload: [{", ".join(RULES)}]}}
    samples:
{"".join(f"      - {{repair: call {action}, before: {before}, after: {after}}}" + chr(10) for action, before, after in SHOWN)}
"""


class Silent:
    """Sees everything and says nothing."""

    def message(self, voice: Voice, heard: bool, message: Message, raw: str, fired: Sequence[Any]) -> None:
        """Nothing."""

    def refused(self, voice: Voice | None, reason: str, why: str, raw: str = "") -> None:
        """Nothing."""


def ten(data: translate.Data) -> Cures:
    """The cures of a station with ten field quirks."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "quirks").mkdir()
        (Path(folder) / "quirks" / "ten.yaml").write_text(PROFILE, encoding="utf-8")
        quirks = Quirks.load(Folders([Path(folder)], shipped_too=False), data.dialects)
    return quirks.choose(Known("station", dialect="ocpp1.6", vendor="Ten"))


def none(data: translate.Data) -> Cures:
    """The cures of a station for which no shipped profile is meant."""
    return Quirks.load(Folders(), data.dialects).choose(Known("station", dialect="ocpp1.6", vendor="Nobody", model="Nothing"))


def way(data: translate.Data, cures: Cures, raw: str) -> Callable[[], Any]:
    """A frame of a station on its way to a 1.5 back end's payload, and its answer written."""
    dialect, route, cx = data.dialects["ocpp1.6"], data.ladder.route("ocpp1.6", "ocpp1.5"), Context(Recorded())
    voice = Voice("station", "CP1", dialect, "json", Silent(), "drop")
    voice.cures = cures

    def once() -> Any:
        frame = read_frame(voice.mend_text(raw))
        assert isinstance(frame, Call)
        call = voice.admit(frame, raw)
        passage = route.request(call.action, call.payload, cx)
        voice.said(Call("g", call.action, call.payload), lambda one: write_frame(one, dialect))
        return passage.payload

    return once


def measure(quick: bool) -> Iterator[Figure]:
    """Ten quirks against none, and none against a gateway that has no profiles at all."""
    data = translate.load()
    seconds, rounds = (0.002, 9) if quick else (0.005, 31)
    for name, raw in FRAMES.items():
        cured, plain, bare = timed([way(data, ten(data), raw), way(data, none(data), raw), way(data, NONE, raw)], seconds, rounds)
        yield figure(f"quirks {name}, ten field quirks to none", cured, "us", plain, TARGET)
        yield figure(f"quirks {name}, none of those loaded to none loaded", plain, "us", bare, NOTHING)
