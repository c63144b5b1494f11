"""Why something was refused, in the words of the protocol. Actions raise it, every edge answers it its own way."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """`code` is one of CODES; `detail` is a sentence for the person; `field` names the bad field, `retry_after`
    (seconds) when to try again.
    """

    CODES = (
        "bad_frame",
        "unknown_frame",
        "invalid",
        "not_found",
        "rate_limited",
        "too_large",
        "conflict",
        "unavailable",
    )

    def __init__(
        self, code: str, detail: object = "", *, field: str | None = None, retry_after: float | None = None
    ) -> None:
        assert code in self.CODES, code
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.field = field
        self.retry_after = retry_after
