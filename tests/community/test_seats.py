import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from community import actions, notices, permissions
from community.models import Membership, Seat
from notifications.models import Notification
from tests.factories import (
    ClubFactory,
    MembershipFactory,
    OrganisationFactory,
    SeatFactory,
    TerritoryFactory,
    TownFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
YESTERDAY = timezone.localdate() - dt.timedelta(days=1)


@pytest.fixture
def circles(monkeypatch):
    """The clubs whose circles were told of a change."""
    told = []
    for module in ("seats", "clubs"):
        monkeypatch.setattr(f"community.actions.{module}.circles_changed", told.extend, raising=False)
    monkeypatch.setattr("community.actions.changed.circles_changed", told.extend)
    return told


class TestClaim:
    def test_makes_a_draft_in_the_languages_of_the_country(self):
        seat = actions.claim_town(
            UserFactory(), TerritoryFactory(name="Ózd", country="HU"), "elected", "Polgármester"
        )
        assert (seat.state, seat.level, seat.organisation.is_published) == ("pending", 0, False)
        assert (seat.organisation.name, seat.organisation.languages) == ("Ózd", ["hu"])

    def test_those_who_run_the_site_are_told_once(self):
        staff = UserFactory(is_staff=True)
        user, territory = UserFactory(), TerritoryFactory()
        actions.claim_town(user, territory)
        actions.claim_town(user, territory, "elected", "Maire")
        assert list(Notification.objects.values_list("recipient", "kind", "count")) == [
            (staff.pk, notices.SEAT_PENDING, 1)
        ]

    @pytest.mark.parametrize("state", [Seat.State.VERIFIED, Seat.State.REFUSED])
    def test_claiming_again_never_changes_a_decision(self, state):
        seat = SeatFactory(state=state, title="Agente")
        again = actions.claim_town(seat.person, seat.organisation.territory, "elected", "Maire")
        assert (again.pk, again.state, again.title, again.kind) == (seat.pk, state, "Agente", "project_lead")


class TestVerify:
    def test_publishes_the_draft_and_tells_the_person(self, circles):
        seat = actions.claim_town(UserFactory(), TerritoryFactory())
        club = MembershipFactory(organisation=seat.organisation).club
        actions.verify_seat(UserFactory(is_staff=True), seat)
        seat.refresh_from_db()
        seat.organisation.refresh_from_db()
        assert (seat.state, seat.level, seat.organisation.is_published) == ("verified", 2, True)
        assert seat.verified_at
        assert circles == [club.pk]
        assert Notification.objects.filter(recipient=seat.person, kind=notices.SEAT_VERIFIED).exists()

    def test_an_animator_of_the_towns_club_may(self):
        seat = SeatFactory(state=Seat.State.PENDING)
        animator = SeatFactory(organisation=OrganisationFactory(), kind=Seat.Kind.ANIMATOR)
        MembershipFactory(organisation=seat.organisation, club=ClubFactory(animator=animator.organisation))
        actions.verify_seat(animator.person, seat)
        assert seat.state == Seat.State.VERIFIED

    def test_others_may_not(self):
        seat = SeatFactory(state=Seat.State.PENDING)
        seat.person.is_staff = True
        colleague = SeatFactory(organisation=seat.organisation).person
        stranger = SeatFactory(organisation=OrganisationFactory(), kind=Seat.Kind.ANIMATOR).person
        for by in (seat.person, colleague, stranger, UserFactory()):
            for act in (actions.verify_seat, actions.refuse_seat):
                with pytest.raises(PermissionDenied):
                    act(by, seat)
        seat.refresh_from_db()
        assert seat.state == Seat.State.PENDING

    def test_a_level_that_does_not_exist(self):
        with pytest.raises(ValueError, match="level 4"):
            actions.verify_seat(None, SeatFactory(state=Seat.State.PENDING), level=4)

    def test_refusing_takes_a_verification_back(self, circles):
        seat = SeatFactory()
        club = MembershipFactory(organisation=seat.organisation).club
        actions.refuse_seat(None, seat, "Personne inconnue à la mairie")
        seat.refresh_from_db()
        assert (seat.state, seat.level, seat.verified_at, seat.source) == (
            "refused",
            0,
            None,
            "Personne inconnue à la mairie",
        )
        assert circles == [club.pk]


class TestEnd:
    def test_at_once(self, circles):
        seat = SeatFactory()
        club = MembershipFactory(organisation=seat.organisation).club
        actions.end_seat(seat.person, seat)
        assert not Seat.objects.current().filter(pk=seat.pk).exists()
        assert not permissions.can_act_for(seat.person, seat.organisation)
        assert circles == [club.pk]

    def test_not_by_a_stranger(self):
        seat = SeatFactory()
        with pytest.raises(PermissionDenied):
            actions.end_seat(SeatFactory().person, seat)

    def test_who_loses_the_seat_leaves_the_circles(self):
        seat = SeatFactory()
        club = actions.create_club("Club", "club", animator=OrganisationFactory())
        actions.add_member_to_club(None, club, organisation=seat.organisation)
        circle = club.circles.get(kind="practitioners")
        assert circle.readers() == [(seat.person_id, True)]
        actions.end_seat(None, seat)
        assert circle.readers() == []

    def test_an_error_of_another_app_undoes_the_change(self, monkeypatch):
        def fail(circle):
            raise RuntimeError("no room")

        seat = SeatFactory()
        club = actions.create_club("Club", "club", animator=OrganisationFactory())
        actions.add_member_to_club(None, club, organisation=seat.organisation)
        monkeypatch.setattr("community.actions.changed.import_string", lambda path: fail)
        with pytest.raises(RuntimeError):
            actions.end_seat(None, seat)
        seat.refresh_from_db()
        assert seat.ends_on is None


class TestPermissions:
    @pytest.mark.parametrize(
        ("seat", "acts", "edits"),
        [
            ({"kind": "elected"}, True, True),
            ({"kind": "agent"}, True, True),
            ({"kind": "guest"}, False, False),
            ({"kind": "expert"}, False, False),
            ({"state": "pending"}, False, False),
            ({"state": "refused"}, False, False),
            ({"ends_on": YESTERDAY}, False, False),
            ({"starts_on": timezone.localdate() + dt.timedelta(days=1)}, False, False),
        ],
    )
    def test_acting_and_editing(self, seat, acts, edits):
        seat = SeatFactory(**seat)
        assert permissions.can_act_for(seat.person, seat.organisation) is acts
        assert permissions.can_edit_town(seat.person, seat.organisation) is edits

    def test_a_pending_seat_prepares_a_draft_until_somebody_is_confirmed(self):
        town = TownFactory(is_published=False)
        seat = SeatFactory(organisation=town, state=Seat.State.PENDING)
        assert permissions.can_edit_town(seat.person, town)
        assert not permissions.can_act_for(seat.person, town)
        SeatFactory(organisation=town)
        assert not permissions.can_edit_town(seat.person, town)

    def test_an_expert_acts_for_the_own_firm(self):
        seat = SeatFactory(kind=Seat.Kind.EXPERT, organisation=OrganisationFactory(kind="firm"))
        assert permissions.can_act_for(seat.person, seat.organisation)

    def test_contact_of_an_elected_official(self):
        elected = SeatFactory(kind=Seat.Kind.ELECTED)
        partner = SeatFactory(organisation=OrganisationFactory())
        assert permissions.may_see_contact(SeatFactory().person, elected)
        assert permissions.may_see_contact(elected.person, elected)
        assert not permissions.may_see_contact(partner.person, elected)
        assert not permissions.may_see_contact(SeatFactory(state="pending").person, elected)


class TestClubs:
    @pytest.fixture
    def club(self):
        return actions.create_club(
            "Cœur de ville", "coeur", animator=OrganisationFactory(name="Villes au Carré")
        )

    def test_both_circles_and_the_animator(self, club):
        again = actions.create_club("Cœur de ville", "coeur", animator=club.animator)
        assert again == club
        assert sorted(club.circles.values_list("kind", flat=True)) == ["plenary", "practitioners"]
        assert list(club.memberships.values_list("organisation", "role", "state")) == [
            (club.animator_id, "animator", "active")
        ]

    def test_asking_and_accepting(self, club, circles):
        seat, animator = SeatFactory(), SeatFactory(organisation=club.animator)
        membership = actions.request_membership(seat.person, club, seat.organisation)
        actions.request_membership(seat.person, club, seat.organisation)
        told = Notification.objects.filter(recipient=animator.person)
        assert [(n.kind, n.count) for n in told] == [(notices.MEMBERSHIP_REQUESTED, 1)]
        assert (membership.state, circles) == ("requested", [])
        actions.accept_membership(animator.person, membership)
        assert (membership.state, circles) == ("active", [club.pk])
        assert Notification.objects.filter(recipient=seat.person, kind=notices.MEMBERSHIP_ACCEPTED).exists()

    def test_only_the_animator_accepts(self, club):
        seat = SeatFactory()
        membership = actions.request_membership(seat.person, club, seat.organisation)
        for by in (
            seat.person,
            UserFactory(is_staff=True),
            SeatFactory(organisation=club.animator, state="pending").person,
        ):
            with pytest.raises(PermissionDenied):
                actions.accept_membership(by, membership)

    def test_leaving_and_coming_back(self, club, circles):
        seat = SeatFactory()
        membership = actions.add_member_to_club(None, club, organisation=seat.organisation)
        actions.end_membership(seat.person, membership)
        assert (membership.state, circles) == ("ended", [club.pk, club.pk])
        assert actions.request_membership(seat.person, club, seat.organisation).state == "requested"

    def test_a_guest_needs_an_end(self, club):
        guest = UserFactory()
        with pytest.raises(Exception, match="date de fin"):
            actions.add_member_to_club(None, club, person=guest, role=Membership.Role.GUEST)
        actions.add_member_to_club(None, club, person=guest, role=Membership.Role.GUEST, ends_on=YESTERDAY)
        assert club.circles.first().readers() == []
        actions.add_member_to_club(
            None, club, person=guest, role=Membership.Role.GUEST, ends_on=timezone.localdate()
        )
        assert club.circles.first().readers() == [(guest.pk, True)]

    def test_refresh_looks_at_every_club(self, club, circles):
        assert actions.refresh_circles() == 1
        assert circles == [club.pk]
