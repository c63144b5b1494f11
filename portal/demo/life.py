"""Clubs, conversations and letters of the demonstration. Messages are posted by the actions, then set back in time."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import Max, Min
from django.utils import timezone

from community.actions import add_member_to_club, create_club
from community.models import Circle, Club, Membership, Network
from matching.actions import accept_introduction, send_introduction
from matching.models import Introduction
from messaging.actions import mark_read, open_direct, post_message, start_topic
from messaging.models import Message, Room, RoomEvent, RoomMember, Topic
from portal.demo.files import entries, identity, moment, organisation, person, rows

GUEST_FOR = dt.timedelta(days=365)
READ_AFTER = dt.timedelta(days=4)  # what is older has been read by everybody
Role = Membership.Role


def bring_clubs(step: Callable[[], None]) -> None:
    """The clubs and who is in them."""
    for row in rows("clubs"):
        if not Club.objects.filter(slug=row["slug"]).exists():
            animator = organisation(row["animator"])
            create_club(
                row["name"],
                row["slug"],
                animator=animator,
                purpose=row["purpose"],
                region=row["region"],
                language=row["language"],
                network=Network.objects.filter(organisation=animator).first(),
                is_demo=True,
            )
        club = Club.objects.get(slug=row["slug"])
        guests = row["guest"].split()
        for town in [*rows("towns"), *rows("groups")]:
            reference = town.get("code") or town["slug"]
            if row["key"] in town["clubs"].split() and reference not in guests:
                _join(club, reference, Role.MEMBER)
        if row["partner"]:
            _join(club, row["partner"], Role.PARTNER)
        for guest in guests:
            _join(club, guest, Role.GUEST)
        step()


def bring_talk(step: Callable[[], None]) -> None:
    """Topics with their messages, direct conversations, and what everybody has read of them."""
    for entry in entries("talk"):
        room = _room(entry["club"], entry["circle"])
        first, *others = entry["messages"]
        cid = identity(entry["club"], entry["topic"], 0)
        topic, _ = start_topic(
            person(first["by"]).pk,
            room.pk,
            entry["topic"],
            first["text"],
            cid=cid,
            lang=entry.get("language", "fr"),
            limited=False,
        )
        for number, message in enumerate(others, start=1):
            cid = identity(entry["club"], entry["topic"], number)
            _post(room, message, cid=cid, topic_id=topic.pk)
        _set_back(
            room, [(identity(entry["club"], entry["topic"], n), m) for n, m in enumerate(entry["messages"])]
        )
        times = topic.messages.aggregate(first=Min("created_at"), last=Max("created_at"))
        Topic.objects.filter(pk=topic.pk).update(created_at=times["first"], last_message_at=times["last"])
        step()
    for entry in entries("direct"):
        one, other = (person(name).pk for name in entry["between"])
        room = open_direct(one, other)
        cids = [identity("direct", *entry["between"], number) for number in range(len(entry["messages"]))]
        for cid, message in zip(cids, entry["messages"], strict=True):
            _post(room, message, cid=cid)
        _set_back(room, list(zip(cids, entry["messages"], strict=True)))
        step()
    _mark_old_ones_read()


def bring_letters(step: Callable[[], None]) -> None:
    """First letters between towns: one answered, one waiting for its answer."""
    for entry in entries("letters"):
        sender, to = person(entry["from"]), organisation(entry["to"])
        home = sender.seats.get().organisation
        if not Introduction.objects.between(home, to).exists():
            letter = send_introduction(sender, home, to, entry["text"], limited=False)
            if entry.get("accepted_by"):
                letter = accept_introduction(person(entry["accepted_by"]), letter)
            assert letter.room is not None
            for number, message in enumerate(entry.get("answers", [])):
                cid = identity("letter", entry["from"], entry["to"], number)
                _post(letter.room, message, cid=cid)
                _set_back(letter.room, [(cid, message)])
            sent = moment(-entry["days"], "10:30")
            first = letter.room.messages.order_by("number")[:1].get()
            _set_time(letter.room, first.client_id, sent)
            Introduction.objects.filter(pk=letter.pk).update(
                sent_at=sent, expires_at=sent + Introduction.ANSWER_WITHIN
            )
        step()


def _join(club: Club, reference: str, role: str) -> None:
    who: dict[str, Any]
    who = (
        {"organisation": organisation(reference)}
        if _is_organisation(reference)
        else {"person": person(reference)}
    )
    if not Membership.objects.filter(club=club, **who).exists():
        ends_on = timezone.localdate() + GUEST_FOR if role == Role.GUEST else None
        add_member_to_club(None, club, role=role, ends_on=ends_on, **who)


def _is_organisation(reference: str) -> bool:
    bodies = {row["slug"] for row in [*rows("organisations"), *rows("groups")]}
    return ":" in reference or reference in bodies


def _room(club: str, kind: str) -> Room:
    slug = next(row["slug"] for row in rows("clubs") if row["key"] == club)
    circle = Circle.objects.get(club__slug=slug, kind=kind)
    return circle.rooms.order_by("pk")[:1].get()


def _post(room: Room, message: dict[str, Any], **options: Any) -> None:
    author = person(message["by"])
    post_message(author.pk, room.pk, message["text"], lang=author.language, limited=False, **options)


def _set_back(room: Room, messages: list[tuple[Any, dict[str, Any]]]) -> None:
    for cid, message in messages:
        _set_time(room, cid, moment(-message["days"], message["at"]))


def _set_time(room: Room, cid: Any, at: dt.datetime) -> None:
    """Only the hour of an invented message is changed, and only on the run that posted it."""
    posted = Message.objects.filter(
        room=room, client_id=cid, created_at__gte=timezone.now() - dt.timedelta(minutes=5)
    )
    RoomEvent.objects.filter(room=room, message__in=list(posted)).update(at=at)
    posted.update(created_at=at)


def _mark_old_ones_read() -> None:
    """Everybody has read what is older; the authors of a room have read their own."""
    limit = timezone.now() - READ_AFTER
    rooms = Room.objects.filter(circle__club__is_demo=True)
    old = RoomEvent.objects.filter(room__in=rooms, kind=RoomEvent.Kind.POSTED, at__lt=limit)
    last = dict(old.values("room").annotate(last=Max("seq")).values_list("room", "last"))
    for room, user in RoomMember.objects.filter(room__in=last, user__is_demo=True).values_list(
        "room", "user"
    ):
        mark_read(user, room, last[room])
