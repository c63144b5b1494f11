"""A club to talk in, for tests of conversations."""

from community.models import Circle
from messaging import actions
from messaging.models import Room
from tests.factories import (
    ClubFactory,
    MembershipFactory,
    OrganisationFactory,
    SeatFactory,
    TownFactory,
    UserFactory,
)


class Club:
    """A club with a practitioners' circle, two towns and a partner body."""

    def __init__(self, name="Coeur de ville", lead="Inès Bertaud"):
        self.club = ClubFactory(name=name)
        self.circle = Circle.objects.create(club=self.club, kind="practitioners")
        self.plenary = Circle.objects.create(club=self.club, kind="plenary")
        self.lead = self.person(lead, "Issoudun")
        self.reader = self.person("Marc Perrin", "Chinon")
        self.sync()

    def person(self, name, town):
        organisation = TownFactory(territory__name=town)
        MembershipFactory(club=self.club, organisation=organisation)
        return SeatFactory(person=UserFactory(name=name), organisation=organisation).person

    def partner(self, name):
        body = OrganisationFactory(kind="public_body")
        MembershipFactory(club=self.club, organisation=body, role="partner")
        person = SeatFactory(person=UserFactory(name=name), organisation=body, kind="agent").person
        self.sync()
        return person

    def sync(self):
        actions.sync_circle(self.circle.pk)
        actions.sync_circle(self.plenary.pk)

    @property
    def room(self):
        return Room.objects.get(circle=self.circle)

    def topic(self, title="Halles", body="Bonjour", author=None, room=None):
        return actions.start_topic(
            (author or self.lead).pk, (room or self.room).pk, title, body, limited=False
        )[0]

    def post(self, topic, body="Bonjour", author=None, **extra):
        author = author or self.lead
        event, _ = actions.post_message(
            author.pk, topic.room_id, body, topic_id=topic.pk, limited=False, **extra
        )
        return event.message
