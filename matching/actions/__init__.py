"""Every change of the matching, as one verb. Pages, API and commands call these.

Common to all: PermissionDenied for what a person may not do for a town, `realtime.refusals.Refused` (with a sentence for
them) for what cannot be done now.
"""

from matching.actions.letters import (
    accept_introduction,
    decline_introduction,
    seats_changed,
    send_introduction,
    withdraw_introduction,
)
from matching.actions.preferences import refuse_town, restore_town, set_importance
from matching.actions.rows import refresh_index_row

__all__ = [
    "accept_introduction",
    "decline_introduction",
    "refresh_index_row",
    "refuse_town",
    "restore_town",
    "seats_changed",
    "send_introduction",
    "set_importance",
    "withdraw_introduction",
]
