"""The index follows the database, in every process."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.management import call_command

from community.models import Organisation, OrganisationTheme, Seat
from matching import index
from matching.actions import refresh_index_row
from matching.engine import search
from tests.factories import SeatFactory, TerritoryFactory, TownFactory

READER = """
import sys
from matching.engine import Store, search
store = Store(sys.argv[1])
for line in sys.stdin:
    found = search(store, int(line), pool="members", diversity=0)
    print(*(f"{match.id}:{match.theirs.offered}" for match in found.items), flush=True)
"""
FRICHES = 3


def member(name: str, **traits: object) -> Organisation:
    town = TownFactory(territory__name=name, **traits)
    SeatFactory(organisation=town)
    return town


def ids(town: Organisation, pool: str = "members") -> list[int]:
    found = search(index.store(), index.question(town, private=True), pool=pool)
    return [match.id for match in found.items]


@pytest.mark.django_db
def test_built_on_demand_and_apart() -> None:
    ours, other, stranger = member("Vierzon"), member("Ózd"), TerritoryFactory(name="Loin")
    assert ids(ours) == [other.territory_id]
    assert ids(ours, "gazetteer") == [stranger.pk]


@pytest.mark.django_db
def test_command_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    member("Vierzon")
    call_command("build_matching_index")
    assert "Matching index: 1 towns" in capsys.readouterr().out
    TerritoryFactory()
    call_command("build_matching_index", if_missing=True)
    assert capsys.readouterr().out == ""
    call_command("build_matching_index")
    assert "Matching index: 2 towns" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"availability": Organisation.Availability.FULL},
        {"availability": Organisation.Availability.HIDDEN},
        {"is_published": False},
    ],
)
def test_who_does_not_want_to_be_shown_is_not(change: dict[str, object]) -> None:
    ours, other = member("Vierzon"), member("Ózd")
    assert ids(ours) == [other.territory_id]
    Organisation.objects.filter(pk=other.pk).update(**change)
    refresh_index_row(other.territory_id)
    assert ids(ours) == []


@pytest.mark.django_db
def test_a_town_is_a_member_once_somebody_there_is_confirmed() -> None:
    ours, other = member("Vierzon"), TownFactory(territory__name="Ózd")
    seat = SeatFactory(organisation=other, state=Seat.State.PENDING)
    assert ids(ours) == []
    Seat.objects.filter(pk=seat.pk).update(state=Seat.State.VERIFIED)
    refresh_index_row(other.territory_id)
    assert ids(ours) == [other.territory_id]


@pytest.mark.django_db
def test_a_private_wish_is_in_no_index() -> None:
    town = member("Vierzon")
    for position, public in [(3, True), (4, False)]:
        OrganisationTheme.objects.create(
            organisation=town, position=position, direction="wanted", is_public=public
        )
    held = index.store().get(town.territory_id)
    assert held is not None
    assert held.wanted == 1 << 3
    assert index.question(town, private=True).wanted == 1 << 3 | 1 << 4
    assert index.question(town, private=False).wanted == 1 << 3


@pytest.mark.django_db
def test_a_group_counts_all_its_people() -> None:
    valley = member("Vallée", kind=Organisation.Kind.GROUP, territory__population=7000)
    valley.territories.add(valley.territory, TerritoryFactory(population=2000))
    held = index.store().get(valley.territory_id)
    assert held is not None
    assert held.population == 9000


@pytest.mark.django_db
def test_built_and_refreshed_rows_are_equal() -> None:
    town = member("Vierzon", availability=Organisation.Availability.FULL, languages=["fr", "en", "xx"])
    OrganisationTheme.objects.create(organisation=town, position=FRICHES, direction="offered")
    built = index.store().get(town.territory_id)
    refresh_index_row(town.territory_id)
    assert index.store().get(town.territory_id) == built


@pytest.mark.django_db
def test_a_broken_index_does_not_break_the_saved_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(territory_id: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(index, "refresh", fail)
    refresh_index_row(1)


@pytest.fixture
def reader() -> Iterator[subprocess.Popen[str]]:
    """Another process that has had the index open since before the edit."""
    process = subprocess.Popen(
        [sys.executable, "-c", READER, str(settings.MATCHING_INDEX_DIR)],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.django_db
def test_an_edit_is_seen_by_the_next_question_of_another_process(reader: subprocess.Popen[str]) -> None:
    ours, other = member("Vierzon"), member("Ózd")
    index.store()

    def ask() -> str:
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write(f"{ours.territory_id}\n")
        reader.stdin.flush()
        return reader.stdout.readline().strip()

    assert ask() == f"{other.territory_id}:0"
    OrganisationTheme.objects.create(organisation=other, position=FRICHES, direction="offered")
    refresh_index_row(other.territory_id)
    assert ask() == f"{other.territory_id}:{1 << FRICHES}"
    index.build()
    assert ask() == f"{other.territory_id}:{1 << FRICHES}"
