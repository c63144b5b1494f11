"""Every page, in light and dark, on a desk and on a phone: axe finds nothing, nothing scrolls sideways, nothing is heavy."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Response

from community.models import Club, Organisation, Territory
from events.models import Event
from matching.models import Introduction
from messaging.models import Room, Topic

MAYOR = "maire.vierzon@demo.entrevilles.invalid"
LEAD = "cheffe.projet.vierzon@demo.entrevilles.invalid"
ANIMATOR = "animatrice.centre@demo.entrevilles.invalid"
KILOBYTE = 1024


def town(name: str) -> int:
    """The territory of a member town of the demonstration."""
    return Organisation.objects.get(name=name, kind=Organisation.Kind.TOWN).territory_id


def lead() -> Any:
    return get_user_model().objects.get(email=LEAD)


def stranger() -> int:
    """A town nobody has brought here yet, with the longest name of France: the page must hold it."""
    return Territory.objects.get(name="Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson").pk


def topic() -> str:
    found = Topic.objects.visible_to(lead()).first()
    return f"/salons/{found.room_id}/sujets/{found.pk}/"


def event(**which: Any) -> int:
    return Event.objects.visible_to(lead()).filter(**which).upcoming().first().pk


ANONYMOUS: dict[str, Callable[[], str]] = {
    "welcome": lambda: "/",
    "sign in": lambda: "/connexion/",
    "link sent": lambda: "/connexion/envoye/",
    "password reset": lambda: "/compte/password/reset/",
    "help": lambda: "/aide/",
    "accessibility": lambda: "/accessibilite/",
    "data": lambda: "/donnees/",
    "towns": lambda: "/villes/",
    "town": lambda: f"/villes/{town('Vierzon')}/",
    "nobody's town": lambda: f"/villes/{stranger()}/",
    "Cyrillic town": lambda: f"/villes/{Territory.objects.get(name='Kičevo', country='MK').pk}/",
    "clubs": lambda: "/clubs/",
    "agenda": lambda: "/agenda/",
}
SIGNED_IN: dict[str, Callable[[], str]] = {
    "home": lambda: "/",
    "search": lambda: "/recherche/?q=saint",
    "empty search": lambda: "/recherche/?q=zzzzqqq",
    "notifications": lambda: "/notifications/",
    "preferences": lambda: "/preferences/",
    "towns": lambda: "/villes/?q=vier",
    "no town": lambda: "/villes/?q=zzzzqqq",
    "own town": lambda: f"/villes/{town('Vierzon')}/",
    "town edit": lambda: f"/villes/{town('Vierzon')}/modifier/",
    "themes edit": lambda: f"/villes/{town('Vierzon')}/modifier/sujets/cherche/",
    "matches": lambda: f"/villes/{town('Vierzon')}/proches/",
    "refused": lambda: f"/villes/{town('Vierzon')}/ecartees/",
    "letter": lambda: f"/villes/{town('Sighișoara')}/ecrire/",
    "letters": lambda: "/lettres/",
    "one letter": lambda: f"/lettres/{Introduction.objects.visible_to(lead()).first().pk}/",
    "clubs": lambda: "/clubs/",
    "club": lambda: f"/clubs/{Club.objects.with_member(lead()).first().slug}/",
    "topics": lambda: f"/clubs/{Club.objects.with_member(lead()).first().slug}/sujets/",
    "new topic": lambda: f"/clubs/{Club.objects.with_member(lead()).first().slug}/sujets/nouveau/",
    "topic": topic,
    "direct messages": lambda: "/messages/",
    "direct room": lambda: (
        f"/salons/{Room.objects.visible_to(lead()).filter(kind=Room.Kind.DIRECT).first().pk}/"
    ),
    "agenda": lambda: "/agenda/",
    "past": lambda: "/agenda/?quand=passe",
    "training": lambda: "/agenda/formations/",
    "event": lambda: f"/agenda/{event()}/",
    "calendar": lambda: "/agenda/calendrier/",
    "onboarding": lambda: "/bienvenue/ville/",
    "concerns": lambda: "/bienvenue/sujets/",
    "offers": lambda: "/bienvenue/partage/",
    "role": lambda: "/bienvenue/vous/",
    "password": lambda: "/compte/password/set/",
}
PAGES = [pytest.param(path, None, id=f"visitor: {name}") for name, path in ANONYMOUS.items()] + [
    pytest.param(path, LEAD, id=f"member: {name}") for name, path in SIGNED_IN.items()
]


@pytest.mark.parametrize(("path", "user"), PAGES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_page_is_accessible_light_and_fits(site, open_page, axe, fits, path, user, dark):
    # Light on a desk and dark on a phone: the sheet has no rule that joins a theme to a width.
    page = open_page(user, phone=dark, dark=dark)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    response = page.goto(path(), wait_until="load")
    assert response.status == 200, f"{page.url}: {response.status}"
    assert_few(answers)
    # Fragments that come once the page is there are weighed and looked at too, but they delayed nobody.
    if page.locator("[hx-trigger*=load]").count():
        page.wait_for_load_state("networkidle")
    assert_light(answers)
    axe(page)
    fits(page)


def assert_few(answers: list[Response]) -> None:
    """At most 10 files besides the fonts before the page is there."""
    apart = ("fetch", "xhr", "websocket", "font")
    files = [answer.url for answer in answers if answer.request.resource_type not in apart]
    assert len(files) <= 10, files


def assert_light(answers: list[Response]) -> None:
    """The budgets of the design, gzipped: HTML 20, CSS 12, JS 25."""
    weights = {"document": 0, "stylesheet": 0, "script": 0, "font": 0}
    for answer in answers:
        kind = answer.request.resource_type
        body = answer.body() if answer.ok else b""
        weights[kind] = weights.get(kind, 0) + (len(body) if kind == "font" else len(gzip.compress(body)))
    assert weights["document"] <= 20 * KILOBYTE, weights
    assert weights["stylesheet"] <= 12 * KILOBYTE, weights
    assert weights["script"] <= 25 * KILOBYTE, weights
    # Towns of several alphabets bring the fonts of those alphabets; 200 KB hold them all.
    assert sum(weights.values()) <= 200 * KILOBYTE, weights


@pytest.mark.parametrize("path", ["/aucune-page/", "/salons/999999/", "/agenda/999999/"])
def test_lost_page_helps(site, open_page, watch, axe, fits, path):
    watch.allow("404")
    page = open_page(LEAD)
    assert page.goto(path).status == 404
    axe(page)
    fits(page)
    assert page.get_by_role("link", name="Aide et contact").count() >= 1


def test_the_api_page_keeps_the_policy(site, open_page):
    """Swagger's own page, from our host alone, under the same policy."""
    page = open_page(LEAD)
    page.goto("/api/v1/docs/")
    page.get_by_text("/api/v1/towns/{territory_id}/matches/").wait_for()


def test_english_is_complete(site, open_page):
    """The same pages in English carry no French word of the interface."""
    page = open_page(locale="en-GB")
    page.goto("/connexion/")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "adresse" not in page.locator("main").inner_text().lower()
