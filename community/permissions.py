"""Who may do what, each rule a sentence. The table: product.md, "Who sees what"."""

from typing import Any

from community.models import Club, Membership, Organisation, Seat, User

# An expert attached to a town, a guest and an intern do not speak for it.
SPEAKING = (
    Seat.Kind.ELECTED,
    Seat.Kind.PROJECT_LEAD,
    Seat.Kind.AGENT,
    Seat.Kind.ANIMATOR,
    Seat.Kind.CUSTODIAN,
)


def acting_seats(user: Any) -> "Any":
    """The verified current seats by which a person may speak for an organisation (a QuerySet of Seat)."""
    seats = Seat.objects.current().verified().of(user)
    own_firm = seats.filter(kind=Seat.Kind.EXPERT, organisation__kind=Organisation.Kind.FIRM)
    return seats.filter(kind__in=SPEAKING) | own_firm


def can_act_for(user: Any, organisation: Organisation) -> bool:
    """A person acts for an organisation towards others — letters, clubs, publishing — with a verified current seat
    that speaks for it (elected, project lead, staff, animator, custodian; an expert for the own firm only)."""
    return user.is_authenticated and acting_seats(user).filter(organisation=organisation).exists()


def can_edit_town(user: Any, organisation: Organisation) -> bool:
    """Whoever acts for a town edits its page. While nobody there is verified and the page is unpublished, those whose
    seat is being verified prepare the draft."""
    if not user.is_authenticated:
        return False
    return can_act_for(user, organisation) or can_prepare_draft(user, organisation)


def can_prepare_draft(user: Any, organisation: Organisation) -> bool:
    """A pending seat prepares the draft of a page that is not published and has no verified seat yet."""
    if organisation.is_published:
        return False
    seats = Seat.objects.current().filter(organisation=organisation)
    pending = seats.of(user).filter(state=Seat.State.PENDING)
    return pending.exclude(organisation__in=seats.verified().values("organisation")).exists()


def can_verify(user: Any, seat: Seat) -> bool:
    """Seats are verified by those who run the site, and by the animators of a club the organisation belongs to; never by
    the person sitting on it."""
    if not user.is_authenticated or not user.is_active or seat.person_id == user.pk:
        return False
    if user.is_staff:
        return True
    clubs = Membership.objects.active().filter(organisation=seat.organisation_id).values("club")
    return Club.objects.filter(pk__in=clubs, animator__in=acting_seats(user).values("organisation")).exists()


def can_animate(user: Any, club: Club) -> bool:
    """A club is animated by those who act for its animating organisation."""
    if not user.is_authenticated or club.animator_id is None:
        return False
    return acting_seats(user).filter(organisation=club.animator_id).exists()


def may_see_contact(user: Any, seat: Seat) -> bool:
    """Name and function are public. The contact is for verified members (a verified seat in a town or group of towns) and
    the person; never for the public, nor for a partner who only reads a club's plenary."""
    if not user.is_authenticated:
        return False
    if seat.person_id == user.pk:
        return True
    member = Organisation.Kind.TOWN, Organisation.Kind.GROUP
    return Seat.objects.current().verified().of(user).filter(organisation__kind__in=member).exists()


def is_verified_member(user: User) -> bool:
    """Somebody with at least one verified current seat."""
    return Seat.objects.current().verified().of(user).exists()
