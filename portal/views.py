"""Pages that put several apps on one screen: home, search, and the few words about the site itself."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from community.http import MemberRequest
from community.models import Club, Organisation, Territory
from events.models import Event
from matching.recommendation import top_matches
from messaging.models import Topic
from portal import home as desk
from portal.search import SHORTEST, search


@login_not_required
@require_safe
def home(request: MemberRequest) -> HttpResponse:
    """The promise for a visitor; for a member what waits, who resembles, what is new, what comes."""
    if not request.user.is_authenticated:
        return welcome(request)
    organisation = desk.own_organisation(request.user)
    context = {
        "organisation": organisation,
        "tasks": desk.tasks(request.user, organisation),
        "matches": top_matches(organisation, request.user) if organisation else [],
        "topics": Topic.objects.visible_to(request.user).unread_for(request.user).select_related("room")[:3],
        "agenda": Event.objects.upcoming_for(request.user)[:3],
    }
    return render(request, "portal/home.html", context)


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
