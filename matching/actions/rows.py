"""The index follows the database."""

import logging

from matching import index

log = logging.getLogger(__name__)


def refresh_index_row(territory_id: int) -> None:
    """Bring one town's row of the index in line with the database. Called after commit (PROFILE_CHANGED).

    Never raises: the saved profile counts, and the next change or build repairs the row.
    """
    try:
        index.refresh(territory_id)
    except Exception:
        log.exception("The matching index does not follow territory %s yet", territory_id)
