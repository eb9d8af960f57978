"""Holds: what must be kept whatever the schedule says, from the moment one is placed until it is lifted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.vault import contexts, keyring
from fhir.content.issues import error
from referrals.errors import Invalid, NotFound
from referrals.models import Client, Referral
from referrals.retention.errors import NoSuchHold, Purged
from referrals.retention.models import Certificate, Hold, HoldKind
from referrals.retention.schedule import Facts, Held, Scope
from referrals.services import chain, recording
from referrals.services.offices import require_privacy_officer

from .offices import person_of, require_party
from .schedules import lock

LONGEST = 128


def place_hold(
    actor: Actor,
    *,
    kind: HoldKind,
    case: str,
    scope: Scope,
    referral_id: UUID | None = None,
    client_id: UUID | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Hold:
    """Keep a referral the agency takes or took part in, a client of its own, everything of it, or one period of it.

    Of the case's number only a keyed hash is kept. Waits for a deletion that is under way. Raises ``Denied`` for
    anybody but the privacy officer, ``NotFound``, ``Purged``, ``Invalid`` if a scope names too much or too little.
    """
    target = chain.target(referral_id) if referral_id else ""
    on = {"scope": scope, "referral_id": referral_id, "client_id": client_id, "first": first, "last": last}
    with recording.one_act(actor, "retention.hold", target=target):
        require_privacy_officer(actor)
        person_of(actor)
        _require_there(_held(actor.agency_id, on))
        lock([actor.agency_id])
        hold = Hold(
            agency_id=actor.agency_id,
            kind=kind.value,
            case=hashed(actor.agency_id, case),
            placed_by=actor.membership_id,
            **on,
        )
        hold.save(force_insert=True)
        recording.record(actor, "retention.hold", target=f"Hold/{hold.id}", code=f"{kind}:{scope}")
    return hold


def lift_hold(actor: Actor, *, hold_id: UUID) -> Hold:
    """End a hold of the actor's agency; others that hold the same stay. Raises ``Denied``, ``NoSuchHold``."""
    with recording.one_act(actor, "retention.lift", target=f"Hold/{hold_id}"):
        require_privacy_officer(actor)
        person_of(actor)
        own = Hold.objects.select_for_update(no_key=True).filter(pk=hold_id, agency_id=actor.agency_id, lifted_at=None)
        hold = own.first()
        if hold is None:
            raise NoSuchHold
        hold.lifted_by, hold.lifted_at = actor.membership_id, timezone.now()
        hold.save(update_fields=["lifted_by", "lifted_at"])
        recording.record(actor, "retention.lift", target=f"Hold/{hold.id}", code=hold.kind)
    return hold


def hashed(agency_id: UUID, case: str) -> bytes:
    """The keyed hash of a case's number, equal only within one agency. Raises ``Invalid`` for none."""
    number = "".join(case.split()).casefold()
    if not 1 <= len(number) <= LONGEST:
        raise Invalid([error("value", "case", f"must be the number of the case, 1 to {LONGEST} characters")])
    return keyring.mac(agency_id, contexts.act("retention.hold", number))


def standing(agency_ids: Iterable[UUID]) -> list[Hold]:
    """The holds of these agencies that nobody lifted, oldest first."""
    return list(Hold.objects.filter(agency_id__in=set(agency_ids), lifted_at=None).order_by("id"))


def stopping(facts: Sequence[Facts]) -> dict[UUID, list[Hold]]:
    """By referral, the holds that keep it; those that nothing holds are missing."""
    holds = standing(agency for each in facts for agency in each.agencies)
    found: dict[UUID, list[Hold]] = defaultdict(list)
    for each in facts:
        for hold in holds:
            if hold.held.stops(each):
                found[each.folder_id].append(hold)
    return dict(found)


def _held(agency_id: UUID, on: Mapping[str, Any]) -> Held:
    try:
        return Held(agency_id=agency_id, **on)
    except ValueError as wrong:
        raise Invalid([error("value", "scope", str(wrong))]) from None


def _require_there(held: Held) -> None:
    """Raise ``NotFound`` for what is not the agency's to hold, ``Purged`` for what is gone."""
    if held.referral_id is not None:
        require_party(held.agency_id, held.referral_id)
        Referral.objects.select_for_update(no_key=True, of=("self",)).get(
            pk=held.referral_id
        )  # a deletion under way ends first
        if Certificate.objects.filter(folder_id=held.referral_id).exclude(finished_at=None).exists():
            raise Purged
    if held.client_id is not None and not Client.objects.filter(pk=held.client_id, agency_id=held.agency_id).exists():
        raise NotFound
