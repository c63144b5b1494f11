"""`manage.py refresh_circles`: what each web process does by itself every midnight (config/asgi.py), at once."""

from typing import Any

from django.core.management.base import BaseCommand

from community.actions import refresh_circles


class Command(BaseCommand):
    help = "Bring the readers of every club's circles in line with today's dates."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{refresh_circles()} clubs looked at.")
