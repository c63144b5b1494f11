"""What organisers fill in, on the clock of the place."""

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community import themes
from community.models import Club, Organisation, Territory
from community.models.territory import search_key
from events import permissions, video, when
from events.models import Event
from events.models.event import HERITAGE_TOPICS, positions_of

LANGUAGES = ("fr", "en", "ro", "hu", "mk", "de", "it", "es", "pl")
CONTINENTS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """IANA zones that are called after a place, Europe first."""
    names = sorted(zoneinfo.available_timezones(), key=lambda name: (not name.startswith("Europe/"), name))
    return (*(name for name in names if name.partition("/")[0] in CONTINENTS), "UTC")


def zone_choices() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ").replace("/", " / ")) for name in zone_names()]


class ClockField(forms.DateTimeField):
    """A date and an hour without a zone: what a wall clock shows, somewhere."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> Any:
        # The base class would read it on the reader's clock, and refuse the hours their spring skips.
        with timezone.override(dt.UTC):
            moment = super().to_python(value)
        return moment and moment.replace(tzinfo=None)


class EventForm(forms.Form):
    """An event as its organiser writes it: times are on the clock of its own zone.

    After `is_valid()`, `event_fields()` is what `create_event` and `update_event` take.
    """

    KEEP_CLOCK, KEEP_MOMENT = "clock", "moment"

    organiser = forms.ModelChoiceField(
        label=gettext_lazy("Organised by"), queryset=Organisation.objects.none(), empty_label=None
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=140)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Event.Kind.choices)
    summary = forms.CharField(
        label=gettext_lazy("In one sentence"),
        max_length=240,
        required=False,
        help_text=gettext_lazy("What people gain by coming."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=8000,
        required=False,
    )
    programme = forms.CharField(
        label=gettext_lazy("Programme"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=8000,
        required=False,
        help_text=gettext_lazy("One step a line, the hour first: 14:30 Welcome at the town hall."),
    )
    practical = forms.CharField(
        label=gettext_lazy("Practical information"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("One piece a line: train, access for wheelchairs, lunch."),
    )
    starts = ClockField(label=gettext_lazy("Start"))
    ends = ClockField(label=gettext_lazy("End"))
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zone_choices)
    zone_change = forms.ChoiceField(
        label=gettext_lazy("If the time zone changes"),
        choices=[
            (KEEP_CLOCK, gettext_lazy("The time on the clock stays: 10:00 remains 10:00, elsewhere")),
            (KEEP_MOMENT, gettext_lazy("The moment stays: the time is converted to the new zone")),
        ],
        widget=forms.RadioSelect,
        initial=KEEP_CLOCK,
        required=False,
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=Event.Format.choices, widget=forms.RadioSelect
    )
    place_name = forms.CharField(label=gettext_lazy("Venue"), max_length=140, required=False)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=240, required=False)
    town_name = forms.CharField(
        label=gettext_lazy("Town"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("As on a map; add the department or the country when several have this name."),
    )
    video_provider = forms.ChoiceField(
        label=gettext_lazy("Video room"), required=False, widget=forms.RadioSelect
    )
    video_link = forms.URLField(
        label=gettext_lazy("Video link"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Only people who are registered see it. It can be added later."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language spoken"))
    capacity = forms.IntegerField(
        label=gettext_lazy("Seats"),
        min_value=1,
        max_value=100_000,
        required=False,
        help_text=gettext_lazy("Empty: as many as wish to come."),
    )
    topics = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Topics"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    club = forms.ModelChoiceField(
        label=gettext_lazy("Club"),
        queryset=Club.objects.none(),
        required=False,
        empty_label=gettext_lazy("None"),
    )
    audience = forms.ChoiceField(
        label=gettext_lazy("Open to"), choices=Event.Audience.choices, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, user: Any, event: Event | None = None, **kwargs: Any) -> None:
        self.event = event
        self.town: Territory | None = None
        kwargs["initial"] = (self._initial(event) if event else self._first(user)) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        if event:
            del self.fields["organiser"]
        else:
            del self.fields["zone_change"]
            self._choices("organiser").queryset = permissions.organisers_for(user)
        clubs = permissions.clubs_for(user)
        if event and event.club_id:
            clubs = clubs | Club.objects.filter(pk=event.club_id)
        self._choices("club").queryset = clubs.distinct()
        labels = dict(Event.VideoProvider.choices)
        providers = [(provider.code, labels[provider.code]) for provider in video.ready_providers()]
        self._set_choices("video_provider", providers)
        if len(providers) == 1:
            self.fields["video_provider"].widget = forms.HiddenInput()
        self._set_choices("language", [(code, when.language_name(code)) for code in LANGUAGES])
        topics = [(position, themes.by_position()[position].label) for position in HERITAGE_TOPICS]
        self._set_choices("topics", topics)

    def _choices(self, name: str) -> forms.ModelChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        return field

    def _set_choices(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @staticmethod
    def _first(user: Any) -> dict[str, Any]:
        return {
            "kind": Event.Kind.MEETING,
            "format": Event.Format.ON_SITE,
            "audience": Event.Audience.PUBLIC,
            "time_zone": user.time_zone,
            "language": user.language,
            "video_provider": video.default_provider().code,
        }

    @staticmethod
    def _initial(event: Event) -> dict[str, Any]:
        names = (
            *("title", "kind", "summary", "description", "programme", "practical", "time_zone", "format"),
            *("place_name", "address", "video_link", "language", "capacity", "topics", "club", "audience"),
        )
        start, end = event.local_times()
        return {name: getattr(event, name) for name in names} | {
            "starts": start.replace(tzinfo=None),
            "ends": end.replace(tzinfo=None),
            "town_name": event.town.name if event.town else "",
            "video_provider": video.provider_of(event).code,
            "zone_change": EventForm.KEEP_CLOCK,
        }

    def clean_town_name(self) -> str:
        """Find the one town meant: by name, and by department, region or country when there are several."""
        written = self.cleaned_data["town_name"]
        if not written:
            return ""
        if self.event and self.event.town and written == self.event.town.name:
            self.town = self.event.town
            return written
        self.town = find_town(written)
        return written

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._clean_times(data)
        if data.get("format") in (Event.Format.ON_SITE, Event.Format.HYBRID) and not (
            data.get("place_name") or data.get("town_name") or "town_name" in self.errors
        ):
            self.add_error("place_name", _("Please say where: a venue or a town."))
        if data.get("audience") != Event.Audience.PUBLIC and not data.get("club"):
            self.add_error("club", _("Please say for which club."))
        return data

    def _clean_times(self, data: dict[str, Any]) -> None:
        """Read both times on the clock of the zone they were written for."""
        if "time_zone" not in data:
            return
        name = data["time_zone"]
        if self.event and data.get("zone_change") == self.KEEP_MOMENT:
            name = self.event.time_zone
        zone = zoneinfo.ZoneInfo(name)
        for field in ("starts", "ends"):
            if field in data:
                try:
                    data[field] = on_the_clock(data[field], zone)
                except ValidationError as error:
                    self.add_error(field, error)
        if {"starts", "ends"} <= set(data) and data["ends"] <= data["starts"]:
            self.add_error("ends", _("The end comes before the start."))

    def event_fields(self) -> dict[str, Any]:
        """The cleaned answers as fields of an event."""
        data = dict(self.cleaned_data)
        data.pop("zone_change", None)
        data.pop("town_name")
        data |= {
            "starts_at": data.pop("starts"),
            "ends_at": data.pop("ends"),
            "topics": positions_of(data["topics"]),
            "town": self.town,
        }
        if data["format"] == Event.Format.ONLINE:
            data |= {"place_name": "", "address": "", "town": None}
        if data["format"] == Event.Format.ON_SITE:
            data |= {"video_provider": "", "video_link": ""}
        elif data["video_provider"] != Event.VideoProvider.URL:
            data["video_link"] = ""
        return data

    def add_refusal(self, refusal: ValidationError) -> None:
        """Put an action's objections where the person can read them."""
        shown_as = {"starts_at": "starts", "ends_at": "ends", "town": "town_name"}
        if not hasattr(refusal, "error_dict"):
            self.add_error(None, refusal)
            return
        for name, errors in refusal.error_dict.items():
            name = shown_as.get(name, name)
            self.add_error(name if name in self.fields else None, errors)


def on_the_clock(written: dt.datetime, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    """The moment, in UTC, at which a zone's clocks show this; the first of two when they are put back.

    Raises ValidationError for an hour that they skip.
    """
    moment = written.replace(tzinfo=zone).astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != written:
        raise ValidationError(_("The clocks go forward that night: this hour does not exist."), code="gap")
    return moment


def find_town(written: str) -> Territory:
    """`Cahors`, `Saint-Denis, La Réunion`, `Ózd Hungary` → the town. Raises ValidationError in words."""
    name, _comma, more = written.partition(",")
    found: QuerySet[Territory] = Territory.objects.current().filter(search_name=search_key(name))
    towns = list(found.order_by("-population")[:50])
    if more:
        hint = search_key(more)
        towns = [
            town for town in towns if hint in search_key(f"{town.department} {town.region} {town.country}")
        ]
    if not towns:
        raise ValidationError(_("We know no town of this name."), code="unknown_town")
    if len(towns) > 1:
        examples = "; ".join(
            f"{town.name}, {town.department or town.region or town.country}" for town in towns[:4]
        )
        raise ValidationError(
            _("Several towns have this name. Please write one of them: %(examples)s.")
            % {"examples": examples},
            code="several_towns",
        )
    return towns[0]
