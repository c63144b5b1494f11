"""`make start`: everything of the embedded default in one process."""

import logging
import os
import socket
import sys
import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django_tasks_db.management.commands.db_worker import Worker

from community.models import Territory, User
from portal.management.commands.demo import Command as DemoCommand
from realtime.server import run_server

logger = logging.getLogger(__name__)


class InProcessWorker(Worker):
    """The task worker in a thread of the web process: it leaves the signals to the server."""

    def __init__(self) -> None:
        super().__init__(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=0.5,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=f"serve-{os.getpid()}",
        )
        self.thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def _work(self) -> None:
        while self.running:
            try:
                self.run()
            except Exception:
                # A database that is away for a moment must not end all jobs until the next start.
                logger.exception("The background worker stumbled; it goes on in 5 s")
                time.sleep(5)
        connection.close()

    def stop(self) -> None:
        """Finish the job at hand (up to 10 s) and end the thread."""
        self.running = False
        self.thread.join(10)


class Command(BaseCommand):
    help = (
        "Prepare what is missing (tables, towns, index, demonstration), then serve pages, sockets and jobs."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"))

    def handle(self, *, host: str, port: int, **options: Any) -> None:
        started = time.monotonic()
        try:
            self._require_port(host, port)
            self._prepare()
        except KeyboardInterrupt:
            sys.exit(130)
        worker = InProcessWorker()

        def ready() -> None:
            worker.thread.start()
            self._greet(host, port, time.monotonic() - started)

        try:
            if not run_server(settings.ASGI_APPLICATION, host, port, ready):
                raise CommandError(f"{host}:{port} could not be had.")
        finally:
            if worker.thread.is_alive():
                worker.stop()

    def _require_port(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host.strip("[]"), port))
            except OSError as error:
                advice = f"choose another one, for example: PORT={port + 1} make start"
                raise CommandError(
                    f"Port {port} of {host} cannot be used ({error.strerror}): {advice}"
                ) from None

    def _prepare(self) -> None:
        """Each step looks whether it is needed, so an interrupted first start goes on where it stopped."""
        executor = MigrationExecutor(connection)
        pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        self._step("Preparing the database", pending, "migrate", verbosity=0, skip_checks=True)
        self._step("Loading the towns", not Territory.objects.exists(), "load_towns")
        current = Path(settings.MATCHING_INDEX_DIR) / "current"
        self._step("Building the matching index", not current.exists(), "build_matching_index")
        if os.environ.get("DEMO", "1") != "0":
            options = {"password": os.environ.get("DEMO_PASSWORD"), "quiet": True}
            self._step("Loading the demonstration network", not User.objects.exists(), "demo", **options)

    def _step(self, title: str, needed: bool, command: str, **options: Any) -> None:
        """Run a command that may be run twice, if it is needed or did not come to its end last time."""
        unfinished = Path(settings.DATA_DIR) / f"unfinished-{command}"
        if not needed and not unfinished.exists():
            return
        began = time.monotonic()
        self.stdout.write(f"{title} …")
        unfinished.touch()
        call_command(command, **options)
        unfinished.unlink()
        self.stdout.write(f"{title}: {time.monotonic() - began:.1f} s")

    def _greet(self, host: str, port: int, seconds: float) -> None:
        address = settings.SITE_URL if host in {"127.0.0.1", "localhost"} else f"http://{host}:{port}"
        self.stdout.write(
            self.style.SUCCESS(f"\nEntrevilles is at {address}  (ready in {seconds:.1f} s; Ctrl+C stops it)")
        )
        if User.objects.filter(is_demo=True).exists():
            demo = DemoCommand()
            demo.print_accounts(os.environ.get("DEMO_PASSWORD") or demo.kept_password())
        self.stdout.flush()
