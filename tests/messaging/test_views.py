"""The pages of clubs, topics and direct messages, without JavaScript."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community.models import Club
from messaging import actions
from messaging.models import Message, ReadMark, Room, Topic
from realtime.limits import Allowance
from tests.factories import MembershipFactory, SeatFactory, UserFactory
from tests.messaging.club import Club as ClubToTalkIn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_posted_yet(monkeypatch):
    """The allowance counts by person and process; the ids of people come back with every test."""
    monkeypatch.setattr("messaging.actions.messages._posts", Allowance(10, 10))


@pytest.fixture
def club():
    return ClubToTalkIn()


def url(topic):
    return reverse("messaging:topic_detail", args=[topic.room_id, topic.pk])


def shown(response):
    """The numbers of the messages of the page, in order."""
    return [int(n) for n in re.findall(r'<article class="msg[^>]*id="m(\d+)"', response.content.decode())]


def cid(response):
    return re.search(r'name="cid" value="([^"]+)"', response.content.decode())[1]


def test_club_page_shows_the_latest_topic_its_log_and_the_members(client, club):
    club.topic("Visite de Cahors")
    topic = club.topic("Halles")
    client.force_login(club.reader)
    response = client.get(reverse("messaging:club_detail", args=[club.club.slug]))
    page = response.content.decode()
    assert response.context["topic"] == topic
    assert 'role="log"' in page
    assert 'aria-label="Inès Bertaud, Issoudun, ' in page
    assert "Visite de Cahors" in page
    assert [town.name for town in response.context["towns"]] == ["Issoudun", "Chinon"]


def test_club_page_without_a_topic_says_what_will_be_here(client, club):
    client.force_login(club.reader)
    page = client.get(reverse("messaging:club_detail", args=[club.club.slug])).content.decode()
    assert reverse("messaging:topic_create", args=[club.club.slug]) in page
    assert '<form class="composer"' not in page


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("club_detail", lambda club, topic: [club.club.slug]),
        ("club_members", lambda club, topic: [club.club.slug]),
        ("topic_list", lambda club, topic: [club.club.slug]),
        ("topic_create", lambda club, topic: [club.club.slug]),
        ("topic_detail", lambda club, topic: [topic.room_id, topic.pk]),
    ],
)
def test_pages_open_for_members_and_do_not_exist_for_others(client, club, name, args):
    address = reverse(f"messaging:{name}", args=args(club, club.topic()))
    client.force_login(club.reader)
    assert client.get(address).status_code == 200
    Club.objects.filter(pk=club.club.pk).update(is_public=False)
    client.force_login(SeatFactory().person)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", ["topic_detail", "topic_resolve", "room_read", "room_detail"])
def test_changing_what_is_not_yours_answers_like_what_is_not_there(client, club, name):
    topic = club.topic()
    client.force_login(SeatFactory().person)
    data = {
        "body": "Bonjour",
        "cid": uuid.uuid4(),
        "lang": "fr",
        "resolved": "yes",
        "seq": 1,
        "topic": topic.pk,
    }
    answers = set()
    for room, pk in ((topic.room_id, topic.pk), (999_999, 999_999)):
        args = [room] if name.startswith("room") else [room, pk]
        answers.add(client.post(reverse(f"messaging:{name}", args=args), data).status_code)
    assert answers == {404}
    topic.refresh_from_db()
    assert (topic.state, topic.message_count) == ("open", 1)


def test_a_partner_cannot_resolve(client, club):
    topic = club.topic(room=Room.objects.get(circle=club.plenary))
    client.force_login(club.partner("Agent"))
    response = client.post(
        reverse("messaging:topic_resolve", args=[topic.room_id, topic.pk]), {"resolved": "yes"}
    )
    assert response.status_code == 403


def test_anonymous_people_are_asked_to_sign_in(client, club):
    topic = club.topic()
    direct = reverse("messaging:direct_list")
    for address in (url(topic), reverse("messaging:club_detail", args=[club.club.slug]), direct):
        assert client.get(address).url == f"{reverse('community:sign_in')}?next={address}"


def test_a_public_club_shows_others_its_towns_and_not_a_word_of_its_talk(client, club):
    club.topic("Halles et marchés", "Bonjour")
    client.force_login(SeatFactory().person)
    page = client.get(reverse("messaging:club_detail", args=[club.club.slug])).content.decode()
    assert reverse("community:club_join", args=[club.club.slug]) in page
    assert "Issoudun" in page
    assert "Halles et marchés" not in page
    assert "Inès Bertaud" not in page


def test_room_of_a_circle_leads_to_its_club(client, club):
    client.force_login(club.reader)
    response = client.get(reverse("messaging:room_detail", args=[club.room.pk]))
    assert response.url == reverse("messaging:club_detail", args=[club.club.slug])


def test_posting_by_form_stores_once_and_goes_to_the_message(client, club):
    topic = club.topic()
    client.force_login(club.reader)
    data = {"body": "Trente pour cent", "cid": cid(client.get(url(topic))), "lang": "fr"}
    first, second = client.post(url(topic), data), client.post(url(topic), data)
    message = Message.objects.get(body="Trente pour cent")
    assert (message.author, message.topic, message.lang) == (club.reader, topic, "fr")
    assert first.url == second.url == f"{url(topic)}#m{message.number}"


@pytest.mark.parametrize("body", ["", "   ", "x" * 8001], ids=["empty", "blank", "long"])
def test_a_bad_message_is_refused_in_words_and_kept(client, club, body):
    topic = club.topic()
    client.force_login(club.reader)
    response = client.post(url(topic), {"body": body, "cid": uuid.uuid4(), "lang": "fr"})
    assert response.status_code == 422
    assert response.context["form"].errors["body"]
    assert body.strip() in response.content.decode()
    assert Message.objects.filter(topic=topic).count() == 1


def test_too_many_messages_at_once_keep_the_words(client, club):
    topic = club.topic()
    client.force_login(club.reader)
    answers = [
        client.post(url(topic), {"body": f"Mot {n}", "cid": uuid.uuid4(), "lang": "fr"}) for n in range(11)
    ]
    assert [answer.status_code for answer in answers] == [302] * 10 + [429]
    assert "Mot 10" in answers[-1].content.decode()


def test_partners_read_the_plenary_see_why_they_cannot_write_and_cannot(client, club):
    partner = club.partner("Agent de la région")
    topic = club.topic(room=Room.objects.get(circle=club.plenary))
    answers = {}
    for person in (partner, club.reader):
        client.force_login(person)
        page = client.get(url(topic)).content.decode()
        post = client.post(url(topic), {"body": "Non", "cid": uuid.uuid4(), "lang": "fr"})
        answers[person.pk] = ('<form class="composer"' in page, post.status_code)
    assert answers == {partner.pk: (False, 403), club.reader.pk: (True, 302)}


def test_opening_a_page_marks_nothing_the_button_does(client, club):
    topic = club.topic()
    other = club.topic("Autre")
    client.force_login(club.reader)
    page = client.get(url(topic))
    assert page.context["unread"] == 1
    assert not ReadMark.objects.filter(user=club.reader).exists()
    address = reverse("messaging:room_read", args=[topic.room_id])
    response = client.post(address, {"seq": page.context["seq"], "topic": topic.pk})
    assert response.url == url(topic)
    unread = Topic.objects.with_unread(club.reader).values_list("pk", "unread")
    assert dict(unread) == {topic.pk: 0, other.pk: 1}


def test_reading_a_direct_room_to_its_end_quiets_the_bell(client, club, django_capture_on_commit_callbacks):
    room = actions.open_direct(club.reader.pk, club.lead.pk)
    with django_capture_on_commit_callbacks(execute=True):
        for text in ("Bonjour", "Encore"):
            actions.post_message(club.lead.pk, room.pk, text, limited=False)
    client.force_login(club.reader)
    bell = club.reader.notifications.filter(read_at=None)
    unread = []
    for number in (1, 2):
        seq = room.events.get(message__number=number).seq
        client.post(reverse("messaging:room_read", args=[room.pk]), {"seq": seq})
        unread.append(bell.count())
    assert unread == [1, 0]


def test_a_message_posted_after_the_page_was_drawn_stays_new(client, club):
    topic = club.topic()
    client.force_login(club.reader)
    seq = client.get(url(topic)).context["seq"]
    late = club.post(topic, "Entre-temps")
    client.post(reverse("messaging:room_read", args=[topic.room_id]), {"seq": seq, "topic": topic.pk})
    page = client.get(url(topic))
    assert (page.context["unread"], page.context["first_new"]) == (1, late.number)


def test_older_messages_are_a_link_away_and_nothing_is_skipped(client, club):
    topic = club.topic()
    for n in range(104):
        club.post(topic, f"Message {n}")
    client.force_login(club.reader)
    seen: list[int] = []
    address = url(topic)
    for _ in range(3):
        page = client.get(address)
        seen = shown(page) + seen
        address = f"{url(topic)}?avant={page.context['older']}"
    assert page.context["older"] is None
    assert seen == list(
        Message.objects.filter(topic=topic).order_by("number").values_list("number", flat=True)
    )


@pytest.mark.parametrize("before", ["abc", "-1", "9" * 40, "²"], ids=["word", "sign", "huge", "power"])
def test_a_strange_page_number_shows_the_latest_messages(client, club, before):
    topic = club.topic()
    client.force_login(club.reader)
    assert len(shown(client.get(url(topic), {"avant": before}))) == 1


def test_a_new_topic_opens_with_its_first_message(client, club):
    client.force_login(club.reader)
    address = reverse("messaging:topic_create", args=[club.club.slug])
    data = {
        "title": "Vacance",
        "body": "Qui a un inventaire ?",
        "room": club.room.pk,
        "lang": "fr",
        "cid": uuid.uuid4(),
    }
    first, second = client.post(address, data), client.post(address, data)
    topic = Topic.objects.get(title="Vacance")
    assert first.url == second.url == url(topic)
    assert topic.messages.get().body == "Qui a un inventaire ?"


def test_a_topic_without_a_title_loses_nothing(client, club):
    client.force_login(club.reader)
    address = reverse("messaging:topic_create", args=[club.club.slug])
    response = client.post(
        address, {"title": "", "body": "Qui a un inventaire ?", "room": club.room.pk, "cid": uuid.uuid4()}
    )
    assert response.status_code == 422
    assert "Qui a un inventaire ?" in response.content.decode()
    assert not Topic.objects.exists()


def test_a_topic_cannot_be_opened_in_a_room_one_only_reads(client, club):
    partner = club.partner("Agent")
    address = reverse("messaging:topic_create", args=[club.club.slug])
    plenary = Room.objects.get(circle=club.plenary)
    data = {"title": "Vacance", "body": "Bonjour", "room": plenary.pk, "cid": uuid.uuid4(), "lang": "fr"}
    client.force_login(partner)
    assert client.post(address, data).status_code == 403
    client.force_login(club.reader)
    assert client.post(address, data).status_code == 302


def test_resolving_says_so_and_can_be_undone(client, club):
    topic = club.topic()
    client.force_login(club.reader)
    address = reverse("messaging:topic_resolve", args=[topic.room_id, topic.pk])
    states = []
    for answer in ("yes", "yes", "no"):
        client.post(address, {"resolved": answer})
        topic.refresh_from_db()
        states.append(topic.state)
    assert states == ["resolved", "resolved", "open"]


def test_editing_and_deleting_are_for_the_author(client, club):
    topic = club.topic(body="Premier mot")
    message = topic.messages.get()
    edit = reverse("messaging:message_edit", args=[topic.room_id, message.number])
    delete = reverse("messaging:message_delete", args=[topic.room_id, message.number])
    client.force_login(club.reader)
    assert [client.post(address, {"body": "Volé"}).status_code for address in (edit, delete)] == [404, 404]
    client.force_login(club.lead)
    assert client.post(edit, {"body": "Second mot"}).url == f"{url(topic)}#m{message.number}"
    message.refresh_from_db()
    assert message.body == "Second mot"
    assert "Second mot" in client.get(delete).content.decode()
    client.post(delete)
    message.refresh_from_db()
    assert message.deleted_at is not None
    page = client.get(url(topic)).content.decode()
    assert "Second mot" not in page
    assert shown(client.get(url(topic))) == [message.number]


def test_an_empty_edit_keeps_the_message(client, club):
    topic = club.topic(body="Premier mot")
    message = topic.messages.get()
    client.force_login(club.lead)
    response = client.post(
        reverse("messaging:message_edit", args=[topic.room_id, message.number]), {"body": " "}
    )
    assert response.status_code == 422
    message.refresh_from_db()
    assert message.body == "Premier mot"


def test_messages_carry_their_language_and_the_town_its_face(client, club):
    topic = club.topic()
    club.post(topic, "Jó napot", lang="hu")
    client.force_login(club.reader)
    page = client.get(url(topic)).content.decode()
    assert '<div class="txt" lang="hu"><p>Jó napot</p></div>' in page
    assert '<span class="place" lang="fr">Issoudun</span>' in page


def test_two_people_have_one_room_made_by_a_button(client, club):
    address = f"{reverse('messaging:direct_create')}?a={club.lead.pk}"
    client.force_login(club.reader)
    assert client.get(address).status_code == 200
    assert not Room.objects.filter(kind="direct").exists()
    room = client.post(address).url
    assert client.get(address).url == room
    client.post(room, {"body": "Bonjour Inès", "cid": uuid.uuid4(), "lang": "fr"})
    client.force_login(club.lead)
    assert "Bonjour Inès" in client.get(room).content.decode()
    assert "Marc Perrin" in client.get(reverse("messaging:direct_list")).content.decode()


@pytest.mark.parametrize("asked", ["", "abc", "0", "999999", "99999999999999", "self", "stranger"])
def test_nobody_else_can_be_written_to(client, club, asked):
    asked = {"self": club.reader.pk, "stranger": UserFactory().pk}.get(asked, asked)
    client.force_login(club.reader)
    assert client.get(reverse("messaging:direct_create"), {"a": asked}).status_code == 404


def test_direct_room_is_for_two(client, club):
    room = actions.open_direct(club.reader.pk, club.lead.pk)
    third = club.person("Sophie Garnier", "Gien")
    client.force_login(third)
    assert client.get(reverse("messaging:room_detail", args=[room.pk])).status_code == 404


@pytest.mark.parametrize("name", ["club_detail", "topic_list", "direct_list"])
def test_lists_cost_the_same_with_one_row_and_with_three(client, name):
    club = ClubToTalkIn()
    client.force_login(club.reader)

    def grow(n):
        other = ClubToTalkIn(f"Club {n}")
        MembershipFactory(club=other.club, organisation=club.reader.seats.get().organisation)
        other.sync()
        other.topic(f"Ailleurs {n}")
        topic = club.topic(f"Sujet {n}")
        club.post(topic)
        actions.open_direct(club.reader.pk, club.person(f"Personne {n}", f"Ville {n}").pk)

    address = reverse(f"messaging:{name}", args=[] if name == "direct_list" else [club.club.slug])
    client.get(address)  # what is asked once and remembered
    counts = []
    for rows in ([1], [2, 3]):
        for n in rows:
            grow(n)
        with CaptureQueriesContext(connection) as count:
            assert client.get(address).status_code == 200
        counts.append(len(count))
    assert counts[0] == counts[1]
