"""The kinds of notification this app may send."""

from django.utils.translation import gettext_lazy as _

from notifications.kinds import Kind

DIRECT_MESSAGE = Kind("direct_message", _("%(author)s wrote to you"), icon="mail", by_mail=True)

KINDS: list[Kind] = [DIRECT_MESSAGE]
