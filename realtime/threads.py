"""Database work of the hub: a few threads of its own, so that a slow query delays neither `ping` nor a page."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection, connections

T = TypeVar("T")


class DatabaseThreads:
    """Runs functions in at most `count` threads. On a server the connection goes back to the pool after each; on
    SQLite each thread keeps its own, as opening one costs more than the query.
    """

    def __init__(self, count: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _run, function, *arguments)

    def close(self) -> None:
        """End the threads, and with them their connections, without waiting for a query that hangs."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _run(function: Callable[..., T], *arguments: Any) -> T:
    keep = False
    try:
        result = function(*arguments)
        keep = connection.vendor == "sqlite"
        return result
    finally:
        if not keep:
            connections.close_all()
