"""Tell people, once each."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from notifications.kinds import all_kinds
from notifications.models import Notification, NotificationQuerySet
from realtime import publish


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
    _move_bells(recipients)
    return len(recipients)


def _move_bells(users: list[int]) -> None:
    """The bells of these people's open pages show how much is unread now."""
    rows = Notification.objects.filter(recipient__in=users).unread().order_by()
    unread = dict(rows.values_list("recipient").annotate(Count("pk")))
    by_number: dict[int, list[int]] = defaultdict(list)
    for pk in users:
        by_number[unread.get(pk, 0)].append(pk)
    for number, pks in by_number.items():
        publish.tell(pks, {"kind": "bell", "unread": number})


def mark_read(user: Any, pks: Iterable[int] | None = None) -> int:
    """Mark the person's own notifications as read, all of them when `pks` is None; returns how many."""
    rows = Notification.objects.visible_to(user).unread()
    if pks is not None:
        rows = rows.filter(pk__in=list(pks))
    return _mark(rows, user.pk)


def mark_read_about(user_id: int, key: str) -> int:
    """The person has seen the thing itself: what the bell said about it (the `key` of `notify`) is read too."""
    return _mark(Notification.objects.visible_to(user_id).unread().filter(key=key), user_id)


def _mark(rows: NotificationQuerySet, user_id: int) -> int:
    read = rows.update(read_at=timezone.now())
    if read:
        _move_bells([user_id])
    return read
