"""The URL map. Each app owns the pages below its prefix."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# The administration has no door of its own: one sign-in, one set of limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
handler404 = "config.problems.not_found"
handler429 = "community.views.sign_in.too_many"

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
