"""For the cluster tests: a production whose protocol loses its patience twenty times sooner."""

from config.settings.local import *  # noqa: F403

REALTIME = {"posts": 100_000, "ack_seconds": 1.5, "silence": 3.0, "heartbeat": 1.25}
