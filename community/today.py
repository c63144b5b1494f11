"""The day by which everything with dates begins and ends."""

import datetime as dt

from django.utils import timezone


def today() -> dt.date:
    """The site's own day, whatever time zone the reader has chosen: nobody stays a day longer by moving west."""
    return timezone.localdate(timezone=timezone.get_default_timezone())
