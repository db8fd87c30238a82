"""The site's choices for a session, and the switches that a quirk profile may set.

In: nothing.  Out: `Policy` and `SWITCHES`.
Not here: reading them from files (`gateway.config`, `gateway.quirks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SWITCHES: dict[str, str] = {
    "hold_calls_until_boot": "seconds: calls of the back end wait until the station's boot is answered and this much longer "
    "(after a connect without a boot: this long)",
    "delay_answer": "{role: seconds}: the station's calls of that role are answered this much later",
    "answer_locally": "[role, …]: the station's calls of these roles are answered here at once; a transaction message is still "
    "stored and delivered and a boot still goes up, anything else goes no further",
    "command_gap": "seconds: so long is waited between the answer to one command and the next command",
    "wait_for_its_calls": "seconds: a command waits while a call of the station is not answered, but no longer than that",
    "fallbacks": "[{on: OPERATION, refused: condition, try: [[change, …], …]}, …]: a command whose answer fits the condition "
    "(it: the result; every error does) is sent again, each time with the next list of changes made to it as it came",
    "silence": "{OPERATION: {after: seconds, result: {…}}}: a command not answered after so long is answered here with the "
    "result, or fails where there is none; the next may go",
    "sequences": "[{on: OPERATION, calls: […], answer: […]}, …]: several calls in the place of one command, one after another",
    "split": "[{on: OPERATION, at: field, most: count}, …]: a command with a longer list there becomes several, and the lists of "
    "their results are joined",
    "newest_only": "{OPERATION: {same: [field, …], result: {…}}}: of waiting commands that say the same there only the newest is "
    "sent; the older get the result",
    "largest_id": "number: the transaction ids that the station is given are no larger",
    "repeats": "{OPERATION: {same: [field, …], within: seconds, result: {…}}}: a command that says there what the last "
    "said, to which the station said the result so many seconds ago at the most, is answered so and not sent",
    "say_again": "[{heard: OPERATION, zone: ZONE, seconds: n, on: OPERATION, same: [field, …], result: {…}}, …]: commands "
    "to which the station said the result, the last of each value of these fields, are said again after such a call, or a zone's "
    "change of clocks",
    "restore_token": "true: a stop has the token of its transaction's start, whatever the station says",
    "detach_late_readings": "true: readings that name a transaction which has ended go on without it",
    "drop_repeated_states": "true: a state that says nothing new of its connector (but for its time) is answered here and goes "
    "no further",
    "drop_repeats": "{OPERATION: seconds}: a call that says the same as the last of its kind (but for its time) within so many "
    "seconds is answered here and goes no further; for messages that are no part of a transaction",
    "thin_out": "seconds: of the readings of one connector only one in so many seconds goes on, by the time that they tell; the "
    "others are answered here",
    "attach_readings": "true: readings that name no transaction belong to the open one of their connector",
    "ask_on_connect": "[{on: OPERATION, with: {…}}, …]: commands of our own, five seconds after the station connected, each time",
    "ask_after": "[{heard: OPERATION, when: condition, seconds: n, on: OPERATION, with: {…}}, …]: a command of our own, so long "
    "after such a call of the station",
    "ask_every": "[{seconds: n, on: OPERATION, with: {…}, charging: true}, …]: a command of our own, again and again while the "
    "station is connected; with charging: while a transaction runs",
    "hold_available": "seconds: that a connector is free again is told only after the stop of its transaction, or so much later",
}
"""Name → form and meaning of each ``behave`` switch."""
TOWARDS = ("hold_calls_until_boot", "command_gap", "fallbacks", "silence")
"""Those that count for the calls to the peer whose profile it is: a back end's may have them too, for what goes up."""
STATION_ALONE = (
    "delay_answer",
    "wait_for_its_calls",
    "ask_on_connect",
    "ask_after",
    "ask_every",
    "sequences",
    "split",
    "newest_only",
    "largest_id",
    "repeats",
    "say_again",
)
"""Those that a back end's profile cannot have."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Deadlines (seconds), bounds and choices.  Defaults follow OCPP where it names a value, else `docs`.

    The deadlines nest: ``answer_within`` < the station's own time-out; ``station_call`` < ``call_deadline``.
    """

    answer_within: float = 10.0
    """The station waits no longer for the back end than this; then it is answered here."""
    call_deadline: float = 30.0
    """The back end's call is answered by then, whatever happens."""
    station_call: float = 25.0
    """The station's time to answer a call."""
    backend_call: float = 30.0
    """The back end's time to answer a call."""
    hold_soap_call: float = 5.0
    """How long a call waits for a station, reached by separate exchanges, that has a request of its own open."""
    most_calls: int = 32
    """Calls that may wait in one direction; more are refused (down) or answered here (up)."""
    station_pace: float = 200.0
    """So many messages a second are read from a station's link; more wait in it, none is refused.  0: any number.  Long ones
    count more (`gateway.links.allowance`)."""
    most_states: int = 200
    """Status messages that may wait; the oldest is dropped for a newer one."""

    uplink_wait_min: float = 1.0
    uplink_wait_doublings: int = 6
    uplink_random: float = 5.0
    """The k-th wait before the uplink is tried again: ``min * 2**k + U(0, random)``, k up to ``doublings``."""
    most_retry_after: float = 900.0
    """A back end that asks to be left alone for longer than this is asked again then."""
    most_connects: int = 200
    """So many links to one back end are made in a second; more wait their turn.  For all stations together."""
    most_in_flight: int = 50
    """So many messages of backlogs are under way to one back end at a time; more wait their turn.  For all stations together."""
    uplink_stable: float = 60.0
    """A station accepted for so long makes the next wait the first again."""
    uplink_grace: float = 60.0
    """How long the uplink outlives the station's link, at least; it stays until the queue is empty."""
    uplink_silent_calls: int = 3
    """So many calls in a row without an answer, and the uplink is made anew."""
    silent_intervals: int = 3
    """A station reached by separate exchanges is gone after so many heartbeat intervals of silence."""
    replay_boot: bool = True
    """The stored boot is told to the back end on each new uplink; false where the link itself holds no session (SOAP)."""

    fallback_interval: int = 300
    """Seconds between heartbeats where the back end named none."""
    unknown_retry_interval: int = 60
    """What a station that was never accepted is told to wait while the back end is away."""

    retry_interval: float = 60.0
    """A row that the back end refused is tried again after this times the number of refusals."""
    max_attempts: int = 5
    """After so many refusals (never time-outs, never lost links) the row's whole transaction is parked."""

    most_cuts: int = 5
    """A row that was on its way so often when a proven link died at once, or the gateway, is parked like a refused one."""

    authorize_offline: Literal["refuse", "accept", "last_known"] = "refuse"
    """What a token is told while the back end is away.  ``last_known``: what it was told last (``Expired`` once that is over by
    what the back end said); refused if never seen."""
    start_offline: Literal["refuse", "accept", "last_known"] = "last_known"
    """What a start is told then.  ``last_known``: as above, but accepted if never seen (the energy already flows)."""
    known_tokens: Literal["station", "site"] = "station"
    """Whose answers ``last_known`` looks at: what the back end said at this station, or at any station of that back end."""
    late_refusal: Literal["remote_stop", "report"] = "report"
    """What follows when the back end refuses a token after we had accepted it."""
    certificates: Literal["here", "forward"] = "here"
    """Whether a back end may see to the certificates of a station of another version, and the station ask it for one."""
    takeover: float = 0.0
    """Seconds, from the first contact ever, in which a transaction id that we never gave passes unchanged, flagged."""
