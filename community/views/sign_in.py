"""Ways in: the e-mailed link here, the password at allauth's address."""

import logging
from smtplib import SMTPException

from allauth.core import ratelimit
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from community import actions
from community.forms.accounts import SignInForm

log = logging.getLogger(__name__)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def safe_next(request: HttpRequest, url: str) -> str:
    """The address if it is one of this site, else nothing."""
    # `redirect` would take a bare word for the name of a view; a control character is nobody's address.
    plain = url.startswith(("/", "http://", "https://")) and url.isprintable()
    allowed = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if plain and allowed else ""


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a link. Whoever types whatever address gets the same answer after the same work (trust A9)."""
    next_url = safe_next(request, request.POST.get("next", "") or request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(next_url or "portal:home")
    if request.method != "POST":
        return render(request, "community/sign_in.html", {"form": SignInForm(initial={"next": next_url})})
    form = SignInForm(request.POST)
    if not form.is_valid():
        return render(request, "community/sign_in.html", {"form": form}, status=400)
    email = form.cleaned_data["email"]
    if not ratelimit.consume(request, action="sign_in_link", key=email.lower()):
        return ratelimit.respond_429(request)
    try:
        actions.request_sign_in_link(email, next_url)
    except (OSError, SMTPException) as error:
        log.error("A sign-in link could not be mailed: %s", type(error).__name__)
        form.add_error(None, _("The mail could not leave. Nothing is lost: try again in a few minutes."))
        return render(request, "community/sign_in.html", {"form": form}, status=503)
    request.session["link_sent_to"] = email
    return redirect("community:sign_in_sent")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def sign_in_sent(request: HttpRequest) -> HttpResponse:
    email = request.session.get("link_sent_to")
    if not email:
        return redirect("community:sign_in")
    return render(request, "community/sign_in_sent.html", {"email": email})


@login_not_required
@never_cache
@sensitive_variables("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_confirm(request: HttpRequest, secret: str) -> HttpResponse:
    """Opening the link shows a button; pressing it signs in. A mail scanner that opens links uses nothing up."""
    if request.method != "POST":
        if not actions.link_is_open(secret):
            return render(request, "community/sign_in_refused.html", status=410)
        return render(request, "community/sign_in_confirm.html")
    try:
        signed_in = actions.confirm_sign_in_link(secret)
    except actions.LinkRefusedError:
        return render(request, "community/sign_in_refused.html", status=410)
    login(request, signed_in.user, backend=BACKEND)
    if signed_in.next_url:
        return redirect(safe_next(request, signed_in.next_url) or "portal:home")
    return redirect(reverse("community:onboarding" if signed_in.is_new else "portal:home"))


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429 in words; allauth's limits end here too (config.urls.handler429)."""
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = "300"
    return response
