"""The accounting of disclosures as the desk takes it out: on paper, as a table. Each way out is an event of its own."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from agencies.actor import Actor
from agencies.models import Agency
from referrals.receipts.accounting import Accounting, accounting
from referrals.services import chain, recording


class Way(StrEnum):
    """How it leaves the screen."""

    PRINT = "print"
    CSV = "csv"


def account(
    actor: Actor,
    *,
    referrals: Iterable[UUID] = (),
    client: UUID | None = None,
    whole: bool = False,
    way: Way | None,
    agency: Agency,
) -> Accounting:
    """The accounting of some referrals or of a client, ``whole`` with what is kept from the client."""
    ids = list(referrals)
    report = accounting(actor, referrals=ids, client=client, for_client=not whole, agency=agency)
    if way is not None:
        target = chain.target(ids[0]) if ids else f"Client/{client}"
        recording.record(actor, "accounting.take-out", target=target, code=way.value)
    return report
