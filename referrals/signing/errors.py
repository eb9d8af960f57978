"""Why a client's link, code or page is refused: refusals of referrals, in this app's words."""

from fhir.content.issues import error
from referrals.errors import Denied, Gone, Invalid, NotFound, Refused


class LinkDead(Gone):
    """The link is unknown, used, withdrawn or over, or its code was tried too often: one answer to all of it."""

    def __init__(self) -> None:
        super().__init__("This link does not work any more. Ask whoever gave it to you for a new one.")


class WrongCode(Denied):
    """The link is good and the code is not; ``left`` more may be tried."""

    code = "WRONG_CODE"

    def __init__(self, left: int) -> None:
        super().__init__("That code is not right.")
        self.left = left


class Incomplete(Invalid):
    """What must be ticked or written is not; ``fields`` names each by its place on the page. Nothing was filed."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__([error("required", field, "must be ticked or filled in") for field in fields])
        self.fields = fields


class NothingWaiting(NotFound):
    """No such link or to-do is waiting, or it is another agency's."""

    def __init__(self) -> None:
        Refused.__init__(self, "There is no such link or to-do waiting for you.")
