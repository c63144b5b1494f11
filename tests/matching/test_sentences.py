"""Facts in words: correct, in both languages, for every key the engine can give."""

from dataclasses import replace

import pytest
from django.utils.translation import override

from matching import sentences
from matching.engine import Doubt, Match, Raise, Store, Town, columns_of, explain, language_mask, mask
from tests.matching.towns import FRICHES, HEALTH, SHOPS, STATIONS

OURS = Town(id=1, population=25700, altitude=103, relief=118, centrality=0.6, coast=False, latitude=47.2, longitude=2.1,
            country="FR", languages=language_mask(["fr", "en"]), wanted=mask([FRICHES, SHOPS]), offered=mask([STATIONS]),
            member=True)  # fmt: skip
THEIRS = Town(id=2, population=29800, altitude=175, relief=269, centrality=0.7, coast=False, latitude=48.2, longitude=20.3,
              country="HU", languages=language_mask(["hu", "en"]), wanted=mask([STATIONS]), offered=mask([FRICHES]),
              member=True)  # fmt: skip


def compared(tmp_path: object, ours: Town = OURS, theirs: Town = THEIRS) -> Match:
    store = Store(str(tmp_path))
    store.rebuild(columns_of([ours, theirs]))
    match = explain(store, ours.id, theirs.id)
    assert match is not None
    return match


def test_why_in_french_and_english(tmp_path: object) -> None:
    match = compared(tmp_path)
    with override("fr"):
        assert sentences.why(match, "Ózd") == (
            "Ózd peut montrer « Patrimoine industriel et friches à reconvertir », que vous cherchez, et cherche "
            "« Transports collectifs et gares », que vous pouvez montrer. "
            "Taille voisine : 25\u00a0700 et 29\u00a0800 habitants."
        )
    with override("en"):
        assert sentences.why(match, "Ózd") == (
            "Ózd can show “Industrial heritage and brownfield reuse”, which you are looking for, and is looking for "
            "“Public transport and stations”, which you can show. Similar size: 25,700 and 29,800 inhabitants."
        )


def test_bars_have_words(tmp_path: object) -> None:
    with override("fr"):
        rows = sentences.bars(compared(tmp_path))
    assert [(row["label"], row["value"]) for row in rows] == [
        ("Taille", "25\u00a0700 et 29\u00a0800 hab."),
        ("Préoccupations", "2 sujets en commun"),
        ("Territoire", "plaine et collines, ville-centre"),
        ("Langues de travail", "anglais"),
    ]
    assert all(0 <= row["percent"] <= 100 and row["strength"] for row in rows)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("population", "begins"),
    [
        (17200, "Similar size"),
        (38500, "Similar size"),
        (38600, "Larger than you"),
        (17000, "Smaller than you"),
        (None, ""),
    ],
)
def test_size(tmp_path: object, population: int | None, begins: str) -> None:
    match = compared(tmp_path, theirs=Town(id=2, population=population, member=True))
    with override("en"):
        assert sentences.size(match).startswith(begins)
        assert bool(sentences.size(match)) is bool(begins)


def test_a_town_outside_the_network_is_compared_by_figures(tmp_path: object) -> None:
    match = compared(
        tmp_path, theirs=Town(id=2, population=26000, relief=100, altitude=90, centrality=0.5, coast=False)
    )
    with override("en"):
        assert sentences.why(match, "Navan") == (
            "Similar size: 25,700 and 26,000 inhabitants. The same kind of place: plain."
        )
        assert sentences.chips(match) == []
        assert [row["value"] for row in sentences.bars(match)][1::2] == ["to be asked", "to be asked"]


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({"offered": mask([FRICHES])}, "Ózd can show “Industrial heritage and brownfield reuse”, which you are looking for."),
        ({"wanted": mask([STATIONS])}, "Ózd is looking for “Public transport and stations”, which you can show."),
        ({"wanted": mask([SHOPS])}, "Ózd and you are both looking for “Local shops and commercial vacancy”."),
    ],
)  # fmt: skip
def test_one_sided_help(tmp_path: object, theirs: dict[str, int], expected: str) -> None:
    match = compared(tmp_path, theirs=Town(id=2, member=True, **theirs))
    with override("en"):
        assert sentences.why(match, "Ózd").startswith(expected)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "figures",
    [(0, 0), (3, 0), (0, 3), (3, 1), (3, 2), (None, 1204.0), (None, None), (True, False), (False, True)],
)
def test_every_doubt_has_words(
    tmp_path: object, language: str, figures: tuple[float | None, float | None]
) -> None:
    match = compared(tmp_path)
    with override(language):
        for key in sentences.DOUBTS:
            said = sentences.doubt(with_(match, doubt=Doubt(key, *figures)), "Ózd")
            assert "%" not in said
            if key != "distance" or figures[1] is not None:
                assert said.endswith((".", "?")), (key, said)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_way_up_has_words(tmp_path: object, language: str) -> None:
    match = compared(tmp_path)
    with override(language):
        for key in sentences.RAISES:
            said = sentences.would_raise(with_(match, would_raise=Raise(key, 50, (HEALTH, SHOPS))), "Ózd")
            assert said.endswith("."), (key, said)
            assert "%" not in said
        assert sentences.would_raise(with_(match, would_raise=None), "Ózd") == ""


def test_closeness_has_words(tmp_path: object) -> None:
    match = compared(tmp_path)
    with override("fr"):
        words = [
            sentences.closeness(with_(match, closeness=key)) for key in ("very_close", "close", "possible")
        ]
    assert words == ["Très proche", "Proche", "Assez proche"]


@pytest.mark.parametrize(
    ("name", "elided"), [("Vierzon", False), ("Ózd", True), ("Évreux", True), ("Issoudun", True)]
)
def test_elision(name: str, elided: bool) -> None:
    with override("fr"):
        assert sentences.elided(name) is elided
    with override("en"):
        assert not sentences.elided(name)


def with_(match: Match, **changes: object) -> Match:
    return replace(match, **changes)  # type: ignore[arg-type]
