"""Rooms for programs: the twins of the socket's frames, for whoever cannot hold a socket open."""

import uuid
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from community.http import current_member
from messaging import actions
from messaging.live import event_fields, events_after
from messaging.models import Room, Topic
from messaging.models.message import BODY_LENGTH
from messaging.models.room import RoomQuerySet
from realtime.identity import issue_ticket
from realtime.waiting import ask_to_wait

PAGE = 100
BIGGEST = 2**63 - 1


class RoomSerializer(serializers.ModelSerializer[Room]):
    club = serializers.IntegerField(source="circle.club_id", default=None, read_only=True, allow_null=True)
    name = serializers.CharField(read_only=True)
    can_write = serializers.BooleanField(read_only=True)

    class Meta:
        model = Room
        fields = ("id", "kind", "name", "club", "last_seq", "last_message_number", "can_write")
        read_only_fields = fields


class TopicSerializer(serializers.ModelSerializer[Topic]):
    unread = serializers.IntegerField(read_only=True, help_text="Messages of others not read yet")

    class Meta:
        model = Topic
        fields = (
            "id",
            "title",
            "state",
            "pinned",
            "created_at",
            "last_message_at",
            "message_count",
            "unread",
        )
        read_only_fields = fields


class EventLineSerializer(serializers.Serializer[Any]):
    """One line of a room's log (docs/realtime.md)."""

    room = serializers.IntegerField()
    seq = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.DictField(allow_null=True)
    payload = serializers.DictField()
    message = serializers.DictField(required=False)


class EventPageSerializer(serializers.Serializer[Any]):
    events = EventLineSerializer(many=True)
    head = serializers.IntegerField(help_text="The number of the room's last event")
    more = serializers.BooleanField()


class EventsQuerySerializer(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=BIGGEST, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=BIGGEST, default=PAGE)
    wait = serializers.FloatField(min_value=0, max_value=3600, default=0)


class NewMessageSerializer(serializers.Serializer[Any]):
    # Length and emptiness are the action's business: every edge gives the same answer.
    body = serializers.CharField(
        trim_whitespace=False, allow_blank=True, help_text=f"Markdown, ≤ {BODY_LENGTH} characters"
    )
    cid = serializers.UUIDField(required=False, help_text="Or the header Idempotency-Key")
    topic = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=BIGGEST)
    reply_to = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=BIGGEST)
    lang = serializers.CharField(required=False, allow_blank=True, default="", max_length=20)


class PostedSerializer(serializers.Serializer[Any]):
    room = serializers.IntegerField()
    seq = serializers.IntegerField()
    cid = serializers.UUIDField()
    duplicate = serializers.BooleanField(help_text="It had been posted before; nothing was stored twice")


class MarkSerializer(serializers.Serializer[Any]):
    seq = serializers.IntegerField(min_value=0, max_value=BIGGEST)
    topic = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=BIGGEST)


class MovedSerializer(serializers.Serializer[Any]):
    moved = serializers.BooleanField(help_text="false: it had been read that far already")


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField(help_text="For `GET /ws/?ticket=…`, once")
    expires_in = serializers.IntegerField(help_text="Seconds")


class RoomViewSet(viewsets.ReadOnlyModelViewSet[Room]):
    """Rooms you read. One that is not yours answers like one that is not there."""

    queryset = Room.objects.none()
    serializer_class = RoomSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> RoomQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Room.objects.none()
        return (
            Room.objects.visible_to(user := current_member(self.request)).with_names(user).with_rights(user)
        )

    @extend_schema(
        parameters=[EventsQuerySerializer],
        responses=EventPageSerializer,
        description="The log after a number, in order. With `wait` an empty answer waits (≤ 25 s) for the next event.",
    )
    @action(detail=True, pagination_class=None, filter_backends=[])
    def events(self, request: Request, pk: str) -> Response:
        room = get_object_or_404(Room.objects.visible_to(current_member(request)), pk=pk)
        query = EventsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        after, wait = query.validated_data["after"], query.validated_data["wait"]
        limit = min(query.validated_data["limit"], PAGE)
        rows = list(events_after(room.pk, after)[:limit])
        events = [{"room": room.pk, "seq": row.seq, **event_fields(row)} for row in rows]
        last = rows[-1].seq if rows else after
        response = Response(
            {"events": events, "head": max(room.last_seq, last), "more": last < room.last_seq}
        )
        if not rows and wait and after >= room.last_seq:
            ask_to_wait(response, room.pk, after, wait)
        return response

    @extend_schema(
        request=NewMessageSerializer,
        responses={201: PostedSerializer, 200: PostedSerializer},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        description="Post a message. The same `cid` (or Idempotency-Key) of the same person is stored once.",
    )
    @action(detail=True, methods=["post"])
    def messages(self, request: Request, pk: str) -> Response:
        user = current_member(request)
        get_object_or_404(Room.objects.visible_to(user), pk=pk)
        message = NewMessageSerializer(data=request.data)
        message.is_valid(raise_exception=True)
        data = message.validated_data
        cid = data.get("cid") or _client_id(request.headers.get("Idempotency-Key"))
        event, duplicate = actions.post_message(
            user.pk,
            int(pk),
            data["body"],
            cid=cid,
            topic_id=data.get("topic"),
            reply_to_id=data.get("reply_to"),
            lang=data["lang"],
        )
        answer = {"room": event.room_id, "seq": event.seq, "cid": cid, "duplicate": duplicate}
        return Response(PostedSerializer(answer).data, status=200 if duplicate else 201)

    @extend_schema(responses=TopicSerializer(many=True))
    @action(detail=True)
    def topics(self, request: Request, pk: str) -> Response:
        """The room's topics, pinned ones first, then the latest."""
        user = current_member(request)
        room = get_object_or_404(Room.objects.visible_to(user), pk=pk)
        pages = self.paginator
        assert pages is not None
        topics = pages.paginate_queryset(room.topics.with_unread(user), request, view=self)
        return pages.get_paginated_response(TopicSerializer(topics or [], many=True).data)

    @extend_schema(request=MarkSerializer, responses=MovedSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Everything up to event `seq` is read, in one topic or in the whole room. Never moves back."""
        user = current_member(request)
        get_object_or_404(Room.objects.visible_to(user), pk=pk)
        mark = MarkSerializer(data=request.data)
        mark.is_valid(raise_exception=True)
        moved = actions.mark_read(
            user.pk, int(pk), mark.validated_data["seq"], topic_id=mark.validated_data.get("topic")
        )
        return Response({"moved": moved})


class SocketTicketView(APIView):
    @extend_schema(request=None, responses={201: TicketSerializer}, operation_id="socket_ticket_create")
    def post(self, request: Request) -> Response:
        """A ticket that opens one socket, within 30 seconds."""
        ticket, seconds = issue_ticket(current_member(request))
        return Response({"ticket": ticket, "expires_in": seconds}, status=201)


def _client_id(key: str | None) -> uuid.UUID:
    """The header as a client id: itself if it is a UUID, else a UUID made from it; a new one without header."""
    if not key:
        return uuid.uuid4()
    try:
        return uuid.UUID(key)
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"idempotency-key:{key}")
