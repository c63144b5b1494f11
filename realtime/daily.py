"""What must happen once a day, in the process whose readers it concerns: no cron, nothing to forget."""

import datetime as dt
import logging
import threading
from collections.abc import Callable

from django.db import connections

log = logging.getLogger(__name__)


class Daily:
    """Does its work when it is started and again whenever `today()` says another day; a failure is tried again.

    One thread per process, begun by the first `start()`. Several processes do the same work: it must bear that.
    """

    def __init__(
        self, work: Callable[[], object], today: Callable[[], dt.date], *, every: float = 5.0
    ) -> None:
        self.work = work
        self.today = today
        self.every = every
        self.done_on: dt.date | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="daily", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(10)

    def _run(self) -> None:
        while True:
            today = self.today()
            if today != self.done_on and self._worked():
                self.done_on = today
            if self._stopped.wait(self.every):
                return

    def _worked(self) -> bool:
        try:
            self.work()
        except Exception as error:
            log.warning("The daily work failed and is tried again: %s", type(error).__name__)
            return False
        finally:
            connections.close_all()
        return True
