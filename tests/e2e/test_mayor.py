"""A mayor, from the link in her mail to ten explained towns and a first letter; before any password."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from community.models import Organisation, Seat, User
from matching.models import Introduction, Preference, Refusal
from tests.e2e.conftest import Watch
from tests.e2e.site import Site

OpenPage = Callable[..., Page]
FRICHES, SHOPS, HEALTH = (
    "Patrimoine industriel et friches à reconvertir",
    "Commerce de proximité et vacance commerciale",
    "Santé et désertification médicale",
)
STATIONS = "Transports collectifs et gares"
LETTER = "Nous sommes une ville de gare et de marché.\nPourrions-nous parler de vos halles ?"


def choose(page: Page, *labels: str) -> None:
    for label in labels:
        page.locator("label.choice", has_text=label).click()


def join(page: Page, site: Site, address: str, town: str) -> None:
    """From the sign-in page to the list of towns: one address, one link, four screens."""
    page.goto("/connexion/")
    page.locator("#id_email").fill(address)
    page.get_by_role("button", name="Recevoir le lien").click()
    page.wait_for_url("**/envoye/")
    page.goto(site.last_link(address))
    page.get_by_role("button", name="Entrer").click()
    page.get_by_role("searchbox", name="Nom de votre ville").fill(town)
    page.get_by_role("button", name=re.compile(f"C’est ma ville {town}$")).first.click()
    choose(page, FRICHES, SHOPS, HEALTH)
    page.get_by_role("button", name="Continuer").click()
    choose(page, STATIONS)
    page.get_by_label("anglais", exact=True).check()
    page.get_by_role("button", name="Continuer").click()
    page.locator("#id_name").fill("Maire de l’essai")
    page.locator("[name=kind][value=elected]").check()
    page.locator("#id_title").fill("Maire")
    page.get_by_role("button", name="Voir les villes").click()
    page.wait_for_url("**/proches/")


def verify(page: Page, watch: Watch, town: str) -> None:
    """An administrator confirms the mandate, by the list of seats."""
    watch.allow("favicon.ico")  # the pages of django.contrib.admin name none
    page.goto(f"/administration/community/seat/?q={town}")
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("verify_mandate")
    page.locator("button[name=index]").click()
    page.wait_for_load_state()


@pytest.mark.parametrize(("phone", "town"), [(False, "Vendôme"), (True, "Loudun")])
def test_from_the_link_to_the_first_letter(
    site: Site, open_page: OpenPage, watch: Watch, axe: Any, fits: Any, phone: bool, town: str
) -> None:
    address = f"maire@{'telephone' if phone else 'bureau'}.example"
    page = open_page(phone=phone)
    join(page, site, address, town)

    expect(page.get_by_role("heading", level=1)).to_have_text(f"Villes proches de {town}")
    cards = page.locator("li.match")
    expect(cards).to_have_count(10)
    for card in cards.all():
        expect(card.locator(".why")).to_contain_text(re.compile(r"\d.* habitants"))
        expect(card.locator(".reasons dt")).to_have_count(4)
        expect(card.get_by_text("Un doute.")).to_have_count(1)
    assert not User.objects.get(email=address).has_usable_password()
    axe(page)
    fits(page)

    first = cards.first
    name = first.get_by_role("heading").inner_text()
    first.get_by_role("link", name=f"Écrire à {name}").click()
    expect(page.get_by_text("Votre fonction est en cours de vérification")).to_be_visible()
    page.get_by_label("Votre lettre").fill(LETTER)
    page.get_by_role("button", name="Garder la lettre").click()
    expect(page.get_by_text("Elle part dès que votre fonction est confirmée").first).to_be_visible()
    axe(page)
    fits(page)
    letter = Introduction.objects.get(sender__email=address)
    assert letter.state == Introduction.State.WAITING
    kept_at = page.url

    reader = Seat.objects.verified().filter(organisation=letter.to_organisation)[0].person
    there = open_page(reader, phone=phone)
    there.goto("/lettres/")
    expect(there.get_by_role("link", name=town, exact=True)).to_have_count(0)

    verify(open_page("administration@demo.entrevilles.invalid"), watch, town)
    page.goto(kept_at)
    expect(page.get_by_text("Envoyée.")).to_be_visible()
    expect(page.get_by_role("article")).to_contain_text("Nous sommes une ville de gare")

    there.reload()
    there.get_by_role("link", name=town, exact=True).click()
    # The other mayor reads the site in her own language.
    expect(there.get_by_role("heading", level=1)).to_contain_text(
        re.compile("vous a écrit|has written to you")
    )
    axe(there)
    fits(there)
    there.get_by_role("button", name=re.compile("^Accept")).click()
    expect(there.get_by_text(re.compile("Vous êtes en relation|You are in touch")).first).to_be_visible()
    there.get_by_role("link", name=re.compile("conversation")).click()
    expect(there.get_by_text("Pourrions-nous parler de vos halles")).to_be_visible()


@pytest.fixture
def vierzon(site: Site) -> Organisation:
    return Organisation.objects.get(name="Vierzon")


def test_settings_and_refusals_show_at_once(
    any_size: OpenPage, vierzon: Organisation, axe: Any, fits: Any
) -> None:
    Preference.objects.filter(organisation=vierzon).delete()
    Refusal.objects.filter(organisation=vierzon).delete()
    page = any_size("maire.vierzon@demo.entrevilles.invalid")
    page.goto(f"/villes/{vierzon.territory_id}/proches/")
    titles = page.locator("li.match h2")
    before = titles.all_inner_texts()

    with page.expect_response("**/reglages/"):
        page.get_by_role("group", name="Préoccupations communes").get_by_label("Peu").check()
    expect(titles).not_to_have_text(before)
    page.reload()
    expect(page.get_by_role("group", name="Préoccupations communes").get_by_label("Peu")).to_be_checked()
    with page.expect_response("**/reglages/"):
        page.get_by_role("group", name="Préoccupations communes").get_by_label("Normal").check()
    expect(titles).to_have_text(before)

    card = page.locator("li.match").nth(2)
    refused = before[2]
    card.locator("summary", has_text="Pas pour nous").click()
    axe(page)
    fits(page)
    card.get_by_role("button", name="Pas notre taille").click()
    expect(page.get_by_text(f"{refused} est écartée.")).to_be_visible()
    expect(page.get_by_role("heading", name=refused, exact=True)).to_have_count(0)
    page.get_by_role("link", name="Les voir, en reprendre une").click()
    axe(page)
    fits(page)
    page.get_by_role("button", name=f"Reprendre : {refused}").click()
    page.goto(f"/villes/{vierzon.territory_id}/proches/")
    expect(titles).to_have_text(before)

    with page.expect_response("**/proches/**"):
        page.get_by_label("Pays").select_option("HU")
    expect(page.locator("li.match .meta").first).to_contain_text("Hongrie")
    page.get_by_role("link", name="Pas encore dans le réseau").click()
    page.get_by_role("link", name=re.compile("^Inviter")).first.click()
    expect(page.get_by_text("Madame, Monsieur le Maire")).to_be_visible()
    axe(page)
    fits(page)


def test_without_a_script(open_page: OpenPage, vierzon: Organisation) -> None:
    Preference.objects.filter(organisation=vierzon).delete()
    page = open_page("maire.vierzon@demo.entrevilles.invalid", javascript=False)
    page.goto(f"/villes/{vierzon.territory_id}/proches/")
    before = page.locator("li.match h2").all_inner_texts()
    page.get_by_role("group", name="Préoccupations communes").get_by_label("Peu").check()
    page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_text("Enregistré. La liste suit vos choix.")).to_be_visible()
    expect(page.locator("li.match h2")).not_to_have_text(before)
    page.get_by_label("Pays").select_option("ES")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.locator("li.match .meta").first).to_contain_text("Espagne")
    Preference.objects.filter(organisation=vierzon).delete()


def test_dark(any_size: OpenPage, vierzon: Organisation, axe: Any) -> None:
    page = any_size("maire.vierzon@demo.entrevilles.invalid", dark=True)
    page.goto(f"/villes/{vierzon.territory_id}/proches/")
    axe(page)
    page.goto("/lettres/")
    axe(page)
