"""Why a draft is not kept."""

from uuid import UUID

from referrals.errors import Refused, Stale

from .kept import Kept


class Changed(Stale):
    """It was kept in another version meanwhile, by another tab or device; ``kept`` is that one."""

    def __init__(self, kept: Kept) -> None:
        super().__init__("This draft was changed in another tab or on another device.")
        self.kept = kept


class AlreadySent(Refused):
    """It was sent, as the referral ``referral_id``."""

    code = "DRAFT_SENT"

    def __init__(self, referral_id: UUID) -> None:
        super().__init__("This draft was sent already.")
        self.referral_id = referral_id
