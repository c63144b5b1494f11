"""A dated seat of a person in an organisation. Mandates end; what the organisation owns stays."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from community.models.organisation import Organisation
from community.today import today


def open_on(on: dt.date | None = None) -> Q:
    """Rows with `starts_on`/`ends_on` that hold on a day (today by default); the last day counts."""
    on = on or today()
    return (Q(starts_on=None) | Q(starts_on__lte=on)) & (Q(ends_on=None) | Q(ends_on__gte=on))


class SeatQuerySet(models.QuerySet["Seat"]):
    def current(self, on: dt.date | None = None) -> "SeatQuerySet":
        return self.filter(open_on(on), person__is_active=True)

    def verified(self) -> "SeatQuerySet":
        return self.filter(state=Seat.State.VERIFIED)

    def of(self, person: object) -> "SeatQuerySet":
        return self.filter(person=person)


class Seat(models.Model):
    class Kind(models.TextChoices):
        ELECTED = "elected", _("Elected official")
        PROJECT_LEAD = "project_lead", _("Project lead")
        AGENT = "agent", _("Staff member")
        EXPERT = "expert", _("Expert")
        ANIMATOR = "animator", _("Network animator")
        GUEST = "guest", _("Guest")
        CUSTODIAN = "custodian", _("Custodian of the page")

    class State(models.TextChoices):
        PENDING = "pending", _("Being verified")
        VERIFIED = "verified", _("Verified")
        REFUSED = "refused", _("Not confirmed")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="seats")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="seats")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    title = models.CharField(_("function"), max_length=120, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    # L0 e-mail confirmed, L1 organisation, L2 mandate, L3 vouched for abroad (product.md, "Verification")
    level = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    source = models.CharField(max_length=120, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SeatQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organisation", "kind"],
                condition=Q(ends_on=None),
                name="one_open_seat_of_a_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.organisation_id} as {self.kind}"
