"""How things stand in a referral: the consents on file, the links that wait, and yeses that were only spoken."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from referrals.policy.terms import Terms
from referrals.services import chain, consented, recording
from referrals.services.gating import place_of, require_work

from .errors import NothingWaiting
from .models import OralYes, SigningRequest, State
from .papers import paper_called

ORAL = "oral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A paper that is not signed yet. ``how``: by a link on somebody's phone or our screen, or only spoken of.

    ``membership_id`` is who recorded it; ``until`` when a link ends, ``None`` for a yes that was only spoken.
    """

    id: UUID
    how: str
    paper: str
    membership_id: UUID
    at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFile:
    """A consent as it stands now."""

    id: UUID
    version: int
    form: str
    method: str
    standing: str
    parts: tuple[str, ...]
    purposes: tuple[str, ...]
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything about the consents of one referral that one agency may see; nothing is opened for it."""

    on_file: tuple[OnFile, ...]
    waiting: tuple[Waiting, ...]


def consents(actor: Actor, referral_id: UUID) -> Standing:
    """The consents this actor's agency recorded or is named in, and what it waits for. Recorded.

    Raises ``NotFound`` and ``Denied``, as opening does.
    """
    target = chain.target(referral_id)
    with recording.refusals(actor, "consent.list", target=target):
        place_of(actor, referral_id)
        links, (rows,) = chain.read_with(referral_id, consented.terms_in(referral_id))
        state = links.verified()
        ours = [
            terms
            for terms in consented.of(state, rows).values()
            if state.recorded_by[terms.consent] == actor.agency_id or actor.agency_id in terms.agencies
        ]
        recording.record(actor, "consent.list", target=target)
        on_file = tuple(_on_file(terms) for terms in sorted(ours, key=lambda terms: terms.consent))
        return Standing(on_file=on_file, waiting=_waiting(actor, referral_id))


def record_oral(actor: Actor, referral_id: UUID, *, paper: str) -> UUID:
    """Write down that the client said yes to ``paper`` and has not signed it. It waits, and lets nothing through.

    Raises ``Invalid`` for no such paper, ``NotFound`` and ``Denied``.
    """
    target = chain.target(referral_id)
    with recording.one_act(actor, "consent.oral", target=target):
        paper_called(paper)
        place_of(actor, referral_id)
        require_work(actor)
        row = OralYes(
            referral_id=referral_id, agency_id=actor.agency_id, membership_id=actor.membership_id, paper=paper
        )
        row.save(force_insert=True)
        recording.record(actor, "consent.oral", target=target, code=row.target)
        return row.id


def withdraw_oral(actor: Actor, oral_id: UUID) -> None:
    """It will not be signed. Raises ``NothingWaiting`` for another agency's, and one that ended; ``Denied``."""
    target = f"OralYes/{oral_id}"
    with recording.one_act(actor, "consent.drop-oral", target=target):
        require_work(actor)
        ours = OralYes.objects.filter(pk=oral_id, agency_id=actor.agency_id, ended_at=None)
        if not ours.update(ended_at=timezone.now()):
            raise NothingWaiting
        recording.record(actor, "consent.drop-oral", target=target)


def _waiting(actor: Actor, referral_id: UUID) -> tuple[Waiting, ...]:
    """Oldest first. A link that is over waits for nothing."""
    ours = {"referral_id": referral_id, "agency_id": actor.agency_id}
    spoken = OralYes.objects.filter(**ours, ended_at=None)
    links = SigningRequest.objects.filter(**ours, state=State.WAITING.value, expires_at__gt=timezone.now())
    found = [
        *(
            Waiting(
                id=row.id,
                how=ORAL,
                paper=row.paper,
                membership_id=row.membership_id,
                at=row.recorded_at,
                until=None,
            )
            for row in spoken
        ),
        *(
            Waiting(
                id=row.id,
                how=row.method,
                paper=row.paper,
                membership_id=row.membership_id,
                at=row.created_at,
                until=row.expires_at,
            )
            for row in links
        ),
    ]
    return tuple(sorted(found, key=lambda each: each.id))


def _on_file(terms: Terms) -> OnFile:
    return OnFile(
        id=terms.consent,
        version=terms.version,
        form=terms.form_version,
        method=terms.method.value,
        standing=terms.standing.value,
        parts=tuple(sorted(terms.compartments)),
        purposes=tuple(sorted(purpose.value for purpose in terms.purposes)),
        since=terms.since,
        until=terms.until,
    )
