"""One conversation: a topic of a club, or a room without topics (two people, an event)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from community.http import MemberRequest
from community.models import Seat
from messaging import actions, permissions
from messaging.forms import MessageForm
from messaging.models import Room, Topic
from messaging.views import page
from realtime.refusals import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def topic_detail(request: MemberRequest, room: int, topic: int) -> HttpResponse:
    found = get_object_or_404(
        Topic.objects.visible_to(request.user).select_related("room__circle__club__animator"),
        pk=topic,
        room=room,
    )
    return conversation(request, found.room, found)


@require_http_methods(["GET", "HEAD", "POST"])
def room_detail(request: MemberRequest, room: int) -> HttpResponse:
    found = get_object_or_404(Room.objects.visible_to(request.user).with_names(request.user), pk=room)
    if found.circle:
        return redirect("messaging:club_detail", found.circle.club.slug)
    return conversation(request, found, None)


def conversation(
    request: MemberRequest, room: Room, topic: Topic | None, *, choosing: bool = False
) -> HttpResponse:
    """The page of a conversation, and posting to it. `choosing`: a phone shows the list of topics first."""
    member = room.members.get(user=request.user)
    may_write = permissions.can_write(member)
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        form = MessageForm(request.POST, user=request.user)
        answer = _post(request, room, topic, form)
        if isinstance(answer, HttpResponse):
            return answer
        status = answer
    else:
        form = MessageForm(user=request.user)
        status = 200
    context = {
        "room": room,
        "topic": topic,
        "form": form,
        "may_write": may_write,
        "choosing": choosing,
        "other": None,
        **page.log(request.user, room, topic, _number(request.GET.get("avant"))),
        **page.sidebar(request.user, topic),
        **_about(request, room),
    }
    return render(request, "messaging/conversation.html", context, status=status)


def _post(request: MemberRequest, room: Room, topic: Topic | None, form: MessageForm) -> HttpResponse | int:
    """Redirect to the new message, or the status of the page that says what is wrong."""
    if not form.is_valid():
        return 422
    data = form.cleaned_data
    try:
        event, _duplicate = actions.post_message(
            request.user.pk,
            room.pk,
            data["body"],
            cid=data["cid"],
            topic_id=topic.pk if topic else None,
            lang=data["lang"],
        )
    except Refused as refusal:
        form.add_error("body", str(refusal.detail))
        return 429 if refusal.code == "rate_limited" else 422
    assert event.message is not None
    place = ("messaging:topic_detail", room.pk, topic.pk) if topic else ("messaging:room_detail", room.pk)
    response = redirect(*place)
    response["Location"] += f"#m{event.message.number}"
    return response


def _about(request: MemberRequest, room: Room) -> dict[str, Any]:
    """The right-hand column: the club, or the other person."""
    if room.circle:
        return page.details(room.circle.club)
    other = room.members.exclude(user=request.user).select_related("user").first()
    if other is None or room.kind != Room.Kind.DIRECT:
        return {"club": None}
    seats = Seat.objects.current().verified().of(other.user).select_related("organisation__territory")
    return {"club": None, "other": other.user, "seats": list(seats)}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 12 else None


@require_POST
def room_read(request: MemberRequest, room: int) -> HttpResponse:
    """Everything up to `seq` is read: in one topic, or in the room when no topic is named."""
    found = get_object_or_404(Room.objects.visible_to(request.user), pk=room)
    seq = _number(request.POST.get("seq"))
    topic = _number(request.POST.get("topic"))
    if topic is not None:
        get_object_or_404(Topic, pk=topic, room=found)
    actions.mark_read(request.user.pk, room, found.last_seq if seq is None else seq, topic_id=topic)
    if topic is not None:
        return redirect("messaging:topic_detail", room, topic)
    return redirect("messaging:room_detail", room)


@require_POST
def topic_resolve(request: MemberRequest, room: int, topic: int) -> HttpResponse:
    """Mark a topic as answered, or open it again: the form says which, so a second press changes nothing."""
    get_object_or_404(Topic.objects.visible_to(request.user), pk=topic, room=room)
    resolved = request.POST.get("resolved") == "yes"
    if actions.resolve_topic(request.user.pk, topic, resolved=resolved):
        messages.success(request, _("Marked as resolved.") if resolved else _("The topic is open again."))
    return redirect("messaging:topic_detail", room, topic)
