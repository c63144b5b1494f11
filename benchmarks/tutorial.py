"""The chat of the Channels tutorial, signed in and persisting each message: what `benchmarks.chat` compares with."""

import json
import os

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.db import transaction
from django.db.models import F
from django.urls import path
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
http_application = get_asgi_application()

from messaging.models import Message, Room  # noqa: E402


@database_sync_to_async
def store(room: int, author: int, cid: str, body: str) -> int:
    with transaction.atomic():
        Room.objects.filter(pk=room).update(last_message_number=F("last_message_number") + 1)
        number = Room.objects.values_list("last_message_number", flat=True).get(pk=room)
        Message.objects.create(
            room_id=room, author_id=author, client_id=cid, number=number, body=body, created_at=timezone.now()
        )
    return number


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        if not self.scope["user"].is_authenticated:
            await self.close()
            return
        self.room = self.scope["url_route"]["kwargs"]["room"]
        self.group = f"chat_{self.room}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data):
        frame = json.loads(text_data)
        if frame["t"] == "post":
            user = self.scope["user"]
            number = await store(self.room, user.pk, frame["cid"], frame["body"])
            message = {"number": number, "cid": frame["cid"], "body": frame["body"], "author": str(user)}
            await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": message})

    async def chat_message(self, event):
        await self.send(
            text_data=json.dumps({"kind": "posted", "message": event["message"]}, separators=(",", ":"))
        )


application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": AuthMiddlewareStack(URLRouter([path("ws/<int:room>/", ChatConsumer.as_asgi())])),
    }
)
