"""What a town says of itself: presentation, themes, languages, twin towns. Permission is the caller's to ask."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from community import themes
from community.actions.accounts import clean_languages
from community.actions.changed import profile_changed
from community.models import Organisation, OrganisationTheme, Territory, Twinning, User
from community.permissions import can_act_for

EDITABLE = {
    *("presentation", "presentation_language", "website", "languages", "labels", "availability", "landmark"),
}
Directions = OrganisationTheme.Direction


@transaction.atomic
def update_profile(organisation: Organisation, **values: Any) -> Organisation:
    """Save facts a town gives about itself (EDITABLE; TypeError for another). ValidationError on bad values."""
    unknown = set(values) - EDITABLE
    if unknown:
        raise TypeError(f"not editable: {', '.join(sorted(unknown))}")
    if "languages" in values:
        values["languages"] = clean_languages(values["languages"])
    for name, value in values.items():
        setattr(organisation, name, value)
    fields = {field.name for field in organisation._meta.fields}
    organisation.clean_fields(exclude=fields - set(values))
    organisation.save(update_fields=[*values, "updated_at"])
    profile_changed(organisation)
    return organisation


@transaction.atomic
def set_themes(
    organisation: Organisation,
    wanted: Iterable[int] | None = None,
    offered: Iterable[int] | None = None,
    *,
    levels: Mapping[tuple[str, int], str] | None = None,
) -> None:
    """The positions (community.themes) a town wants and offers; None leaves a direction as it is.

    `levels` maps (direction, position) to a level; without one a kept theme keeps its own. Words and privacy of kept
    themes stay. ValidationError beyond OrganisationTheme.MAXIMUM, or for a theme that does not exist.
    """
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    levels = levels or {}
    for direction, positions in ((Directions.WANTED, wanted), (Directions.OFFERED, offered)):
        if positions is not None:
            _set_direction(organisation, direction, list(dict.fromkeys(positions)), levels)
    organisation.save(update_fields=["updated_at"])
    profile_changed(organisation)


def _set_direction(
    organisation: Organisation, direction: str, positions: list[int], levels: Mapping[tuple[str, int], str]
) -> None:
    if len(positions) > OrganisationTheme.MAXIMUM:
        raise ValidationError(
            ngettext(
                "Choose %(count)d topic at most.",
                "Choose %(count)d topics at most.",
                OrganisationTheme.MAXIMUM,
            )
            % {"count": OrganisationTheme.MAXIMUM}
        )
    if any(position not in themes.by_position() for position in positions):
        raise ValidationError(_("This topic does not exist."))
    if any(level not in OrganisationTheme.Level.values for level in levels.values()):
        raise ValidationError(_("This choice does not exist."))
    rows = organisation.themes.filter(direction=direction)
    rows.exclude(position__in=positions).delete()
    kept = {row.position: row for row in rows}
    for position in positions:
        level = levels.get((direction, position))
        if position not in kept:
            default = (
                OrganisationTheme.Level.DONE
                if direction == Directions.OFFERED
                else OrganisationTheme.Level.IDEA
            )
            OrganisationTheme.objects.create(
                organisation=organisation, direction=direction, position=position, level=level or default
            )
        elif level and kept[position].level != level:
            kept[position].level = level
            kept[position].save(update_fields=["level"])


def publish_profile(by: User | None, organisation: Organisation, *, published: bool = True) -> None:
    """Show the page to everyone, or take it back. Only somebody who acts for the town may (None: the command line)."""
    if by is not None and not can_act_for(by, organisation):
        raise PermissionDenied
    with transaction.atomic():
        organisation.is_published = published
        organisation.save(update_fields=["is_published", "updated_at"])
        profile_changed(organisation)


@transaction.atomic
def add_twinning(organisation: Organisation, partner: Territory, since: int | None = None) -> Twinning:
    """A town that already is a partner; naming it again updates the year. ValidationError for the town itself."""
    if partner.pk == organisation.territory_id:
        raise ValidationError(_("A town is not its own twin."))
    twinning, _created = Twinning.objects.update_or_create(
        organisation=organisation, partner=partner, defaults={"since": since}
    )
    profile_changed(organisation)
    return twinning


@transaction.atomic
def remove_twinning(organisation: Organisation, partner_id: int) -> None:
    organisation.twinnings.filter(partner=partner_id).delete()
    profile_changed(organisation)
