"""A topic: what a conversation in a room is about, and the unit one reads."""

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from community.models import User
from community.models.territory import search_key
from messaging.models.message import Message
from messaging.models.room import Room, RoomMember


class TopicQuerySet(models.QuerySet["Topic"]):
    def visible_to(self, user: User | int) -> "TopicQuerySet":
        return self.filter(room__in=RoomMember.objects.filter(user=user).values("room"))

    def with_unread(self, user: User | int) -> "TopicQuerySet":
        """Annotate `unread`: how many messages of others the person has not read in each topic."""
        messages = Message.objects.filter(topic=OuterRef("pk")).unread_by(user).order_by()
        counted = messages.values("topic").annotate(n=Count("pk")).values("n")
        return self.annotate(unread=Coalesce(Subquery(counted), 0))

    def unread_first(self, user: User | int) -> "TopicQuerySet":
        """Those with something unread before the others, each the latest first."""
        unread = Message.objects.filter(topic=OuterRef("pk")).unread_by(user)
        return self.order_by(Exists(unread).desc(), "-last_message_at", "-pk")

    def unread_for(self, user: User | int) -> "TopicQuerySet":
        """The visible topics with something unread, the latest first, with `unread` and the names of their rooms."""
        unread = Message.objects.filter(topic=OuterRef("pk")).unread_by(user)
        topics = self.visible_to(user).filter(Exists(unread)).with_unread(user)
        return topics.select_related("room__circle__club")

    def search(self, query: str, user: User | int) -> "list[Topic]":
        """Visible topics whose title has every word, whatever the accents, among the person's 1,000 latest."""
        words = search_key(query).split()
        if not words:
            return []
        latest = self.visible_to(user).select_related("room__circle__club").order_by("-last_message_at")
        return [t for t in latest[:1000] if all(w in search_key(t.title) for w in words)]


class Topic(models.Model):
    class State(models.TextChoices):
        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Resolved")

    room = models.ForeignKey(Room, models.CASCADE, related_name="topics")
    title = models.CharField(_("title"), max_length=150)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    pinned = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_message_at = models.DateTimeField()
    message_count = models.PositiveIntegerField(default=0)

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["-pinned", "-last_message_at", "-pk"]
        indexes = [models.Index(fields=["room", "-last_message_at"])]

    def __str__(self) -> str:
        return self.title
