"""Two project leads want the last seat of a meeting: one gets it, the other waits and is called when it is free."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from events.models import Event
from tests.factories import EventFactory, OrganisationFactory, SeatFactory


@pytest.fixture
def event(site: object) -> Event:
    return EventFactory(
        title="Point des chefs de projet", organiser=OrganisationFactory(name="Villes au Carré"), capacity=1
    )


def test_the_last_seat(
    any_size: Callable[..., Page],
    event: Event,
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
) -> None:
    seats = [SeatFactory(), SeatFactory()]
    first, second = (any_size(seat.person) for seat in seats)
    for page in (first, second):
        page.goto(event.get_absolute_url())
        expect(page.get_by_text(re.compile(r"1.place restante sur.1"))).to_be_visible()
    axe(first)
    first.get_by_role("button", name="Je m’inscris").click()
    expect(first.get_by_role("status")).to_contain_text("Villes au Carré et les inscrits le voient.")
    # The second one's page is older than the truth, and the seat is gone all the same.
    second.get_by_role("button", name="Je m’inscris").click()
    expect(second.locator("#registration")).to_contain_text(re.compile(r"liste d’attente, numéro.1"))
    axe(second)
    fits(second)
    first.get_by_role("button", name="Je ne viens plus").click()
    expect(first.get_by_role("status")).to_contain_text("vous ne venez pas")
    second.reload()
    expect(second.locator("#registration")).to_contain_text("Votre inscription est prise.")
    second.goto("/notifications/")
    expect(second.get_by_text(re.compile("Une place s’est libérée pour vous"))).to_be_visible()
    assert list(event.registrations.values_list("state", flat=True)) == ["registered", "declined"]


def test_the_agenda_works_without_javascript(open_page: Callable[..., Page], event: Event) -> None:
    page = open_page(SeatFactory().person, javascript=False)
    page.goto("/agenda/")
    page.locator(f'a[href="{event.get_absolute_url()}"]').click()
    page.get_by_role("button", name="Je m’inscris").click()
    expect(page.get_by_role("status")).to_contain_text("C’est noté.")
    page.get_by_role("button", name="Retirer ma réponse").click()
    expect(page.get_by_role("status")).to_contain_text("votre réponse est retirée")
    assert not event.registrations.exists()
