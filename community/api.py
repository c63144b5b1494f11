"""Towns, clubs and oneself for programs: the same rows and the same rules as the pages. Everything here is read-only
but the token; what a person may change of a town stays on the pages for now."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from community import actions, themes
from community.countries import country_name
from community.forms.towns import SIZES, Criteria
from community.http import current_member
from community.models import Club, Organisation, OrganisationTheme, Seat, Territory, TerritoryName, User
from community.views.towns import CEILING, member_of


class BearerScheme(OpenApiAuthenticationExtension):
    """How the schema names community.tokens.BearerAuthentication."""

    target_class = "community.tokens.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class SeatSerializer(serializers.ModelSerializer[Seat]):
    organisation = serializers.CharField(source="organisation.name", read_only=True)
    town = serializers.IntegerField(source="organisation.territory_id", read_only=True, allow_null=True)

    class Meta:
        model = Seat
        fields = ("id", "organisation", "town", "kind", "title", "state", "level", "starts_on", "ends_on")
        read_only_fields = fields


class MeSerializer(serializers.ModelSerializer[User]):
    """Oneself. `name`, `language`, `time_zone`, `theme` and `languages` can be changed."""

    seats = serializers.SerializerMethodField()
    languages = serializers.ListField(child=serializers.CharField(max_length=2), required=False)

    class Meta:
        model = User
        fields = ("id", "email", "name", "language", "time_zone", "theme", "languages", "seats")
        read_only_fields = ("id", "email", "seats")

    @extend_schema_field(SeatSerializer(many=True))
    def get_seats(self, user: User) -> Any:
        seats = Seat.objects.current().of(user).select_related("organisation").order_by("pk")
        return SeatSerializer(seats, many=True).data

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        actions.update_preferences(instance, **validated_data)
        return instance


class MeView(APIView):
    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(current_member(request)).data)

    @extend_schema(request=MeSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        """Change preferences; every other field is ignored."""
        serializer = MeSerializer(current_member(request), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


class TownSerializer(serializers.ModelSerializer[Territory]):
    country_name = serializers.SerializerMethodField()
    member = serializers.SerializerMethodField(help_text="Whether the town is in the network")
    url = serializers.URLField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Territory
        fields: tuple[str, ...] = (
            *("id", "name", "native_name", "country", "country_name", "region", "department", "population"),
            *("latitude", "longitude", "member", "url"),
        )
        read_only_fields = fields

    def get_country_name(self, territory: Territory) -> str:
        return country_name(territory.country)

    def get_member(self, territory: Territory) -> bool:
        return member_of(territory) is not None


class ThemeSerializer(serializers.ModelSerializer[OrganisationTheme]):
    code = serializers.SerializerMethodField()
    label = serializers.SerializerMethodField()  # type: ignore[assignment]

    class Meta:
        model = OrganisationTheme
        fields = ("code", "label", "direction", "level", "text")
        read_only_fields = fields

    def get_code(self, row: OrganisationTheme) -> str:
        return themes.by_position()[row.position].code

    def get_label(self, row: OrganisationTheme) -> str:
        return themes.by_position()[row.position].label


class MemberSerializer(serializers.ModelSerializer[Organisation]):
    """What the town says of itself; people by name and function only."""

    themes = serializers.SerializerMethodField()
    people = serializers.SerializerMethodField()
    programmes = serializers.SerializerMethodField(help_text="Codes of programmes")

    class Meta:
        model = Organisation
        fields = (
            *("id", "name", "slug", "kind", "presentation", "presentation_language", "website", "languages"),
            *("labels", "availability", "programmes", "themes", "people", "is_demo"),
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_programmes(self, organisation: Organisation) -> list[str]:
        return [programme.code for programme in organisation.programmes.all()]

    @extend_schema_field(ThemeSerializer(many=True))
    def get_themes(self, organisation: Organisation) -> Any:
        return ThemeSerializer(organisation.themes.filter(is_public=True), many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_people(self, organisation: Organisation) -> list[dict[str, str]]:
        seats = Seat.objects.current().verified().filter(organisation=organisation).select_related("person")
        return [
            {
                "name": str(seat.person),
                "function": seat.title or str(seat.get_kind_display()),
                "kind": seat.kind,
            }
            for seat in seats.order_by("kind", "pk")
        ]


class TownDetailSerializer(TownSerializer):
    codes = serializers.SerializerMethodField(help_text="Scheme to value, e.g. insee and geonames")
    organisation = serializers.SerializerMethodField(help_text="null for a place that is not in the network")

    class Meta(TownSerializer.Meta):
        fields = (
            *TownSerializer.Meta.fields,
            *("population_year", "population_source", "altitude_m", "relief_m", "centrality", "coast"),
            *("codes", "organisation"),
        )
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_codes(self, territory: Territory) -> dict[str, str]:
        return dict(territory.codes.filter(valid_to=None).values_list("scheme", "value"))

    @extend_schema_field(MemberSerializer(allow_null=True))
    def get_organisation(self, territory: Territory) -> Any:
        visible = Organisation.objects.visible_to(self.context["request"].user)
        organisation = visible.filter(territory=territory).prefetch_related("programmes").first()
        return MemberSerializer(organisation).data if organisation else None


class TownViewSet(viewsets.GenericViewSet[Territory]):
    """All places of 500 inhabitants or more, members and others."""

    queryset = Territory.objects.none()
    serializer_class = TownSerializer
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, description="Beginnings of words, without regard to accents"),
            OpenApiParameter("country", str, description="ISO 3166-1 alpha-2"),
            OpenApiParameter("size", str, enum=list(SIZES), description="Thousands of inhabitants"),
            OpenApiParameter("theme", str, description="Code of a theme that members want or offer"),
            OpenApiParameter("programme", str, description="Code of a programme of members"),
            OpenApiParameter("members", bool, description="true: members only"),
        ],
        responses=TownSerializer(many=True),
        filters=True,
    )
    def list(self, request: Request) -> Response:
        """At most 1,000 towns, the best match or the largest first."""
        asked = request.query_params
        names = {"country": "pays", "size": "taille", "theme": "sujet", "programme": "programme", "q": "q"}
        data = {ours: asked.get(name, "") for name, ours in names.items()}
        data["membres"] = "1" if asked.get("members", "").lower() in ("1", "true") else ""
        criteria = Criteria.from_query(data)
        if criteria.query:
            found = TerritoryName.objects.listed(**criteria.filters()).best(criteria.query, CEILING)
        else:
            found = list(
                Territory.objects.listed(**criteria.filters()).values_list("pk", flat=True)[:CEILING]
            )
        page = self.paginator.paginate_queryset(found, request, view=self)  # type: ignore[union-attr]
        towns = Territory.objects.current().in_order(list(page or []))
        return self.get_paginated_response(
            TownSerializer(towns, many=True, context={"request": request}).data
        )

    @extend_schema(responses=TownDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        territory = get_object_or_404(Territory.objects.select_related("organisation"), pk=pk)
        return Response(TownDetailSerializer(territory, context={"request": request}).data)


class ClubSerializer(serializers.ModelSerializer[Club]):
    town_count = serializers.IntegerField(read_only=True)
    animator = serializers.CharField(source="animator.name", read_only=True, allow_null=True, default=None)
    member = serializers.SerializerMethodField(help_text="Whether you stand in it")

    class Meta:
        model = Club
        fields = (
            "id",
            "name",
            "slug",
            "purpose",
            "region",
            "language",
            "town_count",
            "animator",
            "member",
            "is_demo",
        )
        read_only_fields = fields

    def get_member(self, club: Club) -> bool:
        return club.pk in self.context["mine"]


class ClubViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Club]):
    """Public clubs and your own."""

    queryset = Club.objects.none()
    serializer_class = ClubSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> Any:
        clubs = Club.objects.visible_to(self.request.user)
        return clubs.with_counts().select_related("animator").order_by("name", "pk")

    def get_serializer_context(self) -> dict[str, Any]:
        user = self.request.user
        mine = Club.objects.with_member(user).values_list("pk", flat=True) if user.is_authenticated else []
        return {**super().get_serializer_context(), "mine": set(mine)}


class TokenRequestSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False, style={"input_type": "password"})


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="For `Authorization: Bearer …`; it is shown this once")
    expires_at = serializers.DateTimeField()


class TokenView(APIView):
    """A bearer token for an account with a password."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "token"

    @extend_schema(
        request=TokenRequestSerializer,
        responses={
            200: TokenSerializer,
            401: OpenApiResponse(description="E-mail or password are not right."),
        },
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """30 days. The same answer for an unknown address and a wrong password."""
        asked = TokenRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            user = get_adapter().authenticate(request._request, **asked.validated_data)
        except ImmediateHttpResponse as limited:
            raise Throttled(wait=300) from limited
        if user is None or not user.is_active:
            raise AuthenticationFailed("E-mail or password are not right.")
        secret, token = actions.issue_token(user)
        return Response(TokenSerializer({"token": secret, "expires_at": token.expires_at}).data)

    def get_authenticate_header(self, request: Request) -> str:
        """401, not DRF's 403 for a view without authenticators."""
        return "Bearer"
