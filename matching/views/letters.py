"""The first letter: writing it, reading it, answering it."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from community import themes
from community.http import MemberRequest
from community.models import Organisation, User
from matching import actions, permissions
from matching.forms import LetterForm
from matching.models import Introduction
from matching.recommendation import shared_in_public
from realtime.refusals import Refused


@require_http_methods(["GET", "POST"])
def write_letter(request: MemberRequest, territory_id: int) -> HttpResponse:
    """Two lines to a town of the network. The town is the one that receives."""
    published = Organisation.objects.towns().published().select_related("territory")
    to = get_object_or_404(published.prefetch_related("themes"), territory=territory_id)
    senders = permissions.own_towns(request.user).exclude(pk=to.pk).prefetch_related("themes")
    if not senders:
        messages.info(request, _("A first letter goes from town to town: you hold no seat in another one."))
        return redirect("community:town_detail", to.territory_id)
    form = LetterForm(request.POST or None, senders=senders, initial=_draft(request.user, to, senders[0]))
    if form.is_valid():
        sender = form.cleaned_data["sender"]
        try:
            letter = actions.send_introduction(request.user, sender, to, form.cleaned_data["body"])
        except Refused as refused:
            form.add_error(refused.field or None, str(refused.detail))
        else:
            if letter.state == Introduction.State.SENT:
                messages.success(request, _("Your letter has left. %(town)s is told.") % {"town": to.name})
            else:
                messages.success(
                    request, _("Your letter is kept. It leaves as soon as your function is confirmed.")
                )
            return redirect("matching:letter", letter.pk)
    home = senders[0]
    context = {
        "form": form,
        "to": to,
        "home": home,
        "shared": [themes.by_position()[position].label for position in shared_in_public(home, to)],
        "confirmed": permissions.may_speak_for(request.user, home),
        "reachable": permissions.answering_seats(to).exists(),
        "open_letter": Introduction.objects.visible_to(request.user).between(home, to).open().first(),
    }
    return render(request, "matching/write_letter.html", context)


def _draft(user: User, to: Organisation, home: Organisation) -> dict[str, object]:
    waiting = (
        Introduction.objects.waiting().filter(sender=user, from_organisation=home, to_organisation=to).first()
    )
    return {"body": waiting.body if waiting else "", "sender": home}


@require_GET
def letter_list(request: MemberRequest) -> HttpResponse:
    letters = Introduction.objects.visible_to(request.user).select_related(
        "from_organisation__territory", "to_organisation__territory", "sender"
    )
    mine = permissions.own_towns(request.user).values("pk")
    context = {
        "received": letters.filter(to_organisation__in=mine)[:50],
        "sent": letters.filter(Q(from_organisation__in=mine) | Q(sender=request.user)).exclude(
            to_organisation__in=mine
        )[:50],
    }
    return render(request, "matching/letter_list.html", context)


def letter_or_404(request: MemberRequest, letter_id: int) -> Introduction:
    letters = Introduction.objects.visible_to(request.user).select_related(
        "from_organisation__territory", "to_organisation__territory", "sender", "answered_by", "room"
    )
    return get_object_or_404(letters, pk=letter_id)


@require_GET
def letter_detail(request: MemberRequest, letter_id: int) -> HttpResponse:
    letter = letter_or_404(request, letter_id)
    received = permissions.may_speak_for(request.user, letter.to_organisation)
    other = letter.from_organisation if received else letter.to_organisation
    reads_room = letter.room is not None and letter.room.members.filter(user=request.user).exists()
    context = {
        "letter": letter,
        "received": received,
        "other": other,
        "may_answer": permissions.may_answer(request.user, letter),
        "reads_room": reads_room,
        "shared": [themes.by_position()[p].label for p in letter.themes if p in themes.by_position()],
    }
    return render(request, "matching/letter.html", context)


@require_POST
def accept_letter(request: MemberRequest, letter_id: int) -> HttpResponse:
    letter = letter_or_404(request, letter_id)
    try:
        letter = actions.accept_introduction(request.user, letter)
    except Refused as refused:
        messages.error(request, str(refused.detail))
        return redirect("matching:letter", letter.pk)
    messages.success(request, _("You are in touch. Propose a first date."))
    return redirect("matching:letter", letter.pk)


@require_http_methods(["GET", "POST"])
def decline_letter(request: MemberRequest, letter_id: int) -> HttpResponse:
    letter = letter_or_404(request, letter_id)
    if request.method == "GET" and permissions.may_answer(request.user, letter):
        return _ask(
            request,
            letter,
            title=_("Decline this letter?"),
            text=_("The other town is told. The conversation stays readable, and closes."),
            action=_("Decline"),
        )
    try:
        if request.method == "POST":
            actions.decline_introduction(request.user, letter)
            messages.success(request, _("Your answer is sent."))
    except Refused as refused:
        messages.error(request, str(refused.detail))
    return redirect("matching:letter", letter.pk)


@require_http_methods(["GET", "POST"])
def withdraw_letter(request: MemberRequest, letter_id: int) -> HttpResponse:
    letter = letter_or_404(request, letter_id)
    if request.method == "GET":
        if letter.state != Introduction.State.WAITING:
            return redirect("matching:letter", letter.pk)
        return _ask(
            request,
            letter,
            title=_("Throw this letter away?"),
            text=_("Nobody has read it. Its words are deleted."),
            action=_("Throw it away"),
            danger=True,
        )
    to = letter.to_organisation
    actions.withdraw_introduction(request.user, letter)
    messages.success(request, _("The letter is thrown away."))
    return redirect("matching:write_letter", to.territory_id)


def _ask(request: MemberRequest, letter: Introduction, **words: Any) -> HttpResponse:
    """Once, in words, before what cannot be undone."""
    context = {
        "text": "",
        "danger": False,
        "fields": {},
        "cancel_url": reverse("matching:letter", args=[letter.pk]),
    }
    return render(request, "components/confirm.html", {**context, **words})
