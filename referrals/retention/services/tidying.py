"""What goes with a shred secret: keys, ciphertext, and whatever would still lead to the client. Safe to repeat.

What stays is what statistics and the law need: the referral's row, tasks and steps with their codes, who took part,
the ledger of disclosures, the signed chain and the log. None of it names or describes the client.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.db.models import Model

from referrals.drafts.models import Draft
from referrals.models import BlindToken, Client, Idempotency, Notice, Participation, Section, Wrap
from referrals.policy.codes import DenyCode
from referrals.services import clients
from referrals.signing.models import SigningRequest

ENDED_AS = DenyCode.PURGED
"""What whoever took part until now is told from now on; a place that ended before keeps its own reason."""

DELETED: Mapping[str, tuple[type[Model], str]] = MappingProxyType(
    {
        "sections": (Section, "folder_id"),
        "wraps": (Wrap, "folder_id"),
        "notices": (Notice, "referral_id"),
        "idempotency": (Idempotency, "result__referral"),
        "signing_links": (SigningRequest, "referral_id"),
        "drafts": (Draft, "referral_id"),
    }
)
"""Rows that go, by the column that says whose they are.

Sections go although they are unreadable: a chain of manifests proves by their hashes what they were, and ciphertext
that is not there is not waiting for a better computer.
"""


def tidy(folder_id: UUID, *, at: datetime) -> dict[str, int]:
    """Delete all of it, in the caller's transaction. Returns how many rows of each kind were deleted."""
    counts = _forget_clients(folder_id, at)
    for name, (model, column) in DELETED.items():
        value = str(folder_id) if "__" in column else folder_id  # inside JSON an id is text
        counts[name], _by_model = model._default_manager.filter(**{column: value}).delete()
    return counts


def _forget_clients(folder_id: UUID, at: datetime) -> dict[str, int]:
    """End every agency's place, and unlink its client; a client of whom nothing else is left goes with its tokens."""
    places = Participation.objects.filter(referral_id=folder_id)
    linked = list(places.filter(client__isnull=False).values_list("client_id", flat=True))
    places.filter(until=None).update(until=at, ended_as=ENDED_AS.value)
    places.update(client=None, was_client=None, mask=0)
    tokens = BlindToken.objects.filter(client_id__in=linked)
    before = {"clients": len(linked), "tokens": tokens.count()}
    clients.forget(linked)
    left = {"clients": Client.objects.filter(pk__in=linked).count(), "tokens": tokens.count()}
    return {name: before[name] - left[name] for name in before}
