"""Why something sealed does not open.

CannotOpen      one answer for every cause, so that no caller can tell causes apart
 └── Forged     a signature, chain or key row is not what it claims; ``reason`` is for tests and the log only
"""


class CannotOpen(Exception):
    """It does not open. Raised ``from None``: neither text nor cause says why."""

    code = "CANNOT_OPEN"

    def __init__(self) -> None:
        super().__init__("This cannot be opened.")


class Forged(CannotOpen):
    """It is not genuine. The text is that of ``CannotOpen``; only ``reason`` says more."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason
