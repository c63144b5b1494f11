"""Forms of a conversation. Every writing form has a `cid`, so that sending it twice stores one message."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from community.models import User
from messaging.actions.topics import TITLE_LENGTH
from messaging.models import Room
from messaging.models.message import BODY_LENGTH

# Languages a message can be marked with; each is shown under its own name in `_language_choices`.
LANGUAGES = {
    "fr": "Français",
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "hu": "Magyar",
    "it": "Italiano",
    "mk": "Македонски",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
}


def _language_choices(user: User) -> list[tuple[str, str]]:
    """The person's own languages, the interface's first: nobody picks from a list of two hundred."""
    codes = dict.fromkeys([user.language, *user.languages])
    return [(code, LANGUAGES.get(code, code)) for code in codes]


class MessageForm(forms.Form):
    """One message. `languages` beyond one makes the form ask in which one it is written."""

    body = forms.CharField(
        label=_("Your message"),
        max_length=BODY_LENGTH,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 1}),
        error_messages={"required": _("Write something first.")},
    )
    lang = forms.ChoiceField(label=_("Language of the message"), required=False)
    cid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cid"].initial = uuid.uuid4
        choices = _language_choices(user)
        self.fields["lang"].choices = choices  # type: ignore[attr-defined]
        self.fields["lang"].initial = choices[0][0]
        if len(choices) == 1:
            self.fields["lang"].widget = forms.HiddenInput()


class TopicForm(MessageForm):
    """A topic and its first message, in one of the club's rooms the person may write in."""

    title = forms.CharField(
        label=_("Your question or subject"),
        max_length=TITLE_LENGTH,
        help_text=_("One line that says what it is about; members see it in their list."),
    )
    room = forms.ModelChoiceField(
        label=_("Who reads it"), queryset=Room.objects.none(), widget=forms.RadioSelect, empty_label=None
    )

    field_order = ["title", "body", "room", "lang"]

    def __init__(self, *args: Any, rooms: list[Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].label = _("First message")
        self.fields["body"].widget.attrs["rows"] = 6
        field = self.fields["room"]
        field.queryset = Room.objects.filter(pk__in=[room.pk for room in rooms]).select_related("circle")  # type: ignore[attr-defined]
        field.label_from_instance = circle_label  # type: ignore[attr-defined]
        field.initial = rooms[0].pk
        if len(rooms) == 1:
            field.widget = forms.HiddenInput()


def circle_label(room: Room) -> Any:
    """Who reads a club's room, in words."""
    if room.circle and room.circle.kind == room.circle.Kind.PLENARY:
        return _("The plenary: members, and partners who read")
    return _("The practitioners: members among themselves")


class EditForm(forms.Form):
    """New words for one's own message."""

    body = forms.CharField(
        label=_("Your message"),
        max_length=BODY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Write something first, or delete the message.")},
    )
