"""A slow line: the page is there before its scripts, and people type at once."""

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from tests.factories import UserFactory


def test_a_name_typed_before_the_scripts_came_is_searched(open_page: Callable[..., Page]) -> None:
    page = open_page(UserFactory(email="presse@example.org"))
    held: list[Route] = []
    page.route("**/*htmx*.js", lambda route: held.append(route))
    page.goto(reverse("community:onboarding_town"), wait_until="commit")
    page.get_by_role("searchbox").fill("Vendôme")
    assert held
    for route in held:
        route.continue_()
    expect(page.get_by_role("button", name="C’est ma ville Vendôme").first).to_be_visible()
