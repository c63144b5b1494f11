"""A town's list of matches: the index asked, the database read for what is shown. Nothing is changed here."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from community.models import Organisation, Territory, Twinning, User
from community.models.territory import search_key
from matching import index, permissions, sentences
from matching.engine import Filters, Match, NotBuiltError, explain, mask, search
from matching.models import Introduction, Refusal
from matching.weights import Taste, taste_of

log = logging.getLogger(__name__)

NEARBY_KM = 1500  # real twin towns lie 1,024 km apart in the median
MOST = 50  # towns of a list; to see others one narrows the filters
PAGE = 10


@dataclass(frozen=True)
class Proposal:
    """One town of a list, ready to be shown; `rank` is the number of its pin."""

    rank: int
    match: Match
    territory: Territory
    organisation: Organisation | None = None
    letter: Introduction | None = None

    @property
    def name(self) -> str:
        return self.organisation.name if self.organisation else self.territory.name

    @property
    def closeness(self) -> str:
        return sentences.closeness(self.match)

    @property
    def why(self) -> str:
        return sentences.why(self.match, self.name)

    @property
    def chips(self) -> list[str]:
        return sentences.chips(self.match)

    @property
    def bars(self) -> list[dict[str, object]]:
        return sentences.bars(self.match)

    @property
    def doubt(self) -> str:
        return sentences.doubt(self.match, self.name)

    @property
    def would_raise(self) -> str:
        return sentences.would_raise(self.match, self.name)


@dataclass(frozen=True)
class Proposals:
    """`items`: at most MOST towns, best first · `total`: all that pass the filters · `missing`: what the profile lacks ·
    `unavailable`: the index can be neither read nor built now.
    """

    items: list[Proposal] = field(default_factory=list)
    total: int = 0
    missing: list[str] = field(default_factory=list)
    taste: Taste | None = None
    generation: int = 0
    unavailable: bool = False


def proposals(
    organisation: Organisation,
    user: User,
    *,
    pool: str = "members",
    country: str = "",
    theme: int | None = None,
    limit: int = MOST,
) -> Proposals:
    """The towns that fit an organisation best, as this person may see them.

    `pool` is "members" or "gazetteer" (within NEARBY_KM unless a country is named); `country` an ISO code; `theme` a position. Private wishes count for the
    town's confirmed people only. Empty for an organisation without a territory. The number of queries does
    not depend on the length of the list.
    """
    if organisation.territory is None:
        return Proposals()
    taste = taste_of(organisation)
    ours = index.question(organisation, private=permissions.may_speak_for(user, organisation))
    filters = Filters(
        countries={country} if country else None,
        themes=mask([theme]) if theme is not None else 0,
        exclude=excluded(organisation),
        # Among 154,201 towns of the whole world, first those one can travel to.
        within_km=NEARBY_KM if pool == "gazetteer" and not country else None,
    )
    try:
        found = search(index.store(), ours, pool=pool, filters=filters, weights=taste.weights, limit=limit)
    except (OSError, NotBuiltError):  # TimeoutError is an OSError: another process is building it
        log.exception("The matching index can be neither read nor built")
        return Proposals(missing=sentences.missing(ours), taste=taste, unavailable=True)
    return Proposals(
        items=_shown(_far_last(found.items, taste), organisation, user),
        total=found.candidates,
        missing=sentences.missing(ours),
        taste=taste,
        generation=found.generation,
    )


def top_matches(organisation: Organisation, user: User, limit: int = 3) -> list[Proposal]:
    """The first members of a town's list, for the home page; empty for whoever may not see it."""
    if not permissions.may_see_matches(user, organisation):
        return []
    return proposals(organisation, user, limit=limit).items


def pair(organisation: Organisation, user: User, other: Organisation) -> Match | None:
    """The figures of one pair as this person may see them; None when they cannot be compared."""
    if organisation.territory is None or other.territory_id is None:
        return None
    private = permissions.may_speak_for(user, organisation)
    ours = index.question(organisation, private=private)
    return explain(index.store(), ours, other.territory_id, weights=taste_of(organisation).weights)


def shared_in_public(one: Organisation, other: Organisation) -> list[int]:
    """Positions of the themes both name in public, as either side may read them."""
    named = [{theme.position for theme in town.themes.all() if theme.is_public} for town in (one, other)]
    return sorted(named[0] & named[1])


def countries(pool: str) -> list[tuple[str, str]]:
    """`(code, name)` of the countries with a member, or with any town, by name in the active language."""
    towns = Territory.objects.all()
    if pool == "members":
        towns = towns.filter(organisation__in=Organisation.objects.towns().published())
    codes = towns.order_by().values_list("country", flat=True).distinct()
    return sorted(((code, sentences.country(code)) for code in codes), key=lambda pair: search_key(pair[1]))


def excluded(organisation: Organisation) -> set[int]:
    """Territories never proposed: itself, its own communes, present partners, and those it refused."""
    own = organisation.territory_id
    ids = set(organisation.territories.values_list("pk", flat=True))
    ids.update(Twinning.objects.filter(organisation=organisation).values_list("partner", flat=True))
    ids.update(Refusal.objects.filter(organisation=organisation).values_list("territory", flat=True))
    if own is not None:
        ids.add(own)
        around = Q(twinnings__partner=own) | Q(territories=own)
        ids.update(pk for pk in Organisation.objects.filter(around).values_list("territory", flat=True) if pk)
    return ids


def _far_last(matches: Iterable[Match], taste: Taste) -> list[Match]:
    limit = taste.far_km
    if limit is None:
        return list(matches)
    return sorted(matches, key=lambda match: (match.distance_km or 0) >= limit)


def _shown(matches: list[Match], organisation: Organisation, user: User) -> list[Proposal]:
    ids = [match.id for match in matches]
    towns = Organisation.objects.towns().published().filter(territory__in=ids).select_related("territory")
    rows = Territory.objects.filter(pk__in=ids)
    territories = {territory.pk: territory for territory in rows}
    members = {town.territory_id: town for town in towns}
    letters: dict[int, Introduction] = {}
    pks = [town.pk for town in members.values()]
    mine = Introduction.objects.visible_to(user).filter(
        Q(from_organisation=organisation, to_organisation__in=pks)
        | Q(to_organisation=organisation, from_organisation__in=pks)
    )
    for letter in mine.order_by("created_at"):
        there = letter.to_organisation_id
        letters[letter.from_organisation_id if there == organisation.pk else there] = letter
    shown: list[Proposal] = []
    for match in matches:
        territory, member = territories.get(match.id), members.get(match.id)
        # The index may be a moment ahead of or behind the database: what is not there is not shown.
        if territory is None or (match.pool == "members" and member is None):
            continue
        shown.append(
            Proposal(
                rank=len(shown) + 1,
                match=match,
                territory=territory,
                organisation=member if match.pool == "members" else None,
                letter=letters.get(member.pk) if member else None,
            )
        )
    return shown
