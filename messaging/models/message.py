"""A message. Its words are here and nowhere else: blank the row and they are gone from every replay."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from community.models import Seat, User
from community.models.territory import search_key
from messaging.models.read_mark import ReadMark
from messaging.models.room import Room, RoomMember

BODY_LENGTH = 8000


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User | int) -> "MessageQuerySet":
        return self.filter(room__in=RoomMember.objects.filter(user=user).values("room"))

    def present(self) -> "MessageQuerySet":
        return self.filter(deleted_at=None)

    def unread_by(self, user: User | int) -> "MessageQuerySet":
        """Messages of others that no marker of the person, of the room or of the topic, has passed."""
        marks = ReadMark.objects.filter(
            Q(topic=None) | Q(topic=OuterRef("topic")),
            user=user,
            room=OuterRef("room"),
            number__gte=OuterRef("number"),
        )
        return self.present().filter(~Q(author=user) | Q(author=None), ~Exists(marks))

    def with_authors(self) -> "MessageQuerySet":
        """Load what shows beside a message: its author, the town or body they speak for, its topic."""
        return self.select_related("author", "seat__organisation__territory", "topic")

    def search(self, query: str, user: User | int) -> "MessageQuerySet":
        """What the person may read that has every word of the query, whatever the accents; the latest first."""
        words = search_key(query).split()[:8]
        if not words:
            return self.none()
        matching = self.visible_to(user).present()
        for word in words:
            matching = matching.filter(words__contains=word)
        return matching.with_authors().order_by("-created_at", "-pk")


class Message(models.Model):
    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    topic = models.ForeignKey(
        "messaging.Topic", models.CASCADE, null=True, blank=True, related_name="messages"
    )
    # None after the person was erased; the seat says for whom they spoke that day.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    seat = models.ForeignKey(Seat, models.SET_NULL, null=True, blank=True, related_name="+")
    client_id = models.UUIDField(editable=False)
    number = models.PositiveBigIntegerField(editable=False)
    body = models.TextField(_("message"), max_length=BODY_LENGTH, blank=True)
    html = models.TextField(blank=True, editable=False)
    words = models.TextField(blank=True, editable=False)  # the body as `search_key` makes it
    lang = models.CharField(_("language"), max_length=8, blank=True)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies")
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["room", "number"]
        constraints = [
            models.UniqueConstraint(fields=["author", "client_id"], name="a_message_once_a_client_id"),
            models.UniqueConstraint(fields=["room", "number"], name="a_message_once_a_number"),
        ]
        indexes = [models.Index(fields=["topic", "number"])]

    def __str__(self) -> str:
        return f"message {self.number} in room {self.room_id}"
