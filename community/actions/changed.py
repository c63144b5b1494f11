"""What other apps must hear of, called by name from settings: nothing here imports upwards."""

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from community.models import Circle, Membership, Organisation


def circles_changed(clubs: Iterable[int]) -> None:
    """Inside the caller's transaction: who stands in these clubs' circles may have changed.

    An error undoes the change, so that nobody keeps reading a room after losing the seat.
    """
    for circle in Circle.objects.filter(club__in=set(clubs)).values_list("pk", flat=True):
        for path in settings.CIRCLE_CHANGED:
            import_string(path)(circle)


def circles_of_organisation_changed(organisation_id: int) -> None:
    """The same for all the clubs in which an organisation has, or had, a place; and its seats may have changed."""
    circles_changed(Membership.objects.filter(organisation=organisation_id).values_list("club", flat=True))
    seats_changed(organisation_id)


def seats_changed(organisation_id: int) -> None:
    """Inside the caller's transaction: who speaks for an organisation may have changed."""
    for path in settings.SEATS_CHANGED:
        import_string(path)(organisation_id)


def profile_changed(organisation: Organisation) -> None:
    """After the commit: what matching knows of this town is out of date. Never fails the saved change."""
    if organisation.territory_id is not None:
        transaction.on_commit(partial(_tell_profile_changed, organisation.territory_id), robust=True)


def _tell_profile_changed(territory_id: int) -> None:
    for path in settings.PROFILE_CHANGED:
        import_string(path)(territory_id)
