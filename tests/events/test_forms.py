import datetime as dt
import zoneinfo

import pytest
from django.core.exceptions import ValidationError

from events.forms import find_town, on_the_clock, zone_names
from tests.factories import TerritoryFactory


def wall(text: str) -> dt.datetime:
    """What a clock on a wall shows."""
    return dt.datetime.fromisoformat(text)


def test_the_clock_of_a_zone() -> None:
    paris = zoneinfo.ZoneInfo("Europe/Paris")
    assert on_the_clock(wall("2027-07-01T14:00"), paris) == dt.datetime(2027, 7, 1, 12, tzinfo=dt.UTC)
    # Put back: 2:30 comes twice, the first is meant.
    twice = on_the_clock(wall("2026-10-25T02:30"), paris)
    assert twice == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    with pytest.raises(ValidationError):
        on_the_clock(wall("2027-03-28T02:30"), paris)


def test_a_town_is_found_by_its_name_and_told_from_its_namesakes(db: None) -> None:
    cahors = TerritoryFactory(name="Cahors")
    north = TerritoryFactory(name="Saint-Denis", department="Seine-Saint-Denis")
    south = TerritoryFactory(name="Saint-Denis", department="Aude")
    assert find_town("cahors") == cahors
    assert find_town("Saint Denis, Aude") == south
    assert find_town("saint-denis, seine") == north
    with pytest.raises(ValidationError) as several:
        find_town("Saint-Denis")
    assert "Saint-Denis, Aude" in several.value.messages[0]
    with pytest.raises(ValidationError):
        find_town("Nulle-Part")


def test_zones_start_in_europe() -> None:
    assert zone_names()[0].startswith("Europe/")
    assert {"Europe/Paris", "America/Cayenne", "Indian/Reunion", "UTC"} <= set(zone_names())
    assert not {"EST5EDT", "Etc/GMT+3"} & set(zone_names())
