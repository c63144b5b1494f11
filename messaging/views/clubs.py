"""A club: its conversation, its topics, its members."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from community.http import MemberRequest
from community.models import Club, User
from community.permissions import can_animate
from messaging import actions
from messaging.forms import TopicForm
from messaging.models import Room, RoomMember, Topic
from messaging.views import page
from messaging.views.conversations import conversation
from realtime.refusals import Refused

TOPICS = 50  # a page


def _club(user: User, slug: str) -> Club:
    """The club, for those who read one of its rooms; 404 for everybody else."""
    rooms = Room.objects.visible_to(user).exclude(circle=None)
    return get_object_or_404(
        Club.objects.filter(pk__in=rooms.values("circle__club")).select_related("animator"), slug=slug
    )


def _writable(user: User, club: Club) -> list[Room]:
    """The club's rooms the person may write in, the practitioners' first."""
    members = RoomMember.objects.filter(user=user, can_write=True)
    rooms = Room.objects.filter(circle__club=club, pk__in=members.values("room")).select_related(
        "circle__club"
    )
    return sorted(rooms, key=lambda room: (room.circle.kind != "practitioners", room.pk))  # type: ignore[union-attr]


@require_safe
def club_detail(request: MemberRequest, slug: str) -> HttpResponse:
    """The club's latest conversation with something new in it, else its latest one; for people who are not in it,
    who it is and how to join.
    """
    topics = Topic.objects.visible_to(request.user).filter(room__circle__club__slug=slug)
    topic = topics.unread_first(request.user).select_related("room__circle__club__animator").first()
    if topic is not None:
        return conversation(request, topic.room, topic, choosing=True)
    public = Club.objects.visible_to(request.user).filter(slug=slug).first()
    if public and not Room.objects.visible_to(request.user).filter(circle__club=public).exists():
        return _members(request, public, reads=False)
    club = _club(request.user, slug)
    context = {
        "choosing": True,
        "may_write": bool(_writable(request.user, club)),
        **page.sidebar(request.user),
        **page.details(club),
    }
    return render(request, "messaging/club_empty.html", context)


@require_safe
def topic_list(request: MemberRequest, slug: str) -> HttpResponse:
    """All topics of a club, the latest first."""
    club = _club(request.user, slug)
    topics = (
        Topic.objects.visible_to(request.user)
        .filter(room__circle__club=club)
        .with_unread(request.user)
        .select_related("room__circle")
        .order_by("-pinned", "-last_message_at", "-pk")
    )
    context = {
        "club": club,
        "page": Paginator(topics, TOPICS).get_page(request.GET.get("page")),
        "may_write": bool(_writable(request.user, club)),
    }
    return render(request, "messaging/topic_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def topic_create(request: MemberRequest, slug: str) -> HttpResponse:
    club = _club(request.user, slug)
    rooms = _writable(request.user, club)
    if not rooms:
        raise PermissionDenied
    form = TopicForm(request.POST or None, user=request.user, rooms=rooms)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            topic, _event = actions.start_topic(
                request.user.pk,
                data["room"].pk,
                data["title"],
                data["body"],
                cid=data["cid"],
                lang=data["lang"],
            )
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.detail))
        else:
            return redirect("messaging:topic_detail", topic.room_id, topic.pk)
    return render(
        request,
        "messaging/topic_create.html",
        {"club": club, "form": form},
        status=422 if form.errors else 200,
    )


@require_safe
def club_members(request: MemberRequest, slug: str) -> HttpResponse:
    """The towns and bodies of a club today, and the guests."""
    return _members(request, _club(request.user, slug), reads=True)


def _members(request: MemberRequest, club: Club, *, reads: bool) -> HttpResponse:
    members = club.memberships.active().select_related("organisation__territory", "person")
    if not reads:  # guests and interns are people, and shown to the club only
        members = members.exclude(organisation=None)
    ordered = sorted(members, key=lambda member: str(member.organisation or member.person))
    context = {
        "club": club,
        "members": ordered,
        "reads": reads,
        "may_animate": can_animate(request.user, club),
    }
    return render(request, "messaging/club_members.html", context)
