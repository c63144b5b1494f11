"""The filters of the agenda: the address says what is shown, and each choice is a link."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from community.models import Club, Organisation
from events.models import Event
from events.models.event import EventQuerySet


def is_slug(text: str) -> bool:
    """Could this name something? PostgreSQL refuses to look for some of what an address can hold."""
    return bool(re.fullmatch(r"[-\w]{1,80}", text))


@dataclass(frozen=True)
class Choice:
    """A filter as a link: `query` is the whole query string it leads to."""

    label: str
    query: str
    is_current: bool


class AgendaFilter:
    """What the address of the agenda asks for: `type`, `format`, `club`, `town`, `mine`, `past`.

    Unknown values count as absent, so that an old link still shows something.
    """

    NAMES = ("type", "format", "club", "town", "mine", "past")

    def __init__(self, query: QueryDict, user: Any, *, kind: str = "") -> None:
        self.user = user
        self.kind_is_fixed = bool(kind)
        self.kind = kind or self._known(query.get("type"), Event.Kind.values)
        self.format = self._known(query.get("format"), Event.Format.values)
        self.mine = user.is_authenticated and query.get("mine") == "1"
        self.past = query.get("past") == "1"
        clubs = Club.objects.visible_to(user)
        self.club = clubs.filter(slug=query["club"]).first() if is_slug(query.get("club", "")) else None
        towns = Organisation.objects.published().select_related("territory")
        self.town = towns.filter(slug=query["town"]).first() if is_slug(query.get("town", "")) else None

    @staticmethod
    def _known(value: str | None, values: list[str]) -> str:
        return value if value in values else ""

    @cached_property
    def clubs(self) -> list[Club]:
        """The reader's own clubs."""
        return list(Club.objects.with_member(self.user)) if self.user.is_authenticated else []

    @staticmethod
    def in_town(rows: EventQuerySet, town: Organisation) -> EventQuerySet:
        """Events a town organises, and events that take place there."""
        here = Q(organiser=town)
        if town.territory_id:
            here |= Q(town=town.territory_id)
        return rows.filter(here)

    def apply(self, rows: EventQuerySet) -> EventQuerySet:
        rows = rows.past() if self.past else rows.upcoming()
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.format:
            rows = rows.filter(format=self.format)
        if self.club:
            rows = rows.filter(club=self.club)
        if self.town:
            rows = self.in_town(rows, self.town)
        if self.mine:
            rows = rows.answered_by(self.user, "registered", "waiting")
        return rows

    @property
    def narrows(self) -> bool:
        """Is something chosen besides the period?"""
        kind = self.kind and not self.kind_is_fixed
        return bool(kind or self.format or self.club or self.mine)

    @property
    def is_set(self) -> bool:
        return bool(self.narrows or self.town or self.past)

    def _query(self, **changes: str) -> str:
        now = {
            "type": "" if self.kind_is_fixed else self.kind,
            "format": self.format,
            "club": self.club.slug if self.club else "",
            "town": self.town.slug if self.town else "",
            "mine": "1" if self.mine else "",
            "past": "1" if self.past else "",
        }
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in (now | changes).items() if value})
        return f"?{query.urlencode()}" if query else "?"

    def _links(
        self, name: str, current: str, choices: list[tuple[str, str]], everything: str
    ) -> list[Choice]:
        links = [Choice(everything, self._query(**{name: ""}), not current)]
        return links + [
            Choice(label, self._query(**{name: value}), value == current) for value, label in choices
        ]

    def periods(self) -> list[Choice]:
        return self._links("past", "1" if self.past else "", [("1", _("Past"))], _("Upcoming"))

    def mine_links(self) -> list[Choice]:
        if not self.user.is_authenticated:
            return []
        return self._links("mine", "1" if self.mine else "", [("1", _("I am registered"))], _("All"))

    def kinds(self) -> list[Choice]:
        if self.kind_is_fixed:
            return []
        return self._links("type", self.kind, [(k.value, str(k.label)) for k in Event.Kind], _("All"))

    def formats(self) -> list[Choice]:
        return self._links("format", self.format, [(f.value, str(f.label)) for f in Event.Format], _("All"))

    def club_links(self) -> list[Choice]:
        clubs = [(club.slug, club.name) for club in self.clubs]
        if self.club and self.club.slug not in dict(clubs):
            clubs.append((self.club.slug, self.club.name))
        return self._links("club", self.club.slug if self.club else "", clubs, _("All")) if clubs else []

    def without_town(self) -> str:
        return self._query(town="")
