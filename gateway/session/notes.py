"""What a session counts: the closed list of `Note` names, with the labels of each.

In: nothing.  Out: `NOTES`.
Not here: the counters (`gateway.observe.metrics`).

Every label is one of a few words, a dialect, a role, or the name of a rule or an operation of a shipped or site file; never the
name of a station, a token, or anything else that a peer may choose.
"""

from __future__ import annotations

NOTES: dict[str, tuple[str, ...]] = {
    # A call came to its end.  direction: up (the station asked) | down (the back end asked).  operation: as the asker calls
    # it, or "other".  outcome: answered | refused (an error of the one asked) | local (answered here: policy, deadline or a
    # table) | stored (a transaction message, after its commit) | repeat (answered as before) | busy | late | lost.
    "call": ("direction", "dialect", "operation", "outcome"),
    # Something did not cross.  As the ladder names it.
    "loss": ("table", "rule"),
    # Something that nobody waited for.  peer: station | backend | gateway.  kind: call | answer | commit | event.
    "stray": ("peer", "kind"),
    # What happened to the station's link.  change: up | down | silent (reached by separate exchanges, and none came).
    "link": ("change",),
    # change: up | down | closed | recycled | unanswered.
    "uplink": ("change",),
    # The back end's word on a station.  verdict: accepted | pending | rejected | failed.
    "registration": ("verdict",),
    # A row of the queue.  change: stored | repeated (by the station; known again) | delivered | refused (an error; tried
    # again) | parked.
    "row": ("change",),
    # A status in the queue.  change: coalesced | dropped.
    "status": ("change",),
    # A transaction message that is not as it should be.  why: see `gateway.session.binding.FLAGS`.
    "flag": ("why",),
    # What a token may was said here, for the back end was away or too slow.  choice: accept | refuse | last_known (of
    # `gateway.session.policy`).  verdict: accepted | rejected.
    "token": ("choice", "verdict"),
    # The back end refused a token after the station had been told that it may charge.  done: remote_stop | report.
    "late_refusal": ("done",),
}
