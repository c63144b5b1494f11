"""What a town said about its matches, and the first letters between towns."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.models import Organisation, Seat, Territory
from community.permissions import acting_seats
from messaging.models import Room


class Importance(models.TextChoices):
    LITTLE = "little", _("A little")
    NORMAL = "normal", _("Normal")
    A_LOT = "a_lot", _("A lot")


class Preference(models.Model):
    """How much each family of reasons counts for one organisation; no row means normal throughout."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="matching_preference")
    size = models.CharField(
        _("size of the town"), max_length=6, choices=Importance, default=Importance.NORMAL
    )
    concerns = models.CharField(
        _("shared concerns"), max_length=6, choices=Importance, default=Importance.NORMAL
    )
    language = models.CharField(
        _("working language"), max_length=6, choices=Importance, default=Importance.NORMAL
    )
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.size}, {self.concerns}, {self.language}"


class Refusal(models.Model):
    """“Pas pour nous”: a town that is not proposed to this organisation any more, and why.

    The reasons also move the organisation's own weights (`matching.weights`). Deleting the row undoes both.
    """

    class Reason(models.TextChoices):
        SIZE = "size", _("Not our size")
        FAR = "far", _("Too far")
        THEMES = "themes", _("Not our subjects")
        LANGUAGE = "language", _("No common language")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="refusals")
    territory = models.ForeignKey(Territory, models.CASCADE, related_name="refused_by")
    reason = models.CharField(_("reason"), max_length=8, choices=Reason)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["organisation", "territory"], name="refused_once")]

    def __str__(self) -> str:
        return f"{self.organisation_id} refuses {self.territory_id}: {self.reason}"


class IntroductionQuerySet(models.QuerySet["Introduction"]):
    def visible_to(self, user: object) -> "IntroductionQuerySet":
        """The person's own letters, and those sent between towns for which they act today: a guest or an expert reads none."""
        towns = acting_seats(user).values("organisation")
        between = Q(from_organisation__in=towns) | Q(to_organisation__in=towns)
        own = Q(sender=user) & Q(from_organisation__in=Seat.objects.current().of(user).values("organisation"))
        return self.filter((between & ~Q(state=Introduction.State.WAITING)) | own)

    def between(self, one: Organisation, other: Organisation) -> "IntroductionQuerySet":
        """Letters of two towns, whoever wrote first."""
        return self.filter(
            Q(from_organisation=one, to_organisation=other) | Q(from_organisation=other, to_organisation=one)
        )

    def waiting(self) -> "IntroductionQuerySet":
        return self.filter(state=Introduction.State.WAITING)

    def open(self, now: dt.datetime | None = None) -> "IntroductionQuerySet":
        """Sent and still to be answered."""
        return self.filter(state=Introduction.State.SENT, expires_at__gt=now or timezone.now())


class Introduction(models.Model):
    """The first letter of a town to another one. Once sent, the two talk in its room."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for your function to be confirmed")
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("No answer")

    LENGTH = 1000
    ANSWER_WITHIN = dt.timedelta(days=30)
    A_DAY = 10  # letters of one town: it asks for partners, it does not advertise

    from_organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="letters_sent")
    to_organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="letters_received")
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="introductions"
    )
    body = models.CharField(_("your letter"), max_length=LENGTH)
    language = models.CharField(max_length=8, default="fr")
    # What the two towns shared, in public, on the day it was sent (positions of community.themes).
    themes = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    room = models.OneToOneField(Room, models.PROTECT, null=True, blank=True, related_name="introduction")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = IntroductionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            # One letter of a town at a time; a letter that waits belongs to its writer alone, so that an
            # unconfirmed person cannot keep a town from writing.
            models.UniqueConstraint(
                fields=["from_organisation", "to_organisation"],
                condition=Q(state="sent"),
                name="one_open_letter_a_pair",
            ),
            models.UniqueConstraint(
                fields=["sender", "from_organisation", "to_organisation"],
                condition=Q(state="waiting"),
                name="one_waiting_letter_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(from_organisation=models.F("to_organisation")), name="a_letter_goes_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_organisation_id} → {self.to_organisation_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        return (
            self.state == self.State.SENT and self.expires_at is not None and self.expires_at > timezone.now()
        )
