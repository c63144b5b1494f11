"""A meeting, a visit, a training session: what, when, where, and for whom."""

import datetime as dt
import re
import uuid
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from community.models import Circle, Club, Membership, Organisation, Seat, Territory, User
from community.models.territory import search_key
from events.models.registration import Registration

# The six topics of the heritage network, as positions of community.themes: restoration, crafts,
# qualification of companies, planning documents, cultural tourism, public awareness.
HERITAGE_TOPICS = (0, 38, 39, 19, 32, 6)

# A search for more words than this looks for the first ones only.
SEARCH_WORDS = 8


def new_uid() -> str:
    """A globally unique iCalendar UID that never changes: `<uuid>@<our host>`."""
    return f"{uuid.uuid4()}@{urlsplit(settings.SITE_URL).hostname}"


def holds_control_characters(text: str) -> bool:
    """Line breaks and the like have no place in a title; in a calendar file they could start a line of their
    own."""
    return any(ord(c) < 32 or c in "\x7f\x85\u2028\u2029" for c in text)


@dataclass
class ProgrammeRow:
    """One step of a programme: the time as written, its title, and what else was said."""

    time: str
    title: str
    details: list[str] = field(default_factory=list)


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: Any) -> "EventQuerySet":
        """Published events that are public or of a circle in which the person stands (as `Circle.readers`:
        partners stand in the plenary only), and everything, drafts too, of organisations in which they
        hold a verified seat. Anonymous visitors: published and public.
        """
        published = ~Q(state=Event.State.DRAFT)
        if not user.is_authenticated:
            return self.filter(published, audience=Event.Audience.PUBLIC)
        standing = Membership.objects.active().of(user)
        inner = standing.exclude(role=Membership.Role.PARTNER)
        readable = (
            Q(audience=Event.Audience.PUBLIC)
            | Q(audience=Event.Audience.PLENARY, club__in=standing.values("club"))
            | Q(audience=Event.Audience.PRACTITIONERS, club__in=inner.values("club"))
        )
        return self.filter(published & readable | self._organised_by(user))

    def editable_by(self, user: Any) -> "EventQuerySet":
        """Events of organisations in which the person holds a verified seat, and published ones of clubs
        whose animator they are."""
        if not user.is_authenticated:
            return self.none()
        animated = Membership.objects.active().of(user).filter(role=Membership.Role.ANIMATOR)
        return self.filter(
            self._organised_by(user) | ~Q(state=Event.State.DRAFT) & Q(club__in=animated.values("club"))
        )

    @staticmethod
    def _organised_by(user: Any) -> Q:
        return Q(organiser__in=Seat.objects.current().verified().of(user).values("organisation"))

    def published(self) -> "EventQuerySet":
        return self.exclude(state=Event.State.DRAFT)

    def upcoming(self) -> "EventQuerySet":
        """Not over yet, soonest first."""
        return self.filter(ends_at__gte=timezone.now()).order_by("starts_at", "pk")

    def past(self) -> "EventQuerySet":
        """Over, latest first."""
        return self.filter(ends_at__lt=timezone.now()).order_by("-starts_at", "-pk")

    def answered_by(self, user: Any, *states: str) -> "EventQuerySet":
        """Events to which the person gave one of these answers (any, when none is named)."""
        rows = Registration.objects.filter(user=user)
        if states:
            rows = rows.filter(state__in=states)
        return self.filter(pk__in=rows.values("event"))

    def concerning(self, user: Any) -> "EventQuerySet":
        """What belongs in a person's own calendar: events they signed up for, of their clubs and of their
        organisations, without those they declined."""
        going = Registration.objects.filter(user=user).exclude(state=Registration.State.DECLINED)
        declined = Registration.objects.filter(user=user, state=Registration.State.DECLINED)
        return (
            self.visible_to(user)
            .published()
            .filter(
                Q(pk__in=going.values("event"))
                | Q(club__in=Membership.objects.active().of(user).values("club"))
                | self._organised_by(user)
            )
            .exclude(pk__in=declined.values("event"))
        )

    def upcoming_for(self, user: Any) -> "EventQuerySet":
        """The agenda of the home page: what concerns the person and is still to come, soonest first."""
        return (
            self.concerning(user)
            .exclude(state=Event.State.CANCELLED)
            .upcoming()
            .with_names()
            .with_answers(user)
        )

    def search(self, query: str, user: Any) -> "EventQuerySet":
        """Visible events that hold every word of the query, without regard to accents or case."""
        words = search_key(query[:200]).split()[:SEARCH_WORDS]
        if not words:
            return self.none()
        found = self.visible_to(user).with_names()
        for word in words:
            found = found.filter(search_key__contains=word)
        return found.order_by("-starts_at", "-pk")

    def with_names(self) -> "EventQuerySet":
        """With the organiser, club and town a row names."""
        return self.select_related("organiser", "club", "town")

    def with_answers(self, user: Any) -> "EventQuerySet":
        """Annotates `taken` (seats), `my_answer` (this person's, or "") and `may_edit`."""
        rows = Registration.objects.filter(event=OuterRef("pk")).order_by()
        taken = (
            rows.filter(state=Registration.State.REGISTERED)
            .values("event")
            .annotate(n=Count("pk"))
            .values("n")
        )
        mine: Any = models.Value("")
        if user.is_authenticated:
            mine = Coalesce(Subquery(rows.filter(user=user).values("state")), models.Value(""))
        may_edit = Event.objects.editable_by(user).filter(pk=OuterRef("pk"))
        return self.annotate(
            taken=Coalesce(Subquery(taken), 0),
            my_answer=mine,
            may_edit=Exists(may_edit) if user.is_authenticated else models.Value(False),
        )


class Event(models.Model):
    class Kind(models.TextChoices):
        MEETING = "meeting", _("Meeting")
        PLENARY = "plenary", _("Plenary meeting")
        VISIT = "visit", _("Study visit")
        REGIONAL_DAY = "regional_day", _("Regional day")
        TRAINING = "training", _("Training session")
        WORKSHOP = "workshop", _("Workshop")
        CAFE = "cafe", _("Informal meeting")

    class Format(models.TextChoices):
        ONLINE = "online", _("By video")
        ON_SITE = "on_site", _("On site")
        HYBRID = "hybrid", _("On site and by video")

    class Audience(models.TextChoices):
        PUBLIC = "public", _("Everyone")
        PLENARY = "plenary", _("The club and its partners")
        PRACTITIONERS = "practitioners", _("The club, without its partners")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Registration open")
        HELD = "held", _("Held")
        CANCELLED = "cancelled", _("Cancelled")

    class VideoProvider(models.TextChoices):
        URL = "url", _("A link we paste")
        JITSI = "jitsi", _("A room made for this event")

    uid = models.CharField(max_length=120, unique=True, editable=False)
    # iCalendar SEQUENCE: moves with time, place and state, so that calendars take the change.
    sequence = models.PositiveIntegerField(default=0, editable=False)
    title = models.CharField(_("title"), max_length=140)
    summary = models.CharField(_("in one sentence"), max_length=240, blank=True)
    description = models.TextField(_("description"), max_length=8000, blank=True)
    programme = models.TextField(_("programme"), max_length=8000, blank=True)
    practical = models.TextField(_("practical information"), max_length=2000, blank=True)
    kind = models.CharField(_("kind"), max_length=14, choices=Kind, default=Kind.MEETING)
    format = models.CharField(_("format"), max_length=8, choices=Format, default=Format.ON_SITE)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    language = models.CharField(_("language"), max_length=8, default="fr")
    topics = models.JSONField(_("topics"), default=list, blank=True)

    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Paris")
    capacity = models.PositiveIntegerField(  # null: as many as wish to come
        _("seats"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )

    organiser = models.ForeignKey(Organisation, models.PROTECT, related_name="events")
    club = models.ForeignKey(Club, models.PROTECT, null=True, blank=True, related_name="events")
    audience = models.CharField(_("open to"), max_length=14, choices=Audience, default=Audience.PUBLIC)

    place_name = models.CharField(_("venue"), max_length=140, blank=True)
    address = models.CharField(_("address"), max_length=240, blank=True)
    town = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="events")
    latitude = models.FloatField(null=True, blank=True)  # degrees, WGS 84
    longitude = models.FloatField(null=True, blank=True)
    video_provider = models.CharField(_("video room"), max_length=8, choices=VideoProvider, blank=True)
    video_link = models.URLField(_("video link"), max_length=500, blank=True)

    search_key = models.TextField(editable=False, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="events_created"
    )
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = EventQuerySet.as_manager()

    # Annotated by with_answers().
    taken: int
    my_answer: str
    may_edit: bool

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="an_event_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(audience="public") | Q(club__isnull=False), name="a_circle_belongs_to_a_club"
            ),
            models.CheckConstraint(
                condition=Q(capacity=None) | Q(capacity__gt=0), name="an_event_has_a_seat"
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], name="event_ends"),
            models.Index(fields=["club", "ends_at"], name="event_club_ends"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.uid = self.uid or new_uid()
        town = self.town.name if self.town else ""
        texts = [self.title, self.summary, self.place_name, town, self.description, self.programme]
        self.search_key = search_key(" ".join(texts))
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "search_key", "updated_at"}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("events:event_detail", args=[self.pk])

    def clean(self) -> None:
        """What no database column can say; forms and actions call it through `full_clean`."""
        errors: dict[str, str | Promise] = {}
        for name in ("title", "summary", "place_name", "address", "video_link"):
            if holds_control_characters(getattr(self, name)):
                errors[name] = _("Please write this on one line.")
        if self.time_zone not in zoneinfo.available_timezones():
            errors["time_zone"] = _("We do not know this time zone.")
        if not isinstance(self.topics, list) or not set(self.topics) <= set(HERITAGE_TOPICS):
            errors["topics"] = _("Please choose among the six topics.")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            errors["ends_at"] = _("The end comes before the start.")
        if self.audience != self.Audience.PUBLIC and self.club_id is None:
            errors["club"] = _("Please say for which club.")
        if self.video_link and urlsplit(self.video_link).scheme not in ("http", "https"):
            errors["video_link"] = _("A video link begins with https://.")
        if errors:
            raise ValidationError(errors)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def has_video(self) -> bool:
        return self.format in (self.Format.ONLINE, self.Format.HYBRID)

    @property
    def has_place(self) -> bool:
        return self.format in (self.Format.ON_SITE, self.Format.HYBRID)

    @property
    def is_over(self) -> bool:
        return self.state == self.State.HELD or self.ends_at <= timezone.now()

    @property
    def takes_answers(self) -> bool:
        """May people still say whether they come?"""
        return self.state == self.State.OPEN and not self.is_over

    @property
    def seats_left(self) -> int | None:
        """None when there is no limit. Needs `with_answers()`."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)

    @property
    def is_full(self) -> bool:
        """Computed, never stored. Needs `with_answers()`."""
        return self.seats_left == 0

    @property
    def may_join(self) -> bool:
        """May the person of `with_answers()` see the video link? Registered people and organisers, until the
        event is cancelled."""
        comes = self.my_answer == Registration.State.REGISTERED or self.may_edit
        return comes and self.state != self.State.CANCELLED

    @property
    def coordinates(self) -> tuple[float, float] | None:
        """Degrees (latitude, longitude) of the venue, only when the organiser gave them."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    @property
    def length(self) -> dt.timedelta:
        return self.ends_at - self.starts_at

    @property
    def title_around_town(self) -> tuple[str, str] | None:
        """What stands before and after the town's name in the title: place names are set as on a map."""
        if self.town is None or self.town.name not in self.title:
            return None
        before, _name, after = self.title.partition(self.town.name)
        return before, after

    @property
    def programme_rows(self) -> list[ProgrammeRow]:
        """The programme as steps: a line that begins with an hour ("14 h 30 …", "9:00 …") opens one, the
        lines below it are its details. Text before the first hour is a step without a time."""
        rows: list[ProgrammeRow] = []
        for line in filter(None, map(str.strip, self.programme.splitlines())):
            timed = re.match(r"(\d{1,2} ?[h:] ?(?:\d{2})?)(?=[\s,.:–-]|$)[\s,.:–-]*(.*)", line)
            if timed:
                rows.append(ProgrammeRow(timed[1].strip(), timed[2]))
            elif rows and rows[-1].time:
                rows[-1].details.append(line)
            else:
                rows.append(ProgrammeRow("", line))
        return rows

    def readers_among(self, user_ids: Iterable[int]) -> set[int]:
        """Those of these people who may see the event today: the rule of `visible_to`, asked the other way
        round, before somebody is told about it."""
        asked = set(user_ids)
        organisers = set(
            Seat.objects.current()
            .verified()
            .filter(organisation=self.organiser_id, person__in=asked)
            .values_list("person", flat=True)
        )
        if self.state == self.State.DRAFT:
            return organisers
        if self.audience == self.Audience.PUBLIC:
            return set(User.objects.filter(pk__in=asked, is_active=True).values_list("pk", flat=True))
        assert self.club_id  # a constraint of the table
        circle = Circle(club_id=self.club_id, kind=self.audience)
        return organisers | asked & {pk for pk, _may_write in circle.readers()}

    def local_times(self, zone: dt.tzinfo | None = None) -> tuple[dt.datetime, dt.datetime]:
        """Start and end on the clock of a zone, of the event's own by default."""
        zone = zone or self.zone
        return self.starts_at.astimezone(zone), self.ends_at.astimezone(zone)


def positions_of(topics: Iterable[int]) -> list[int]:
    """Topics in the network's own order, each once."""
    chosen = set(topics)
    return [position for position in HERITAGE_TOPICS if position in chosen]
