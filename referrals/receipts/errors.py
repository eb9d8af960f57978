"""Why the receipt book is refused: refusals of referrals, in this app's words."""

from referrals.errors import Denied, NotFound, Refused


class Shut(Denied):
    """No such code, another PIN, a slip that is over, or too many tries: one answer to all of it."""

    code = "SHUT"

    def __init__(self) -> None:
        super().__init__("That code and PIN open nothing now.")


class NoSuchSlip(NotFound):
    """No such slip in force, or another agency's."""

    def __init__(self) -> None:
        Refused.__init__(self, "There is no such slip for you.")
