"""A town's matches for programs: the same list as the page, with its numbers."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from community import themes
from community.http import current_member
from matching import permissions
from matching.recommendation import MOST, Proposal, proposals
from realtime.refusals import Refused

CODES = serializers.ListField(child=serializers.CharField())


class MatchedTownSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="As in /towns/")
    name = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    population = serializers.IntegerField(allow_null=True)


class MatchSerializer(serializers.Serializer[Proposal]):
    """Scores and parts are tenths of a point; the parts add up to the score exactly."""

    rank = serializers.IntegerField()
    town = serializers.SerializerMethodField(help_text="id, name, country, population")
    closeness = serializers.ChoiceField(source="match.closeness", choices=["very_close", "close", "possible"])
    score = serializers.IntegerField(source="match.score")
    maximum = serializers.IntegerField(source="match.maximum")
    parts = serializers.DictField(source="match.parts", child=serializers.IntegerField())
    maxima = serializers.DictField(source="match.maxima", child=serializers.IntegerField())
    distance_km = serializers.FloatField(source="match.distance_km", allow_null=True)
    they_offer = serializers.SerializerMethodField(help_text="Themes they offer and we want")
    we_offer = serializers.SerializerMethodField(help_text="Themes we offer and they want")
    common = serializers.SerializerMethodField(help_text="Themes both want")
    languages = serializers.ListField(source="match.languages", child=serializers.CharField())
    reason = serializers.CharField(source="why", help_text="In your language")
    doubt = serializers.SerializerMethodField(help_text="The weakest part: key, ours, theirs, text")
    would_raise = serializers.SerializerMethodField(help_text="key, tenths, themes, text; or null")
    letter = serializers.IntegerField(source="letter.pk", allow_null=True, default=None)

    @extend_schema_field(MatchedTownSerializer)
    def get_town(self, proposal: Proposal) -> dict[str, Any]:
        town = proposal.match.theirs
        return {"id": town.id, "name": proposal.name, "country": town.country, "population": town.population}

    @extend_schema_field(CODES)
    def get_they_offer(self, proposal: Proposal) -> list[str]:
        return _codes(proposal.match.they_offer)

    @extend_schema_field(CODES)
    def get_we_offer(self, proposal: Proposal) -> list[str]:
        return _codes(proposal.match.we_offer)

    @extend_schema_field(CODES)
    def get_common(self, proposal: Proposal) -> list[str]:
        return _codes(proposal.match.common)

    @extend_schema_field(serializers.DictField())
    def get_doubt(self, proposal: Proposal) -> dict[str, Any]:
        found = proposal.match.doubt
        return {"key": found.key, "ours": found.ours, "theirs": found.theirs, "text": proposal.doubt}

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_would_raise(self, proposal: Proposal) -> dict[str, Any] | None:
        found = proposal.match.would_raise
        if found is None:
            return None
        text = proposal.would_raise
        return {"key": found.key, "tenths": found.tenths, "themes": _codes(found.themes), "text": text}


class QuestionSerializer(serializers.Serializer[Any]):
    """What may be asked of the list."""

    pool = serializers.ChoiceField(choices=["members", "gazetteer"], default="members")
    country = serializers.RegexField(r"^[A-Z]{2}$", default="", allow_blank=True)
    theme = serializers.ChoiceField(choices=[theme.code for theme in themes.all_themes()], default=None)
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=10)


class TownMatchesView(APIView):
    """The towns that fit yours best, best first. Only for people with a seat in the town; for anybody else: 404."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=[QuestionSerializer], responses=MatchSerializer(many=True), operation_id="town_matches"
    )
    def get(self, request: Request, territory_id: int) -> Response:
        user = current_member(request)
        town = get_object_or_404(permissions.own_towns(user), territory=territory_id)
        asked = QuestionSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        question = dict(asked.validated_data)
        theme = question.pop("theme")
        position = themes.by_code()[theme].position if theme else None
        found = proposals(
            town,
            user,
            theme=position,
            confirmed=town.confirmed,  # type: ignore[attr-defined]
            **question,
        )
        if found.unavailable:
            raise Refused(
                "unavailable",
                _("The list cannot be drawn right now. Nothing is lost; try again in a minute."),
            )
        return Response(MatchSerializer(found.items, many=True).data)  # type: ignore[arg-type]


def _codes(positions: tuple[int, ...]) -> list[str]:
    return [themes.by_position()[position].code for position in positions]
