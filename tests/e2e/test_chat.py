"""Two project leads in two browsers: what one writes, the other reads once, within a second, whatever the line does."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from messaging.models import Message, ReadMark, Topic
from tests.e2e.conftest import Watch
from tests.e2e.site import Site
from tests.messaging.club import Club
from tests.trust.corpus import HOSTILE

OpenPage = Callable[..., Page]


@pytest.fixture
def club(site: Site) -> Club:
    return Club(name="Club des essais")


@pytest.fixture
def topic(club: Club) -> Topic:
    return club.topic("OPAH-RU : quel taux ?", "Quel reste à charge constatez-vous ?")


def address(topic: Topic) -> str:
    return f"/salons/{topic.room_id}/sujets/{topic.pk}/"


def live(page: Page, topic: Topic) -> Page:
    """The page of a topic, with its socket open."""
    page.goto(address(topic))
    expect(page.locator(".chat[data-live]")).to_be_attached()
    return page


def write(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Votre message").fill(text)
    page.get_by_role("button", name="Envoyer").click()


def message(page: Page, text: str) -> Locator:
    return page.get_by_role("log").get_by_role("article").filter(has_text=text)


def test_each_sees_the_others_message_once_and_within_a_second(
    any_size: OpenPage, open_page: OpenPage, club: Club, topic: Topic, axe: Any, fits: Any
) -> None:
    left, right = live(any_size(club.lead), topic), live(open_page(club.reader), topic)
    for writer, other, text in ((left, right, "Vingt-deux pour cent"), (right, left, "Plutôt trente")):
        started = time.monotonic()
        write(writer, text)
        expect(message(other, text)).to_have_count(1, timeout=1000)
        assert time.monotonic() - started < 1.5  # the click and the look included
        expect(message(writer, text)).to_have_count(1)
    assert [m.body for m in topic.messages.order_by("number")][1:] == [
        "Vingt-deux pour cent",
        "Plutôt trente",
    ]
    axe(left)
    fits(left)


def test_a_message_is_announced_by_name_and_read_by_name(
    open_page: OpenPage, club: Club, topic: Topic
) -> None:
    left, right = live(open_page(club.lead), topic), live(open_page(club.reader), topic)
    write(left, "Bonjour à toutes et tous")
    expect(right.locator("#announcer")).to_have_text("Nouveau message de Inès Bertaud")
    expect(left.locator("#announcer")).to_have_text("Message envoyé")
    log = right.get_by_role("log", name="Messages du sujet")
    last = log.get_by_role("article").last
    expect(last).to_have_accessible_name(re.compile(r"^Inès Bertaud, Issoudun, \d+\sh(\s\d\d)?$"))
    # The live article and the one the server draws are the same to a screen reader.
    alive = last.aria_snapshot()
    right.reload()
    assert log.get_by_role("article").last.aria_snapshot() == alive
    expect(right.get_by_role("heading", level=1)).to_have_text(re.compile("OPAH-RU"))
    expect(right.get_by_role("navigation", name="Clubs et sujets")).to_be_visible()


def test_the_log_is_never_replaced(open_page: OpenPage, club: Club, topic: Topic) -> None:
    left, right = live(open_page(club.lead), topic), live(open_page(club.reader), topic)
    log = right.locator(".log").element_handle()
    first = right.locator(".log article").first.element_handle()
    assert log
    assert first
    write(left, "Encore un")
    expect(message(right, "Encore un")).to_be_visible()
    assert log.evaluate("(log, first) => log.isConnected && log.contains(first)", first)


def test_a_reconnect_fills_the_gap_and_sends_what_was_kept_once(
    any_size: OpenPage,
    open_page: OpenPage,
    club: Club,
    topic: Topic,
    watch: Watch,
    offline: Callable[[Page], AbstractContextManager[None]],
) -> None:
    watch.allow("WebSocket|ERR_")
    left, right = live(open_page(club.lead), topic), live(any_size(club.reader), topic)
    with offline(right):
        for n in range(1, 4):
            write(left, f"Pendant le tunnel {n}")
            expect(message(left, f"Pendant le tunnel {n}")).to_have_count(1)
        write(right, "Écrit dans le tunnel")
        expect(right.get_by_text("Connexion perdue. Votre message est gardé")).to_be_visible()
        expect(right.locator(".outgoing")).to_contain_text("Écrit dans le tunnel")
        expect(message(right, "Pendant le tunnel")).to_have_count(0)
    expect(message(right, "Écrit dans le tunnel")).to_have_count(1, timeout=20_000)
    for page in (left, right):
        bodies = page.get_by_role("log").locator("article .txt")
        expect(bodies).to_have_count(5)
        assert [text.strip() for text in bodies.all_inner_texts()][1:] == [
            "Pendant le tunnel 1",
            "Pendant le tunnel 2",
            "Pendant le tunnel 3",
            "Écrit dans le tunnel",
        ]
    expect(right.locator(".outgoing")).to_be_empty()
    expect(right.locator(".offline")).not_to_contain_text("Connexion")
    assert Message.objects.filter(topic=topic, body="Écrit dans le tunnel").count() == 1


def test_what_is_kept_survives_closing_the_page(
    open_page: OpenPage,
    club: Club,
    topic: Topic,
    watch: Watch,
    offline: Callable[[Page], AbstractContextManager[None]],
) -> None:
    watch.allow("WebSocket|ERR_")
    page = live(open_page(club.lead), topic)
    with offline(page):
        write(page, "Gardé sur le téléphone")
        expect(page.locator(".outgoing")).to_contain_text("Gardé sur le téléphone")
        page.get_by_role("textbox", name="Votre message").fill("Un brouillon")
        page.goto("about:blank")
    live(page, topic)
    expect(message(page, "Gardé sur le téléphone")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Votre message")).to_have_value("Un brouillon")
    page.reload()
    expect(message(page, "Gardé sur le téléphone")).to_have_count(1)
    assert Message.objects.filter(topic=topic, body="Gardé sur le téléphone").count() == 1


def test_a_refused_message_comes_back_to_its_author(open_page: OpenPage, club: Club, topic: Topic) -> None:
    page = live(open_page(club.lead), topic)
    page.get_by_role("textbox", name="Votre message").evaluate("area => area.removeAttribute('maxlength')")
    write(page, "x" * 8001)
    expect(page.get_by_role("alert").filter(has_text="8 000")).to_be_visible()
    expect(page.get_by_role("textbox", name="Votre message")).to_have_value("x" * 8001)
    assert topic.messages.count() == 1


def numbers(page: Page) -> list[int]:
    return page.locator(".log article").evaluate_all("all => all.map(a => Number(a.dataset.number))")


def test_older_messages_come_in_front_each_once(open_page: OpenPage, club: Club, topic: Topic) -> None:
    for n in range(2, 121):
        club.post(topic, f"Message {n}")
    page = live(open_page(club.reader), topic)
    assert numbers(page) == list(range(71, 121))
    for first in (21, 1):
        page.get_by_role("link", name="Messages précédents").click()
        expect(page.locator(".log article").first).to_have_attribute("data-number", str(first))
        assert numbers(page) == list(range(first, 121))
    expect(page.get_by_role("link", name="Messages précédents")).to_have_count(0)
    expect(page.locator(".log .day[data-day]")).to_have_count(1)


def test_after_a_very_long_absence_the_page_shows_the_latest_and_a_way_to_the_rest(
    open_page: OpenPage,
    club: Club,
    topic: Topic,
    watch: Watch,
    offline: Callable[[Page], AbstractContextManager[None]],
) -> None:
    watch.allow("WebSocket|ERR_")
    page = live(open_page(club.reader), topic)
    with offline(page):
        expect(page.locator(".chat[data-live]")).to_have_count(0)
        for n in range(2, 532):  # more than the 500 events the server sends after
            club.post(topic, f"Message {n}")
    expect(message(page, "Message 531")).to_have_count(1, timeout=30_000)
    assert numbers(page) == [1, *range(482, 532)]
    page.get_by_role("link", name="Messages précédents").click()
    expect(page.locator(".log article")).to_have_count(101)
    assert numbers(page) == [1, *range(432, 532)]


def test_signing_out_takes_what_was_unsent_along(open_page: OpenPage, club: Club, topic: Topic) -> None:
    page = live(open_page(club.lead), topic)
    page.get_by_role("textbox", name="Votre message").fill("Un brouillon")
    kept = "Object.keys(localStorage).filter(key => key.startsWith('entrevilles.')).length"
    assert page.evaluate(kept) == 1
    page.get_by_text("Mon compte").or_(page.locator("details.menu > summary")).first.click()
    page.get_by_role("button", name="Se déconnecter").first.click()
    expect(page.get_by_role("link", name="Se connecter").first).to_be_visible()
    assert page.evaluate(kept) == 0


def test_a_line_that_blocks_sockets_is_served_by_requests(
    open_page: OpenPage, club: Club, topic: Topic, watch: Watch
) -> None:
    watch.allow("WebSocket")
    left, right = live(open_page(club.lead), topic), open_page(club.reader)
    right.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    with right.expect_response(re.compile(r"/api/v1/rooms/$"), timeout=20_000):
        right.goto(address(topic))
    write(left, "Par la prise")
    expect(message(right, "Par la prise")).to_have_count(1)
    write(right, "Par la poste")
    expect(message(left, "Par la poste")).to_have_count(1)
    expect(message(right, "Par la poste")).to_have_count(1)
    expect(right.locator(".outgoing")).to_be_empty()


def test_posting_needs_no_script(any_size: OpenPage, club: Club, topic: Topic) -> None:
    page = any_size(club.reader, javascript=False)
    page.goto(address(topic))
    write(page, "Sans script")
    page.wait_for_url("**/#m*")
    expect(message(page, "Sans script")).to_have_count(1)
    assert topic.messages.filter(body="Sans script").count() == 1


def test_opening_marks_nothing_reading_to_the_end_does(open_page: OpenPage, club: Club, topic: Topic) -> None:
    page = live(open_page(club.reader), topic)
    expect(page.get_by_text("Nouveaux messages", exact=True).first).to_be_visible()
    assert not ReadMark.objects.filter(user=club.reader).exists()
    page.get_by_role("log").press("End")
    expect(page.get_by_role("button", name="Tout marquer comme lu")).to_be_hidden()
    expect(page.locator(".day.new")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="Tout marquer comme lu")).to_be_hidden()


def test_other_topics_count_up_and_new_ones_appear(open_page: OpenPage, club: Club, topic: Topic) -> None:
    other = club.topic("Visite de Cahors", "Qui vient ?", author=club.reader)
    left, right = live(open_page(club.lead), topic), live(open_page(club.reader), topic)
    left.goto(address(other))
    write(left, "Moi")
    line = right.get_by_role("link", name=re.compile("Visite de Cahors"))
    expect(line).to_contain_text("1 nouveau message")
    left.get_by_role("link", name="Nouveau sujet").click()
    left.get_by_label("Votre question ou votre sujet").fill("Vacance commerciale")
    left.get_by_label("Premier message").fill("Qui a un inventaire ?")
    left.get_by_role("button", name="Ouvrir le sujet").click()
    fresh = right.get_by_role("link", name=re.compile("Vacance commerciale"))
    expect(fresh).to_contain_text("1 nouveau message")
    fresh.click()
    expect(right.get_by_role("heading", level=1)).to_have_text("Vacance commerciale")


def test_the_bell_of_another_page_moves_and_reading_quiets_it(
    open_page: OpenPage, club: Club, topic: Topic
) -> None:
    left, elsewhere = open_page(club.lead), open_page(club.reader)
    elsewhere.goto("/agenda/")
    bell = elsewhere.locator("#bell")
    expect(bell).to_have_accessible_name("Notifications")
    left.goto(f"/messages/nouveau/?a={club.reader.pk}")
    left.get_by_role("button", name="Ouvrir la conversation").click()
    expect(left.locator(".chat[data-live]")).to_be_attached()
    write(left, "Bonjour Marc")
    expect(bell).to_have_accessible_name("Notifications, 1 nouvelle")
    reading = elsewhere.context.new_page()
    reading.goto(left.url)
    reading.get_by_role("log").press("End")
    expect(bell).to_have_accessible_name("Notifications")


def test_editing_and_deleting_reach_the_other_page(open_page: OpenPage, club: Club, topic: Topic) -> None:
    left, right = live(open_page(club.lead), topic), live(open_page(club.reader), topic)
    left.get_by_role("link", name=re.compile("Modifier ou supprimer")).click()
    left.get_by_role("textbox", name="Votre message").fill("Quel taux constatez-vous ?")
    left.get_by_role("button", name="Enregistrer").click()
    expect(message(right, "Quel taux constatez-vous ?")).to_have_count(1)
    expect(message(right, "modifié")).to_have_count(1)
    left.get_by_role("link", name=re.compile("Modifier ou supprimer")).click()
    left.get_by_role("link", name="Supprimer le message").click()
    left.get_by_role("button", name="Supprimer le message").click()
    expect(message(right, "Message supprimé par son auteur.")).to_have_count(1)
    expect(message(right, "Quel taux")).to_have_count(0)


def test_a_phone_shows_the_topics_first_then_the_thread(
    open_page: OpenPage, club: Club, topic: Topic, axe: Any, fits: Any
) -> None:
    page = open_page(club.reader, phone=True)
    page.goto(f"/clubs/{club.club.slug}/")
    expect(page.get_by_role("log")).to_be_hidden()
    axe(page)
    fits(page)
    page.get_by_role("link", name=re.compile("OPAH-RU")).click()
    expect(page.get_by_role("log")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Retour aux sujets").click()
    expect(page.get_by_role("log")).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_of_conversations_pass_axe(
    any_size: OpenPage, club: Club, topic: Topic, axe: Any, fits: Any, dark: bool
) -> None:
    club.post(topic, "**Gras**, `code`\n\n> cité\n\n- un\n- deux\n\n[lien](https://example.org/)")
    page = any_size(club.lead, dark=dark)
    slug = club.club.slug
    places = [
        address(topic),
        f"/clubs/{slug}/",
        f"/clubs/{slug}/sujets/",
        f"/clubs/{slug}/sujets/nouveau/",
        f"/clubs/{slug}/membres/",
        f"/salons/{topic.room_id}/messages/1/modifier/",
        f"/salons/{topic.room_id}/messages/1/supprimer/",
        "/messages/",
        f"/messages/nouveau/?a={club.reader.pk}",
    ]
    for place in places:
        page.goto(place)
        axe(page)
        fits(page)


def test_x1_hostile_text_stays_text_in_the_browser(open_page: OpenPage, club: Club) -> None:
    """Drawn by the server and come by the socket; the watch of every page fails on a script or a policy violation."""
    topics = [club.topic(text.replace("\0", "")[:150], text) for text in HOSTILE]
    dialogs: list[str] = []
    left, right = live(open_page(club.lead), topics[0]), live(open_page(club.reader), topics[0])
    for page in (left, right):
        page.on("dialog", lambda dialog: dialogs.append(dialog.message) or dialog.dismiss())
    for n, text in enumerate(HOSTILE[:9], 2):
        write(left, text.replace("\0", ""))
        expect(right.locator(".log article")).to_have_count(n)
    for topic in topics[1:]:
        right.goto(address(topic))
        expect(right.locator(".log article")).to_have_count(1)
    assert dialogs == []
    assert right.locator(".log :is(script, img, iframe, svg, style, math)").count() == 0
