from django.urls import path, register_converter

from community.views import clubs, onboarding, preferences, profile, sign_in, towns


class Direction:
    """`cherche` or `partage`."""

    regex = "|".join(profile.DIRECTIONS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Direction, "direction")

app_name = "community"
urlpatterns = [
    path("connexion/", sign_in.sign_in, name="sign_in"),
    path("connexion/envoye/", sign_in.sign_in_sent, name="sign_in_sent"),
    path("connexion/<str:secret>/", sign_in.sign_in_confirm, name="sign_in_confirm"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/theme/", preferences.set_theme, name="set_theme"),
    path("preferences/sessions/", preferences.end_sessions, name="end_sessions"),
    path("langue/", preferences.set_language, name="set_language"),
    path("bienvenue/", onboarding.onboarding, name="onboarding"),
    path("bienvenue/ville/", onboarding.onboarding_town, name="onboarding_town"),
    path("bienvenue/sujets/", onboarding.onboarding_concerns, name="onboarding_concerns"),
    path("bienvenue/sujets/compte/", onboarding.theme_count, name="theme_count"),
    path("bienvenue/partage/", onboarding.onboarding_offers, name="onboarding_offers"),
    path("bienvenue/vous/", onboarding.onboarding_role, name="onboarding_role"),
    path("ma-ville/", towns.my_town, name="my_town"),
    path("villes/", towns.town_list, name="town_list"),
    path("villes/suggestions/", towns.town_suggest, name="town_suggest"),
    path("villes/<int:pk>/", towns.town_detail, name="town_detail"),
    path("villes/<int:pk>/modifier/", profile.town_edit, name="town_edit"),
    path("villes/<int:pk>/modifier/sujets/<direction:direction>/", profile.town_themes, name="town_themes"),
    path("villes/<int:pk>/modifier/niveaux/<direction:direction>/", profile.town_levels, name="town_levels"),
    path("villes/<int:pk>/modifier/jumelages/", profile.twinning_add, name="twinning_add"),
    path(
        "villes/<int:pk>/modifier/jumelages/<int:partner>/", profile.twinning_remove, name="twinning_remove"
    ),
    path("villes/<int:pk>/publier/", profile.town_publish, name="town_publish"),
    path("organisations/<slug:slug>/", towns.organisation_detail, name="organisation_detail"),
    path("clubs/", clubs.club_list, name="club_list"),
    path("clubs/<slug:slug>/rejoindre/", clubs.club_join, name="club_join"),
    path("clubs/<slug:slug>/adhesions/", clubs.club_requests, name="club_requests"),
    path("clubs/<slug:slug>/adhesions/<int:pk>/", clubs.club_answer, name="club_answer"),
]
