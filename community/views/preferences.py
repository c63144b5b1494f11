"""A person's own settings."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from community import actions
from community.forms.accounts import PreferencesForm
from community.http import MemberRequest
from community.models import User
from community.views.sign_in import safe_next

YEAR = 365 * 24 * 60 * 60


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: MemberRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "community/preferences.html", {"form": PreferencesForm(instance=request.user)})
    form = PreferencesForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return render(request, "community/preferences.html", {"form": form}, status=400)
    actions.update_preferences(request.user, **form.cleaned_data)
    with translation.override(request.user.language):
        messages.success(request, _("Your preferences are saved."))
    return redirect("community:preferences")


@require_POST
def end_sessions(request: MemberRequest) -> HttpResponse:
    """Everywhere but here."""
    actions.end_sessions(request.user)
    update_session_auth_hash(request, request.user)
    messages.success(request, _("You are signed out on all other devices."))
    return redirect("community:preferences")


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as on the device: kept with the account, or in a cookie for a visitor."""
    theme = request.POST.get("theme", "")
    back = _back(request)
    if theme not in User.Theme.values:
        return back
    if isinstance(request.user, User):
        actions.update_preferences(request.user, theme=theme)
    _keep(request, back, "theme", theme)
    return back


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """The language of the pages: kept with the account, or in a cookie for a visitor."""
    language = request.POST.get("language", "")
    back = _back(request)
    if language not in dict(settings.LANGUAGES):
        return back
    if isinstance(request.user, User):
        actions.update_preferences(request.user, language=language)
    _keep(request, back, settings.LANGUAGE_COOKIE_NAME, language)
    return back


def _back(request: HttpRequest) -> HttpResponse:
    asked = request.POST.get("next", "") or request.headers.get("referer", "")
    return redirect(safe_next(request, asked) or "portal:home")


def _keep(request: HttpRequest, response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
    )
