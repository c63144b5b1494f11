"""The directory of the 154,201 places, and the page of one."""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from community import themes
from community.countries import country_choices, country_name
from community.forms.towns import SIZES, Criteria
from community.http import MemberRequest
from community.models import Club, Organisation, OrganisationTheme, Programme, Seat, Territory, TerritoryName
from community.permissions import can_act_for, can_edit_town, can_prepare_draft

PAGE = 30
CEILING = 1000  # what a person looks through; beyond it, one more word or filter helps more than page 34
SUGGESTIONS = 8


class CappedPaginator(Paginator[Any]):
    """Pages over a list of at most CEILING; `more` says whether there is more than that."""

    def __init__(self, items: list[Any]) -> None:
        self.more = len(items) > CEILING
        super().__init__(items[:CEILING], PAGE)


@login_not_required
@require_safe
def town_list(request: HttpRequest) -> HttpResponse:
    """Search and filters by address, so that what one found can be sent to somebody."""
    criteria = Criteria.from_query(request.GET)
    if criteria.query:
        found = TerritoryName.objects.listed(**criteria.filters()).best(criteria.query, CEILING + 1)
    else:
        found = members_first(criteria.filters())
    paginator = CappedPaginator(found)
    page: Page[Any] = paginator.get_page(request.GET.get("page"))
    page.object_list = Territory.objects.current().in_order(list(page.object_list))
    context = {
        "criteria": criteria,
        "page": page,
        "rows": [(territory, territory.where, _chip(territory)) for territory in page.object_list],
        "more": paginator.more,
        "countries": country_choices(),
        "families": themes.in_families(),
        "filters": _filters(request, criteria),
    }
    return render(request, "community/town_list.html", context)


def members_first(filters: dict[str, Any]) -> list[int]:
    """Places that pass the filters, at most CEILING + 1: those one can write to, then the others, the largest first."""
    rows = Territory.objects.listed(**filters).values_list("pk", flat=True)
    found = list(rows[: CEILING + 1])
    if filters["members"] is not None:
        return found
    members = Organisation.objects.towns().published().exclude(territory=None)
    first = list(rows.filter(pk__in=members.values("territory"))[: CEILING + 1])
    known = set(first)
    return (first + [pk for pk in found if pk not in known])[: CEILING + 1]


@login_not_required
@require_safe
def town_suggest(request: HttpRequest) -> HttpResponse:
    """The best eight places for what is being typed: JSON, or list items for an htmx request."""
    towns = Territory.objects.search(request.GET.get("q", "")[:100], request.user, SUGGESTIONS)
    if getattr(request, "htmx", False):
        rows = [(territory, territory.where, _chip(territory)) for territory in towns]
        return render(request, "community/includes/town_rows.html", {"rows": rows})
    return JsonResponse({"towns": [_brief(territory) for territory in towns]})


@login_not_required
@require_safe
def town_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A member's page if the reader may see it, else the place's own facts."""
    territory = get_object_or_404(Territory.objects.select_related("successor"), pk=pk)
    organisation = (
        Organisation.objects.visible_to(request.user)
        .filter(territory=territory)
        .select_related("territory")
        .prefetch_related("programmes")
        .first()
    )
    context: dict[str, Any] = {
        "territory": territory,
        "where": territory.where,
        "share": None if territory.centrality is None else territory.centrality * 100,
        "organisation": organisation,
        "structured": structured(request, territory, organisation),
        "can_edit": False,
    }
    if organisation is not None:
        context |= member_context(request, organisation)
    return render(request, "community/town_detail.html", context)


@login_not_required
@require_safe
def organisation_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A group of towns, an association, a network, a firm: what it says of itself, its people, its towns."""
    organisation = get_object_or_404(
        Organisation.objects.visible_to(request.user).prefetch_related("programmes"), slug=slug
    )
    if organisation.kind == Organisation.Kind.TOWN:
        return redirect(organisation)
    towns = organisation.territories.select_related("organisation").order_by("search_name", "pk")
    context = {"organisation": organisation, "rows": [(town, town.where, _chip(town)) for town in towns]}
    return render(
        request, "community/organisation_detail.html", context | member_context(request, organisation)
    )


@require_safe
def my_town(request: MemberRequest) -> HttpResponse:
    """One's own town, or the first step to it."""
    seats = Seat.objects.current().of(request.user).exclude(state=Seat.State.REFUSED)
    seat = (
        seats.filter(organisation__territory__isnull=False)
        .select_related("organisation")
        .order_by("-level", "pk")
        .first()
    )
    if seat is None:
        return redirect("community:onboarding")
    return redirect("community:town_detail", seat.organisation.territory_id)


def member_context(request: HttpRequest, organisation: Organisation) -> dict[str, Any]:
    """What the page of a member shows to this reader."""
    acts = can_act_for(request.user, organisation)
    can_edit = acts or (request.user.is_authenticated and can_prepare_draft(request.user, organisation))
    rows = list(organisation.themes.all() if can_edit else organisation.themes.filter(is_public=True))
    wanted, offered = ([r for r in rows if r.direction == d] for d in OrganisationTheme.Direction.values)
    seats = Seat.objects.current().verified().filter(organisation=organisation).select_related("person")
    verified = list(seats.order_by("kind", "pk"))
    clubs = Club.objects.visible_to(request.user).with_organisation(organisation).with_counts()
    twins = list(organisation.twinnings.select_related("partner").order_by("partner__search_name"))
    return {
        "can_edit": can_edit,
        "acts": acts,
        "wanted": labelled(wanted),
        "offered": labelled(offered),
        "seats": verified,
        "verified_on": min((s.verified_at for s in verified if s.verified_at), default=None),
        "clubs": list(clubs),
        "twins": twins,
        "missing": missing(organisation, wanted, offered, twins) if can_edit else [],
    }


def labelled(rows: list[OrganisationTheme]) -> list[tuple[OrganisationTheme, themes.Theme]]:
    return [(row, themes.by_position()[row.position]) for row in rows]


def missing(
    organisation: Organisation, wanted: list[Any], offered: list[Any], twins: list[Any]
) -> list[tuple[str, str]]:
    """What the page lacks, told as what it would bring: (sentence, anchor of the edit page)."""
    wishes = [
        (not wanted, _("Say what your town is working on: it is what brings towns close."), "themes"),
        (not offered, _("Say what you can show others: towns that look for it will find you."), "themes"),
        (
            not organisation.presentation,
            _("Three sentences about your town: they are read before a letter is answered."),
            "profile",
        ),
        (
            len(organisation.languages) < 2,
            _("A second language of your town hall opens more countries."),
            "profile",
        ),
        (
            not twins,
            _(
                "Name your twin towns: their other partners are often good ones, and they are never suggested again."
            ),
            "twins",
        ),
    ]
    return [(sentence, anchor) for lacks, sentence, anchor in wishes if lacks]


def member_of(territory: Territory) -> Organisation | None:
    """The published organisation of a territory loaded with it."""
    organisation: Organisation | None = getattr(territory, "organisation", None)
    return organisation if organisation is not None and organisation.is_published else None


def structured(request: HttpRequest, territory: Territory, organisation: Organisation | None) -> SafeString:
    """schema.org Place of a public page, as the content of a JSON-LD block; nothing for a draft."""
    if organisation is not None and not organisation.is_published:
        return mark_safe("")
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "City",
        "name": territory.name,
        "url": settings.SITE_URL + reverse("community:town_detail", args=[territory.pk]),
        "address": {"@type": "PostalAddress", "addressCountry": territory.country},
    }
    if territory.latitude is not None:
        data["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": territory.latitude,
            "longitude": territory.longitude,
        }
    if territory.region:
        data["address"]["addressRegion"] = territory.region
    # As Django's json_script escapes: nothing in it can end the element.
    text = json.dumps(data, ensure_ascii=False).translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&"})
    return format_html(
        '<script type="application/ld+json" nonce="{}">{}</script>',
        getattr(request, "csp_nonce", ""),
        mark_safe(text),  # noqa: S308
    )


def _chip(territory: Territory) -> str:
    return _("In the network") if member_of(territory) else ""


def _brief(territory: Territory) -> dict[str, Any]:
    return {
        "id": territory.pk,
        "name": territory.name,
        "native_name": territory.native_name,
        "where": territory.where,
        "country": territory.country,
        "country_name": country_name(territory.country),
        "population": territory.population,
        "member": member_of(territory) is not None,
        "url": reverse("community:town_detail", args=[territory.pk]),
    }


def _filters(request: HttpRequest, criteria: Criteria) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Groups of links (words, address, chosen): each sets or takes back one parameter and keeps the others."""
    programmes = [(_programme.name, _programme.code) for _programme in Programme.objects.all()]
    groups = [
        (_("Inhabitants"), "taille", [(size_words(size), size) for size in SIZES], criteria.size),
        (_("Programme"), "programme", programmes, criteria.programme.code if criteria.programme else ""),
        (_("Network"), "membres", [(_("Members only"), "1")], "1" if criteria.members else ""),
    ]
    result = []
    for label, name, choices, chosen in groups:
        links = []
        for words, value in choices:
            query = request.GET.copy()
            query.pop("page", None)
            if value == chosen:
                query.pop(name, None)
            else:
                query[name] = value
            links.append((words, f"?{query.urlencode()}", value == chosen))
        if links:
            result.append((label, links))
    return result


def size_words(size: str) -> str:
    low, high = SIZES[size]
    if high is None:
        return _("over %(low)s 000") % {"low": low // 1000}
    if not low:
        return _("under %(high)s 000") % {"high": high // 1000}
    return _("%(low)s to %(high)s 000") % {"low": low // 1000, "high": high // 1000}


def posted_id(request: HttpRequest, name: str) -> int:
    """The id a form sent; 404 for anything else."""
    value = request.POST.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise Http404
    return int(value)


def town_or_404(request: MemberRequest, pk: int) -> Organisation:
    """The organisation of a territory that this person may edit; 404 for any other."""
    organisation = get_object_or_404(
        Organisation.objects.visible_to(request.user).select_related("territory"), territory=pk
    )
    if not can_edit_town(request.user, organisation):
        raise Http404
    return organisation
