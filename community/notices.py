"""The kinds of notification this app may send."""

from django.utils.translation import gettext_lazy as _

from notifications.kinds import Kind

SEAT_PENDING = "community.seat_pending"
SEAT_VERIFIED = "community.seat_verified"
SEAT_REFUSED = "community.seat_refused"
MEMBERSHIP_REQUESTED = "community.membership_requested"
MEMBERSHIP_ACCEPTED = "community.membership_accepted"

KINDS: list[Kind] = [
    Kind(SEAT_PENDING, _("%(person)s asks to speak for %(organisation)s"), icon="badge-check"),
    Kind(SEAT_VERIFIED, _("Your seat at %(organisation)s is confirmed"), icon="badge-check", by_mail=True),
    Kind(
        SEAT_REFUSED,
        _("Your seat at %(organisation)s could not be confirmed"),
        icon="badge-alert",
        by_mail=True,
    ),
    Kind(MEMBERSHIP_REQUESTED, _("%(organisation)s asks to join the club %(club)s"), icon="user-plus"),
    Kind(
        MEMBERSHIP_ACCEPTED,
        _("%(organisation)s is a member of the club %(club)s"),
        icon="users",
        by_mail=True,
    ),
]
