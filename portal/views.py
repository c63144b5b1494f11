"""Pages that put several apps on one screen: home, search, and the few words about the site itself."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from community.http import MemberRequest
from community.models import Club, Organisation, Seat, Territory, User
from matching.recommendation import Proposal, top_matches
from messaging.models import Topic
from portal import home as desk
from portal.search import SHORTEST, search


@login_not_required
@require_safe
def home(request: MemberRequest) -> HttpResponse:
    """The promise for a visitor; for a member what waits, who resembles, what is new, what comes."""
    if not request.user.is_authenticated:
        return welcome(request)
    seats = desk.seats_of(request.user)
    seat = desk.own_seat(seats)
    coming = desk.agenda(request.user)
    context = {
        "organisation": seat.organisation if seat else None,
        "tasks": desk.tasks(seats, coming),
        "matches": _matches(seat, request.user) if seat else [],
        "topics": list(Topic.objects.unread_for(request.user)[:3]),
        "agenda": coming[:3],
    }
    return render(request, "portal/home.html", context)


def _matches(seat: Seat, user: User) -> list[Proposal]:
    return top_matches(seat.organisation, user, confirmed=seat.confirmed)  # type: ignore[attr-defined]


def welcome(request: HttpRequest) -> HttpResponse:
    members = Organisation.objects.towns().published()
    context = {
        "territories": Territory.objects.count(),
        "members": members.count(),
        "countries": members.values("territory__country").distinct().count(),
        "clubs": Club.objects.filter(is_public=True).order_by("-is_demo", "pk")[:3],
        "examples": desk.examples(),
    }
    return render(request, "portal/welcome.html", context)


@require_safe
def search_page(request: MemberRequest) -> HttpResponse:
    query = request.GET.get("q", "")
    context = {"query": query, "groups": search(query, request.user), "shortest": SHORTEST}
    return render(request, "portal/search.html", context)


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/help.html", {"contact": settings.CONTACT_EMAIL})


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/accessibility.html", {"contact": settings.CONTACT_EMAIL})


@login_not_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/data.html", {"contact": settings.CONTACT_EMAIL})
