"""Pages of the agenda. Each parses, calls an action, and renders; `visible_to` decides what there is."""

import hashlib
import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from community import themes
from community.http import MemberRequest
from community.models import Club, Organisation, User
from community.permissions import is_verified_member
from events import actions, permissions, when
from events.calendar import FEED_PAST, FEED_SIZE, agenda, event_file
from events.filters import AgendaFilter
from events.forms import EventForm
from events.models import CalendarFeed, Event, Registration
from events.models.event import EventQuerySet
from events.video import link_of

PAGE_SIZE = 50
FRAGMENT_SIZE = 3
ANSWERS_SHOWN = 200


# Lists


@login_not_required
@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    """The agenda, month by month; its filters are links."""
    return _agenda_page(request, AgendaFilter(request.GET, request.user))


@login_not_required
@require_safe
def training_list(request: HttpRequest) -> HttpResponse:
    """The same list, of training only."""
    return _agenda_page(request, AgendaFilter(request.GET, request.user, kind=Event.Kind.TRAINING))


def _agenda_page(request: HttpRequest, filters: AgendaFilter) -> HttpResponse:
    rows = filters.apply(Event.objects.visible_to(request.user)).with_names().with_answers(request.user)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    months = [
        (first.starts_at, [first, *rest])
        for _month, (first, *rest) in itertools.groupby(
            page.object_list, key=lambda event: timezone.localtime(event.starts_at).strftime("%Y-%m")
        )
    ]
    context = {
        "page": page,
        "months": months,
        "filters": filters,
        "may_create": permissions.may_create(request.user),
    }
    return render(request, "events/event_list.html", context)


@login_not_required
@require_safe
def club_next(request: HttpRequest, slug: str) -> HttpResponse:
    """Fragment: the next event of a club that the reader may see."""
    club = get_object_or_404(Club.objects.visible_to(request.user), slug=slug)
    return _fragment(request, Event.objects.filter(club=club), 1, {"club": slug})


@login_not_required
@require_safe
def town_events(request: HttpRequest, slug: str) -> HttpResponse:
    """Fragment: the next events that a town organises or that take place there."""
    organisation = get_object_or_404(Organisation.objects.published(), slug=slug)
    return _fragment(
        request, AgendaFilter.in_town(Event.objects.all(), organisation), FRAGMENT_SIZE, {"town": slug}
    )


@vary_on_headers("HX-Request", "X-Requested-With")
def _fragment(request: HttpRequest, rows: EventQuerySet, size: int, query: dict[str, str]) -> HttpResponse:
    """A piece for a script to place; who follows the plain link reads the agenda, filtered."""
    agenda_url = f"{reverse('events:event_list')}?{urlencode(query)}"
    if "HX-Request" not in request.headers and "X-Requested-With" not in request.headers:
        return redirect(agenda_url)
    rows = rows.filter(pk__in=Event.objects.visible_to(request.user).values("pk")).published().upcoming()
    rows = rows.exclude(state=Event.State.CANCELLED).with_names().with_answers(request.user)
    context = {"events": rows[:size], "agenda_url": agenda_url, "in_club": "club" in query}
    return render(request, "events/includes/next.html", context)


# One event


@login_not_required
@require_safe
def event_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "events/event_detail.html", _detail_context(request, _visible(request, pk)))


def _visible(request: HttpRequest, pk: int) -> Event:
    """The event as this reader may see it, or 404: the same for a foreign one and for none."""
    rows = Event.objects.visible_to(request.user).with_names().with_answers(request.user)
    return get_object_or_404(rows, pk=pk)


def _detail_context(request: HttpRequest, event: Event) -> dict[str, Any]:
    # A visitor reads the time of the place, a member their own.
    zone = timezone.get_current_timezone() if request.user.is_authenticated else event.zone
    elsewhere = not when.same_clock(event, zone)
    answer = None
    if event.my_answer:
        answer = Registration.objects.visible_to(request.user).filter(event=event).first()
    answers: list[Registration] = []
    if event.may_edit:
        answers = list(event.registrations.select_related("user", "organisation__territory")[:ANSWERS_SHOWN])
    towns = _towns(event) if permissions.may_see_towns(request.user, event) else None
    return {
        "event": event,
        "answer": answer,
        "answers": answers,
        "waiting": event.registrations.waiting().count() if event.is_full else 0,
        "share_taken": 100 * event.taken / event.capacity if event.capacity else 0,
        "when": when.sentence(event, zone),
        "local_hours": when.hours(event, event.zone) if elsewhere else "",
        "local_city": when.city(event.time_zone),
        "names_zone": elsewhere or not request.user.is_authenticated,
        "map_url": _map_url(event),
        "video_url": link_of(event) if event.may_join else "",
        "contact": permissions.contact_of(event)
        if isinstance(request.user, User) and not event.may_edit and is_verified_member(request.user)
        else None,
        "topics": [themes.by_position()[position] for position in event.topics],
        "towns": towns,
        "others": event.taken if towns == [] else 0,
        "only_towns": all(town.kind == Organisation.Kind.TOWN for town in towns or []),
    }


def _map_url(event: Event) -> str:
    """A page of OpenStreetMap, opened only when somebody follows the link."""
    if not event.coordinates:
        return ""
    latitude, longitude = event.coordinates
    return f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"


def _towns(event: Event) -> list[Organisation]:
    """Organisations whose people are registered, by name; who the people are is for the organiser."""
    rows = Organisation.objects.filter(registrations__in=event.registrations.registered())
    return list(rows.select_related("territory").distinct().order_by("name"))


ANSWERS: dict[str, Callable[..., Any]] = {
    "register": actions.register,
    "decline": actions.decline,
    "cancel": actions.cancel_registration,
}


@require_POST
def event_answer(request: MemberRequest, pk: int) -> HttpResponse:
    """Answer, then say who now knows."""
    event = _visible(request, pk)
    action = ANSWERS.get(request.POST.get("answer", ""))
    if action is None:
        raise Http404
    try:
        action(event, request.user)
    except Event.DoesNotExist as gone:
        raise Http404 from gone
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _confirmation(_visible(request, pk)))
    return redirect(event)


def _confirmation(event: Event) -> str:
    """Who now knows what: people must never wonder whether their answer has arrived."""
    words = {
        Registration.State.REGISTERED: _("You're in. %(organiser)s and the people registered can see it."),
        Registration.State.WAITING: _(
            "You are on the waiting list. %(organiser)s sees it; we tell you as soon as a seat is free."
        ),
        Registration.State.DECLINED: _("Noted: you are not coming. %(organiser)s sees it."),
        "": _("Noted: your answer is taken back. %(organiser)s sees it."),
    }
    return words[event.my_answer] % {"organiser": event.organiser.name}


# Organisers


@require_http_methods(["GET", "HEAD", "POST"])
def event_create(request: MemberRequest) -> HttpResponse:
    organisers = permissions.organisers_for(request.user)
    if not organisers.exists():
        return render(request, "events/event_create_refused.html", status=403)
    form = EventForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        publish = "publish" in request.POST
        event = _save(form, lambda fields: actions.create_event(request.user, publish=publish, **fields))
        if event:
            messages.success(
                request,
                _("Your event is published.")
                if publish
                else _("Your draft is saved. Only your organisation sees it."),
            )
            return redirect(event)
    return render(request, "events/event_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def event_edit(request: MemberRequest, pk: int) -> HttpResponse:
    event = _editable(request, pk)
    form = EventForm(request.POST or None, user=request.user, event=event)
    if request.method == "POST" and form.is_valid():
        saved = _save(form, lambda fields: actions.update_event(event, request.user, **fields))
        if saved:
            if "publish" in request.POST:
                saved = actions.publish_event(saved, request.user)
            told = saved.sequence > event.sequence and saved.takes_answers
            messages.success(
                request,
                _("Saved. The people registered are told of the new time or place.") if told else _("Saved."),
            )
            return redirect(saved)
    context = {"form": form, "event": event}
    return render(request, "events/event_form.html", context, status=422 if form.errors else 200)


def _save(form: EventForm, action: Callable[[dict[str, Any]], Event]) -> Event | None:
    """The saved event, or None with the action's objections on the form."""
    try:
        return action(form.event_fields())
    except ValidationError as refusal:
        form.add_refusal(refusal)
        return None


def _editable(request: MemberRequest, pk: int) -> Event:
    rows = Event.objects.editable_by(request.user).with_names().with_answers(request.user)
    return get_object_or_404(rows, pk=pk)


@require_POST
def event_publish(request: MemberRequest, pk: int) -> HttpResponse:
    event = actions.publish_event(_editable(request, pk), request.user)
    messages.success(request, _("Your event is published."))
    return redirect(event)


@require_POST
def event_held(request: MemberRequest, pk: int) -> HttpResponse:
    event = _editable(request, pk)
    try:
        event = actions.mark_held(event, request.user)
        messages.success(request, _("Noted: the event took place."))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect(event)


@require_http_methods(["GET", "HEAD", "POST"])
def event_cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask once, then cancel; a draft, which nobody has seen, is deleted."""
    event = _editable(request, pk)
    is_draft = event.state == Event.State.DRAFT
    if request.method != "POST":
        return render(request, "components/confirm.html", _cancel_question(event))
    try:
        if is_draft:
            actions.discard_draft(event, request.user)
            messages.success(request, _("The draft is deleted."))
            return redirect("events:event_list")
        actions.cancel_event(event, request.user)
        messages.success(request, _("The event is cancelled. The people registered are told."))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect(event)


def _cancel_question(event: Event) -> dict[str, Any]:
    if event.state == Event.State.DRAFT:
        title, text = _("Delete this draft?"), _("Nobody has seen it.")
        action, keep = _("Delete the draft"), _("Keep the draft")
    else:
        told = event.registrations.exclude(state=Registration.State.DECLINED).count()
        title = _("Cancel this event?")
        action, keep = _("Cancel the event"), _("Keep the event")
        text = ngettext(
            "%(n)d person who has registered or waits is told at once. This cannot be undone.",
            "%(n)d people who have registered or wait are told at once. This cannot be undone.",
            told,
        ) % {"n": told}
    return {
        "title": title,
        "text": f"{event.title}. {text}",
        "action": action,
        "danger": True,
        "fields": {},
        "keep": keep,
        "cancel_url": event.get_absolute_url(),
    }


# Calendars


@login_not_required
@require_safe
def event_ics(request: HttpRequest, pk: int) -> HttpResponse:
    event = _visible(request, pk)
    body = event_file(event, event.my_answer, may_join=event.may_join)
    response = _calendar_response(request, body)
    response.headers["Last-Modified"] = http_date(event.updated_at.timestamp())
    response.headers["Content-Disposition"] = f'attachment; filename="entrevilles-{event.pk}.ics"'
    return response


@login_not_required
@require_safe
def feed_ics(request: HttpRequest, token: str) -> HttpResponse:
    """The agenda of the person whose address this is; 404 for any other."""
    feed = get_object_or_404(
        CalendarFeed.objects.select_related("user"), digest=actions.feed_digest(token), user__is_active=True
    )
    events = (
        Event.objects.concerning(feed.user)
        .filter(ends_at__gte=timezone.now() - FEED_PAST)
        .with_names()
        .with_answers(feed.user)
        .order_by("-ends_at")[:FEED_SIZE]
    )
    with override(feed.user.language):
        body = agenda(settings.SITE_NAME, [(event, event.my_answer, event.may_join) for event in events])
    response = _calendar_response(request, body)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _calendar_response(request: HttpRequest, body: bytes) -> HttpResponse:
    """Validated by what it holds, never by a date: an answer taken back changes it without leaving one."""
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response.headers["ETag"] = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response


@require_http_methods(["GET", "HEAD", "POST"])
def feed_detail(request: MemberRequest) -> HttpResponse:
    """The person's calendar address: made, shown, renewed, ended."""
    if request.method == "POST":
        if request.POST.get("do") == "revoke":
            actions.revoke_feed(request.user)
            messages.success(request, _("The address is ended. Calendars that used it no longer follow."))
        else:
            actions.rotate_feed(request.user)
            messages.success(request, _("Your new address is ready. An earlier one no longer works."))
        return redirect("events:feed_detail")
    feed = CalendarFeed.objects.filter(user=request.user).first()
    token = actions.feed_token(feed) if feed else ""
    address = settings.SITE_URL + reverse("events:feed_ics", args=[token]) if token else ""
    context = {"feed": feed, "address": address, "webcal": f"webcal:{address.partition(':')[2]}"}
    response = render(request, "events/feed_detail.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
