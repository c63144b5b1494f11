"""The list of clubs, asking to join, and the animator's answers. A club's own page is messaging's."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community import actions
from community.http import MemberRequest
from community.models import Club, Membership, Organisation
from community.permissions import acting_seats, can_animate


def joining(request: MemberRequest) -> list[Organisation]:
    """The organisations this person may act for, in the order of their seats."""
    ids = dict.fromkeys(acting_seats(request.user).values_list("organisation", flat=True))
    found = Organisation.objects.in_bulk(list(ids))
    return [found[pk] for pk in ids]


@require_safe
def club_list(request: MemberRequest) -> HttpResponse:
    """The clubs I am in, then the public ones, each with what it is for, who animates it, how many towns."""
    clubs = (
        Club.objects.visible_to(request.user).with_counts().select_related("animator").order_by("name", "pk")
    )
    mine = set(Club.objects.with_member(request.user).values_list("pk", flat=True))
    organisations = joining(request)
    asked = set(
        Membership.objects.filter(
            organisation__in=organisations, state__in=[Membership.State.REQUESTED, Membership.State.VERIFYING]
        ).values_list("club", flat=True)
    )
    places = {organisation.pk for organisation in organisations}
    rows: list[dict[str, Any]] = [
        {
            "club": club,
            "asked": club.pk in asked,
            "mine": club.pk in mine,
            "animates": club.animator_id in places,
        }
        for club in clubs
    ]
    context = {
        "mine": [row for row in rows if row["mine"]],
        "others": [row for row in rows if not row["mine"]],
        "can_join": bool(organisations),
    }
    return render(request, "community/club_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def club_join(request: MemberRequest, slug: str) -> HttpResponse:
    """Ask once more in words, then ask for a place."""
    club = get_object_or_404(Club.objects.visible_to(request.user), slug=slug)
    organisations = joining(request)
    if not organisations:
        messages.error(
            request, _("Only somebody whose function is confirmed can ask for a town's place in a club.")
        )
        return redirect("community:club_list")
    if request.method == "POST":
        chosen = [one for one in organisations if str(one.pk) == request.POST.get("organisation", "")]
        if not chosen and len(organisations) > 1:
            return render(
                request,
                "community/club_join.html",
                {"club": club, "organisations": organisations},
                status=400,
            )
        actions.request_membership(request.user, club, (chosen or organisations)[0])
        messages.success(request, _("Your request has left. The host of the club will answer."))
        return redirect("community:club_list")
    return render(request, "community/club_join.html", {"club": club, "organisations": organisations})


@require_safe
def club_requests(request: MemberRequest, slug: str) -> HttpResponse:
    """Who asks to join: for those who animate the club."""
    club = _animated(request, slug)
    waiting = club.memberships.filter(
        state__in=[Membership.State.REQUESTED, Membership.State.VERIFYING, Membership.State.INVITED]
    )
    waiting = waiting.select_related("organisation__territory", "person").order_by("created_at", "pk")
    return render(request, "community/club_requests.html", {"club": club, "waiting": waiting})


@require_POST
def club_answer(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Accept or decline one request."""
    club = _animated(request, slug)
    membership = get_object_or_404(club.memberships.select_related("club", "organisation"), pk=pk)
    name = str(membership.organisation or membership.person)
    if request.POST.get("answer") == "accept":
        try:
            actions.accept_membership(request.user, membership)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(
                request, _("%(name)s is a member of the club. Its people are told.") % {"name": name}
            )
    else:
        actions.end_membership(request.user, membership)
        messages.success(request, _("The request of %(name)s is declined.") % {"name": name})
    return redirect("community:club_requests", slug)


def _animated(request: MemberRequest, slug: str) -> Club:
    club = get_object_or_404(Club, slug=slug)
    if not can_animate(request.user, club):
        raise Http404
    return club
