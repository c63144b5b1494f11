"""Signing in and preferences."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from community.languages import choices as language_choices
from community.models import User


class SignInForm(forms.Form):
    """The one field of the sign-in page; `next` is checked by the view."""

    email = forms.EmailField(
        label=_("Your work email"),
        help_text=_("We send a link, no password. It works once, within the hour, on any device."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True, "inputmode": "email"}),
    )
    next = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)


def time_zones() -> list[str]:
    """Zones a person can live in: `Europe/Paris`, not `Etc/GMT+5` nor the old aliases without a region."""
    names = zoneinfo.available_timezones()
    return sorted(
        n for n in names if "/" in n and n.split("/")[0] not in ("Etc", "SystemV", "posix", "right", "US")
    )


class PreferencesForm(forms.ModelForm[User]):
    language = forms.ChoiceField(label=_("Language of the site and of our mails"))
    time_zone = forms.ChoiceField(label=_("Time zone"))
    languages = forms.MultipleChoiceField(
        label=_("Other languages you can work in"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = User
        fields = ["name", "language", "time_zone", "theme", "languages"]
        labels = {"name": _("First name and name"), "theme": _("Colours")}
        widgets = {"theme": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = [(n, n.replace("_", " ")) for n in time_zones()]  # type: ignore[attr-defined]
        own = [code for code in self.instance.languages if code not in dict(language_choices())]
        self.fields["languages"].choices = [*language_choices(), *((code, code) for code in own)]  # type: ignore[attr-defined]
