"""What a station took is kept while it is away, and said again when it is back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gateway.messages import Answer, Call, Payload
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.remembered import MOST, Remembered
from tests.session.scene import ACCEPTED, BOOT, Scene
from tests.session.test_session_orders import does

CHANGE = "ChangeConfiguration"


class Keys:
    """Every key that was set is set again at once after a boot."""

    seconds = 0.0
    forget = ("ClearCache",)

    def takes(self, call: Call, answer: Answer, moment: Any) -> str | None:
        return str(call.payload["key"]) if call.action == CHANGE else None

    def hears(self, call: Call, moment: Any) -> bool:
        return call.action == "BootNotification"

    def offset(self, moment: Any) -> timedelta | None:
        return None

    def made(self, taken: Payload, moment: Any) -> Call:
        return Call("", CHANGE, taken)


class Clock(Keys):
    """The same when clocks are changed."""

    ahead = timedelta(0)

    def hears(self, call: Call, moment: Any) -> bool:
        return False

    def offset(self, moment: Any) -> timedelta | None:
        return self.ahead


def took(play: Scene, rule: Keys) -> None:
    """The station took one command."""
    play.online()
    play.session.behave({"say_again": (rule,)})
    play.commands(CHANGE, {"key": "K", "value": "1"})
    does(play, play.ordered(CHANGE))
    play.unheard.clear()


def away(play: Scene) -> None:
    """The station goes, and its uplink after it."""
    play >> on.StationLost("gone")
    play >> 3600.0
    play.unheard.clear()
    assert play.session.uplink.state == "closed"
    assert not play.session.idle, "what it took is not forgotten"


def said_again(play: Scene) -> list[Payload]:
    found = [c.call.payload for c in play.unheard if isinstance(c, do.CallStation)]
    play.unheard.clear()
    return found


def test_a_station_that_was_away_for_an_hour_hears_it_after_its_boot() -> None:
    with Scene() as play:
        took(play, Keys())
        away(play)
        play >> on.StationConnected(False) << do.OpenUplink
        play >> on.UplinkUp()
        play.unheard.clear()
        play.asks("BootNotification", BOOT)
        up = play.sent("BootNotification")
        play.replies(up.id, up.action, ACCEPTED)
        play << do.AnswerStation
        play >> 1.0
        assert said_again(play) == [{"key": "K", "value": "1"}]


def test_clocks_that_were_changed_meanwhile_are_seen_when_it_is_back() -> None:
    rule = Clock()
    with Scene() as play:
        took(play, rule)
        away(play)
        rule.ahead = timedelta(hours=1)
        play >> on.StationConnected(False) << do.OpenUplink
        play >> 5.0
        assert said_again(play) == [{"key": "K", "value": "1"}]


def test_it_keeps_no_more_than_so_many() -> None:
    with Scene() as play:
        play.online()
        play.session.behave({"say_again": (Keys(),)})
        said: list[Call] = []
        kept = Remembered(play.session.moments["station"], said.append)
        kept.pump()
        for number in range(MOST + 5):
            kept.took(Call("c", CHANGE, {"key": str(number), "value": ""}), None)  # type: ignore[arg-type]
        kept._say(kept._kept[0])
        assert [call.payload["key"] for call in said] == [str(number) for number in range(5, MOST + 5)]
        kept.took(Call("c", "ClearCache", {}), None)  # type: ignore[arg-type]
        assert not kept.keeps
        play.unheard.clear()
