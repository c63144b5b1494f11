"""The directory's filters, and what a town says of itself."""

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from community import themes
from community.countries import country_codes
from community.languages import choices as language_choices
from community.models import Organisation, OrganisationTheme, Programme, Seat
from community.skyline import LANDMARKS

# PostgreSQL refuses to look for some of what an address can hold.
SLUG = re.compile(r"[-\w]{1,20}")

SIZES: dict[str, tuple[int, int | None]] = {
    "0-2": (0, 2_000),
    "2-5": (2_000, 5_000),
    "5-10": (5_000, 10_000),
    "10-20": (10_000, 20_000),
    "20-50": (20_000, 50_000),
    "50-100": (50_000, 100_000),
    "100": (100_000, None),
}
LANDMARK_NAMES = {
    "belfry": _("Belfry"),
    "clock": _("Clock tower"),
    "steeple": _("Steeple"),
    "works": _("Works"),
    "castle": _("Castle"),
    "dome": _("Dome"),
    "gable": _("Stepped gable"),
}


@dataclass(frozen=True)
class Criteria:
    """What the directory is asked for; an unknown value in the address counts as none."""

    query: str = ""
    country: str = ""
    size: str = ""
    theme: themes.Theme | None = None
    programme: Programme | None = None
    members: bool = False

    @classmethod
    def from_query(cls, data: Any) -> "Criteria":
        """From the parameters q, pays, taille, sujet, programme, membres."""
        country = data.get("pays", "").upper()
        code = data.get("programme", "")
        return cls(
            query=data.get("q", "").strip()[:100],
            country=country if country in country_codes() else "",
            size=data.get("taille", "") if data.get("taille", "") in SIZES else "",
            theme=themes.by_code().get(data.get("sujet", "")),
            programme=Programme.objects.filter(code=code).first() if SLUG.fullmatch(code) else None,
            members=data.get("membres") == "1",
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.country or self.size or self.theme or self.programme or self.members)

    def filters(self) -> dict[str, Any]:
        """The arguments of `listed()`."""
        return {"country": self.country, "sizes": SIZES.get(self.size, (0, None)), "members": self._members()}

    def _members(self) -> "Any":
        if not (self.theme or self.programme or self.members):
            return None
        found = Organisation.objects.towns().published().exclude(territory=None)
        if self.theme:
            found = found.concerned_by([self.theme.position])
        if self.programme:
            found = found.filter(programmes=self.programme)
        return found


class ThemesForm(forms.Form):
    """Positions of themes; the most that may be chosen is said in words."""

    themes = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: Any, maximum: int, required: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.maximum = maximum
        field = self.fields["themes"]
        field.choices = [(theme.position, theme.label) for theme in themes.all_themes()]  # type: ignore[attr-defined]
        field.required = required
        field.error_messages["required"] = gettext("Choose one topic at least, or pass this step.")

    def clean_themes(self) -> list[int]:
        chosen: list[int] = self.cleaned_data["themes"]
        if len(chosen) > self.maximum:
            message = ngettext_lazy(
                "Choose %(count)d topic at most.", "Choose %(count)d topics at most.", self.maximum
            )
            raise ValidationError(message % {"count": self.maximum})
        return chosen


class LanguagesField(forms.MultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=language_choices, widget=forms.CheckboxSelectMultiple, **kwargs)

    def valid_value(self, value: object) -> bool:
        """Also languages that are not offered but were kept earlier: the action checks that they exist."""
        return isinstance(value, str) and len(value) == 2


class OfferForm(ThemesForm):
    languages = LanguagesField(label=_("Languages your town hall can work in"), required=False)


class RoleForm(forms.Form):
    name = forms.CharField(
        label=_("First name and name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    kind = forms.ChoiceField(
        label=_("You are"),
        choices=[
            (Seat.Kind.ELECTED, _("Elected official")),
            (Seat.Kind.PROJECT_LEAD, _("Project lead")),
            (Seat.Kind.AGENT, _("Staff member")),
        ],
        widget=forms.RadioSelect,
    )
    title = forms.CharField(
        label=_("Your function"),
        max_length=120,
        help_text=_("As on your card: Mayor, Heritage officer, Town-centre manager."),
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )


class ProfileForm(forms.ModelForm[Organisation]):
    languages = LanguagesField(label=_("Languages your town hall can work in"), required=False)
    labels = forms.CharField(
        label=_("Heritage labels and listings"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, ten at most: UNESCO, City of Art and History…"),
    )
    website = forms.URLField(label=_("Website"), required=False, max_length=200, assume_scheme="https")
    landmark = forms.ChoiceField(
        label=_("The landmark of your skyline"),
        required=False,
        help_text=_("The drawing at the top of your page."),
    )

    class Meta:
        model = Organisation
        fields = [
            *(
                "presentation",
                "presentation_language",
                "languages",
                "labels",
                "availability",
                "landmark",
            ),
        ]
        labels = {
            "presentation": _("Your town in a few sentences"),
            "presentation_language": _("Language of this text"),
            "availability": _("Partnerships"),
        }
        widgets = {
            "presentation": forms.Textarea(attrs={"rows": 6}),
            "availability": forms.RadioSelect,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["website"] = self.instance.website
        self.initial["labels"] = "\n".join(self.instance.labels)
        self.fields["presentation_language"] = forms.ChoiceField(
            label=self.fields["presentation_language"].label, choices=language_choices
        )
        assert set(LANDMARK_NAMES) == set(LANDMARKS)
        self.fields["landmark"].choices = [  # type: ignore[attr-defined]
            ("", _("Chosen for you, from the region")),
            *LANDMARK_NAMES.items(),
        ]

    def clean_labels(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["labels"].splitlines() if line.strip()]
        if len(lines) > 10 or any(len(line) > 80 for line in lines):
            raise ValidationError(gettext("Ten lines at most, of 80 characters at most."))
        return list(dict.fromkeys(lines))


class LevelsForm(forms.Form):
    """How far a town is with each of its topics, one way."""

    def __init__(self, *args: Any, rows: list[OrganisationTheme], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            self.fields[f"level-{row.position}"] = forms.ChoiceField(
                label=themes.by_position()[row.position].label,
                choices=OrganisationTheme.Level.choices,
                initial=row.level,
            )

    @property
    def levels(self) -> dict[tuple[str, int], str]:
        return {
            (row.direction, row.position): self.cleaned_data[f"level-{row.position}"] for row in self.rows
        }


class TwinningForm(forms.Form):
    since = forms.IntegerField(label=_("Since which year"), required=False, min_value=1800, max_value=2100)
