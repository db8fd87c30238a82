"""The few stateful steps that a table only names.

In: a message, the run, and the table's own rules for what may come of it.  Out: `Rendering`: messages, and how they are answered.
Not here: anything that a table can say.

An entry ``A > B: {flow: name, …}`` of a table takes the function for A going right from `FLOWS`; its rules are the flow's *part*
for B.  This is the one place in Python where the name of a message may stand.  A flow keeps nothing itself: what it must
remember are registers (`gateway.ladder.registers`), which are committed with what it rendered.
"""

from __future__ import annotations

from gateway.ladder.flows import (
    answers,
    certificates,
    costs,
    embedded,
    firmware,
    keys,
    logs,
    notices,
    profile_ids,
    profiles,
    remote,
    reports,
    reservations,
    restarts,
    station_left,
    station_right,
    triggers,
    variables,
)
from gateway.ladder.flows.aliases import Aliases
from gateway.ladder.flows.contract import Flow, Keeper, Part, Parts, Rendering, Together
from gateway.ladder.flows.signed import Signed
from gateway.ladder.flows.tokens import Numbers, Tokens
from gateway.ladder.flows.topology import Alone, ConnectorLearnt, EvseLearnt, Learnt, PlaceLearnt
from gateway.ladder.flows.values import Amounts, Json, Units

__all__ = ["FLOWS", "KEEPERS", "TOGETHER", "Flow", "Keeper", "Part", "Parts", "Rendering", "Together"]

FLOWS: dict[str, Flow] = {
    "start": station_left.start,
    "readings": station_left.readings,
    "stop": station_left.stop,
    "status": station_left.status,
    "events": station_right.events,
    "status_left": station_right.status,
    "remote_start": remote.remote_start,
    "request_start": remote.request_start,
    "installed": certificates.installed,
    "installed_left": certificates.installed_left,
    "set_profile": profile_ids.set_right,
    "clear_profile": profile_ids.clear_right,
    "set_profile_left": profiles.set_left,
    "clear_profile_left": profiles.clear_left,
    "report_profiles": profiles.report,
    "update": firmware.update,
    "signed_update": firmware.signed_update,
    "update_left": firmware.update_left,
    "firmware_status": firmware.status,
    "firmware_status_left": firmware.status_left,
    "diagnostics": logs.diagnostics,
    "log": logs.log,
    "log_left": logs.log_left,
    "log_status": logs.status,
    "log_status_left": logs.status_left,
    "change_configuration": keys.change_configuration,
    "get_configuration": keys.get_configuration,
    "inventory": keys.inventory,
    "set_variables": variables.set_variables,
    "get_variables": variables.get_variables,
    "base_report": reports.base_report,
    "report": reports.report,
    "notify_event": notices.notify_event,
    "reset_left": restarts.reset_left,
    "cost_updated": costs.cost_updated,
    "taken_out": embedded.taken_out,
    "put_in": embedded.put_in,
    "reserve_left": reservations.reserve_left,
    "cancel_left": reservations.cancel_left,
    "trigger": triggers.trigger,
    "trigger_left": triggers.trigger_left,
    "list_version": answers.list_version,
    "list_version_left": answers.list_version_left,
    "transaction_status": answers.transaction_status,
    "no_monitors": answers.no_monitors,
    "no_monitor_cleared": answers.no_monitor_cleared,
    "no_tariff_cleared": answers.no_tariff_cleared,
    "no_certificate_status": answers.no_certificate_status,
}
"""By the name that tables use."""

KEEPERS: dict[str, Keeper] = {
    "tokens": Tokens(),
    "aliases": Aliases(),
    "numbers": Numbers(),
    "evse": Alone(),
    "learnt_evse": Learnt(),
    "learnt_evse_id": EvseLearnt(),
    "learnt_place": PlaceLearnt(),
    "learnt_connector": ConnectorLearnt(),
    "amounts": Amounts(),
    "units": Units(),
    "json": Json(),
}
"""By the name that tables use under ``maps``."""

TOGETHER: dict[str, Together] = {"signed": Signed()}
"""By the name that rules for lists use."""
