"""Why something about a legal paper or a mandated report is refused: refusals of referrals, in this app's words."""

from referrals.errors import Broken, NotFound, Refused


class NoSuchPaper(NotFound):
    """Not there or not yours: the same answer, so that nobody can ask about whom there is a paper."""

    def __init__(self) -> None:
        Refused.__init__(self, "There is no such legal paper or report for you.")


class Unsealable(Broken):
    """What is stored is not what was sealed, or there is no key to seal to."""

    def __init__(self) -> None:
        Refused.__init__(
            self, "This cannot be sealed or opened: what is stored is not what it must be. It was reported."
        )
