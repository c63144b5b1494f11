"""A town's own page, edited by those who may: presentation, topics and levels, twin towns, publishing."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from community import actions, themes
from community.forms.towns import LevelsForm, ProfileForm, ThemesForm, TwinningForm
from community.http import MemberRequest
from community.models import Organisation, OrganisationTheme, Territory
from community.permissions import can_act_for
from community.views.towns import posted_id, town_or_404

DIRECTIONS = {"cherche": OrganisationTheme.Direction.WANTED, "partage": OrganisationTheme.Direction.OFFERED}
FOUND = 6


@require_http_methods(["GET", "HEAD", "POST"])
def town_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Everything a town says of itself on one page; this form saves the presentation and facts."""
    organisation = town_or_404(request, pk)
    if request.method != "POST":
        return _edit_page(request, organisation, ProfileForm(instance=organisation))
    form = ProfileForm(request.POST, instance=Organisation.objects.get(pk=organisation.pk))
    if not form.is_valid():
        return _edit_page(request, organisation, form, status=400)
    try:
        actions.update_profile(organisation, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return _edit_page(request, organisation, form, status=400)
    messages.success(request, _("Your page is saved."))
    return redirect("community:town_edit", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def town_themes(request: MemberRequest, pk: int, direction: str) -> HttpResponse:
    """Choose the topics a town looks for or can share."""
    organisation = town_or_404(request, pk)
    which = DIRECTIONS[direction]
    chosen = list(organisation.themes.filter(direction=which).values_list("position", flat=True))
    maximum = OrganisationTheme.MAXIMUM
    form = ThemesForm(request.POST if request.method == "POST" else None, maximum=maximum)
    if request.method == "POST":
        if form.is_valid():
            actions.set_themes(organisation, **{which.value: form.cleaned_data["themes"]})
            messages.success(request, _("Your topics are saved. Say how far you are with each."))
            return redirect(reverse("community:town_edit", args=[pk]) + "#themes")
        chosen = themes.positions_in(request.POST.getlist("themes"))
    context = {
        "organisation": organisation,
        "territory": organisation.territory,
        "direction": which.value,
        "form": form,
        "chosen": chosen,
        "maximum": maximum,
        "families": themes.in_families(),
    }
    return render(request, "community/town_themes.html", context, status=400 if form.errors else 200)


@require_POST
def town_levels(request: MemberRequest, pk: int, direction: str) -> HttpResponse:
    """How far the town is with each chosen topic."""
    organisation = town_or_404(request, pk)
    which = DIRECTIONS[direction]
    rows = list(organisation.themes.filter(direction=which))
    form = LevelsForm(request.POST, rows=rows)
    if form.is_valid():
        positions = [row.position for row in rows]
        actions.set_themes(organisation, **{which.value: positions}, levels=form.levels)
        messages.success(request, _("Your page is saved."))
    else:
        messages.error(request, _("A level was missing. Nothing has changed; choose again."))
    return redirect(reverse("community:town_edit", args=[pk]) + "#themes")


@require_POST
def twinning_add(request: MemberRequest, pk: int) -> HttpResponse:
    organisation = town_or_404(request, pk)
    partner = get_object_or_404(Territory, pk=posted_id(request, "partner"))
    form = TwinningForm(request.POST)
    try:
        actions.add_twinning(organisation, partner, form.cleaned_data["since"] if form.is_valid() else None)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(town)s is on your page as a twin town.") % {"town": partner.name})
    return redirect(reverse("community:town_edit", args=[pk]) + "#twins")


@require_POST
def twinning_remove(request: MemberRequest, pk: int, partner: int) -> HttpResponse:
    actions.remove_twinning(town_or_404(request, pk), partner)
    messages.success(request, _("Taken off your page. You can add it again below."))
    return redirect(reverse("community:town_edit", args=[pk]) + "#twins")


@require_http_methods(["GET", "HEAD", "POST"])
def town_publish(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the page to everyone, or take it back after asking once. Needs a confirmed seat (trust Z4)."""
    organisation = town_or_404(request, pk)
    back = reverse("community:town_detail", args=[pk])
    if request.method == "POST":
        actions.publish_profile(request.user, organisation, published=not organisation.is_published)
        done = (
            _("Your page can be seen by everyone.")
            if organisation.is_published
            else _("Your page is hidden.")
        )
        messages.success(request, done)
        return redirect(back)
    if organisation.is_published:
        title, text = (
            _("Hide your page?"),
            _("Other towns will not find you any more. You can show it again at any time."),
        )
        action = _("Hide the page")
    else:
        title, text = _("Show your page?"), _("Everyone can read it; people's addresses stay hidden.")
        action = _("Show the page")
    context = {"title": title, "text": text, "action": action, "cancel_url": back}
    return render(request, "components/confirm.html", context)


def _edit_page(
    request: MemberRequest, organisation: Organisation, form: ProfileForm, status: int = 200
) -> HttpResponse:
    rows = list(organisation.themes.all())
    sections: list[dict[str, Any]] = []
    for slug, which in DIRECTIONS.items():
        mine = [row for row in rows if row.direction == which]
        sections.append(
            {"slug": slug, "direction": which.value, "levels": LevelsForm(rows=mine), "rows": mine}
        )
    query = request.GET.get("jumelle", "")[:100]
    taken = set(organisation.twinnings.values_list("partner", flat=True)) | {organisation.territory_id}
    found = Territory.objects.search(query, request.user, FOUND) if query else []
    context = {
        "organisation": organisation,
        "territory": organisation.territory,
        "form": form,
        "sections": sections,
        "twins": organisation.twinnings.select_related("partner").order_by("partner__search_name"),
        "query": query,
        "found": [(town, town.where) for town in found if town.pk not in taken],
        "acts": can_act_for(request.user, organisation),
    }
    return render(request, "community/town_edit.html", context, status=status)
