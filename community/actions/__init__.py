"""Every change in `community`, one noun a file."""

from community.actions.accounts import (
    create_account,
    end_sessions,
    issue_token,
    set_password,
    update_preferences,
)
from community.actions.clubs import (
    accept_membership,
    add_member_to_club,
    create_club,
    end_membership,
    refresh_circles,
    request_membership,
)
from community.actions.profile import (
    add_twinning,
    publish_profile,
    remove_twinning,
    set_themes,
    update_profile,
)
from community.actions.seats import claim_town, end_seat, give_seat, refuse_seat, town_of, verify_seat
from community.actions.sign_in import (
    LinkRefusedError,
    SignedIn,
    confirm_sign_in_link,
    link_is_open,
    request_sign_in_link,
)
from community.actions.territories import load_towns

__all__ = [
    "LinkRefusedError",
    "SignedIn",
    "accept_membership",
    "add_member_to_club",
    "add_twinning",
    "claim_town",
    "confirm_sign_in_link",
    "create_account",
    "create_club",
    "end_membership",
    "end_seat",
    "end_sessions",
    "give_seat",
    "issue_token",
    "link_is_open",
    "load_towns",
    "publish_profile",
    "refresh_circles",
    "refuse_seat",
    "remove_twinning",
    "request_membership",
    "request_sign_in_link",
    "set_password",
    "set_themes",
    "town_of",
    "update_preferences",
    "update_profile",
    "verify_seat",
]
