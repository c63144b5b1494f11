"""Search over everything one may see. Each app answers for its own rows; this page only puts them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from community.models import Club, Territory, User
from events.models import Event
from messaging.models import Message, Topic

LIMIT = 8  # of each sort, on one page
SHORTEST = 2  # characters


@dataclass(frozen=True)
class Group:
    """Hits of one sort; `template` renders a row from `hit`."""

    code: str
    title: str | Promise
    hits: list[Any]
    template: str


def search(query: str, user: User) -> list[Group]:
    """Hits by sort, at most LIMIT each, only what the person may see; empty below SHORTEST characters."""
    query = query.strip()[:100]
    if len(query) < SHORTEST:
        return []
    found: list[tuple[str, str | Promise, Sequence[Any] | QuerySet[Any], str]] = [
        ("towns", _("Towns"), Territory.objects.search(query), "portal/includes/hit_town.html"),
        ("clubs", _("Clubs"), Club.objects.search(query, user), "portal/includes/hit_club.html"),
        ("topics", _("Subjects"), Topic.objects.search(query, user), "portal/includes/hit_topic.html"),
        ("messages", _("Messages"), Message.objects.search(query, user), "portal/includes/hit_message.html"),
        ("events", _("Meetings"), Event.objects.search(query, user), "portal/includes/hit_event.html"),
    ]
    groups = [Group(code, title, list(rows[:LIMIT]), template) for code, title, rows, template in found]
    return [group for group in groups if group.hits]
