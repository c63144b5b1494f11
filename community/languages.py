"""Languages people work in: ISO 639-1 codes, named by Babel in the reader's language."""

from babel import Locale
from babel.languages import get_official_languages
from django.utils.translation import get_language

# What a form offers; any other ISO 639-1 code is kept as well.
OFFERED = (
    *(
        "fr",
        "en",
        "de",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "ro",
        "hu",
        "mk",
        "sq",
        "bg",
        "cs",
        "sk",
        "sl",
        "hr",
        "sr",
    ),
    *("el", "tr", "uk", "lt", "lv", "et", "fi", "sv", "da", "no", "ar", "ca", "br", "oc", "eu", "co"),
)


def language_name(code: str) -> str:
    """`hu` → hongrois, in the active language."""
    return str(Locale.parse((get_language() or "fr").replace("-", "_")).languages.get(code, code))


def is_language(code: str) -> bool:
    """Whether it is a two-letter code that Babel can name."""
    return len(code) == 2 and code in Locale("en").languages


def choices() -> list[tuple[str, str]]:
    """The offered languages by name: for a form field."""
    return sorted(((code, language_name(code)) for code in OFFERED), key=lambda pair: pair[1].casefold())


def languages_of(country: str) -> list[str]:
    """Official languages of a country, those with a two-letter code: what its town halls most likely work in."""
    codes = get_official_languages(country, de_facto=True)
    return [code for code in dict.fromkeys(c.partition("_")[0] for c in codes) if is_language(code)][:3]
