from django.urls import path

from matching.views import letters, matches

app_name = "matching"
urlpatterns = [
    path("villes/<int:territory_id>/proches/", matches.town_matches, name="town_matches"),
    path("villes/<int:territory_id>/proches/reglages/", matches.set_importance, name="set_importance"),
    path("villes/<int:territory_id>/ecartees/", matches.refused_towns, name="refused_towns"),
    path("villes/<int:territory_id>/ecarter/<int:other_id>/", matches.refuse_town, name="refuse_town"),
    path("villes/<int:territory_id>/reprendre/<int:other_id>/", matches.restore_town, name="restore_town"),
    path("villes/<int:territory_id>/inviter/<int:other_id>/", matches.invite_town, name="invite_town"),
    path("villes/<int:territory_id>/ecrire/", letters.write_letter, name="write_letter"),
    path("lettres/", letters.letter_list, name="letter_list"),
    path("lettres/<int:letter_id>/", letters.letter_detail, name="letter"),
    path("lettres/<int:letter_id>/accepter/", letters.accept_letter, name="accept_letter"),
    path("lettres/<int:letter_id>/decliner/", letters.decline_letter, name="decline_letter"),
    path("lettres/<int:letter_id>/retirer/", letters.withdraw_letter, name="withdraw_letter"),
]
