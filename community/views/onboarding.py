"""The first steps of a town."""

from django.http import HttpResponse
from django.shortcuts import redirect

from community.http import MemberRequest


def onboarding(request: MemberRequest) -> HttpResponse:
    return redirect("portal:home")
