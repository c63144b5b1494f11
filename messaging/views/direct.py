"""Messages between two people."""

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from community.http import MemberRequest
from community.models import Seat, User
from community.permissions import is_verified_member
from messaging import actions
from messaging.models import Room, RoomMember
from messaging.views import page


@require_safe
def direct_list(request: MemberRequest) -> HttpResponse:
    rooms = page.rooms_of(request.user).filter(circle=None)
    return render(request, "messaging/direct_list.html", {"people": page.people(request.user, list(rooms))})


def _reachable(user: User) -> QuerySet[User]:
    """Whom the person may write to: people they share a room with and, once their own seat is confirmed, people with a
    verified seat. An account alone, which any address gets, reaches nobody.
    """
    shared = RoomMember.objects.filter(room__in=Room.objects.visible_to(user))
    known = Q(pk__in=shared.values("user"))
    if is_verified_member(user):
        known |= Q(pk__in=Seat.objects.current().verified().values("person"))
    return User.objects.filter(known, is_active=True).exclude(pk=user.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def direct_create(request: MemberRequest) -> HttpResponse:
    """Write to somebody: `?a=` is their id. A room that exists opens at once; a new one is made by pressing a button,
    so that following a link changes nothing.
    """
    asked = request.GET.get("a", "")
    if not (asked.isdecimal() and len(asked) < 12):
        raise Http404
    other = get_object_or_404(_reachable(request.user), pk=int(asked))
    if request.method == "POST":
        return redirect("messaging:room_detail", actions.open_direct(request.user.pk, other.pk).pk)
    known = Room.objects.visible_to(request.user).filter(kind=Room.Kind.DIRECT, members__user=other).first()
    if known:
        return redirect("messaging:room_detail", known.pk)
    return render(request, "messaging/direct_create.html", {"other": other})
