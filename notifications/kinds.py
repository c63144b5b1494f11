"""The kinds of notification, declared by each app's `notices.py` and collected by name from settings."""

import functools
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Kind:
    """`title` is a lazy translation with `%(name)s` places, filled from the notification's context."""

    code: str
    title: str | Promise
    icon: str = "bell"
    by_mail: bool = False


@functools.cache
def all_kinds() -> dict[str, Kind]:
    """Every declared kind by code; raises ValueError when two apps declare the same code."""
    kinds: dict[str, Kind] = {}
    for module in settings.NOTICE_MODULES:
        for kind in import_string(f"{module}.KINDS"):
            if kind.code in kinds:
                raise ValueError(f"Two notices are called {kind.code}.")
            kinds[kind.code] = kind
    return kinds
