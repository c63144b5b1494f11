"""Pages that put several apps on one screen: home, search, and the few words about the site itself."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return help_page(request)


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    return help_page(request)


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
