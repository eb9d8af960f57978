"""What a department may tell its own officers before they knock: safety facts of its own earlier contacts (R-P2-17).

Off until counsel switches it on for the department. It never says that a referral followed, that anybody took it, or
that there was treatment: a code, the officer's words, the day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from agencies.actor import Actor
from agencies.days import local_day
from agencies.models import Agency
from agencies.roles import Role
from agencies.vault.errors import CannotOpen
from agencies.vault.shred import secrets as shred_secrets
from audit.outcome import Outcome
from fhir.content.compartments import Compartment
from fhir.content.safety import FACTS, fact_of, words_of
from referrals.blind import Lookup
from referrals.errors import Broken, Denied
from referrals.models import BlindToken, Participation, Section
from referrals.policy.codes import WORDS, DenyCode
from referrals.services import chain, clients, recording, unsealing, wrapping
from referrals.services.rows import select

SWORN = frozenset({Role.OFFICER, Role.BHU_OFFICER})


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyFact:
    """One fact: its code, our words for it, what the officer wrote, and the day of the contact."""

    code: str
    text: str
    words: str
    on: date


def safety_facts(actor: Actor, lookups: Iterable[Lookup]) -> list[SafetyFact]:
    """The safety facts this department recorded about whoever fits, newest first; recorded, hit or miss.

    Raises ``Denied`` unless the actor is sworn and the department switched it on, ``Broken``.
    """
    agency = Agency.objects.get(pk=actor.agency_id)
    if actor.role not in SWORN or not agency.sworn or not agency.shares_safety_facts:
        code = DenyCode.ROLE if actor.role not in SWORN else DenyCode.STATE_PACK
        recording.refuse(actor, "safety.read", code=code)
        raise Denied(WORDS[code], code=code)
    referrals = _contacts(actor, lookups)
    recording.record(actor, "safety.read", code=f"contacts:{len(referrals)}")
    try:
        found = [fact for referral_id in referrals for fact in _facts(actor, referral_id, agency)]
    except CannotOpen as broken:
        recording.refuse(actor, "safety.read", code=Broken.code, outcome=Outcome.SERIOUS)
        raise Broken from broken
    return sorted(found, key=lambda fact: fact.on, reverse=True)


def _contacts(actor: Actor, lookups: Iterable[Lookup]) -> list[UUID]:
    """The referrals this department itself began about whoever fits."""
    tokens = [clients.token(actor.agency_id, lookup) for lookup in lookups]
    known = BlindToken.objects.filter(agency_id=actor.agency_id, token__in=tokens).values_list("client_id", flat=True)
    begun = Participation.objects.filter(agency_id=actor.agency_id, client_id__in=set(known), member_id__isnull=False)
    return sorted(begun.values_list("referral_id", flat=True))


def _facts(actor: Actor, referral_id: UUID, agency: Agency) -> Iterator[SafetyFact]:
    state = chain.load(referral_id)
    keys = wrapping.keys_of(actor, state)
    rows = select(Section, folder_id=referral_id, compartment=Compartment.INCIDENT.value, type="Observation")
    secret = shred_secrets.secret(referral_id)
    for row in rows:
        if row.agency_id == agency.id and unsealing.place(row) in keys:
            chain.require_genuine(state, row)
            tree = unsealing.unseal(row, keys[unsealing.place(row)], secret).tree
            code = fact_of(tree)
            if code is not None:
                day = local_day(agency, row.created_at)
                yield SafetyFact(code=code, text=FACTS[code], words=words_of(tree), on=day)
