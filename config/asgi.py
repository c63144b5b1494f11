"""HTTP goes to Django; WebSocket goes to the hub, which is given the room logs and each app's commands."""

import gc
import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
http_application = get_asgi_application()  # loads the apps: keep it before the imports below

from community.actions import refresh_circles  # noqa: E402
from community.today import today  # noqa: E402
from messaging import live as messaging_live  # noqa: E402
from messaging.models.message import BODY_LENGTH  # noqa: E402
from realtime.consumers import SocketApplication  # noqa: E402
from realtime.daily import Daily  # noqa: E402
from realtime.hub import Hub  # noqa: E402
from realtime.waiting import WaitingApplication  # noqa: E402

hub = Hub(messaging_live.MessagingLog(), messaging_live.COMMANDS, told={"body": BODY_LENGTH})
application = ProtocolTypeRouter(
    {
        "http": WaitingApplication(http_application, hub),
        "websocket": SocketApplication(hub, "/ws/"),
    }
)
# Whoever serves the rooms also ends, at midnight, the places of those whose time is over.
Daily(refresh_circles, today).start()

# What is loaded now stays: the collector need not walk through it at every message again.
gc.collect()
gc.freeze()
