"""Is the process alive (`/healthz`), and can it do its work (`/readyz`)?"""

import datetime as dt
from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers; asks nothing of anybody."""
    return JsonResponse({"status": "alive"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations, layer and worker are as they should be, else 503 and which is not."""
    checks: dict[str, Callable[[], bool]] = {
        "database": _database,
        "migrations": _migrations,
        "layer": _layer,
        "worker": _worker,
    }
    result = {}
    for name, check in checks.items():
        try:
            result[name] = check()
        except Exception:  # whatever is wrong, the answer is "not ready", without internals
            result[name] = False
    ready = all(result.values())
    return JsonResponse({"status": "ready" if ready else "not ready", **result}, status=200 if ready else 503)


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _layer() -> bool:
    """The in-process layer is part of this process; Redis must answer within a second."""
    if not settings.REDIS_URL:
        return True
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
        return bool(client.ping())


def _worker() -> bool:
    """No due job has been waiting for more than five minutes: somebody is taking them."""
    late = timezone.now() - dt.timedelta(minutes=5)
    return not DBTaskResult.objects.ready().filter(enqueued_at__lt=late, run_after__lt=late).exists()
