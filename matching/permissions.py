"""Who may see a town's matches, and who may speak for it."""

from community.models import Organisation, Seat, User
from community.models.seat import SeatQuerySet
from matching.models import Introduction


def may_see_matches(user: User, organisation: Organisation) -> bool:
    """A town's matches are its own: only a person with a seat there sees them, confirmed or not yet."""
    return _seats(user, organisation).exclude(state=Seat.State.REFUSED).exists()


def may_speak_for(user: User, organisation: Organisation) -> bool:
    """Only a confirmed seat acts for a town (trust Z4): sends letters, answers them, sees private wishes."""
    return _seats(user, organisation).verified().exists()


def may_set_preferences(user: User, organisation: Organisation) -> bool:
    """What counts for a town, and what is not for it, is said by its confirmed people.

    While a town has none, the person who claimed it may try things out.
    """
    return may_speak_for(user, organisation) or (
        may_see_matches(user, organisation)
        and not Seat.objects.current().verified().filter(organisation=organisation).exists()
    )


def may_write_letter(user: User, organisation: Organisation) -> bool:
    """Whoever sees the matches may write; the letter leaves when the seat is confirmed."""
    return may_see_matches(user, organisation)


def may_answer(user: User, letter: Introduction) -> bool:
    """A letter is answered by the confirmed people of the town it was sent to."""
    return letter.is_open and may_speak_for(user, letter.to_organisation)


def _seats(user: User, organisation: Organisation) -> SeatQuerySet:
    return Seat.objects.current().of(user).filter(organisation=organisation)
