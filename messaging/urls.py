from django.urls import path

from messaging.views import clubs, conversations, direct, messages

app_name = "messaging"
urlpatterns = [
    path("clubs/<slug:slug>/", clubs.club_detail, name="club_detail"),
    path("clubs/<slug:slug>/membres/", clubs.club_members, name="club_members"),
    path("clubs/<slug:slug>/sujets/", clubs.topic_list, name="topic_list"),
    path("clubs/<slug:slug>/sujets/nouveau/", clubs.topic_create, name="topic_create"),
    path("salons/<int:room>/", conversations.room_detail, name="room_detail"),
    path("salons/<int:room>/lu/", conversations.room_read, name="room_read"),
    path("salons/<int:room>/sujets/<int:topic>/", conversations.topic_detail, name="topic_detail"),
    path("salons/<int:room>/sujets/<int:topic>/etat/", conversations.topic_resolve, name="topic_resolve"),
    path("salons/<int:room>/messages/<int:number>/modifier/", messages.message_edit, name="message_edit"),
    path(
        "salons/<int:room>/messages/<int:number>/supprimer/", messages.message_delete, name="message_delete"
    ),
    path("messages/", direct.direct_list, name="direct_list"),
    path("messages/nouveau/", direct.direct_create, name="direct_create"),
]
