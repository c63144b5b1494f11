"""What must not stand in a log: addresses that are keys."""

import logging
import re

# Sign-in links, calendar feeds, password resets and confirmations, tickets: all but the word before the secret goes.
KEYS = re.compile(r"(/connexion/|/agenda/flux/|/password/reset/key/|/confirm-email/|ticket=)[^/\s?&]{12,}")


class HideKeys(logging.Filter):
    """Rewrites a record whose message holds such an address: a log is read by more people than a mailbox."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if (clean := KEYS.sub(r"\1…", said)) != said:
            record.msg, record.args = clean, ()
        return True
