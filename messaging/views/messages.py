"""One's own message: change its words, or delete it (asked once)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from community.http import MemberRequest
from messaging import actions, permissions
from messaging.forms import EditForm
from messaging.models import Message, RoomMember
from realtime.refusals import Refused


def _own(request: MemberRequest, room: int, number: int) -> tuple[Message, RoomMember]:
    """The person's own message that is still there; 404 for any other."""
    message = get_object_or_404(
        Message.objects.visible_to(request.user).present().select_related("topic"),
        room=room,
        number=number,
        author=request.user,
    )
    return message, RoomMember.objects.get(room=room, user=request.user)


def _place(message: Message) -> HttpResponse:
    response = (
        redirect("messaging:topic_detail", message.room_id, message.topic_id)
        if message.topic_id
        else redirect("messaging:room_detail", message.room_id)
    )
    response["Location"] += f"#m{message.number}"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def message_edit(request: MemberRequest, room: int, number: int) -> HttpResponse:
    message, member = _own(request, room, number)
    if not permissions.can_edit(member, message):
        raise Http404
    form = EditForm(request.POST or None, initial={"body": message.body})
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_message(request.user.pk, message.pk, form.cleaned_data["body"])
        except Refused as refusal:
            form.add_error("body", str(refusal.detail))
        else:
            return _place(message)
    return render(
        request,
        "messaging/message_edit.html",
        {"message": message, "form": form, "back": _place(message)["Location"]},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def message_delete(request: MemberRequest, room: int, number: int) -> HttpResponse:
    """Asks once on GET, deletes on POST."""
    message, _member = _own(request, room, number)
    if request.method == "POST":
        actions.delete_message(request.user.pk, message.pk)
        messages.success(request, _("Message deleted."))
        return _place(message)
    return render(
        request, "messaging/message_delete.html", {"message": message, "back": _place(message)["Location"]}
    )
