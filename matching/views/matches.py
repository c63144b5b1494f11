"""“Villes proches de …”: the list, its settings, the towns put aside, the invitation."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from community.http import MemberRequest
from community.models import Organisation, Territory
from community.permissions import can_prepare_draft
from matching import actions, permissions, sentences
from matching.forms import FilterForm, ImportanceForm, RefusalForm
from matching.models import Refusal
from matching.recommendation import PAGE, Proposal, Proposals, proposals

ASKED = ("pool", "country", "theme", "page")  # what the address of a list may say


@dataclass(frozen=True)
class Pin:
    """A place of the map (portal.worldmap draws it); `url` leads to its card."""

    name: str
    latitude: float
    longitude: float
    country: str
    url: str = ""


def own_town_or_404(request: MemberRequest, territory_id: int) -> Organisation:
    """The town of this place, for a person with a seat there; to anybody else there is no such page."""
    return get_object_or_404(permissions.own_towns(request.user), territory=territory_id)


@require_GET
def town_matches(request: MemberRequest, territory_id: int) -> HttpResponse:
    return _list(request, territory_id, _question(request.GET))


@require_POST
def set_importance(request: MemberRequest, territory_id: int) -> HttpResponse:
    organisation = own_town_or_404(request, territory_id)
    form = ImportanceForm(request.POST)
    if form.is_valid():
        actions.set_importance(request.user, organisation, **form.cleaned_data)
        if not request.htmx:  # type: ignore[attr-defined]
            messages.success(request, _("Saved. The list follows your choices."))
    else:
        messages.error(request, _("Choose one of the three steps."))
    if request.htmx:  # type: ignore[attr-defined]
        return _list(request, territory_id, _question(request.POST))
    return _back(request, territory_id)


def _question(parameters: QueryDict) -> QueryDict:
    """What was asked of the list, without anything else that came along."""
    question = QueryDict(mutable=True)
    for name in ASKED:
        if value := parameters.get(name):
            question[name] = value
    return question


def _back(request: MemberRequest, territory_id: int) -> HttpResponse:
    """To the list as it was asked for before a form on it was sent."""
    url = reverse("matching:town_matches", args=[territory_id])
    asked = _question(request.POST).urlencode()
    return redirect(f"{url}?{asked}" if asked else url)


def _list(request: MemberRequest, territory_id: int, question: QueryDict) -> HttpResponse:
    """The page, or for htmx its changing parts alone."""
    towns = permissions.own_towns(request.user).select_related("territory", "matching_preference")
    organisation = get_object_or_404(towns, territory=territory_id)
    confirmed: bool = organisation.confirmed  # type: ignore[attr-defined]
    request.GET = question  # type: ignore[assignment]  # the links of the list keep its filters, whatever request drew it
    pool = "gazetteer" if question.get("pool") == "gazetteer" else "members"
    filters = FilterForm(question, pool=pool)
    found = proposals(organisation, request.user, pool=pool, confirmed=confirmed, **filters.chosen())
    page = Paginator(found.items, PAGE).get_page(question.get("page"))
    may_set = confirmed or can_prepare_draft(request.user, organisation)
    context = {
        "organisation": organisation,
        "territory": organisation.territory,
        "elided": sentences.elided(organisation.name),
        "pool": pool,
        "filters": filters,
        "asked": question.items(),
        "found": found,
        "page": page,
        "pins": [_pin(proposal) for proposal in page if _pin(proposal)],
        "home": _home(organisation),
        "sections": _sections(organisation, pool),
        "confirmed": confirmed,
        "may_set": may_set,
        "importance": ImportanceForm(initial=found.taste.settings if found.taste else None),
        "reasons": Refusal.Reason.choices,
        "refused": sum(found.taste.refusals.values()) if may_set and found.taste else 0,
        "nudges": _nudges(found) if may_set else [],
    }
    htmx = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, f"matching/{'includes/proposals' if htmx else 'town_matches'}.html", context)


def _pin(proposal: Proposal) -> Pin | None:
    place = proposal.territory
    if place.latitude is None or place.longitude is None:
        return None
    return Pin(place.name, place.latitude, place.longitude, place.country, f"#ville-{place.pk}")


def _home(organisation: Organisation) -> Pin | None:
    place = organisation.territory
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return Pin(place.name, place.latitude, place.longitude, place.country)


def _sections(organisation: Organisation, pool: str) -> list[tuple[str, str, bool]]:
    url = reverse("matching:town_matches", args=[organisation.territory_id])
    return [
        (url, _("In the network"), pool == "members"),
        (f"{url}?pool=gazetteer", _("Not yet in the network"), pool == "gazetteer"),
    ]


def _nudges(found: Proposals) -> list[str]:
    """What the refusals have changed, in words."""
    if found.taste is None:
        return []
    said = {
        Refusal.Reason.SIZE: _("Size counts a little more."),
        Refusal.Reason.THEMES: _("Shared concerns count a little more."),
        Refusal.Reason.LANGUAGE: _("The working language counts a little more."),
        Refusal.Reason.FAR: _("Towns farther than the ones you found too far come last."),
    }
    return [words for reason, words in said.items() if found.taste.refusals.get(reason)]


@require_POST
def refuse_town(request: MemberRequest, territory_id: int, other_id: int) -> HttpResponse:
    organisation = own_town_or_404(request, territory_id)
    other = get_object_or_404(Territory.objects.exclude(pk=territory_id), pk=other_id)
    form = RefusalForm(request.POST)
    if form.is_valid():
        actions.refuse_town(request.user, organisation, other, form.cleaned_data["reason"])
        messages.success(
            request,
            _("%(town)s is put aside. You can take it back under “Put aside”.") % {"town": other.name},
        )
    else:
        messages.error(request, _("Say why: the list learns from it."))
    return _back(request, territory_id)


@require_GET
def refused_towns(request: MemberRequest, territory_id: int) -> HttpResponse:
    organisation = own_town_or_404(request, territory_id)
    if not permissions.may_set_preferences(request.user, organisation):
        raise Http404  # what a town's people said no to is theirs, and nobody's who only claims the town
    refusals = Refusal.objects.filter(organisation=organisation).select_related("territory", "person")
    page = Paginator(refusals, 50).get_page(request.GET.get("page"))
    context = {
        "organisation": organisation,
        "territory": organisation.territory,
        "page": page,
        "may_set": permissions.may_set_preferences(request.user, organisation),
    }
    return render(request, "matching/refused_towns.html", context)


@require_POST
def restore_town(request: MemberRequest, territory_id: int, other_id: int) -> HttpResponse:
    organisation = own_town_or_404(request, territory_id)
    other = get_object_or_404(Territory, pk=other_id)
    if actions.restore_town(request.user, organisation, other):
        messages.success(request, _("%(town)s can be proposed to you again.") % {"town": other.name})
    return redirect("matching:refused_towns", territory_id)


@require_GET
def invite_town(request: MemberRequest, territory_id: int, other_id: int) -> HttpResponse:
    """A letter to copy or print for a town hall that is not in the network."""
    organisation = own_town_or_404(request, territory_id)
    other = get_object_or_404(Territory.objects.current(), pk=other_id)
    context = {
        "organisation": organisation,
        "territory": organisation.territory,
        "other": other,
        "address": settings.SITE_URL,
    }
    return render(request, "matching/invite_town.html", context)
