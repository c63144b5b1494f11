"""The URL map. Each app owns the pages below its prefix."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("portal.urls")),
    path("", include("community.urls")),
    path("", include("matching.urls")),
    path("", include("messaging.urls")),
    path("agenda/", include("events.urls")),
    path("notifications/", include("notifications.urls")),
    path("compte/", include("allauth.account.urls")),
    path("api/v1/", include("config.api_urls")),
    path("administration/", admin.site.urls),
]
