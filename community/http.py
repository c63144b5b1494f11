"""Types for code behind the sign-in wall."""

from django.http import HttpRequest

from community.models import User


class MemberRequest(HttpRequest):
    """A request that has passed LoginRequiredMiddleware: its user is a real one."""

    user: User


def current_member(request: HttpRequest) -> User:
    """The signed-in member behind any request, for code that gets a plain one (DRF)."""
    assert isinstance(request.user, User)
    return request.user
