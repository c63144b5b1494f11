"""A person's answer to an event: one row, whatever they change their mind to."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from community.models import Organisation


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def registered(self) -> "RegistrationQuerySet":
        return self.filter(state=Registration.State.REGISTERED)

    def waiting(self) -> "RegistrationQuerySet":
        """The waiting list, first come first."""
        return self.filter(state=Registration.State.WAITING).order_by("ticket")

    def visible_to(self, user: Any) -> "RegistrationQuerySet":
        return self.filter(user=user)


class Registration(models.Model):
    class State(models.TextChoices):
        REGISTERED = "registered", _("Registered")
        WAITING = "waiting", _("On the waiting list")
        DECLINED = "declined", _("Not coming")

    event = models.ForeignKey("events.Event", models.CASCADE, related_name="registrations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="registrations")
    # For whom they come: what other members see of them.
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="registrations"
    )
    state = models.CharField(max_length=10, choices=State)
    # Order of arrival in this event, given under the event's lock: clocks of several servers may disagree.
    ticket = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["ticket"]
        constraints = [
            models.UniqueConstraint(fields=["event", "user"], name="one_answer_a_person"),
            models.UniqueConstraint(fields=["event", "ticket"], name="one_person_a_ticket"),
        ]
        indexes = [models.Index(fields=["event", "state"], name="registration_state")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.state} for {self.event_id}"

    @property
    def place_in_line(self) -> int:
        """1 for the person who gets the next free seat; 0 for those who do not wait."""
        if self.state != self.State.WAITING:
            return 0
        waiting = Registration.objects.filter(event=self.event_id, state=self.State.WAITING)
        return waiting.filter(ticket__lte=self.ticket).count()
