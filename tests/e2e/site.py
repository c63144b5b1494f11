"""The real server of the end-to-end tests, with its mails and its people."""

import email
import email.policy
import os
import re
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from playwright.sync_api import BrowserContext

from scripts.throwaway import free_port, listening, wait_until
from tests.cluster import Process, session_cookies

PASSWORD = "un mot de passe de test"
SEPARATOR = b"-" * 79


class Site:
    """`manage.py serve` on a free port with its own DATA_DIR: SQLite, in-process layer, worker, real towns, demo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = int(os.environ.get("E2E_PORT", 0)) or free_port()
        self.url = f"http://localhost:{self.port}"
        self.password = PASSWORD
        self.mail_folder = folder / "mails"
        environment = {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "SECRET_KEY": settings.SECRET_KEY,
            "DATA_DIR": str(folder),
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "SITE_URL": self.url,
            "DEMO": "1",
            "DEMO_PASSWORD": PASSWORD,
            "EMAIL_URL": f"file:///{self.mail_folder}",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": "",
            "CACHE_URL": "",
        }
        self.process = Process(["manage.py", "serve"], environment, folder / "serve.log")

    @property
    def database_url(self) -> str:
        """Where the site's data lie; the tests' ORM is pointed there too."""
        return f"sqlite:///{self.folder}/entrevilles.sqlite3"

    def start(self) -> None:
        """Start it; the first time it loads towns and demonstration, which takes a while."""
        self.process.start()
        assert self.process.popen is not None
        try:
            wait_until(lambda: listening(self.port), "manage.py serve", self.process.popen, seconds=180)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.process.log()[-4000:]}") from None

    def user(self, address: str) -> Any:
        """The account with that e-mail address."""
        return get_user_model().objects.get(email=address)

    def sign_in(self, context: BrowserContext, user: Any) -> None:
        """Give the browser context a session of `user` (an account or its address), without the sign-in page."""
        user = self.user(user) if isinstance(user, str) else user
        context.add_cookies(
            [{"name": name, "value": value, "url": self.url} for name, value in session_cookies(user).items()]
        )

    def mails(self, to: str) -> list[EmailMessage]:
        """The mails sent to an address so far, oldest first."""
        found = []
        for path in sorted(self.mail_folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns):
            for part in path.read_bytes().split(SEPARATOR):
                message = email.message_from_bytes(part.strip(), policy=email.policy.default)
                if isinstance(message, EmailMessage) and to in str(message.get("To", "")):
                    found.append(message)
        return found

    def wait_for_mails(self, to: str, count: int = 1, seconds: float = 15) -> list[EmailMessage]:
        """`mails(to)` as soon as there are `count` of them: the worker sends them in its own time."""
        deadline = time.monotonic() + seconds
        while len(found := self.mails(to)) < count:
            assert time.monotonic() < deadline, (
                f"{len(found)} mails to {to} after {seconds} s, {count} expected"
            )
            time.sleep(0.05)
        return found

    def last_link(self, to: str, count: int = 1) -> str:
        """The first address of this site in the newest mail to `to`, once `count` mails have arrived."""
        body = self.wait_for_mails(to, count)[-1].get_body(("plain",))
        assert body is not None
        link = re.search(re.escape(self.url) + r"[^\s>\")]+", body.get_content())
        assert link is not None, f"no link of this site in:\n{body.get_content()}"
        return link[0]
