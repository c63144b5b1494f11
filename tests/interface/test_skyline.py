import re
from xml.etree import ElementTree

import pytest

from community import skyline
from community.models import Organisation, Territory
from community.skyline.facts import FLAT, STEEP

TOWNS = [
    ("Vierzon", "FR", "Centre-Val de Loire", 60, 25725),
    ("Ózd", "HU", "", 250, 29800),
    ("Sighișoara", "RO", "", 420, 23900),
    ("Béjar", "ES", "", 900, 12300),
    ("Kičevo", "MK", "", 900, 23400),
    ("Marrakesh", "MA", "", 700, 839296),
    ("Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson", "FR", "Grand Est", 40, 540),
    ("Xai-Xai", "MZ", "", None, None),
]


def town(
    name: str, country: str, region: str, relief: int | None, population: int | None, **more: object
) -> Territory:
    return Territory(
        name=name,
        country=country,
        region=region,
        relief_m=relief,
        population=population,
        latitude=47.1,
        longitude=2.1,
        **more,
    )


@pytest.mark.parametrize("facts", TOWNS)
@pytest.mark.parametrize(("variant", "most"), [("card", 3584), ("banner", 8704), ("mark", 1024)])
def test_small_and_well_formed(facts: tuple, variant: skyline.Variant, most: int) -> None:
    drawing = skyline.draw(town(*facts), variant)
    assert len(drawing.encode()) <= most
    tree = ElementTree.fromstring(drawing)
    assert {node.tag for node in tree.iter()} <= {"svg", "path", "rect", "circle"}
    assert not re.search(r"style=|\son\w+=|NaN|inf", drawing)


@pytest.mark.parametrize("landmark", skyline.LANDMARKS)
def test_every_landmark_fits(landmark: str) -> None:
    place = town(*TOWNS[0])
    member = Organisation(name=place.name, territory=place, landmark=landmark)
    assert len(skyline.draw(member, "banner").encode()) <= 8704
    assert skyline.facts_of(member).landmark == landmark


def test_the_same_town_is_the_same_drawing() -> None:
    first = skyline.draw(town(*TOWNS[0]), "banner")
    skyline._picture.cache_clear()
    assert skyline.draw(town(*TOWNS[0]), "banner") == first
    assert skyline.draw(town("Bourges", *TOWNS[0][1:]), "banner") != first


def test_a_member_and_its_territory_differ_by_the_chosen_landmark_alone() -> None:
    place = town(*TOWNS[0])
    plain = skyline.facts_of(Organisation(name=place.name, territory=place))
    assert plain == skyline.facts_of(place)
    assert (
        skyline.facts_of(Organisation(name=place.name, territory=place, landmark="works")).tone == plain.tone
    )


def test_a_list_that_loaded_the_member_draws_its_landmark() -> None:
    place = town(*TOWNS[0])
    Organisation(name=place.name, territory=place, landmark="works")
    assert skyline.facts_of(place).landmark == "works"


def test_facts_shape_it() -> None:
    plain, alps = town("A", "FR", "", 20, 9000), town("A", "FR", "", 1500, 9000)
    assert (skyline.facts_of(plain).relief, skyline.facts_of(alps).relief) == (0, 2)
    assert skyline.facts_of(town("A", "FR", "", 20, 900, coast=True)).water
    assert skyline.facts_of(town("A", "MA", "", 20, 900)).roofs == FLAT
    assert skyline.facts_of(town("A", "FR", "Grand Est", 20, 900)).roofs == STEEP


def test_an_organisation_without_a_territory_has_a_drawing_too() -> None:
    assert skyline.draw(Organisation(name="Villes au Carré"), "mark").startswith("<svg")


def test_unknown_landmark_falls_back() -> None:
    place = town(*TOWNS[0])
    member = Organisation(name=place.name, territory=place, landmark="pyramid")
    assert skyline.facts_of(member).landmark in skyline.LANDMARKS


def test_a_label_is_escaped() -> None:
    drawing = skyline.draw(town(*TOWNS[0]), "banner", label='Silhouette de "Vierzon" <b>')
    assert ElementTree.fromstring(drawing).get("aria-label") == 'Silhouette de "Vierzon" <b>'
    assert 'aria-hidden="true"' in skyline.draw(town(*TOWNS[0]), "banner")
