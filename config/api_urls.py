"""The one place where the apps' API endpoints are assembled."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from events.api import EventViewSet
from matching.api import TownMatchesView
from messaging.api import RoomViewSet, SocketTicketView

router = DefaultRouter()
router.include_root_view = False
router.register("events", EventViewSet, basename="event")
router.register("rooms", RoomViewSet, basename="room")

urlpatterns = [
    *router.urls,
    path("towns/<int:territory_id>/matches/", TownMatchesView.as_view(), name="town_matches"),
    path("socket-ticket/", SocketTicketView.as_view(), name="socket_ticket"),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
]
