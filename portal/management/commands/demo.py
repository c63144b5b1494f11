"""Load the demonstration network: real towns; wishes, people and messages invented and marked as such."""

import secrets
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from community.models import Seat, User
from portal.demo import life, meetings, places
from portal.demo.files import address, entries, rows

SHOWN = 3  # accounts printed of each role


class Command(BaseCommand):
    help = "Load the demonstration network. Run again, it changes nothing that is there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--password",
            help="The password of every demonstration account. Without it the first run makes one up and keeps it in "
            "DATA_DIR/demo-password.",
        )
        parser.add_argument("--quiet", action="store_true", help="Print no accounts.")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        places.check_towns_are_loaded()
        self.done = 0
        towns, people = len(rows("towns")) + len(rows("groups")), len(rows("people")) + len(rows("towns"))
        talk = sum(len(entries(name)) for name in ("talk", "direct", "letters", "events"))
        self.total = towns + people + len(rows("clubs")) + talk
        places.bring_towns(self._step)
        places.bring_bodies()
        places.bring_people(self._step)
        life.bring_clubs(self._step)
        life.bring_talk(self._step)
        life.bring_letters(self._step)
        meetings.bring_meetings(self._step)
        password = options["password"] or self.kept_password()
        places.set_passwords(password)
        self._line(f"Demonstration network: ready in {time.monotonic() - started:.1f} s.\n")
        if not options["quiet"]:
            self.print_accounts(password)

    def _step(self) -> None:
        self.done += 1
        if self.done % 10 == 0:
            self._line(f"Demonstration network: {min(100, 100 * self.done // self.total)} %")

    def _line(self, text: str) -> None:
        self.stdout.write(f"\r{text}", ending="")
        self.stdout.flush()

    def kept_password(self) -> str:
        """The password drawn for this DATA_DIR."""
        kept = Path(settings.DATA_DIR) / "demo-password"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(12) + "\n")
        return kept.read_text().strip()

    def print_accounts(self, password: str) -> None:
        """The accounts by role, and how to sign in."""
        roles: dict[str, list[str]] = {}
        for row in rows("people"):
            roles.setdefault(row["role"], []).append(address(row["email"]))
        abroad = Seat.objects.filter(person__is_demo=True, kind=Seat.Kind.ELECTED).exclude(
            organisation__territory__country="FR"
        )
        roles["Mayor abroad"] = list(abroad.order_by("person__email").values_list("person__email", flat=True))
        roles["Administrator"] = list(
            User.objects.filter(is_demo=True, is_superuser=True).values_list("email", flat=True)
        )
        self.stdout.write("People are invented and named by role. Accounts, by role:")
        for role, emails in roles.items():
            more = f"  (and {len(emails) - SHOWN} more)" if len(emails) > SHOWN else ""
            self.stdout.write(f"  {role:16} {', '.join(emails[:SHOWN])}{more}")
        self.stdout.write(f"Password of all of them: {password}")
