"""How far a person has read: in a room as a whole, or in one topic. Moves forward only."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ReadMark(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="read_marks")
    room = models.ForeignKey("messaging.Room", models.CASCADE, related_name="read_marks")
    # None: everything in the room up to `number`, whatever its topic.
    topic = models.ForeignKey(
        "messaging.Topic", models.CASCADE, null=True, blank=True, related_name="read_marks"
    )
    number = models.PositiveBigIntegerField()  # of the last message read, counted in the room
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "room"], condition=Q(topic=None), name="one_mark_a_room"),
            models.UniqueConstraint(
                fields=["user", "topic"], condition=Q(topic__isnull=False), name="one_mark_a_topic"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} read room {self.room_id} up to {self.number}"
