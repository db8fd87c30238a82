"""What profiles may ask of a station: by the names of their own peer, and nothing where it is not clear."""

from __future__ import annotations

from tests.session.scene import GOOD, Scene, start, stop


def begun(play: Scene, connector: int, theirs: int) -> int:
    """A transaction begins there; our id of it."""
    asked = play.asks("StartTransaction", start(connector))
    sent = play.sent("StartTransaction")
    play.replies(sent.id, sent.action, {"transactionId": theirs, "idTagInfo": GOOD})
    ours = play.answered(asked.id).payload["transactionId"]
    play.unheard.clear()
    return int(ours)


def test_what_runs_is_told_as_each_peer_names_it() -> None:
    with Scene() as play:
        play.online()
        here, there = play.session.moments["station"], play.session.moments["backend"]
        assert (here.transaction(1), there.transaction(1), here.token(1), here.meter_start(1)) == (None, None, None, None)
        assert (here.running(1), here.running(0), here.ended(1)) == (False, False, False)
        ours = begun(play, 1, theirs=4711)
        assert (here.transaction(1), here.transaction(0), there.transaction(1)) == (ours, ours, 4711)
        assert (here.token(1), here.meter_start(None)) == ("ABC", 10)
        assert (here.running(1), here.running(0), here.running(2)) == (True, True, False)
        begun(play, 2, theirs=4712)
        assert (here.transaction(0), here.token(0), there.transaction(2)) == (None, None, 4712)
        play.asks("StopTransaction", stop(ours))
        assert (here.transaction(1), here.ended(1), here.ended(2)) == (None, True, False)
        play.unheard.clear()
