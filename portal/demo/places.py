"""Towns, bodies and people of the demonstration."""

from collections.abc import Callable

from django.contrib.auth.hashers import check_password, make_password
from django.core.management.base import CommandError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import override

from community import themes
from community.actions import (
    add_twinning,
    create_account,
    give_seat,
    set_themes,
    town_of,
    update_profile,
)
from community.models import Network, Organisation, OrganisationTheme, Programme, Seat, Territory, User
from portal.demo.files import address, organisation, rows, territories

ACV = {"code": "acv", "name": "Action cœur de ville", "position": 0}
NOTICE = "Page de démonstration. Les chiffres sont réels ; les souhaits, les personnes et les messages sont inventés et n’engagent pas la ville."
Level = OrganisationTheme.Level


def check_towns_are_loaded() -> None:
    """Raises CommandError naming the towns of the demonstration that the database lacks."""
    codes = [row["code"] for row in rows("towns")]
    known = territories(codes)
    missing = [row["name"] for row in rows("towns") if row["code"] not in known]
    if missing:
        raise CommandError(f"Run `manage.py load_towns` first; not found: {', '.join(missing[:5])}…")


def bring_towns(step: Callable[[], None]) -> None:
    """The towns and groups with their themes; one a transaction, so that an interrupted run goes on where it stopped."""
    known = territories([row["code"] for row in rows("towns")])
    for row in rows("native_names"):
        place = known[row["code"]]
        if not place.native_name:
            place.native_name = row["native_name"]
            place.save(update_fields=["native_name"])
    for row in rows("towns"):
        with transaction.atomic():
            town = town_of(known[row["code"]])
            _describe(town, row)
        step()
    for row in rows("groups"):
        with transaction.atomic():
            codes = [f"insee:{code}" for code in row["members"].split()]
            communes = territories(codes)
            group, _ = Organisation.objects.get_or_create(
                slug=row["slug"],
                defaults={
                    "kind": Organisation.Kind.GROUP,
                    "name": row["name"],
                    "territory": communes[f"insee:{row['seat']}"],
                },
            )
            _describe(group, row)
            group.territories.set(communes.values())
        step()
    for row in rows("twinnings"):
        partner = territories([row["partner"]]).get(row["partner"])
        if partner:
            _twin(organisation(row["town"]), partner)


def bring_bodies() -> None:
    """The invented bodies: animators, networks, an expert firm, a partner."""
    for row in rows("organisations"):
        body, created = Organisation.objects.get_or_create(
            slug=row["slug"],
            defaults={"kind": row["kind"], "name": row["name"], "is_demo": True, "is_published": True},
        )
        if created:
            update_profile(body, languages=row["languages"].split(), presentation=row["presentation"])
        if row["kind"] == Organisation.Kind.NETWORK:
            Network.objects.get_or_create(organisation=body, defaults={"languages": row["languages"].split()})


def bring_people(step: Callable[[], None]) -> None:
    """Everyone of people.csv, and a mayor for each town that has none there. Named by role, never by a name."""
    elected = {row["organisation"] for row in rows("people") if row["kind"] == Seat.Kind.ELECTED}
    for row in rows("people"):
        _seat(
            row["email"],
            row["name"],
            organisation(row["organisation"]),
            row["kind"],
            row["title"],
            row["language"],
        )
        step()
    for row in rows("towns"):
        if row["code"] in elected:
            continue
        town = organisation(row["code"])
        in_france = row["code"].startswith("insee:")
        _seat(
            f"maire.{slugify(row['name'])}",
            f"Maire {of(row['name'])}",
            town,
            Seat.Kind.ELECTED,
            "Maire" if in_france else "Mayor",
            "fr" if in_france else "en",
        )
        step()
    create_account(
        address("administration"),
        name="Administration du site (démonstration)",
        is_staff=True,
        is_superuser=True,
        is_demo=True,
    )


def set_passwords(password: str) -> bool:
    """One password for every demonstration account; returns whether anything changed.

    They share it, so they share its hash: a slow hash for each would take longer than the rest of the demonstration.
    """
    people = User.objects.filter(is_demo=True)
    known = dict(people.values_list("pk", "password"))
    if len(set(known.values())) == 1 and check_password(password, next(iter(known.values()))):
        return False
    people.update(password=make_password(password))
    return True


def of(name: str) -> str:
    """`de Vierzon`, `d’Ózd`."""
    return f"d’{name}" if slugify(name)[:1] in "aeiouy" else f"de {name}"


def _describe(town: Organisation, row: dict[str, str]) -> None:
    """Give a town its page, unless it has one already or real people look after it."""
    if town.is_demo or town.seats.filter(person__is_demo=False).exists():
        return
    town.is_demo = True
    town.save(update_fields=["is_demo"])
    update_profile(
        town,
        languages=row["languages"].split(),
        landmark=row.get("landmark", ""),
        presentation=NOTICE,
        presentation_language="fr",
    )
    wanted, offered = (
        [themes.by_code()[code].position for code in row[key].split()] for key in ("wanted", "offered")
    )
    levels = {
        ("wanted", position): Level.UNDER_WAY if n < 2 else Level.IDEA for n, position in enumerate(wanted)
    }
    levels |= {("offered", position): Level.DONE for position in offered}
    set_themes(town, wanted, offered, levels=levels)
    if "coeur" in row["clubs"].split() and row["name"] != "Cahors":
        town.programmes.add(Programme.objects.get_or_create(code=ACV["code"], defaults=ACV)[0])


def _twin(town: Organisation, partner: Territory) -> None:
    if not town.twinnings.filter(partner=partner).exists():
        add_twinning(town, partner)


def _seat(email: str, name: str, body: Organisation, kind: str, title: str, language: str) -> None:
    with override(language):
        person, _ = create_account(address(email), name=name, language=language, is_demo=True)
    if not Seat.objects.filter(person=person, organisation=body).exists():
        hungarian = body.territory is not None and body.territory.country == "HU"
        level, source = (3, "Réseau hongrois (démonstration)") if hungarian else (2, "Démonstration")
        give_seat(None, person, body, kind, title, level=level, source=source)
