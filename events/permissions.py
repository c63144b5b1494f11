"""Who may do what with an event. Seeing one is `Event.objects.visible_to`."""

from typing import Any

from django.db.models import QuerySet

from community.models import Club, Membership, Organisation, Seat
from community.permissions import acting_seats
from events.models import Event


def organisers_for(user: Any) -> QuerySet[Organisation]:
    """Organisations in whose name the person may announce an event: those they act for (a guest of a town does not)."""
    return Organisation.objects.filter(pk__in=acting_seats(user).values("organisation"))


def clubs_for(user: Any) -> QuerySet[Club]:
    """Clubs to which the person may announce one: an organisation of theirs is a member or the animator."""
    writing = [Membership.Role.MEMBER, Membership.Role.ANIMATOR]
    standing = Membership.objects.active().filter(
        role__in=writing, organisation__in=organisers_for(user).values("pk")
    )
    return Club.objects.filter(pk__in=standing.values("club"))


def may_create(user: Any) -> bool:
    """A verified seat in some organisation."""
    return user.is_authenticated and organisers_for(user).exists()


def may_edit(user: Any, event: Event) -> bool:
    """A verified seat in the organising organisation, or the animator of the event's club (not its drafts)."""
    return Event.objects.editable_by(user).filter(pk=event.pk).exists()


def contact_of(event: Event) -> int | None:
    """The person a question goes to: who announced the event while they hold a verified seat there, else the
    first who does."""
    seats = Seat.objects.current().verified().filter(organisation=event.organiser_id)
    people = list(seats.order_by("pk").values_list("person", flat=True)[:50])
    return event.created_by_id if event.created_by_id in people else next(iter(people), None)


def may_see_towns(user: Any, event: Event) -> bool:
    """See which towns come: people with a verified seat anywhere or a place in the event's club, organisers
    among them. Never the public."""
    if not user.is_authenticated:
        return False
    in_club = Membership.objects.active().of(user).filter(club=event.club_id) if event.club_id else None
    return Seat.objects.current().verified().of(user).exists() or bool(in_club and in_club.exists())
