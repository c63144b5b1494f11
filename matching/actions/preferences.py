"""What counts for a town, and what is not for it."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from community.models import Organisation, Territory, User
from matching import permissions
from matching.models import Importance, Preference, Refusal
from matching.weights import SETTINGS


@transaction.atomic
def set_importance(user: User, organisation: Organisation, **settings: str) -> Preference:
    """Say how much `size`, `concerns` and `language` count for a town; what is left out stays.

    Raises PermissionDenied, and ValueError for an unknown family or importance.
    """
    _require(permissions.may_set_preferences(user, organisation))
    for family, importance in settings.items():
        if family not in SETTINGS or importance not in Importance.values:
            raise ValueError(f"unknown importance: {family}={importance}")
    preference, _ = Preference.objects.update_or_create(organisation=organisation, defaults=settings)
    organisation.matching_preference = preference  # the one in hand may have been loaded before
    return preference


@transaction.atomic
def refuse_town(user: User, organisation: Organisation, territory: Territory, reason: str) -> Refusal:
    """“Pas pour nous”: the town is not proposed any more, and the reason moves the weights a little.

    Refusing it again replaces the reason. Raises PermissionDenied, ValueError for an unknown reason or the own town.
    """
    _require(permissions.may_set_preferences(user, organisation))
    if reason not in Refusal.Reason.values or territory.pk == organisation.territory_id:
        raise ValueError(f"cannot refuse {territory} for {reason}")
    refusal, _ = Refusal.objects.update_or_create(
        organisation=organisation, territory=territory, defaults={"reason": reason, "person": user}
    )
    return refusal


@transaction.atomic
def restore_town(user: User, organisation: Organisation, territory: Territory) -> bool:
    """Take a refusal back; its effect on the weights goes with it. Returns whether there was one."""
    _require(permissions.may_set_preferences(user, organisation))
    deleted, _ = Refusal.objects.filter(organisation=organisation, territory=territory).delete()
    return bool(deleted)


def _require(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied
