"""What the consents of a referral let through, held against its signed chain; and what a client asked to restrict."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from agencies.compiled import Question, question
from agencies.vault import manifests
from agencies.vault.errors import Forged
from fhir.content.compartments import Compartment
from referrals.consents.models import ConsentTerms, Restriction
from referrals.masks import BIT
from referrals.models import Participation
from referrals.policy.bases import CONSENTS, Basis
from referrals.policy.codes import denied
from referrals.policy.terms import Terms, decode, digest, lapsed
from referrals.workflow import FINAL, State

from .rows import select

if TYPE_CHECKING:
    from django.db.models import QuerySet

Consents = dict[UUID, Terms]


def terms_in(folder_id: UUID) -> Question:
    """What ``of`` takes, to be asked together with the chain."""
    return question(_terms_in, folder_id=folder_id)


def load(state: manifests.State) -> Consents:
    """``of`` what is stored; no query where there is no consent."""
    return of(state, select(ConsentTerms, folder_id=state.folder_id)) if state.consents else {}


def of(state: manifests.State, rows: Iterable[ConsentTerms]) -> Consents:
    """The terms of every consent of a referral as they stand, by the Consent's id; ``rows`` are all that are stored.

    Raises ``CannotOpen`` for terms that are not what was signed, and for signed ones that are gone.
    """
    if not state.consents:
        return {}
    found = {row.consent: _terms(row) for row in sorted(rows, key=lambda row: row.id)}
    if set(lines(found)) != set(state.consents):
        raise Forged("terms of a consent")
    return found


def lines(consents: Consents) -> Iterator[manifests.Consent]:
    """What the manifest says of each."""
    for terms in consents.values():
        yield manifests.Consent(
            consent_id=terms.consent, version=terms.version, standing=terms.standing.value, digest=digest(terms)
        )


def require_standing(mine: Participation, consents: Consents, *, at: datetime) -> None:
    """Hold a place that stands on a consent against the signed terms, whatever its columns say.

    Raises ``CannotOpen`` if its consent was never recorded, ``Denied`` if it has ended (R-P2-09).
    """
    if Basis(mine.basis) not in CONSENTS or mine.mask == BIT[Compartment.REQUEST]:
        return
    if mine.consent not in consents:
        raise Forged("a place without its consent")
    ended = lapsed(consents[mine.consent], at=at)
    if ended is not None:
        raise denied(ended)


def carrying(mine: Participation, consents: Consents) -> list[Terms]:
    """The consents on which this place was given what it holds."""
    return [consents[mine.consent]] if mine.consent in consents and Basis(mine.basis) in CONSENTS else []


def counting(state: manifests.State, consents: Consents, consent: UUID | None, *, discloser: UUID) -> Terms | None:
    """The terms of ``consent``, if it counts for ``discloser``: it, or who may share on it, recorded it.

    A paper that somebody else filed, police say, steers nobody's grounds. One recorded just now is the actor's own.
    """
    if consent is None or consent not in consents:
        return None
    terms = consents[consent]
    recorder = state.recorded_by.get(consent, discloser)
    return terms if recorder in (discloser, terms.holder) else None


def restricted(requests: Iterable[Restriction]) -> bool:
    """Whether a request of a client to restrict a referral waits for its review, or was agreed to (42 CFR 2.26)."""
    return any(each.stands for each in requests)


def restrictions_of(referral_id: UUID) -> Question:
    """What a client asked to restrict, for ``restricted``: to be asked together with the chain."""
    return question(_restrictions_of, referral_id=referral_id)


def _restrictions_of(*, referral_id: UUID) -> "QuerySet[Restriction]":
    return Restriction.objects.filter(referral_id=referral_id)


def is_over(place: Participation, compartment: Compartment) -> bool:
    """Whether what is written from now on goes past this place: its consent was for help that has ended.

    Words about the task itself still reach its owner.
    """
    over = place.task is not None and State(place.task.status) in FINAL
    return over and Basis(place.basis) in CONSENTS and compartment is not Compartment.OUTCOME


def newest(consents: Iterable[Terms]) -> Terms | None:
    """The consent last recorded."""
    return max(consents, key=lambda terms: terms.consent, default=None)


def _terms_in(*, folder_id: UUID) -> "QuerySet[ConsentTerms]":
    return ConsentTerms.objects.filter(folder_id=folder_id)


def _terms(row: ConsentTerms) -> Terms:
    try:
        return decode(bytes(row.terms))
    except ValueError:
        raise Forged("terms of a consent") from None
