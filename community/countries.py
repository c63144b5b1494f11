"""Countries by ISO 3166-1 code, named by Babel in the reader's language."""

import functools

from babel import Locale
from django.core.cache import cache
from django.utils.translation import get_language

from community.models import Territory
from community.models.territory import search_key

DAY = 24 * 60 * 60


def country_name(code: str) -> str:
    """`MK` → Macédoine du Nord, in the active language."""
    return str(Locale.parse((get_language() or "fr").replace("-", "_")).territories.get(code, code))


def country_codes() -> list[str]:
    """The countries there are towns of. Asked of the database once a day."""
    codes: list[str] | None = cache.get("community.countries")
    if codes is None:
        codes = sorted(Territory.objects.order_by().values_list("country", flat=True).distinct())
        # An empty site is about to be filled: look again soon.
        cache.set("community.countries", codes, DAY if len(codes) > 100 else 1)
    return codes


def country_choices() -> list[tuple[str, str]]:
    """`(code, name)` in the alphabetical order of the active language."""
    return _sorted(get_language() or "fr", tuple(country_codes()))


@functools.lru_cache(maxsize=32)
def _sorted(language: str, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Naming and sorting 242 countries takes longer than the search itself. `language` is the active one."""
    return sorted(((code, country_name(code)) for code in codes), key=lambda pair: search_key(pair[1]))
