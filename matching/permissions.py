"""Who may see a town's matches, and who may speak for it."""

from django.db.models import Exists, OuterRef, QuerySet

from community.models import Organisation, Seat, User
from community.models.seat import SeatQuerySet
from community.permissions import acting_seats, can_act_for, can_edit_town
from matching.models import Introduction


def own_towns(user: User) -> QuerySet[Organisation]:
    """The towns and groups in which a person holds a seat, confirmed or not yet: those whose matches they see.

    Each with `confirmed`: what `may_speak_for` answers for it.
    """
    seats = Seat.objects.current().of(user).exclude(state=Seat.State.REFUSED)
    towns = Organisation.objects.towns().filter(pk__in=seats.values("organisation"))
    speaking = acting_seats(user).filter(organisation=OuterRef("pk"))
    return towns.annotate(confirmed=Exists(speaking)).select_related("territory").order_by("pk")


def may_see_matches(user: User, organisation: Organisation) -> bool:
    """A town's matches are its own: only a person with a seat there sees them."""
    return own_towns(user).filter(pk=organisation.pk).exists()


def may_speak_for(user: User, organisation: Organisation) -> bool:
    """Only a confirmed seat acts for a town (trust Z4): sends letters, answers them, sees private wishes."""
    return can_act_for(user, organisation)


def may_set_preferences(user: User, organisation: Organisation) -> bool:
    """What counts for a town, and what is not for it, is said by whoever edits its page."""
    return can_edit_town(user, organisation)


def may_write_letter(user: User, organisation: Organisation) -> bool:
    """Whoever sees the matches may write; the letter leaves when the seat is confirmed."""
    return may_see_matches(user, organisation)


def answering_seats(organisation: Organisation) -> SeatQuerySet:
    """The confirmed seats that read a town's letters: elected officials, custodian, project leads."""
    kinds = (Seat.Kind.ELECTED, Seat.Kind.CUSTODIAN, Seat.Kind.PROJECT_LEAD)
    return Seat.objects.current().verified().filter(organisation=organisation, kind__in=kinds)


def may_answer(user: User, letter: Introduction) -> bool:
    """A letter is answered by those who speak for the town it was sent to."""
    return letter.is_open and may_speak_for(user, letter.to_organisation)
