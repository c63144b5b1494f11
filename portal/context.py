"""What every page knows."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext

from community.models import User
from notifications.models import Notification

THEMES = ("light", "dark", "system")


@dataclass(frozen=True)
class Entry:
    """An entry of the navigation; `key` is what a page writes into the block "section"."""

    key: str
    label: str
    icon: str
    url: str


class Site:
    """The frame of a page. Nothing is asked of the database before a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.name: str = settings.SITE_NAME

    @cached_property
    def theme(self) -> str:
        """The person's choice, else the browser's cookie, else the system's."""
        user = getattr(self.request, "user", None)
        chosen = getattr(user, "theme", "") or self.request.COOKIES.get("theme", "")
        return chosen if chosen in THEMES else "system"

    @property
    def other_theme(self) -> str:
        """What the theme button asks for without a script."""
        return "light" if self.theme == "dark" else "dark"

    @cached_property
    def unread(self) -> int:
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            return 0
        return Notification.objects.visible_to(user).unread().count()

    @cached_property
    def demo(self) -> bool:
        """Whether fictitious people or towns are among us; the footer says so."""
        answer = cache.get("site-has-demo")
        if answer is None:
            answer = User.objects.filter(is_demo=True).exists()
            cache.set("site-has-demo", answer, 300)
        return bool(answer)

    @cached_property
    def entries(self) -> list[Entry]:
        """The navigation of a signed-in person; the first four stand in the bottom bar of a phone."""
        wanted = [
            ("home", gettext("Home"), "house", "portal:home"),
            ("towns", gettext("Towns"), "map-pinned", "community:town_list"),
            ("clubs", gettext("Clubs"), "messages-square", "community:club_list"),
            ("agenda", gettext("Agenda"), "calendar-days", "events:event_list"),
            ("training", gettext("Training"), "graduation-cap", "events:training_list"),
        ]
        entries = []
        for key, label, icon, view in wanted:
            try:
                entries.append(Entry(key, label, icon, reverse(view)))
            except NoReverseMatch:  # an app that this installation leaves out
                continue
        return entries

    @cached_property
    def languages(self) -> list[tuple[str, str]]:
        """The languages to switch to, each in its own words."""
        own = {"fr": "Français", "en": "English"}
        current = (get_language() or "fr").partition("-")[0]
        return [(code, own.get(code, str(name))) for code, name in settings.LANGUAGES if code != current]

    @property
    def section(self) -> str:
        """Where the page stands in the navigation, when it does not say so itself."""
        match = self.request.resolver_match
        if match is None:
            return ""
        view = match.url_name or ""
        if match.namespace == "portal":
            return "home" if view == "home" else ""
        if match.namespace == "messaging":
            return "" if view.startswith("direct") else "clubs"
        if match.namespace == "community":
            return "clubs" if view.startswith("club") else "towns" if view.startswith("town") else ""
        if match.namespace == "events":
            return "training" if view.startswith("training") else "agenda"
        return "towns" if match.namespace == "matching" else ""


def site(request: HttpRequest) -> dict[str, Any]:
    return {"site_name": settings.SITE_NAME, "site": Site(request)}
