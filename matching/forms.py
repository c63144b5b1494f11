"""What a town may fill in about its matches, and the first letter."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from community import themes
from community.models import Organisation
from matching.models import Importance, Introduction, Preference, Refusal
from matching.recommendation import countries


class FilterForm(forms.Form):
    """The filters of a list, as GET parameters; a value that does not exist filters nothing."""

    country = forms.ChoiceField(label=_("Country"), required=False)
    theme = forms.TypedChoiceField(label=_("Subject"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, pool: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country, theme = self.fields["country"], self.fields["theme"]
        assert isinstance(country, forms.ChoiceField)
        assert isinstance(theme, forms.ChoiceField)
        country.choices = [("", _("All countries")), *countries(pool)]
        subjects = sorted(((t.position, t.label) for t in themes.all_themes()), key=lambda pair: pair[1])
        theme.choices = [("", _("All subjects")), *subjects]
        for field in self.fields.values():
            field.widget.attrs["class"] = "auto"
        if pool == "gazetteer":  # nobody there has named a subject
            del self.fields["theme"]

    def chosen(self) -> dict[str, Any]:
        """`country` and `theme` for `recommendation.proposals`."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}


class ImportanceForm(forms.ModelForm[Preference]):
    """“Ce qui compte pour vous”: three settings of three steps."""

    class Meta:
        model = Preference
        fields = ("size", "concerns", "language")
        widgets = dict.fromkeys(fields, forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            assert isinstance(field, forms.ChoiceField)
            field.choices = Importance.choices


class RefusalForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why not?"), choices=Refusal.Reason.choices, widget=forms.RadioSelect)


class LetterForm(forms.Form):
    """The first letter. `sender` is asked only of people with seats in several towns."""

    sender = forms.ModelChoiceField(
        label=_("In the name of"), queryset=Organisation.objects.none(), empty_label=None
    )
    body = forms.CharField(
        label=_("Your letter"),
        max_length=Introduction.LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Two lines are enough, 1,000 characters at most."),
    )

    def __init__(self, *args: Any, senders: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.senders = senders
        field = self.fields["sender"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = senders
        if len(senders) < 2:
            field.widget = forms.HiddenInput()
            field.required = False

    def clean_sender(self) -> Organisation:
        chosen: Organisation | None = self.cleaned_data["sender"]
        return chosen or self.senders[0]
