"""The one place where the apps' API endpoints are assembled."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from events.api import EventViewSet

router = DefaultRouter()
router.include_root_view = False
router.register("events", EventViewSet, basename="event")

urlpatterns = [
    *router.urls,
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
]
