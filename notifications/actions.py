"""Tell people, once each."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from notifications.kinds import all_kinds
from notifications.models import Notification


@transaction.atomic
def notify(user_ids: Iterable[int], kind: str, url: str, context: dict[str, Any], *, key: str = "") -> int:
    """Store one notification per person; a second one with the same `key` (default: kind and url)
    refreshes the first and makes it unread again.

    `context` fills the kind's title and must be JSON (names and numbers, never objects). Returns how many
    people were told. Raises KeyError for a kind no `notices.py` declares.
    """
    all_kinds()[kind]
    key = key or f"{kind}:{url}"
    now = timezone.now()
    recipients = sorted(set(user_ids))
    fresh = {"kind": kind, "url": url, "context": context, "created_at": now, "read_at": None}
    known = set(
        Notification.objects.filter(recipient__in=recipients, key=key).values_list("recipient", flat=True)
    )
    Notification.objects.filter(recipient__in=known, key=key).update(count=F("count") + 1, **fresh)
    Notification.objects.bulk_create(
        [Notification(recipient_id=pk, key=key, **fresh) for pk in recipients if pk not in known],
        ignore_conflicts=True,
    )
    return len(recipients)


def mark_read(user: Any, pks: Iterable[int] | None = None) -> int:
    """Mark the person's own notifications as read, all of them when `pks` is None; returns how many."""
    rows = Notification.objects.visible_to(user).unread()
    if pks is not None:
        rows = rows.filter(pk__in=list(pks))
    return rows.update(read_at=timezone.now())
