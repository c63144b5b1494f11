"""What a person was told: one row per thing and person."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from notifications.kinds import Kind, all_kinds


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: object) -> "NotificationQuerySet":
        return self.filter(recipient=user)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)


class Notification(models.Model):
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=60)
    # The thing told about: telling it again moves the one row up in place of adding another.
    key = models.CharField(max_length=120)
    url = models.CharField(max_length=300)
    context = models.JSONField(default=dict, blank=True)
    count = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="one_notice_a_thing")]
        indexes = [models.Index(fields=["recipient", "read_at"])]

    def __str__(self) -> str:
        return f"{self.kind} for {self.recipient_id}"

    @property
    def declared(self) -> Kind | None:
        """Its declared kind; None once an app has stopped sending it."""
        return all_kinds().get(self.kind)

    @property
    def title(self) -> str:
        """The sentence, in the active language."""
        kind = self.declared
        return str(kind.title) % self.context if kind else _("News for you")
