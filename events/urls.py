from django.urls import path

from events import views

app_name = "events"
urlpatterns = [
    path("", views.event_list, name="event_list"),
    path("formations/", views.training_list, name="training_list"),
    path("nouveau/", views.event_create, name="event_create"),
    path("calendrier/", views.feed_detail, name="feed_detail"),
    path("flux/<str:token>.ics", views.feed_ics, name="feed_ics"),
    path("club/<slug:slug>/prochain/", views.club_next, name="club_next"),
    path("ville/<slug:slug>/", views.town_events, name="town_events"),
    path("<int:pk>/", views.event_detail, name="event_detail"),
    path("<int:pk>/evenement.ics", views.event_ics, name="event_ics"),
    path("<int:pk>/reponse/", views.event_answer, name="event_answer"),
    path("<int:pk>/modifier/", views.event_edit, name="event_edit"),
    path("<int:pk>/publier/", views.event_publish, name="event_publish"),
    path("<int:pk>/tenu/", views.event_held, name="event_held"),
    path("<int:pk>/annuler/", views.event_cancel, name="event_cancel"),
]
