"""HTTP goes to Django; WebSocket goes to the hub, given each app's handlers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
application = get_asgi_application()
