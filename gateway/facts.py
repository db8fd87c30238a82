"""The closed lists by which the session understands every dialect: roles, facts and the neutral words of facts.

In: nothing.  Out: names.
Not here: where a dialect keeps a fact (``mappings/dialects``), or what the session does with it.

A *role* is what a message is for; a dialect gives each message at most one.  A *fact* is one value inside a message that
the session reads or writes; a dialect gives its path.  A fact with *words* is translated to the neutral word by the
dialect, so no wire spelling reaches the session.
"""

from __future__ import annotations

ROLES: dict[str, str] = {
    "boot": "a station announces itself",
    "heartbeat": "a station shows that it lives and asks the time",
    "authorize": "a station asks whether a token may charge",
    "start": "a transaction began",
    "update": "something changed within a transaction",
    "meter": "readings of a connector, with or without a transaction",
    "stop": "a transaction ended",
    "status": "the state of one connector",
    "notice": "something that happened at the station, which is told in its turn",
    "data": "a vendor's own message, either way",
    "remote_start": "the back end asks for a transaction",
    "remote_stop": "the back end asks to end one",
    "reset": "the back end asks the station to restart",
    "trigger": "the back end asks the station to send a message",
    "limit": "the back end sets a limit",
    "clear_limit": "the back end takes limits back",
    "composite": "the back end asks which limits will hold",
    "availability": "the back end takes a connector out of use, or into it",
    "get_keys": "the back end asks for configuration keys",
    "set_key": "the back end sets one",
}

FACTS: dict[str, str] = {
    "vendor": "who made the station",
    "model": "which model it is",
    "firmware": "its firmware version, as it spells it",
    "serial": "its serial number",
    "registration": "whether the back end accepts the station",
    "interval": "seconds between heartbeats, or until the next boot",
    "now": "the clock of the one who answers",
    "time": "when it happened, by the sender's clock",
    "connector": "which connector; 0 is the whole station",
    "state": "what a connector does",
    "token": "the token that a driver showed",
    "token_status": "whether the token may charge",
    "token_expiry": "until when that holds",
    "parent_token": "the group of the token",
    "transaction": "the transaction's id",
    "sequence": "which message of the transaction it is, by the station's count",
    "reservation": "the reservation's id",
    "meter_start": "the register at the start, Wh",
    "meter_stop": "the register at the stop, Wh",
    "reason": "why a transaction ended",
    "reset_kind": "how a station shall restart",
    "verdict": "whether a command was taken",
    "refusal": "why a command was not taken",
    "requested": "which message a trigger asks for",
}

WORDS: dict[str, tuple[str, ...]] = {
    "registration": ("accepted", "pending", "rejected"),
    "state": (
        "available",
        "occupied",
        "preparing",
        "charging",
        "suspended_ev",
        "suspended_evse",
        "finishing",
        "reserved",
        "unavailable",
        "faulted",
    ),
    "token_status": ("accepted", "blocked", "expired", "invalid", "concurrent"),
    "reset_kind": ("hard", "soft"),
    "verdict": ("accepted", "refused"),
    "refusal": ("unknown_transaction",),
}
