"""What happens: referrals and who takes part in them, what is sealed in them, what acts write beside them."""

from .records import Disclosure, Idempotency, Notice
from .referral import (
    OPEN_IN_EMERGENCY,
    OPEN_IN_REVIEW,
    BlindToken,
    Client,
    Folder,
    FolderKind,
    GrantQuerySet,
    Participation,
    ParticipationQuerySet,
    Priority,
    Referral,
    ReferralGroupPermission,
    ReferralQuerySet,
    ReferralTask,
    ReferralUserPermission,
    StepTaken,
)
from .sealed import Manifest, Section, Wrap

__all__ = [
    "OPEN_IN_EMERGENCY",
    "OPEN_IN_REVIEW",
    "BlindToken",
    "Client",
    "Disclosure",
    "Folder",
    "FolderKind",
    "GrantQuerySet",
    "Idempotency",
    "Manifest",
    "Notice",
    "Participation",
    "ParticipationQuerySet",
    "Priority",
    "Referral",
    "ReferralGroupPermission",
    "ReferralQuerySet",
    "ReferralTask",
    "ReferralUserPermission",
    "Section",
    "StepTaken",
    "Wrap",
]
