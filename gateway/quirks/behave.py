"""The third verb: named switches that the session reads.

In: the ``behave`` of a profile.  Out: switch → value.
Not here: what a switch does, and the list of them (`gateway.session.policy`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from gateway.facts import ROLES
from gateway.quirks.operation import plain
from gateway.session.policy import SWITCHES
from gateway.source import Checker, Map


def _seconds(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and 0 <= value <= 3600


def _seconds_by_role(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(role in ROLES and _seconds(one) for role, one in value.items())


def _roles(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(role in ROLES for role in value)


FORMS: Mapping[str, Callable[[Any], bool]] = {"seconds": _seconds, "{role: seconds}": _seconds_by_role, "[role, …]": _roles}
"""What a switch may hold, by the words with which its meaning begins."""


def form_of(switch: str) -> str:
    """The form of a switch's value, a key of `FORMS`."""
    return next(form for form in FORMS if SWITCHES[switch].startswith(f"{form}: "))


def read_behave(check: Checker, at: Any, holder: Map) -> dict[str, Any]:
    """The mapping ``at``, which is ``holder["behave"]``."""
    if not isinstance(at, Map) or not at:
        check.fault(holder, "behave", "behave is no mapping", "switch: value lines")
        return {}
    for name, value in at.items():
        if name not in SWITCHES:
            check.unknown(at, name, "switch", SWITCHES)
        elif not FORMS[form_of(name)](value):
            check.fault(at, name, f"{name} does not take {value!r}", SWITCHES[name])
    return plain(at)  # type: ignore[no-any-return]
