"""The administration: for looking, and for the few decisions the pages do not offer. Changes go through the actions.

Secrets (sign-in links, tokens, password hashes) are not shown. A seat becomes verified by the actions of the list
only: no form field writes it (trust Z4).
"""

from typing import Any

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from community import actions
from community.actions.changed import circles_changed, profile_changed
from community.models import (
    Circle,
    Club,
    Membership,
    Network,
    Organisation,
    OrganisationTheme,
    Programme,
    Seat,
    Territory,
    TerritoryCode,
    Twinning,
    User,
)


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SeatInline(ReadOnlyInline):
    model = Seat
    fk_name = "person"
    fields = ("organisation", "kind", "title", "state", "level", "starts_on", "ends_on")


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    list_display = ("email", "name", "language", "is_staff", "is_active", "is_demo", "last_login")
    list_filter = ("is_staff", "is_active", "is_demo", "language")
    search_fields = ("email", "name")
    ordering = ("email",)
    fields = (
        "email",
        "name",
        "language",
        "time_zone",
        "is_active",
        "is_staff",
        "groups",
        "last_login",
        "date_joined",
    )
    readonly_fields = ("email", "last_login", "date_joined")
    inlines = (SeatInline,)
    actions = ("end_sessions",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only a superuser makes others run the site."""
        if request.user.is_superuser:
            return self.readonly_fields
        return (*self.readonly_fields, "is_staff", "groups")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        with transaction.atomic():
            obj.save(update_fields=form.changed_data and [n for n in form.changed_data if n != "groups"])
            if "is_active" in form.changed_data:
                actions.end_sessions(obj)
                clubs = Membership.objects.active().of(obj).values_list("club", flat=True)
                circles_changed(clubs)

    @admin.action(description=gettext_lazy("End all sessions of the chosen people"))
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            actions.end_sessions(user)
        self.message_user(request, _("Their sessions have ended."))


@admin.register(Seat)
class SeatAdmin(admin.ModelAdmin[Seat]):
    list_display = (
        "person",
        "person__email",
        "organisation",
        "kind",
        "title",
        "state",
        "level",
        "created_at",
        "verified_at",
    )
    list_filter = ("state", "level", "kind")
    search_fields = ("person__email", "person__name", "organisation__name", "title")
    list_select_related = ("person", "organisation")
    ordering = ("-state", "created_at")
    readonly_fields = (
        *("person", "organisation", "kind", "title", "starts_on", "ends_on"),
        *("state", "level", "source", "verified_at", "created_at"),
    )
    actions = ("verify_organisation", "verify_mandate", "refuse", "end")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(
        description=gettext_lazy("Confirm: the organisation is known (level 1)"), permissions=["change"]
    )
    def verify_organisation(self, request: HttpRequest, queryset: QuerySet[Seat]) -> None:
        self._each(request, queryset, lambda seat: actions.verify_seat(_me(request), seat, level=1))

    @admin.action(description=gettext_lazy("Confirm: the mandate is known (level 2)"), permissions=["change"])
    def verify_mandate(self, request: HttpRequest, queryset: QuerySet[Seat]) -> None:
        self._each(request, queryset, lambda seat: actions.verify_seat(_me(request), seat, level=2))

    @admin.action(description=gettext_lazy("Do not confirm"), permissions=["change"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[Seat]) -> None:
        self._each(request, queryset, lambda seat: actions.refuse_seat(_me(request), seat))

    @admin.action(description=gettext_lazy("End these seats today"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Seat]) -> None:
        self._each(request, queryset, lambda seat: actions.end_seat(_me(request), seat))

    def _each(self, request: HttpRequest, queryset: QuerySet[Seat], act: Any) -> None:
        own = queryset.filter(person=_me(request)).count()
        others = queryset.exclude(person=_me(request)).select_related("organisation", "person")
        for seat in others:
            act(seat)
        done = len(others)
        self.message_user(
            request, ngettext("%(n)d seat changed.", "%(n)d seats changed.", done) % {"n": done}
        )
        if own:
            self.message_user(request, _("Nobody decides on their own seat."), messages.WARNING)


class ThemeInline(ReadOnlyInline):
    model = OrganisationTheme
    fields = ("direction", "position", "level", "is_public")


class OrganisationSeatInline(ReadOnlyInline):
    model = Seat
    fields = ("person", "kind", "title", "state", "level", "starts_on", "ends_on")


class TwinningInline(ReadOnlyInline):
    model = Twinning
    fields = ("partner", "since")


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin[Organisation]):
    list_display = ("name", "kind", "availability", "is_published", "is_demo", "updated_at")
    list_filter = ("kind", "is_published", "is_demo", "availability", "programmes")
    search_fields = ("name", "slug")
    autocomplete_fields = ("territory", "territories")
    filter_horizontal = ("programmes",)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    inlines = (OrganisationSeatInline, ThemeInline, TwinningInline)

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            profile_changed(obj)


class CodeInline(ReadOnlyInline):
    model = TerritoryCode
    fields = ("scheme", "value", "valid_from", "valid_to")


@admin.register(Territory)
class TerritoryAdmin(admin.ModelAdmin[Territory]):
    list_display = ("name", "country", "region", "department", "population", "population_year")
    search_fields = ("search_name__startswith",)
    autocomplete_fields = ("successor",)
    show_full_result_count = False
    ordering = ("-population",)
    inlines = (CodeInline,)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Territory], search_term: str
    ) -> tuple[QuerySet[Territory], bool]:
        if not search_term:
            return queryset, False
        found = [town.pk for town in Territory.objects.search(search_term, limit=100)]
        return queryset.filter(pk__in=found), False


@admin.register(Programme)
class ProgrammeAdmin(admin.ModelAdmin[Programme]):
    list_display = ("name", "code", "position")


@admin.register(Network)
class NetworkAdmin(admin.ModelAdmin[Network]):
    list_display = ("organisation", "parent")
    autocomplete_fields = ("organisation",)


class CircleInline(ReadOnlyInline):
    model = Circle
    fields = ("kind",)


@admin.register(Club)
class ClubAdmin(admin.ModelAdmin[Club]):
    list_display = ("name", "animator", "region", "is_public", "is_demo")
    list_select_related = ("animator",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("animator", "commissioners")
    inlines = (CircleInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a club comes with circles and rooms: community.actions.create_club


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin[Membership]):
    list_display = ("club", "organisation", "person", "role", "state", "starts_on", "ends_on")
    list_filter = ("state", "role", "club")
    list_select_related = ("club", "organisation", "person")
    search_fields = ("organisation__name", "person__email", "club__name")
    autocomplete_fields = ("organisation", "person", "club")

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            circles_changed([obj.club_id])

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        with transaction.atomic():
            super().delete_model(request, obj)
            circles_changed([obj.club_id])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        with transaction.atomic():
            clubs = set(queryset.values_list("club", flat=True))
            super().delete_queryset(request, queryset)
            circles_changed(clubs)


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
