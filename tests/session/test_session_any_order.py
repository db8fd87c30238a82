"""Whatever happens in whatever order: no crash, one answer to each question, nothing acknowledged before it is on disk, rows in
order, nobody left hanging, nothing lost; and a number that was once said is never said of anything else."""

from __future__ import annotations

import itertools
from collections import deque
from datetime import timedelta
from decimal import Decimal
from math import inf
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.messages import Answer, Call, Error, Payload, Result
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.lane import UNANSWERED
from gateway.session.policy import Policy
from gateway.session.text import from_text, to_text
from tests.memory_journal import MemoryJournal
from tests.playbook import BEGIN
from tests.session.scene import ACCEPTED, BOOT, GOOD, session, status

REPLIES: dict[str, list[Payload]] = {
    "BootNotification": [
        ACCEPTED,
        {**ACCEPTED, "status": "Pending", "interval": 5},
        {**ACCEPTED, "status": "Rejected", "interval": 0},
    ],
    "Authorize": [{"idTagInfo": GOOD}, {"idTagInfo": {"status": "Blocked"}}],
    "StartTransaction": [{"transactionId": n, "idTagInfo": {"status": s}} for n in (-1, 0, 7) for s in ("Accepted", "Invalid")],
    "DataTransfer": [GOOD],
    "Heartbeat": [{"currentTime": "2026-03-01T12:00:00Z"}],
}
COMMANDS: list[tuple[str, Payload]] = [
    ("ClearCache", {}),
    ("Reset", {"type": "Soft"}),
    ("RemoteStopTransaction", {"transactionId": 7}),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
]
OTHERS: list[tuple[str, Payload]] = [
    ("BootNotification", BOOT),
    ("BootNotification", {**BOOT, "firmwareVersion": "2.0"}),
    ("Heartbeat", {}),
    ("Authorize", {"idTag": "A"}),
    ("DataTransfer", {"vendorId": "x"}),
    *(("StatusNotification", status(state, n)) for n in (0, 1) for state in ("Available", "Charging")),
]
ROWS = ("StartTransaction", "MeterValues", "StopTransaction")


class AnyOrder(RuleBasedStateMachine):
    """The world around one session, with a journal that stores when it pleases."""

    kind = ""
    rows = ROWS
    others = OTHERS
    commands = COMMANDS

    def __init__(self) -> None:
        super().__init__()
        self.count = itertools.count(1)
        self.journal = MemoryJournal()
        self.now = 1000.0
        self.policy = Policy(late_refusal="remote_stop", retry_interval=3.0, max_attempts=2, takeover=50.0)
        self.asked_rows: list[tuple[str, Payload]] = []
        self.lives = 0
        self.begin()

    def begin(self) -> None:
        """A new life of the gateway, on the same journal."""
        self.lives += 1
        self.deeds = 0  # a life with nothing in it shows nothing
        self.session = session(self.policy, kind=self.kind, seed=self.lives, life=f"life{self.lives}-")
        self.alarm = inf
        self.commits: deque[do.Commit | do.Fetch] = deque()
        self.up = self.opening = self.here = self.stopping = False
        self.open_asks: dict[str, Call] = {}
        self.open_orders: dict[str, Call] = {}
        self.with_backend: Call | None = None
        self.with_station: Call | None = None
        self.past: list[str] = ["never"]
        self.seq = 0
        self.feed(on.Opened(self.journal.restored()))

    # -- carrying out ----------------------------------------------------------------------------------------

    def feed(self, event: on.Event) -> None:
        at = on.Instant(self.now, BEGIN + timedelta(seconds=self.now - 1000))
        for command in self.session.receive(event, at):
            getattr(self, "do_" + type(command).__name__)(command)

    def do_AnswerStation(self, command: do.AnswerStation) -> None:
        call = self.open_asks.pop(command.answer.id)  # a KeyError is a second answer, or one over a dead link
        assert command.answer.action == call.action
        if call.action in self.rows:
            assert isinstance(command.answer, Result), "a transaction message is never refused"
            key = self.session.desk.dialect.key(call)
            assert any(row.key == key for row in self.journal.rows.values()), "answered before it was stored"
        if isinstance(command.answer, Result):
            self.session.desk.dialect.check("result", call.action, command.answer.payload)

    def do_AnswerBackend(self, command: do.AnswerBackend) -> None:
        assert self.up
        del self.open_orders[command.answer.id]

    def do_CallBackend(self, command: do.CallBackend) -> None:
        assert self.up
        assert self.with_backend is None
        self.with_backend = command.call
        self.session.desk.backend.check("call", command.call.action, command.call.payload)
        self.heard(command.call)

    def heard(self, call: Call) -> None:
        """What the back end thinks of a call."""
        if call.action in ROWS:
            self.seq = self.seq_of(call)

    def replies(self, call: Call) -> list[Payload]:
        """What the back end may answer, the best first."""
        return REPLIES.get(call.action, [{}])

    def row(self, action: str, connector: int, pick: int) -> Payload:
        """A transaction message."""
        ids = [-1, 0, 4711, *self.journal.transactions]
        return row(action, connector, ids[pick % len(ids)], next(self.count))

    def seq_of(self, call: Call) -> int:
        """The row that a call came from: on disk, waiting, and none before the last one.  An equal start may have two rows."""
        rows = {row.seq: number_of(Call("", row.action, from_text(row.payload))) for row in self.journal.state("queued")}
        fit = [seq for seq, number in rows.items() if number == number_of(call) and seq >= self.seq]
        assert fit, "out of order, or not stored"
        return min(fit)

    def do_CallStation(self, command: do.CallStation) -> None:
        assert self.here
        assert self.with_station is None
        self.with_station = command.call

    def do_OpenUplink(self, command: do.OpenUplink) -> None:
        assert not self.up
        assert not self.opening
        self.opening = True

    def do_CloseUplink(self, command: do.CloseUplink) -> None:
        self.no_uplink()

    def do_CloseStation(self, command: do.CloseStation) -> None:
        raise AssertionError("a station on a WebSocket is never closed for silence")

    def do_Commit(self, command: do.Commit) -> None:
        self.commits.append(command)

    def do_Fetch(self, command: do.Fetch) -> None:
        self.commits.append(command)

    def do_Wake(self, command: do.Wake) -> None:
        assert command.seconds >= 0.0
        self.alarm = self.now + command.seconds

    def do_Note(self, command: do.Note) -> None:
        pass

    def do_Acted(self, command: do.Acted) -> None:
        pass

    def do_Learned(self, command: do.Learned) -> None:
        pass

    def no_uplink(self) -> None:
        self.up = self.opening = False
        self.with_backend = None
        self.open_orders.clear()

    # -- the station -----------------------------------------------------------------------------------------

    @precondition(lambda self: not self.here or self.deeds > 5)
    @rule()
    def station_comes(self) -> None:
        self.open_asks.clear()
        self.here, self.with_station = True, None
        self.feed(on.StationConnected())

    @precondition(lambda self: self.here)
    @rule()
    def station_goes(self) -> None:
        self.open_asks.clear()
        self.here, self.with_station = False, None
        self.feed(on.StationLost())

    def ask(self, action: str, payload: Payload) -> None:
        call = Call(f"s{next(self.count)}", action, payload)
        self.open_asks[call.id] = call
        self.deeds += 1
        self.feed(on.StationAsked(call, ""))

    @precondition(lambda self: self.here)
    @rule(pick=st.integers(0, 20))
    def station_asks(self, pick: int) -> None:
        self.ask(*self.others[pick % len(self.others)])

    @precondition(lambda self: self.here)
    @rule(action=st.sampled_from(ROWS), connector=st.integers(1, 2), pick=st.integers(0, 5))
    def station_tells(self, action: str, connector: int, pick: int) -> None:
        action = action if action in self.rows else self.rows[0]
        payload = self.row(action, connector, pick)
        self.asked_rows.append((action, payload))
        self.ask(action, payload)

    @precondition(lambda self: self.here and self.asked_rows)
    @rule(data=st.data())
    def station_repeats(self, data: st.DataObject) -> None:
        self.ask(*data.draw(st.sampled_from(self.asked_rows[-4:])))

    @precondition(lambda self: self.here and self.open_asks)
    @rule(data=st.data())
    def station_repeats_an_id(self, data: st.DataObject) -> None:
        self.feed(on.StationAsked(self.open_asks[data.draw(st.sampled_from(sorted(self.open_asks)))], ""))

    @precondition(lambda self: self.with_station)
    @rule(good=st.booleans())
    def station_answers(self, good: bool) -> None:
        assert self.with_station is not None
        call, self.with_station = self.with_station, None
        self.past.append(call.id)
        self.feed(
            on.StationAnswered(Result(call.id, call.action, GOOD) if good else Error(call.id, call.action, "InternalError"))
        )

    @precondition(lambda self: self.with_station)
    @rule()
    def station_cannot_be_called(self) -> None:
        assert self.with_station is not None
        call, self.with_station = self.with_station, None
        self.feed(on.StationCallFailed(call.id, "refused"))

    # -- the back end ----------------------------------------------------------------------------------------

    @precondition(lambda self: self.opening)
    @rule(well=st.sampled_from((True, True, False)))
    def uplink(self, well: bool) -> None:
        self.up, self.opening = well, False
        self.feed(on.UplinkUp() if well else on.UplinkDown("refused"))

    @precondition(lambda self: self.up and self.deeds > 2)
    @rule()
    def uplink_breaks(self) -> None:
        self.no_uplink()
        self.feed(on.UplinkDown("cut"))

    @precondition(lambda self: self.up)
    @rule(pick=st.integers(0, 20))
    def backend_asks(self, pick: int) -> None:
        call = Call(f"b{next(self.count)}", *self.commands[pick % len(self.commands)])
        self.open_orders[call.id] = call
        self.feed(on.BackendAsked(call))

    @precondition(lambda self: self.with_backend)
    @rule(data=st.data(), good=st.booleans())
    def backend_answers(self, data: st.DataObject, good: bool) -> None:
        assert self.with_backend is not None
        call, self.with_backend = self.with_backend, None
        self.past.append(call.id)
        reply: Answer = Result(call.id, call.action, data.draw(st.sampled_from(self.replies(call))))
        self.feed(on.BackendAnswered(reply if good else Error(call.id, call.action, "InternalError")))

    @rule(data=st.data(), station=st.booleans())
    def answers_nobody_waits_for(self, data: st.DataObject, station: bool) -> None:
        answer = Error(data.draw(st.sampled_from(self.past)), "", "GenericError")
        self.feed(on.StationAnswered(answer) if station else on.BackendAnswered(answer))

    # -- the gateway -----------------------------------------------------------------------------------------

    @precondition(lambda self: self.commits)
    @rule()
    def disk_stores(self) -> None:
        asked = self.commits.popleft()
        if isinstance(asked, do.Fetch):
            self.feed(on.Fetched(self.journal.waiting(asked.first)))
        else:
            self.journal.apply(asked.writes)
            self.feed(on.Committed(asked.tag))

    @property
    def timers(self) -> dict[str, float]:
        return self.session.desk.deadlines.moments

    @precondition(lambda self: self.timers)
    @rule()
    def time_passes(self) -> None:
        """Until the next thing is due."""
        name, moment = min(self.timers.items(), key=lambda timer: timer[1])
        while name in self.timers and self.timers[name] == moment:
            self.now, self.alarm = max(self.now, self.alarm), inf
            if self.now >= moment:
                self.past_due(name)
            self.feed(on.Woken())
            assert self.alarm < inf or not self.timers, "it will not be woken for what is due"

    def past_due(self, name: str) -> None:
        if self.with_backend is not None and name == UNANSWERED:
            self.past.append(self.with_backend.id)
            self.with_backend = None
        if self.with_station is not None and name == f"down:{self.with_station.id}":
            self.past.append(self.with_station.id)
            self.with_station = None

    @precondition(lambda self: self.now < min(self.timers.values(), default=inf))
    @rule()
    def it_is_woken_for_nothing(self) -> None:
        self.alarm = inf
        self.feed(on.Woken())

    @precondition(lambda self: self.deeds > 5 or self.stopping)
    @rule()
    def kill(self) -> None:
        self.begin()

    @rule(steps=st.integers(1, 12))
    def all_goes_well(self, steps: int) -> None:
        """For a while: so that what follows happens in the middle of something."""
        if not self.here:
            self.station_comes()
        for _ in range(steps):
            if self.stopping or not (self.timers or self.commits or self.opening or self.with_backend) or not self.step():
                break

    @precondition(lambda self: self.deeds > 5)
    @rule()
    def stop(self) -> None:
        self.stopping = True
        self.feed(on.Stopping())

    @invariant()
    def who_waits_has_a_deadline(self) -> None:
        for id, call in self.open_asks.items():
            assert f"answer:{id}" in self.timers or (call.action in (*self.rows, "StatusNotification") and self.commits), (
                f"{call} would wait for ever"
            )
        for id in self.open_orders:
            assert f"order:{id}" in self.timers, "the back end would wait for ever"

    # -- the end ---------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """In the end the disk stores, time passes, the back end answers: then nobody waits and everything is delivered."""
        self.begin_again_if_stopping()
        if not self.here:
            self.station_comes()
        for _ in range(2000):
            if not self.step():
                break
        assert not self.open_asks
        assert not self.open_orders
        assert not self.journal.state("queued"), "rows were left behind"

    def begin_again_if_stopping(self) -> None:
        if self.stopping:
            self.begin()

    def step(self) -> bool:
        """One step towards peace; false when it is reached."""
        if self.commits:
            self.disk_stores()
        elif self.opening:
            self.comes_up()
        elif self.with_backend is not None:
            call, self.with_backend = self.with_backend, None
            self.feed(on.BackendAnswered(Result(call.id, call.action, self.replies(call)[0])))
        elif self.open_asks or self.open_orders or self.journal.state("queued"):
            self.time_passes()
        else:
            return False
        return True

    def comes_up(self) -> None:
        self.up, self.opening = True, False
        self.feed(on.UplinkUp())


class AnyOrderOnOneRung(AnyOrder):
    """The same on a route without a step, where a stop waits for its content too."""

    kind = "same"


VALID = {"idTokenInfo": GOOD}
NEW_COMMANDS: list[tuple[str, Payload]] = [
    ("ClearCache", {}),
    ("Reset", {"type": "Immediate"}),
    ("RequestStartTransaction", {"idToken": {"idToken": "A", "type": "Central"}, "remoteStartId": 3}),
    ("RequestStopTransaction", {"transactionId": "nobody"}),
    ("TriggerMessage", {"requestedMessage": "BootNotification"}),
]


class AnyOrderOfEvents(AnyOrder):
    """A 1.6 station on a 2.0.1 back end: an event's number and name are said of one content only, whatever crashes."""

    kind = "left"
    commands = NEW_COMMANDS

    def __init__(self) -> None:
        self.said: dict[tuple[str, int], Payload] = {}
        self.numbers: dict[str, int] = {}
        self.newest: dict[str, int] = {}
        super().__init__()

    def heard(self, call: Call) -> None:
        if call.action != "TransactionEvent":
            return
        name, number = call.payload["transactionInfo"]["transactionId"], call.payload["seqNo"]
        assert not name.isdigit() or name == "4711", "our number is no name"
        assert self.said.setdefault((name, number), call.payload) == call.payload, "said before, of something else"
        content = to_text({**call.payload, "seqNo": 0})
        if "meterValue" in call.payload or call.payload["eventType"] != "Updated":  # others may be equal and yet two
            assert self.numbers.setdefault(content, number) == number, "said again, under another number"
        assert number <= self.newest.get(name, -1) + 1, "a number was left out"
        self.newest[name] = max(number, self.newest.get(name, -1))

    def replies(self, call: Call) -> list[Payload]:
        if call.action == "TransactionEvent" and "idToken" in call.payload:
            return [VALID, {"idTokenInfo": {"status": "Unknown"}}]
        if call.action == "Authorize":
            return [VALID, {"idTokenInfo": {"status": "Accepted", "groupIdToken": {"idToken": "G", "type": "Central"}}}]
        return [{}] if call.action in ("TransactionEvent", "MeterValues") else super().replies(call)


class AnyOrderOfNames(AnyOrder):
    """A 2.0.1 station on a 1.6 back end, which gives equal starts equal numbers: no row goes up under a number not given."""

    kind = "right"
    rows = ("TransactionEvent",)
    others: list[tuple[str, Payload]] = [
        ("BootNotification", {"chargingStation": {"model": "One", "vendorName": "ACME"}, "reason": "PowerUp"}),
        ("Heartbeat", {}),
        ("DataTransfer", {"vendorId": "x"}),
    ]

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.given: set[int] = set()
        super().__init__()

    def row(self, action: str, connector: int, pick: int) -> Payload:
        serial = next(self.count)
        kind = ("Started", "Updated", "Ended")[pick % 3]
        made: Payload = {"eventType": kind, "timestamp": "2026-03-01T11:00:00Z", "triggerReason": "Trigger", "seqNo": serial}
        made |= {"transactionInfo": {"transactionId": f"tx-{connector}-{serial // 12}"}}
        made |= {"evse": {"id": connector, "connectorId": 1}} if kind == "Started" else {}
        made |= {"idToken": {"idToken": "A", "type": "Central"}} if pick % 2 else {}
        value = {"timestamp": "2026-03-01T11:00:00Z", "sampledValue": [{"value": Decimal(serial)}]}
        return made | ({"meterValue": [value]} if pick > 2 else {})

    def heard(self, call: Call) -> None:
        if "transactionId" in call.payload:
            assert call.payload["transactionId"] in self.given, "a number that the back end did not give"

    def replies(self, call: Call) -> list[Payload]:
        if call.action != "StartTransaction":
            return super().replies(call)
        number = self.numbers.setdefault(to_text(call.payload), 900 + len(self.numbers))
        self.given.add(number)
        return [{"transactionId": number, "idTagInfo": {"status": status}} for status in ("Accepted", "Invalid")]


class AnyOrderOfEventsOnOneRung(AnyOrderOfNames):
    """A 2.0.1 station on a 2.0.1 back end: every event arrives, and as it was."""

    kind = "new"
    commands = NEW_COMMANDS

    def heard(self, call: Call) -> None:
        if call.action == "TransactionEvent":
            assert ("TransactionEvent", call.payload) in self.asked_rows, "not as it was"

    def replies(self, call: Call) -> list[Payload]:
        if call.action == "TransactionEvent":
            return [{"idTokenInfo": GOOD}] if "idToken" in call.payload else [{}, {"totalCost": 3}]
        return AnyOrder.replies(self, call)


def number_of(call: Call) -> int:
    """Each message bears its number."""
    payload: Any = call.payload
    return int(payload.get("meterStart") or payload.get("meterStop") or payload["meterValue"][0]["sampledValue"][0]["value"])


def row(action: str, connector: int, id: int, serial: int) -> Payload:
    """A transaction message that bears its number."""
    time = "2026-03-01T11:00:00Z"
    if action == "StartTransaction":
        return {"connectorId": connector, "idTag": "A", "timestamp": time, "meterStart": serial}
    if action == "StopTransaction":
        return {"transactionId": id, "timestamp": time, "meterStop": serial}
    sample = {"timestamp": time, "sampledValue": [{"value": str(serial)}]}
    return {"connectorId": connector, "transactionId": id, "meterValue": [sample]}


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestAnyOrderOnOneRung = AnyOrderOnOneRung.TestCase
TestAnyOrderOnOneRung.settings = settings(max_examples=30, stateful_step_count=60, deadline=None)
TestAnyOrderOfEvents = AnyOrderOfEvents.TestCase
TestAnyOrderOfEvents.settings = settings(max_examples=40, stateful_step_count=60, deadline=None)
TestAnyOrderOfNames = AnyOrderOfNames.TestCase
TestAnyOrderOfNames.settings = settings(max_examples=40, stateful_step_count=60, deadline=None)
TestAnyOrderOfEventsOnOneRung = AnyOrderOfEventsOnOneRung.TestCase
TestAnyOrderOfEventsOnOneRung.settings = settings(max_examples=20, stateful_step_count=60, deadline=None)
