"""Places as statistics offices know them: 154,201 towns, whether or not anyone there has heard of us."""

import datetime as dt
import unicodedata

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Letters that Unicode does not take apart; ord → text, as str.translate wants.
LETTERS = {ord(a): b for a, b in {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}.items()}


def search_key(text: str) -> str:
    """Lower case, no accents, punctuation as single spaces: `Saint-Rémy` → `saint remy`.

    Non-Latin letters stay, so Кичево is found by Кичево.
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    bare = bare.translate(LETTERS)
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


class TerritoryQuerySet(models.QuerySet["Territory"]):
    def current(self, on: dt.date | None = None) -> "TerritoryQuerySet":
        """Territories that exist on a day (today by default): merged communes have ended."""
        on = on or timezone.localdate()
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=on))

    def with_code(self, scheme: str, value: str) -> "TerritoryQuerySet":
        return self.filter(codes__scheme=scheme, codes__value=value)


class Territory(models.Model):
    """A populated place. Identity is its dated codes; the name and figures are facts with a source."""

    name = models.CharField(_("name"), max_length=200)
    native_name = models.CharField(_("name in its own script"), max_length=200, blank=True)
    search_name = models.CharField(max_length=200, editable=False)
    country = models.CharField(_("country"), max_length=2)  # ISO 3166-1 alpha-2
    region = models.CharField(_("region"), max_length=100, blank=True)
    department = models.CharField(_("department"), max_length=100, blank=True)
    population = models.PositiveIntegerField(_("population"), null=True)
    population_year = models.PositiveSmallIntegerField(null=True)
    population_source = models.CharField(max_length=60, blank=True)
    latitude = models.FloatField(null=True)  # degrees, WGS 84
    longitude = models.FloatField(null=True)
    altitude_m = models.SmallIntegerField(null=True)
    relief_m = models.SmallIntegerField(null=True)  # range of altitude within 20 km
    centrality = models.FloatField(null=True)  # share of the population within 20 km, 0–1
    coast = models.BooleanField(default=False)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="predecessors")

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
        indexes = [
            models.Index(fields=["search_name", "-population"], name="territory_search"),
            models.Index(fields=["country", "-population"], name="territory_country"),
            models.Index(fields=["-population"], name="territory_population"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.search_name = search_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class TerritoryCode(models.Model):
    """An official code of a territory, for as long as it was valid."""

    class Scheme(models.TextChoices):
        INSEE = "insee", "INSEE COG"
        GEONAMES = "geonames", "GeoNames"
        LAU = "lau", "LAU"

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="codes")
    scheme = models.CharField(max_length=10, choices=Scheme)
    value = models.CharField(max_length=20)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            # Two open-ended rows of one code would be two towns with one identity.
            models.UniqueConstraint(
                fields=["scheme", "value"], condition=Q(valid_to=None), name="one_current_code"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.value}"
