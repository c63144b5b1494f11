from django.urls import path

from community.views import onboarding, preferences, sign_in

app_name = "community"
urlpatterns = [
    path("connexion/", sign_in.sign_in, name="sign_in"),
    path("connexion/envoye/", sign_in.sign_in_sent, name="sign_in_sent"),
    path("connexion/<str:secret>/", sign_in.sign_in_confirm, name="sign_in_confirm"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/theme/", preferences.set_theme, name="set_theme"),
    path("preferences/sessions/", preferences.end_sessions, name="end_sessions"),
    path("bienvenue/", onboarding.onboarding, name="onboarding"),
    path("langue/", preferences.set_language, name="set_language"),
]
