"""The first steps of a town: four screens, five fields, each may be passed and taken up again. It ends on ten towns."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from community import actions, themes
from community.forms.towns import OfferForm, RoleForm, ThemesForm
from community.http import MemberRequest
from community.models import Organisation, OrganisationTheme, Seat, Territory
from community.permissions import can_edit_town
from community.views.towns import posted_id

CONCERNS = 5
FOUND = 8


def own_seat(request: MemberRequest) -> Seat | None:
    """The seat onboarding is about: the pending one, else the best confirmed one of a town."""
    seats = Seat.objects.current().of(request.user).exclude(state=Seat.State.REFUSED)
    seats = seats.filter(organisation__territory__isnull=False).select_related("organisation__territory")
    return seats.order_by("state", "-level", "pk").first()


@require_safe
def onboarding(request: MemberRequest) -> HttpResponse:
    """To the first step that is still open, else to the towns that resemble one's own."""
    seat = own_seat(request)
    if seat is None:
        return redirect("community:onboarding_town")
    organisation = seat.organisation
    if can_edit_town(request.user, organisation):
        directions = set(organisation.themes.values_list("direction", flat=True))
        if OrganisationTheme.Direction.WANTED not in directions:
            return redirect("community:onboarding_concerns")
        if OrganisationTheme.Direction.OFFERED not in directions:
            return redirect("community:onboarding_offers")
    if not (request.user.name and seat.title):
        return redirect("community:onboarding_role")
    return redirect(_end(organisation))


@require_http_methods(["GET", "HEAD", "POST"])
def onboarding_town(request: MemberRequest) -> HttpResponse:
    """Step 1: find one's town among all, with its facts; choosing it claims a seat there."""
    if request.method == "POST":
        territory = get_object_or_404(Territory.objects.current(), pk=posted_id(request, "territory"))
        actions.claim_town(request.user, territory)
        return redirect("community:onboarding_concerns")
    query = request.GET.get("q", "")[:100]
    found = Territory.objects.search(query, request.user, FOUND)
    context: dict[str, Any] = {"step": 1, "query": query, "found": [(town, town.where) for town in found]}
    if getattr(request, "htmx", False):
        return render(request, "community/includes/town_choices.html", context)
    context["seat"] = own_seat(request)
    return render(request, "community/onboarding_town.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def onboarding_concerns(request: MemberRequest) -> HttpResponse:
    """Step 2: what the town is working on, five topics at most."""
    seat = own_seat(request)
    if seat is None:
        return redirect("community:onboarding_town")
    organisation = seat.organisation
    if not can_edit_town(request.user, organisation):
        return _already_told(request, seat, step=2, following="community:onboarding_role")
    chosen = _positions(organisation, OrganisationTheme.Direction.WANTED)
    # A town that chose more on its page keeps them.
    maximum = max(CONCERNS, len(chosen))
    form = ThemesForm(request.POST if request.method == "POST" else None, maximum=maximum, required=True)
    if request.method == "POST":
        if form.is_valid():
            actions.set_themes(organisation, wanted=form.cleaned_data["themes"])
            return redirect("community:onboarding_offers")
        chosen = _typed(request)
    context = _choices(seat, 2, form, chosen, maximum) | {"sharing": sharing(chosen, organisation)}
    return render(request, "community/onboarding_concerns.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def onboarding_offers(request: MemberRequest) -> HttpResponse:
    """Step 3: what the town can show others, and the languages of its town hall."""
    seat = own_seat(request)
    if seat is None:
        return redirect("community:onboarding_town")
    organisation = seat.organisation
    if not can_edit_town(request.user, organisation):
        return _already_told(request, seat, step=3, following="community:onboarding_role")
    chosen = _positions(organisation, OrganisationTheme.Direction.OFFERED)
    maximum = OrganisationTheme.MAXIMUM
    data = request.POST if request.method == "POST" else None
    form = OfferForm(data, maximum=maximum, initial={"languages": organisation.languages})
    if data is not None:
        if form.is_valid():
            actions.set_themes(organisation, offered=form.cleaned_data["themes"])
            actions.update_profile(organisation, languages=form.cleaned_data["languages"])
            return redirect("community:onboarding_role")
        chosen = _typed(request)
    context = _choices(seat, 3, form, chosen, maximum)
    return render(request, "community/onboarding_offers.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def onboarding_role(request: MemberRequest) -> HttpResponse:
    """Step 4: you. Then ten towns, before any password is chosen."""
    seat = own_seat(request)
    if seat is None:
        return redirect("community:onboarding_town")
    kinds = [kind for kind, _label in RoleForm.base_fields["kind"].choices]  # type: ignore[attr-defined]
    initial = {
        "name": request.user.name,
        "kind": seat.kind if seat.kind in kinds and seat.title else None,
        "title": seat.title,
    }
    form = RoleForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        actions.update_preferences(request.user, name=form.cleaned_data["name"])
        territory = seat.organisation.territory
        assert territory is not None
        actions.claim_town(request.user, territory, form.cleaned_data["kind"], form.cleaned_data["title"])
        return redirect(_end(seat.organisation))
    context = {"step": 4, "seat": seat, "territory": seat.organisation.territory, "form": form}
    context["end_url"] = _end(seat.organisation)
    return render(request, "community/onboarding_role.html", context, status=400 if form.errors else 200)


@login_not_required
@require_safe
def theme_count(request: HttpRequest) -> HttpResponse:
    """How many towns of the network share the ticked topics: the live line of step 2."""
    return render(request, "community/includes/theme_count.html", {"sharing": sharing(_typed(request), None)})


def sharing(positions: list[int], organisation: Organisation | None) -> int | None:
    """Towns that publicly want or offer one of these topics, oneself left out; None while nothing is ticked."""
    known = [position for position in positions if position in themes.by_position()]
    if not known:
        return None
    towns = Organisation.objects.concerned_by(known)
    if organisation is not None:
        towns = towns.exclude(pk=organisation.pk)
    return towns.count()


def _end(organisation: Organisation) -> str:
    return reverse("matching:town_matches", args=[organisation.territory_id])


def _positions(organisation: Organisation, direction: str) -> list[int]:
    return list(organisation.themes.filter(direction=direction).values_list("position", flat=True))


def _typed(request: HttpRequest) -> list[int]:
    data = request.POST if request.method == "POST" else request.GET
    return themes.positions_in(data.getlist("themes"))


def _choices(seat: Seat, step: int, form: ThemesForm, chosen: list[int], maximum: int) -> dict[str, Any]:
    return {
        "step": step,
        "seat": seat,
        "territory": seat.organisation.territory,
        "form": form,
        "chosen": chosen,
        "maximum": maximum,
        "families": themes.in_families(),
    }


def _already_told(request: MemberRequest, seat: Seat, *, step: int, following: str) -> HttpResponse:
    """Others speak for the town already: nothing to fill in until the seat is confirmed."""
    messages.info(
        request,
        _("%(town)s has described itself already. You can complete its page once your function is confirmed.")
        % {"town": seat.organisation.name},
    )
    return redirect(following)
