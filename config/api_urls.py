"""The one place where the apps' API endpoints are assembled."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from community.api import ClubViewSet, MeView, TokenView, TownViewSet
from events.api import EventViewSet
from matching.api import TownMatchesView
from messaging.api import RoomViewSet, SocketTicketView

router = DefaultRouter()
router.include_root_view = False
router.register("towns", TownViewSet, basename="town")
router.register("clubs", ClubViewSet, basename="club")
router.register("events", EventViewSet, basename="event")
router.register("rooms", RoomViewSet, basename="room")

urlpatterns = [
    *router.urls,
    path("towns/<int:territory_id>/matches/", TownMatchesView.as_view(), name="town_matches"),
    path("me/", MeView.as_view(), name="me"),
    path("auth/token/", TokenView.as_view(), name="token"),
    path("socket-ticket/", SocketTicketView.as_view(), name="socket_ticket"),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api_schema", template_name="portal/api_docs.html"),
        name="api_docs",
    ),
]
