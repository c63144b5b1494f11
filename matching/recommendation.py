"""A town's list of matches: the index asked, the database read for what is shown. Nothing is changed here."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

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
    confirmed: bool | None = None,
    letters: bool = True,
) -> Proposals:
    """The towns that fit an organisation best, as this person may see them.

    `pool` is "members" or "gazetteer" (within NEARBY_KM unless a country is named); `country` an ISO code; `theme` a position. Private wishes count for the
    town's confirmed people only; `confirmed` says whether the person is one, when the caller has asked already.
    `letters`: load what the two towns wrote to each other. Empty for an organisation without a territory.
    The number of queries does not depend on the length of the list.
    """
    if organisation.territory is None:
        return Proposals()
    taste = taste_of(organisation)
    if confirmed is None:
        confirmed = permissions.may_speak_for(user, organisation)
    ours = index.question(organisation, private=confirmed)
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
    items = _shown(_far_last(found.items, taste))
    return Proposals(
        items=_with_letters(items, organisation, user) if letters else items,
        total=found.candidates,
        missing=sentences.missing(ours),
        taste=taste,
        generation=found.generation,
    )


def top_matches(
    organisation: Organisation, user: User, limit: int = 3, *, confirmed: bool | None = None
) -> list[Proposal]:
    """The first members of a town's list, for the home page; empty for whoever may not see it.

    A caller who found the organisation by the person's own seat there says whether they are `confirmed`:
    nothing is asked again.
    """
    if confirmed is None and not permissions.may_see_matches(user, organisation):
        return []
    return proposals(organisation, user, limit=limit, confirmed=confirmed, letters=False).items


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
    communes = Organisation.territories.through.objects
    partners = Twinning.objects.filter(organisation=organisation).values_list("partner")
    found = partners.union(
        Twinning.objects.filter(partner=own).values_list("organisation__territory"),
        communes.filter(organisation=organisation).values_list("territory"),
        communes.filter(territory=own).values_list("organisation__territory"),
        Refusal.objects.filter(organisation=organisation).order_by().values_list("territory"),
    )
    return {pk for pk in (own, *(pk for (pk,) in found)) if pk is not None}


def _far_last(matches: Iterable[Match], taste: Taste) -> list[Match]:
    limit = taste.far_km
    if limit is None:
        return list(matches)
    return sorted(matches, key=lambda match: (match.distance_km or 0) >= limit)


def _shown(matches: list[Match]) -> list[Proposal]:
    places = Territory.objects.filter(pk__in=[match.id for match in matches]).select_related("organisation")
    territories = {territory.pk: territory for territory in places}
    shown: list[Proposal] = []
    for match in matches:
        territory = territories.get(match.id)
        member = _member_of(territory) if match.pool == "members" and territory else None
        # The index may be a moment ahead of or behind the database: what is not there is not shown.
        if territory is None or (match.pool == "members" and member is None):
            continue
        shown.append(Proposal(len(shown) + 1, match, territory, member))
    return shown


def _member_of(territory: Territory) -> Organisation | None:
    """The published town or group of a territory loaded with its organisation."""
    member: Organisation | None = getattr(territory, "organisation", None)
    kinds = Organisation.Kind.TOWN, Organisation.Kind.GROUP
    return member if member and member.is_published and member.kind in kinds else None


def _with_letters(shown: list[Proposal], organisation: Organisation, user: User) -> list[Proposal]:
    """The same towns, each with the latest letter between the two that this person may read."""
    members = {proposal.territory.pk: _member_of(proposal.territory) for proposal in shown}
    pks = [member.pk for member in members.values() if member]
    mine = Introduction.objects.visible_to(user).filter(
        Q(from_organisation=organisation, to_organisation__in=pks)
        | Q(to_organisation=organisation, from_organisation__in=pks)
    )
    letters: dict[int, Introduction] = {}
    for letter in mine.order_by("created_at"):
        there = letter.to_organisation_id
        letters[letter.from_organisation_id if there == organisation.pk else there] = letter
    return [
        replace(proposal, letter=letters.get(member.pk))
        if (member := members[proposal.territory.pk])
        else proposal
        for proposal in shown
    ]
