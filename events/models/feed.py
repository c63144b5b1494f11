"""The private address under which a person's calendar program reads their agenda."""

from django.conf import settings
from django.db import models


class CalendarFeed(models.Model):
    """One address a person. The row holds a random text and the SHA-256 of the token made from it and
    SECRET_KEY: neither opens the feed to somebody who only has the database."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feed")
    nonce = models.CharField(max_length=43)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"feed of {self.user_id}"
