"""Places as statistics offices know them: 154,201 towns, whether or not anyone there has heard of us."""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, Exists, Max, Min, OuterRef, Q, Value, When
from django.db.models.sql.compiler import SQLCompiler
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from community.today import today

# Letters that Unicode does not take apart; ord → text, as str.translate wants.
LETTERS = {ord(a): b for a, b in {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}.items()}


def search_key(text: str) -> str:
    """Lower case, no accents, punctuation as single spaces: `Saint-Rémy` → `saint remy`.

    Non-Latin letters stay, so Кичево is found by Кичево.
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    bare = bare.translate(LETTERS)
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


def search_keys(*names: str) -> dict[str, int]:
    """What finds a place: the key of each name from each of its words on, and the word's place in the name.

    `Saint-Rémy` → `{"saint remy": 0, "remy": 1}`: any word can be typed first, and a whole phrase is one prefix.
    """
    keys: dict[str, int] = {}
    for name in names:
        words = search_key(name).split()
        for place in range(len(words)):
            key = " ".join(words[place:])
            keys[key] = min(place, keys.get(key, place))
    return keys


@models.CharField.register_lookup
class KeyPrefix(models.Lookup[str]):
    """`key__prefix="saint re"`: a byte range, so that an ordinary index answers on either database.

    Only for `search_key` text: letters, digits and spaces.
    """

    lookup_name = "prefix"

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        column, column_params = self.process_lhs(compiler, connection)
        at_least, below = (">=", "<") if connection.vendor == "sqlite" else ("~>=~", "~<~")
        prefix = str(self.rhs)
        params = (*column_params, prefix, *column_params, prefix + chr(0x10FFFF))
        return f"({column} {at_least} %s AND {column} {below} %s)", params


class TerritoryQuerySet(models.QuerySet["Territory"]):
    def current(self, on: dt.date | None = None) -> "TerritoryQuerySet":
        """Territories that exist on a day (today by default): merged communes have ended."""
        on = on or today()
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=on))

    def with_code(self, scheme: str, value: str) -> "TerritoryQuerySet":
        return self.filter(codes__scheme=scheme, codes__value=value)

    def search(self, query: str, user: object = None, limit: int = 10) -> "list[Territory]":
        """The best `limit` places for what was typed, best first, with `organisation` loaded.

        Places are public facts: `user` is there because every QuerySet's `search` takes it.
        """
        return self.in_order(TerritoryName.objects.best(query, limit))

    def listed(
        self,
        *,
        country: str = "",
        sizes: tuple[int, int | None] = (0, None),
        members: "models.QuerySet[Any] | None" = None,
    ) -> "TerritoryQuerySet":
        """Places of the directory, the largest first: of a country, from so many inhabitants to under so many, and only
        those of the given organisations."""
        found = self.current()
        if country:
            found = found.filter(country=country)
        if sizes[0]:
            found = found.filter(population__gte=sizes[0])
        if sizes[1] is not None:
            found = found.filter(population__lt=sizes[1])
        if members is not None:
            found = found.filter(pk__in=members.values("territory"))
        return found.order_by("-population", "pk")

    def in_order(self, pks: Sequence[int]) -> "list[Territory]":
        """The territories of these ids in this order, in one query, with their organisation."""
        rows = self.select_related("organisation").in_bulk(pks)
        return [rows[pk] for pk in pks if pk in rows]


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
        """Also rewrites the rows that the search reads."""
        self.search_name = search_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]
        TerritoryName.objects.filter(territory=self).delete()
        TerritoryName.objects.bulk_create(
            TerritoryName(
                territory=self, key=key, place=place, country=self.country, population=self.population or 0
            )
            for key, place in search_keys(self.name, self.native_name).items()
        )

    def get_absolute_url(self) -> str:
        return reverse("community:town_detail", args=[self.pk])

    @property
    def where(self) -> str:
        """Department and region, for telling places of one name apart; empty where the gazetteer has neither."""
        return ", ".join(part for part in (self.department, self.region) if part)


class TerritoryNameQuerySet(models.QuerySet["TerritoryName"]):
    MAXIMUM_WORDS = 6
    SHORT: ClassVar[dict[str, str]] = {"st": "saint", "ste": "sainte"}

    def listed(
        self,
        *,
        country: str = "",
        sizes: tuple[int, int | None] = (0, None),
        members: "models.QuerySet[Any] | None" = None,
    ) -> "TerritoryNameQuerySet":
        """The same filters as TerritoryQuerySet.listed, to search among."""
        found = self.filter(country=country) if country else self
        if sizes[0]:
            found = found.filter(population__gte=sizes[0])
        if sizes[1] is not None:
            found = found.filter(population__lt=sizes[1])
        if members is not None:
            found = found.filter(territory__in=members.values("territory"))
        return found

    def best(self, query: str, limit: int) -> list[int]:
        """Ids of the places, at most `limit`, in whose name each typed word begins a word.

        First the whole name, then its beginning, then a later part, then words apart (`remy provence` finds
        Saint-Rémy-de-Provence); the largest first in each. `st` also stands for Saint. No words, no places.
        """
        words = search_key(query).split()[: self.MAXIMUM_WORDS]
        if not words:
            return []
        found = self._ids(self._in_a_row(words), limit)
        if len(words) > 1 and len(found) < limit:
            known = set(found)
            found += [pk for pk in self._ids(self._apart(words), limit) if pk not in known]
        return found[:limit]

    def _ids(self, rows: "TerritoryNameQuerySet", limit: int) -> list[int]:
        ordered = (
            rows.values_list("territory")
            .annotate(best=Min("rank"), size=Max("population"))
            .order_by("best", "-size", "territory")
        )
        return [pk for pk, *_ in ordered[:limit]]

    def _in_a_row(self, words: list[str]) -> "TerritoryNameQuerySet":
        phrase = " ".join(words)
        full = " ".join(self.SHORT.get(word, word) for word in words)
        found = Q(key__prefix=phrase) | Q(key__prefix=full) if full != phrase else Q(key__prefix=phrase)
        rank = Case(
            When(place=0, key__in=sorted({phrase, full}), then=0),
            When(place=0, then=1),
            default=2,
            output_field=models.SmallIntegerField(),
        )
        return self.filter(found).annotate(rank=rank)

    def _apart(self, words: list[str]) -> "TerritoryNameQuerySet":
        # The longest word is the rarest, near enough; the others are looked up for its places only.
        longest, *others = sorted((self.SHORT.get(word, word) for word in words), key=len, reverse=True)
        found = self.filter(key__prefix=longest).annotate(rank=Value(3))
        for word in others:
            same_place = TerritoryName.objects.filter(territory=OuterRef("territory"), key__prefix=word)
            found = found.filter(Exists(same_place))
        return found


class TerritoryName(models.Model):
    """One way into a place's name, for the search: see `search_keys`. Country and size save it the join."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="names", db_index=False)
    key = models.CharField(max_length=200)
    place = models.PositiveSmallIntegerField()  # of the key's first word in the name
    country = models.CharField(max_length=2)
    population = models.PositiveIntegerField()

    objects = TerritoryNameQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "key"], name="one_key_a_place")]
        indexes = [
            # Everything the search reads, so that it never opens the table. The operator classes let PostgreSQL
            # use it for prefixes whatever the database's collation; SQLite has no such thing and no need.
            models.Index(
                fields=["key", "population", "country", "place", "territory"],
                opclasses=["varchar_pattern_ops", "int4_ops", "varchar_ops", "int2_ops", "int8_ops"],
                name="territory_key",
            )
        ]

    def __str__(self) -> str:
        return self.key


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
