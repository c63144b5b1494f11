"""The frame of every page in a browser: theme, language, menus, keyboard, with and without scripts."""

import pytest
from playwright.sync_api import expect

MAYOR = "maire.vierzon@demo.entrevilles.invalid"


@pytest.fixture(autouse=True)
def _as_it_was(site):
    """The choices these tests make belong to an account of the session: give them back."""
    yield
    account = site.user(MAYOR)
    account.theme, account.language = "system", "fr"
    account.save(update_fields=["theme", "language"])


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_the_theme_is_changed_and_kept(open_page, javascript):
    page = open_page(MAYOR, javascript=javascript)
    page.goto("/agenda/")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "system")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor") if javascript else ""
    button = page.get_by_role("button", name="Changer de thème, clair ou sombre")
    with page.expect_response(lambda answer: "/preferences/theme/" in answer.url):
        button.click()
    expect(root).to_have_attribute("data-theme", "dark")
    if javascript:
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper
    page.goto("/clubs/")
    expect(root).to_have_attribute("data-theme", "dark")
    with page.expect_response(lambda answer: "/preferences/theme/" in answer.url):
        button.click()
    expect(root).to_have_attribute("data-theme", "light")


def test_a_first_click_in_the_dark_is_light(open_page):
    page = open_page(MAYOR, dark=True)
    page.goto("/agenda/")
    page.get_by_role("button", name="Changer de thème, clair ou sombre").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_the_language_is_changed_where_one_is(open_page, javascript):
    page = open_page(MAYOR, javascript=javascript)
    page.goto("/agenda/?quand=passe")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/agenda/?quand=passe")
    expect(page.get_by_role("link", name="Training", exact=True).first).to_be_visible()


def test_the_keyboard_skips_to_the_content_and_leaves_menus(open_page):
    page = open_page(MAYOR)
    page.goto("/agenda/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Aller au contenu")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    account = page.locator(".top summary")
    account.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_hidden()
    expect(account).to_be_focused()


def test_a_phone_reaches_everything_from_its_bottom_bar(open_page):
    page = open_page(MAYOR, phone=True)
    page.goto("/")
    bar = page.get_by_role("navigation", name="Navigation mobile")
    expect(bar.get_by_role("link", name="Accueil")).to_have_attribute("aria-current", "page")
    bar.get_by_text("Menu").click()
    for name in ("Chercher", "Formations", "Messages directs", "Préférences"):
        expect(bar.get_by_role("link", name=name)).to_be_in_viewport()
    bar.get_by_role("link", name="Formations").click()
    expect(page.get_by_role("heading", name="Formations", level=1)).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_a_plain_button_stands_in_for_a_script(open_page, site, javascript):
    page = open_page(MAYOR, javascript=javascript)
    page.goto("/ma-ville/")
    page.get_by_role("link", name="Villes qui nous ressemblent").click()
    expect(page.get_by_role("button", name="Filtrer")).to_have_count(0 if javascript else 1)


def test_no_control_hides_behind_a_bar(open_page):
    """Tab through a long page on a phone: what has the focus lies between the two bars."""
    page = open_page(MAYOR, phone=True)
    page.goto("/agenda/nouveau/")
    page.locator("main").focus()
    for _ in range(25):
        page.keyboard.press("Tab")
        top, bottom = page.evaluate(
            """() => {
                const box = document.activeElement.getBoundingClientRect();
                return [box.top, box.bottom];
            }"""
        )
        assert bottom > 56, "behind the top bar"
        assert top < 844 - 60, "behind the bottom bar"


def test_paper_is_light(open_page):
    page = open_page(MAYOR, dark=True)
    page.goto("/ma-ville/")
    page.emulate_media(media="print", color_scheme="dark")
    assert (
        page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--surface')") == "#FFFFFF"
    )
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator("main h1")).to_be_visible()
