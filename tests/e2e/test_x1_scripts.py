"""X1: hostile text in every text field, shown in a real browser: no script runs, no promise of the CSP is broken.

The watcher of `open_page` fails the test on any console error (a CSP violation is one) and on any request to another host.
"""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from community.models import Circle, Club, Membership, Organisation, OrganisationTheme, Seat, Territory, User
from events.models import Event
from matching.models import Introduction
from messaging import actions as messaging
from messaging.models import Room
from notifications.models import Notification
from tests.trust.corpus import HOSTILE

TEXT = "\n\n".join(line.replace("\x00", "") for line in HOSTILE)
LINE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def poisoned(site):
    """A town, a person, a club, a topic, a meeting, a letter and a bell whose every text is hostile."""
    tag = uuid.uuid4().hex[:6]
    user = User.objects.create_user(f"x1-{tag}@example.org", name=LINE)
    reader = User.objects.create_user(f"x1-reader-{tag}@example.org", name="Lectrice")
    territories = Territory.objects.filter(organisation=None, country="FR", population__range=(5000, 9000))[
        :2
    ]
    towns = [
        Organisation.objects.create(
            kind=Organisation.Kind.TOWN,
            name=LINE,
            slug=f"x1-{tag}-{n}",
            territory=territory,
            presentation=TEXT[:4000],
            labels=[LINE],
            languages=["fr"],
            is_published=True,
        )
        for n, territory in enumerate(territories)
    ]
    for person, town in zip((user, reader), towns, strict=True):
        Seat.objects.create(
            person=person,
            organisation=town,
            kind=Seat.Kind.ELECTED,
            title=LINE,
            state=Seat.State.VERIFIED,
            level=2,
            source=LINE,
        )
    OrganisationTheme.objects.create(organisation=towns[0], position=2, direction="wanted", text=LINE)
    club = Club.objects.create(
        name=LINE, slug=f"x1-{tag}", purpose=TEXT[:2000], region=LINE[:100], animator=towns[0], is_public=True
    )
    for town in towns:
        Membership.objects.create(club=club, organisation=town, state=Membership.State.ACTIVE)
    circle = Circle.objects.create(club=club, kind=Circle.Kind.PRACTITIONERS)
    messaging.sync_circle(circle.pk)
    room = Room.objects.get(circle=circle)
    topic, _ = messaging.start_topic(user.pk, room.pk, LINE, TEXT, limited=False)
    for line in HOSTILE:
        messaging.post_message(user.pk, room.pk, line.replace("\x00", ""), topic_id=topic.pk, limited=False)
    begins = timezone.now() + dt.timedelta(days=2)
    event = Event.objects.create(
        title=LINE,
        summary=LINE,
        description=TEXT,
        organiser=towns[0],
        club=club,
        audience=Event.Audience.PRACTITIONERS,
        state=Event.State.OPEN,
        place_name=LINE,
        starts_at=begins,
        ends_at=begins + dt.timedelta(hours=1),
    )
    letter = Introduction.objects.create(
        from_organisation=towns[0],
        to_organisation=towns[1],
        sender=user,
        body=TEXT[:1000],
        state=Introduction.State.SENT,
        sent_at=timezone.now(),
        expires_at=begins,
    )
    Notification.objects.create(
        recipient=reader,
        kind="matching.letter",
        key=f"x1-{tag}",
        url="/",
        context={"town": LINE, "name": LINE, "title": LINE},
        created_at=timezone.now(),
    )
    pages = [
        "/",
        "/clubs/",
        f"/clubs/{club.slug}/",
        f"/clubs/{club.slug}/membres/",
        f"/salons/{room.pk}/sujets/{topic.pk}/",
        f"/villes/{towns[0].territory_id}/",
        f"/villes/{towns[1].territory_id}/modifier/",
        f"/villes/{towns[1].territory_id}/proches/",
        f"/agenda/{event.pk}/",
        "/agenda/",
        f"/lettres/{letter.pk}/",
        "/lettres/",
        "/notifications/",
        "/recherche/?q=script",
        "/recherche/?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/villes/?q=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/connexion/?next=javascript:alert(1)",
    ]
    return reader, pages


def test_no_script_of_a_member_runs(site, open_page, poisoned):
    reader, pages = poisoned
    page = open_page(reader)
    ran = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    for path in pages:
        response = page.goto(path, wait_until="networkidle")
        assert response.status == 200, path
        planted = page.evaluate(
            """() => [...document.querySelectorAll('script')].filter(s => s.textContent.includes('alert')).length
            + [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length
            + [...document.querySelectorAll('a[href]')].filter(a => /^\\s*(javascript|data):/i.test(a.href)).length
            + document.querySelectorAll('main iframe, main img:not([src^="/"]):not([src^="data:"]), base').length"""
        )
        assert (path, planted) == (path, 0)
    assert ran == []


def test_the_administration_shows_it_harmlessly(site, open_page, watch, poisoned):
    watch.allow("favicon")  # Django's pages name none
    tag = uuid.uuid4().hex[:6]
    staff = User.objects.create_superuser(
        f"x1-staff-{tag}@example.org", "un mot de passe de test", name="Administration"
    )
    page = open_page(staff)
    ran = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    for path in ("community/user/", "community/organisation/?q=script", "community/club/", "community/seat/"):
        assert page.goto(f"/administration/{path}", wait_until="networkidle").status == 200
    assert ran == []
