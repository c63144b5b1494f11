"""Events for programs: the same rows and the same actions as the pages."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from community import themes
from community.http import current_member
from events import actions
from events.models import Event, Registration
from events.models.event import EventQuerySet
from events.video import link_of


class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class EventSerializer(serializers.ModelSerializer[Event]):
    organiser = NamedSerializer(read_only=True)
    club = NamedSerializer(read_only=True, allow_null=True)
    town = NamedSerializer(read_only=True, allow_null=True)
    topics = serializers.SerializerMethodField(help_text="Codes of themes")
    seats_left = serializers.IntegerField(read_only=True, allow_null=True, help_text="null: no limit")
    registration = serializers.CharField(
        source="my_answer", read_only=True, help_text="Your own: registered, waiting, declined or empty"
    )
    video_url = serializers.SerializerMethodField(help_text="For registered people and organisers, else null")
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Event
        fields = (
            *("id", "uid", "sequence", "title", "summary", "description", "programme", "practical"),
            *("kind", "format", "state", "language", "topics", "starts_at", "ends_at", "time_zone"),
            *("capacity", "seats_left", "organiser", "club", "audience"),
            *("place_name", "address", "town", "latitude", "longitude"),
            *("registration", "video_url", "url", "created_at", "updated_at"),
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_topics(self, event: Event) -> list[str]:
        return [themes.by_position()[position].code for position in event.topics]

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_video_url(self, event: Event) -> str | None:
        return (link_of(event) or None) if event.may_join else None


class AnswerSerializer(serializers.Serializer[Any]):
    coming = serializers.BooleanField(help_text="true: a seat or a place in line; false: not coming")


class RegistrationSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=[*Registration.State.choices, ("", "none")])
    place_in_line = serializers.IntegerField(help_text="1 for the next free seat; 0 when not waiting")


@extend_schema(
    parameters=[
        OpenApiParameter("kind", str, enum=Event.Kind.values),
        OpenApiParameter("event_format", str, enum=Event.Format.values),
        OpenApiParameter("club", int, description="The club's id"),
        OpenApiParameter("past", bool, description="true: those that are over, latest first"),
        OpenApiParameter("q", str, description="Words, without regard to accents"),
    ],
    methods=["GET"],
    filters=True,
)
class EventViewSet(viewsets.ReadOnlyModelViewSet[Event]):
    """Events you may see: public ones without signing in, those of your clubs and organisations."""

    serializer_class = EventSerializer
    permission_classes = [AllowAny]
    queryset = Event.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self) -> EventQuerySet:
        user = self.request.user
        rows = Event.objects.visible_to(user).with_names().with_answers(user)
        return self._filtered(rows) if self.action == "list" else rows

    def _filtered(self, rows: EventQuerySet) -> EventQuerySet:
        # `format` would be REST framework's own: the representation.
        asked = self.request.query_params
        rows = rows.past() if asked.get("past") == "true" else rows.upcoming()
        if asked.get("kind") in Event.Kind.values:
            rows = rows.filter(kind=asked["kind"])
        if asked.get("event_format") in Event.Format.values:
            rows = rows.filter(format=asked["event_format"])
        if asked.get("club", "").isdecimal():
            rows = rows.filter(club=int(asked["club"][:18]))
        if asked.get("q"):
            rows = rows.filter(
                pk__in=Event.objects.search(asked["q"], self.request.user).order_by().values("pk")
            )
        return rows

    @extend_schema(responses=RegistrationSerializer, filters=False)
    @action(detail=True, permission_classes=[IsAuthenticated])
    def registration(self, request: Request, pk: int) -> Response:
        """Your answer to an event."""
        return self._own(self._event(pk))

    @extend_schema(request=AnswerSerializer, responses=RegistrationSerializer)
    @registration.mapping.put
    def answer(self, request: Request, pk: int) -> Response:
        """Say whether you come. Saying it again changes nothing; when the seats are taken you wait in line."""
        event = self._event(pk)
        asked = AnswerSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        answer = actions.register if asked.validated_data["coming"] else actions.decline
        answer(event, current_member(request._request))
        return self._own(event)

    @extend_schema(responses={204: None})
    @registration.mapping.delete
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take your answer back."""
        actions.cancel_registration(self._event(pk), current_member(request._request))
        return Response(status=204)

    def _event(self, pk: int) -> Event:
        return get_object_or_404(Event.objects.visible_to(self.request.user), pk=pk)

    def _own(self, event: Event) -> Response:
        row = Registration.objects.visible_to(self.request.user).filter(event=event).first()
        shown = {"state": row.state if row else "", "place_in_line": row.place_in_line if row else 0}
        return Response(RegistrationSerializer(shown).data)
