"""The kinds of notification this app may send."""

from django.utils.translation import gettext_lazy as _

from notifications.kinds import Kind

LETTER_RECEIVED = Kind("letter_received", _("%(town)s has written to you"), "mail", by_mail=True)
LETTER_SENT = Kind("letter_sent", _("Your letter to %(town)s has left"), "send")
LETTER_ACCEPTED = Kind("letter_accepted", _("%(town)s accepts your letter"), "handshake", by_mail=True)
LETTER_DECLINED = Kind("letter_declined", _("%(town)s does not follow up your letter"), "mail")

KINDS: list[Kind] = [LETTER_RECEIVED, LETTER_SENT, LETTER_ACCEPTED, LETTER_DECLINED]
