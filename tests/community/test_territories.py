import io

import pytest
from django.core.management import CommandError, call_command

from community.actions.territories import load_towns
from community.models import Territory, TerritoryCode, TerritoryName
from community.models.territory import search_key, search_keys
from tests.factories import TerritoryFactory

pytestmark = pytest.mark.django_db
HEADING = (
    "geonames_id,name,country,insee,department,region,population,latitude,longitude,"
    "altitude_m,relief_m,centrality,coast"
)
VIERZON = "2969257,Vierzon,FR,18279,Cher,Centre-Val de Loire,25068,47.2219,2.0684,103,118,0.447,0"
OZD = "716736,Ózd,HU,,,,38405,48.2192,20.2869,184,303,0.28,0"


def row(line: str) -> dict[str, str]:
    return dict(zip(HEADING.split(","), line.split(","), strict=True))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Saint-Rémy-de-Provence", "saint remy de provence"),
        ("L'Haÿ-les-Roses", "l hay les roses"),
        ("Łódź", "lodz"),
        ("Кичево", "кичево"),
        ("  ", ""),
    ],
)
def test_search_key(name, key):
    assert search_key(name) == key


def test_search_keys_start_at_each_word_once():
    assert search_keys("Saint-Rémy", "Remy") == {"saint remy": 0, "remy": 0}


class TestLoadTowns:
    def test_codes_figures_and_sources(self):
        result = load_towns([row(VIERZON), row(OZD)])
        assert (result.added, result.changed, result.unchanged, result.refused) == (2, 0, 0, [])
        vierzon = Territory.objects.with_code("insee", "18279").get()
        assert vierzon == Territory.objects.with_code("geonames", "2969257").get()
        assert (vierzon.population, vierzon.population_year, vierzon.population_source) == (
            25068,
            2023,
            "INSEE",
        )
        assert (vierzon.department, vierzon.altitude_m, vierzon.coast) == ("Cher", 103, False)
        ozd = Territory.objects.with_code("geonames", "716736").get()
        assert (ozd.population_source, ozd.search_name) == ("GeoNames", "ozd")
        assert TerritoryCode.objects.count() == 3

    def test_again_changes_nothing(self):
        load_towns([row(VIERZON)])
        before = list(Territory.objects.values()), list(TerritoryName.objects.values())
        result = load_towns([row(VIERZON)])
        assert (result.added, result.changed, result.unchanged) == (0, 0, 1)
        assert before == (list(Territory.objects.values()), list(TerritoryName.objects.values()))

    def test_a_changed_fact_follows(self):
        load_towns([row(VIERZON)])
        result = load_towns([row(VIERZON) | {"name": "Vierzon-Ville", "population": "26000"}])
        assert (result.added, result.changed, result.unchanged) == (0, 1, 0)
        town = Territory.objects.get()
        assert (town.name, town.population, Territory.objects.search("ville")) == (
            "Vierzon-Ville",
            26000,
            [town],
        )

    def test_a_later_population_is_kept(self):
        load_towns([row(VIERZON)])
        Territory.objects.update(population=27000, population_year=2025, population_source="INSEE")
        assert load_towns([row(VIERZON)]).unchanged == 1
        assert Territory.objects.get().population == 27000

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"name": ""}, "name missing"),
            ({"country": "FRA"}, "'FRA' is not an ISO 3166-1 code of two letters"),
            ({"latitude": "97"}, "population or coordinates out of range"),
            ({"population": "many"}, "invalid literal for int() with base 10: 'many'"),
            ({"geonames_id": "2969257"}, "GeoNames id 2969257 stands in the file twice"),
        ],
    )
    def test_a_bad_row_is_refused_alone(self, change, reason):
        result = load_towns([row(VIERZON), row(OZD) | change])
        assert (result.added, result.refused) == (1, [(3, reason)])

    def test_command_reports_lines(self, tmp_path):
        file = tmp_path / "towns.csv"
        file.write_text("\n".join([HEADING, VIERZON, OZD.replace("HU", "")]), encoding="utf-8")
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(CommandError, match="1 rows were refused"):
            call_command("load_towns", file, stdout=out, stderr=err)
        assert err.getvalue() == "towns.csv, line 3: country missing\n"
        assert "1 towns added" in out.getvalue()

    def test_once(self, tmp_path):
        TerritoryFactory()
        call_command("load_towns", tmp_path / "not-there.csv", "--once")


class TestSearch:
    @pytest.fixture
    def towns(self):
        names = {
            "Saint-Rémy-de-Provence": 9500,
            "Saint-Rémy": 1200,
            "Neuville-Saint-Rémy": 3700,
            "Remy": 1800,
            "Saint-Remy-Geest": 900,
            "San Remo": 50_000,
        }
        return {
            name: TerritoryFactory(name=name, population=population) for name, population in names.items()
        }

    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            (
                "saint remy",
                ["Saint-Rémy", "Saint-Rémy-de-Provence", "Saint-Remy-Geest", "Neuville-Saint-Rémy"],
            ),
            ("St. Rémy", ["Saint-Rémy", "Saint-Rémy-de-Provence", "Saint-Remy-Geest", "Neuville-Saint-Rémy"]),
            (
                "REMY",
                ["Remy", "Saint-Rémy-de-Provence", "Neuville-Saint-Rémy", "Saint-Rémy", "Saint-Remy-Geest"],
            ),
            ("provence remy", ["Saint-Rémy-de-Provence"]),
            ("san r", ["San Remo"]),
            ("emy", []),
            ("%", []),
            ("", []),
        ],
    )
    def test_ranking(self, towns, typed, found):
        assert [town.name for town in Territory.objects.search(typed)] == found

    def test_limit(self, towns):
        assert len(Territory.objects.search("saint", limit=2)) == 2

    def test_a_name_in_its_own_script(self):
        kicevo = TerritoryFactory(name="Kičevo", native_name="Кичево", country="MK")
        assert Territory.objects.search("кич") == Territory.objects.search("kicevo") == [kicevo]

    def test_query_count_does_not_grow(self, towns, django_assert_num_queries):
        for typed in ("remo", "saint rem"):
            with django_assert_num_queries(3 if " " in typed else 2):
                Territory.objects.search(typed)
