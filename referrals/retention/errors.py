"""Why something about retention is refused; each is a ``Refused`` (docs/retention.md).

Refused
 ├── NotApproved      no schedule that two people approved covers this referral (403)
 ├── NotDue           it must be kept longer, or is still open (409)
 ├── ExportMissing    the agency has not got its own record of it, as it stands now (409)
 ├── Purged           it is deleted already (410)
 ├── SamePerson       the second approval must come from somebody else (403)
 └── NoSuchHold       no hold of this agency's stands under that id (404)

A hold refuses with the policy's own ``LEGAL_HOLD``; ``PURGED`` is what the policy tells who took part, too.
"""

from referrals.errors import Refused
from referrals.policy.codes import WORDS, DenyCode
from referrals.workflow import gettext_noop as _


class NotApproved(Refused):
    """Nothing is purged before the schedule is approved."""

    code = "NOT_APPROVED"

    def __init__(self) -> None:
        super().__init__(_("Records officer and privacy officer have not both approved the schedule for this."))


class NotDue(Refused):
    """It must be kept longer."""

    code = "NOT_DUE"

    def __init__(self) -> None:
        super().__init__(_("This referral is still open, or its time is not over."))


class ExportMissing(Refused):
    """The originating agency has not got its own record of the referral as it stands now."""

    code = "EXPORT_MISSING"

    def __init__(self) -> None:
        super().__init__(_("Export your agency's own record first and give the SHA-256 of that file."))


class Purged(Refused):
    """It is deleted already."""

    code = DenyCode.PURGED.value

    def __init__(self) -> None:
        super().__init__(WORDS[DenyCode.PURGED])


class SamePerson(Refused):
    """Two people approve, not one in two roles."""

    code = "SAME_PERSON"

    def __init__(self) -> None:
        super().__init__(_("You approved this already in another office; somebody else must approve it, too."))


class NoSuchHold(Refused):
    """No hold of this agency's stands under that id."""

    code = "NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(_("There is no such hold standing for your agency."))
