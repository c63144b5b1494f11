"""Z1: whatever the role and the operation, somebody else's object is not reachable — and shows nowhere.

The operations come from the OpenAPI schema itself: a new endpoint is in the matrix on the day it is born, and a path
parameter this file does not know fails the test.
"""

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from community.models import Circle, Club, Membership, Seat, User
from events.models import Event
from matching.models import Introduction
from messaging import actions as messaging
from messaging.models import Message, Room
from notifications.models import Notification
from tests.factories import (
    ClubFactory,
    MembershipFactory,
    OrganisationFactory,
    SeatFactory,
    TownFactory,
    UserFactory,
)

CANARY = "kestrel-7319"
MARKED = [f"{what} {CANARY}" for what in ("Message", "Sujet", "Réunion", "Lettre")]
CLOSED_CLUB = "Club fermé 7319"
ROLES = ["anonymous", "newcomer", "member_elsewhere", "partner", "ex_member", "pending_seat"]
METHODS = ["get", "post", "put", "patch", "delete"]
# Public by the product's table "Who sees what": a town's page and public wishes, a published event, the bodies below.
PUBLIC = {("get", "/api/v1/towns/"), ("get", "/api/v1/towns/{id}/")}
# Not about an object of somebody else: one's own account, or a door that asks for a password.
OWN = {"/api/v1/me/", "/api/v1/auth/token/", "/api/v1/socket-ticket/", "/api/v1/schema/"}

# What a role may read all the same, and why.
ALLOWED = {
    ("partner", "/api/v1/clubs/{id}/"): "a partner stands in the club, in its plenary",
    ("pending_seat", "/api/v1/towns/{territory_id}/matches/"): (
        "a newly onboarded mayor sees her ten towns before anybody has confirmed her; computed from public wishes only"
    ),
}


@pytest.fixture
def foreign(db):
    """A club with a practitioners' room, an event, a letter and a bell that none of the roles may see."""
    town = TownFactory(territory__name="Ville étrangère")
    peer = TownFactory(territory__name="Ville paire")
    lead = SeatFactory(organisation=town).person
    SeatFactory(organisation=peer, kind=Seat.Kind.ELECTED)
    club = ClubFactory(name=CLOSED_CLUB, is_public=False)
    MembershipFactory(club=club, organisation=town)
    circle = Circle.objects.create(club=club, kind=Circle.Kind.PRACTITIONERS)
    Circle.objects.create(club=club, kind=Circle.Kind.PLENARY)
    messaging.sync_circle(circle.pk)
    room = Room.objects.get(circle=circle)
    topic, _ = messaging.start_topic(lead.pk, room.pk, f"Sujet {CANARY}", f"Message {CANARY}")
    begins = timezone.now() + dt.timedelta(days=3)
    event = Event.objects.create(
        title=f"Réunion {CANARY}",
        organiser=town,
        club=club,
        audience=Event.Audience.PRACTITIONERS,
        state=Event.State.OPEN,
        starts_at=begins,
        ends_at=begins + dt.timedelta(hours=1),
    )
    Introduction.objects.create(
        from_organisation=town,
        to_organisation=peer,
        sender=lead,
        body=f"Lettre {CANARY}",
        state=Introduction.State.SENT,
        sent_at=timezone.now(),
        expires_at=begins,
    )
    Notification.objects.create(
        recipient=lead, kind="none", key=CANARY, url="/", context={}, created_at=timezone.now()
    )
    return {"town": town, "club": club, "room": room, "topic": topic, "event": event, "lead": lead}


@pytest.fixture(params=ROLES)
def stranger(request, foreign):
    """A signed-in client in each role; every role but the anonymous one has an account."""
    client = Client()
    client.role = request.param
    if request.param == "anonymous":
        return client
    user = UserFactory()
    club, town = foreign["club"], foreign["town"]
    if request.param == "member_elsewhere":
        SeatFactory(person=user)
    elif request.param == "partner":
        # A partner stands in the plenary of the same club, so never in the practitioners' room.
        body = OrganisationFactory()
        SeatFactory(person=user, organisation=body)
        MembershipFactory(club=club, organisation=body, role=Membership.Role.PARTNER)
    elif request.param == "ex_member":
        SeatFactory(person=user, organisation=town, ends_on=timezone.localdate() - dt.timedelta(days=1))
    elif request.param == "pending_seat":
        SeatFactory(person=user, organisation=town, state=Seat.State.PENDING, level=0)
    for circle in club.circles.all():
        messaging.sync_circle(circle.pk)
    client.force_login(user)
    return client


def operations():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return [
        (method, path)
        for path, item in sorted(schema["paths"].items())
        for method in METHODS
        if method in item
    ]


def filled(path, foreign):
    """The path with the foreign object's identifiers in it."""
    owner = path.removeprefix("/api/v1/").split("/")[0]
    ids = {
        "towns": foreign["town"].territory_id,
        "clubs": foreign["club"].pk,
        "rooms": foreign["room"].pk,
        "events": foreign["event"].pk,
    }
    parameters = re.findall(r"{(\w+)}", path)
    assert len(parameters) <= 1, f"{path}: teach this test what its second parameter is"
    assert owner in ids or not parameters, f"{path}: teach this test what {owner} are"
    return re.sub(r"{\w+}", str(ids.get(owner, "")), path)


def body_for(path):
    return {
        "body": CANARY,
        "cid": "00000000-0000-4000-8000-000000000001",
        "title": CANARY,
        "state": "registered",
    }


def test_the_schema_has_operations(foreign):
    assert len(operations()) >= 12


def test_no_operation_reaches_a_foreign_object(stranger, foreign):
    before = (Message.objects.count(), Event.objects.count(), Membership.objects.count())
    for method, path in operations():
        if (method, path) in PUBLIC or path in OWN:
            continue
        url = filled(path, foreign)
        sent = {} if method == "get" else {"data": body_for(path), "content_type": "application/json"}
        response = getattr(stranger, method)(url, **sent)
        shown = response.content.decode()
        assert CANARY not in shown, (method, path)
        if "{" in path and not (method == "get" and (stranger.role, path) in ALLOWED):
            assert response.status_code in (401, 403, 404, 405), (method, path, response.status_code)
        assert response.status_code < 500, (method, path)
    assert (Message.objects.count(), Event.objects.count(), Membership.objects.count()) == before


@pytest.mark.parametrize(
    "page",
    [
        "/",
        "/villes/",
        "/clubs/",
        "/messages/",
        "/agenda/",
        "/agenda/formations/",
        "/notifications/",
        f"/recherche/?q={CANARY}",
        "/api/v1/towns/?q=ville",
        "/api/v1/clubs/",
        "/api/v1/rooms/",
        "/api/v1/events/",
    ],
)
def test_no_list_shows_the_canary(stranger, foreign, page):
    response = stranger.get(page)
    assert response.status_code in (200, 302, 401)
    shown = response.content.decode()
    # The search page repeats the words one searched, so the marks are looked for whole.
    assert [mark for mark in MARKED if mark in shown] == []


def test_a_closed_club_is_not_even_named(stranger, foreign):
    user = stranger.session.get("_auth_user_id")
    inside = user and Club.objects.with_member(user).exists()
    for page in ("/clubs/", "/recherche/?q=ferme+7319", "/api/v1/clubs/"):
        assert (CLOSED_CLUB in stranger.get(page).content.decode()) == bool(
            inside and stranger.get(page).status_code == 200
        )


def test_no_page_of_a_foreign_object_opens(stranger, foreign):
    room, topic, event = foreign["room"], foreign["topic"], foreign["event"]
    pages = [
        reverse("messaging:room_detail", args=[room.pk]),
        reverse("messaging:topic_detail", args=[room.pk, topic.pk]),
        reverse("events:event_detail", args=[event.pk]),
        reverse("events:event_ics", args=[event.pk]),
        reverse("matching:letter", args=[Introduction.objects.get().pk]),
    ]
    for page in pages:
        response = stranger.get(page)
        assert response.status_code in (302, 404), page
        if response.status_code == 302:
            assert response.url.startswith(reverse("community:sign_in")), page
        assert CANARY not in response.content.decode()


def test_the_one_who_may_sees_it(foreign):
    """The positive twin: the same requests by the town's own project lead show the canary."""
    client = Client()
    client.force_login(User.objects.get(pk=foreign["lead"].pk))
    for page in (
        reverse("messaging:topic_detail", args=[foreign["room"].pk, foreign["topic"].pk]),
        reverse("events:event_detail", args=[foreign["event"].pk]),
        f"/recherche/?q={CANARY}",
        f"/api/v1/rooms/{foreign['room'].pk}/events/",
        f"/api/v1/events/{foreign['event'].pk}/",
    ):
        assert CANARY in client.get(page).content.decode(), page
