"""Rooms, the rows that say who reads them, and their log."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from community.models import Circle, User


class RoomQuerySet(models.QuerySet["Room"]):
    def visible_to(self, user: User | int) -> "RoomQuerySet":
        """The rooms the person reads today. What is not here does not exist for them."""
        return self.filter(pk__in=RoomMember.objects.filter(user=user).values("room"))

    def with_names(self, user: User | int) -> "RoomQuerySet":
        """Load what `Room.name` needs: the club, and for a direct room the other person (`other_name`)."""
        others = RoomMember.objects.filter(room=models.OuterRef("pk")).exclude(user=user).order_by("pk")
        return self.select_related("circle__club").annotate(
            other_name=Coalesce(Subquery(others.values("user__name")[:1]), Value("")),
            other_id=Subquery(others.values("user")[:1]),
        )

    def with_rights(self, user: User | int) -> "RoomQuerySet":
        """Annotate `can_write`."""
        rows = RoomMember.objects.filter(room=models.OuterRef("pk"), user=user, can_write=True)
        return self.annotate(can_write=Exists(rows))


class Room(models.Model):
    """A place where messages are numbered. Whoever owns it (a circle, an event…) decides who reads, by rows."""

    class Kind(models.TextChoices):
        CIRCLE = "circle", _("Circle")
        DIRECT = "direct", _("Direct messages")
        INTRODUCTION = "introduction", _("Introduction")
        EVENT = "event", _("Event")

    kind = models.CharField(max_length=12, choices=Kind)
    circle = models.ForeignKey(Circle, models.CASCADE, null=True, blank=True, related_name="rooms")
    title = models.CharField(_("title"), max_length=150, blank=True)
    # "smaller:larger" user id: two people have one direct room, whoever opens it first.
    direct_key = models.CharField(max_length=50, unique=True, null=True, editable=False)
    last_seq = models.PositiveBigIntegerField(default=0, editable=False)
    last_message_number = models.PositiveBigIntegerField(default=0, editable=False)
    # Moves with every change of the readers; the hub compares it before it offers anything.
    acl_version = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RoomQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def name(self) -> str:
        """What a reader calls it; load the room with `with_names(user)` first."""
        if self.title:
            return self.title
        return (
            self.circle.club.name
            if self.circle
            else getattr(self, "other_name", "") or str(_("Former member"))
        )


class RoomMember(models.Model):
    """One person who reads a room. Take the row away and the room is gone for them, everywhere at once."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="room_memberships")
    can_write = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="a_member_once_a_room")]

    def __str__(self) -> str:
        return f"{self.user_id} in room {self.room_id}"


class RoomEvent(models.Model):
    """One numbered line of a room's log: no gaps, never renumbered, never removed."""

    class Kind(models.TextChoices):
        POSTED = "posted"
        EDITED = "edited"
        DELETED = "deleted"
        RESOLVED = "resolved"
        REOPENED = "reopened"
        JOINED = "joined"
        LEFT = "left"

    room = models.ForeignKey(Room, models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    message = models.ForeignKey(
        "messaging.Message", models.CASCADE, null=True, blank=True, related_name="events"
    )
    # Who did it; for joined and left, who came or went.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Small facts that have no row of their own. Never a message's words: those live in one place.
    payload = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()
    # Set by the statement that appended it, so that nobody has to ask for the room.
    room_kind: str

    class Meta:
        ordering = ["room", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="an_event_once_a_number"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="events_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"room {self.room_id} #{self.seq} {self.kind}"
