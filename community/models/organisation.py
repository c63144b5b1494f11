"""Organisations own dossiers, rooms and agreements; people only hold seats in them."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from community.models.territory import Territory
from community.today import today


class Programme(models.Model):
    """A public programme a town can belong to (Action cœur de ville, Petites villes de demain…)."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    # Bit in the matching index; permanent once given.
    position = models.PositiveSmallIntegerField(unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def towns(self) -> "OrganisationQuerySet":
        """Members that can be matched: towns and groups of towns."""
        return self.filter(kind__in=[Organisation.Kind.TOWN, Organisation.Kind.GROUP])

    def published(self) -> "OrganisationQuerySet":
        return self.filter(is_published=True)

    def visible_to(self, user: Any) -> "OrganisationQuerySet":
        """Published ones, those where the person sits, and the drafts of those who wait for a seat where nobody sits yet:
        whoever claims a town does not see what its people have taken off the site.
        """
        if not user.is_authenticated:
            return self.published()
        held = Q(seats__ends_on=None) | Q(seats__ends_on__gte=today())
        confirmed = Organisation.objects.filter(held, seats__state="verified")
        own = Organisation.objects.filter(held, seats__state="verified", seats__person=user)
        prepared = Organisation.objects.filter(held, seats__state="pending", seats__person=user).exclude(
            pk__in=confirmed.values("pk")
        )
        return self.filter(
            Q(is_published=True) | Q(pk__in=own.values("pk")) | Q(pk__in=prepared.values("pk"))
        )

    def search(self, query: str, user: Any, limit: int = 10) -> "list[Organisation]":
        """Visible groups, associations, firms and networks with the words in their name; towns are found as territories."""
        words = query.split()[:6]
        if not words:
            return []
        found = self.visible_to(user).exclude(kind=Organisation.Kind.TOWN)
        for word in words:
            found = found.filter(name__icontains=word)
        return list(found[:limit])

    def concerned_by(self, positions: Iterable[int]) -> "OrganisationQuerySet":
        """Published towns and groups that publicly want or offer one of these themes."""
        themes = OrganisationTheme.objects.filter(position__in=list(positions), is_public=True)
        return self.towns().published().filter(pk__in=themes.values("organisation"))


class Organisation(models.Model):
    class Kind(models.TextChoices):
        TOWN = "town", _("Town")
        GROUP = "group", _("Group of towns")
        ASSOCIATION = "association", _("Association")
        PUBLIC_BODY = "public_body", _("Public body")
        FIRM = "firm", _("Expert firm")
        NETWORK = "network", _("Network")

    class Availability(models.TextChoices):
        OPEN = "open", _("Open to partners")
        FULL = "full", _("Full for now")
        HIDDEN = "hidden", _("Does not take part in matching")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    # A town has exactly one territory; a group lists its member territories and borrows the facts of its seat.
    territory = models.OneToOneField(
        Territory, models.PROTECT, null=True, blank=True, related_name="organisation"
    )
    territories = models.ManyToManyField(Territory, blank=True, related_name="groups")
    presentation = models.TextField(_("presentation"), blank=True, max_length=4000)
    presentation_language = models.CharField(max_length=8, default="fr")
    website = models.URLField(_("website"), blank=True)
    languages = models.JSONField(_("working languages"), default=list, blank=True)  # ISO 639-1 codes
    labels = models.JSONField(_("heritage labels"), default=list, blank=True)
    availability = models.CharField(
        _("availability"), max_length=8, choices=Availability, default=Availability.OPEN
    )
    landmark = models.CharField(_("landmark"), max_length=12, blank=True)  # a name of community.skyline
    programmes = models.ManyToManyField(Programme, blank=True, related_name="organisations")
    is_published = models.BooleanField(_("page published"), default=False)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="town") | Q(territory__isnull=False), name="a_town_has_a_territory"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The town's page for a town; groups, associations, networks and firms have one by their short name."""
        if self.kind == self.Kind.TOWN:
            return reverse("community:town_detail", args=[self.territory_id])
        return reverse("community:organisation_detail", args=[self.slug])


class OrganisationTheme(models.Model):
    """One of the 64 themes an organisation wants or offers; `position` is the bit (community.themes)."""

    class Direction(models.TextChoices):
        WANTED = "wanted", _("We are looking for help")
        OFFERED = "offered", _("We can show others")

    class Level(models.TextChoices):
        IDEA = "idea", _("An idea")
        UNDER_WAY = "under_way", _("Under way")
        DONE = "done", _("Done, and can show others")

    MAXIMUM = 8  # per organisation and direction

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="themes")
    position = models.PositiveSmallIntegerField()
    direction = models.CharField(max_length=8, choices=Direction)
    level = models.CharField(max_length=10, choices=Level, default=Level.IDEA)
    is_public = models.BooleanField(default=True)
    text = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "direction", "position"], name="one_theme_each_way"
            ),
            models.CheckConstraint(condition=Q(position__lt=64), name="theme_is_a_bit_of_64"),
        ]
        indexes = [models.Index(fields=["direction", "position"])]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.direction} {self.position}"


class Twinning(models.Model):
    """A town that already is a partner: it is never suggested again."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="twinnings")
    partner = models.ForeignKey(Territory, models.CASCADE, related_name="twinned_with")
    since = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "partner"], name="twinned_once")]

    def __str__(self) -> str:
        return f"{self.organisation_id} – {self.partner_id}"
