"""Networks, their clubs, and the two circles of a club."""

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from community.models.organisation import Organisation
from community.models.seat import Seat, open_on
from community.models.territory import search_key


class Network(models.Model):
    """A network of towns, run by an organisation; a national network may sit inside a federation."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="network")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    languages = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return self.organisation.name


class ClubQuerySet(models.QuerySet["Club"]):
    def with_member(self, user: object) -> "ClubQuerySet":
        """Clubs in which the person stands in a circle today, by an organisation or as a guest."""
        return self.filter(pk__in=Membership.objects.active().of(user).values("club"))

    def visible_to(self, user: object) -> "ClubQuerySet":
        """Public clubs, and those in which the person stands."""
        if not getattr(user, "is_authenticated", False):
            return self.filter(is_public=True)
        return self.filter(Q(is_public=True) | Q(pk__in=self.model.objects.with_member(user).values("pk")))

    def search(self, query: str, user: object) -> "list[Club]":
        """Visible clubs whose name or region holds every word, whatever its accents; few enough to read them all."""
        words = search_key(query).split()
        clubs = self.visible_to(user)
        return (
            [c for c in clubs if all(w in search_key(f"{c.name} {c.region}") for w in words)] if words else []
        )

    def with_organisation(self, organisation: Organisation) -> "ClubQuerySet":
        """Clubs in which an organisation has a place today."""
        return self.filter(
            pk__in=Membership.objects.active().filter(organisation=organisation).values("club")
        )

    def with_counts(self) -> "ClubQuerySet":
        """Adds `town_count`, the towns and groups that are members today, without a join that would multiply."""
        towns = (
            Membership.objects.active()
            .filter(club=OuterRef("pk"), role=Membership.Role.MEMBER, organisation__isnull=False)
            .order_by()
            .values("club")
            .annotate(count=Count("pk"))
        )
        return self.annotate(town_count=Coalesce(Subquery(towns.values("count")), 0))


class Club(models.Model):
    """A club is commissioned by some bodies, animated by another, and lives in two circles."""

    network = models.ForeignKey(Network, models.PROTECT, null=True, blank=True, related_name="clubs")
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    purpose = models.TextField(_("what it is for"), blank=True, max_length=2000)
    region = models.CharField(_("region"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=8, default="fr")
    commissioners = models.ManyToManyField(Organisation, blank=True, related_name="commissioned_clubs")
    animator = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="animated_clubs"
    )
    is_public = models.BooleanField(_("shown to everyone"), default=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClubQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Circle(models.Model):
    """Practitioners talk among themselves; the plenary also has the partners, who read."""

    class Kind(models.TextChoices):
        PRACTITIONERS = "practitioners", _("Practitioners")
        PLENARY = "plenary", _("Plenary")

    club = models.ForeignKey(Club, models.CASCADE, related_name="circles")
    kind = models.CharField(max_length=14, choices=Kind)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["club", "kind"], name="one_circle_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.club} – {self.get_kind_display()}"

    def readers(self) -> list[tuple[int, bool]]:
        """Who stands in this circle today: `[(user id, may write), …]`, by user id.

        Practitioners: verified seats of member and animating organisations, guests and interns.
        Plenary: the same, and partners, who read.
        """
        roles = Membership.Role
        shown = [roles.MEMBER, roles.ANIMATOR, roles.GUEST, roles.INTERN]
        if self.kind == self.Kind.PLENARY:
            shown.append(roles.PARTNER)
        active = Membership.objects.active().filter(club=self.club_id, role__in=shown)
        seats = Seat.objects.current().verified()
        rows = list(
            seats.filter(organisation__memberships__in=active).values_list(
                "person", "organisation__memberships__role", "organisation__memberships__club"
            )
        )
        rows += active.filter(person__is_active=True).values_list("person", "role", "club")
        writes: dict[int, bool] = {}
        for person, role, club in rows:
            if club == self.club_id:
                writes[person] = writes.get(person, False) or role != roles.PARTNER
        return sorted(writes.items())


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> "MembershipQuerySet":
        return self.filter(open_on(), state=Membership.State.ACTIVE)

    def of(self, user: object) -> "MembershipQuerySet":
        """Memberships that put a person in a club: their own (guest, intern) or a verified seat's."""
        seats = Seat.objects.current().verified().of(user)
        return self.filter(Q(person=user) | Q(organisation__in=seats.values("organisation")))


class Membership(models.Model):
    """An organisation's — or, for guests and interns, a person's — place in a club, with dates."""

    class Role(models.TextChoices):
        MEMBER = "member", _("Member")
        ANIMATOR = "animator", _("Animator")
        PARTNER = "partner", _("Partner")
        GUEST = "guest", _("Guest")
        INTERN = "intern", _("Intern")

    class State(models.TextChoices):
        INVITED = "invited", _("Invited")
        REQUESTED = "requested", _("Requested")
        VERIFYING = "verifying", _("Being verified")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        ENDED = "ended", _("Ended")
        ALUMNI = "alumni", _("Former member")

    club = models.ForeignKey(Club, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation__isnull=False, person__isnull=True)
                | Q(organisation__isnull=True, person__isnull=False),
                name="an_organisation_or_a_person",
            ),
            models.UniqueConstraint(fields=["club", "organisation"], name="an_organisation_once_a_club"),
            models.UniqueConstraint(fields=["club", "person"], name="a_person_once_a_club"),
            models.CheckConstraint(
                condition=~Q(role__in=["guest", "intern"]) | Q(ends_on__isnull=False),
                name="a_guest_has_an_end_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id or self.person_id} in {self.club_id} as {self.role}"
