"""The site with the hub's repair switched off: the control experiment, which must fail."""

from config.asgi import application as application
from config.asgi import hub

hub.repair = False
