"""What a department may tell its own officers before they knock: safety facts of its own earlier contacts (R-P2-17).

Off until counsel switches it on for the department. It never says that a referral followed, that anybody took it, or
that there was treatment: a code, the officer's words, the day.
"""

from collections import defaultdict
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
from fhir.content.compartments import Compartment
from fhir.content.safety import FACTS, fact_of, words_of
from referrals.blind import Lookup
from referrals.models import BlindToken, Participation, Section
from referrals.policy.codes import DenyCode, denied
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
    with recording.refusals(actor, "safety.read"):
        agency = Agency.objects.get(pk=actor.agency_id)
        _require_shared(actor, agency)
        referrals = _contacts(actor, lookups)
        recording.record(actor, "safety.read", code=f"contacts:{len(referrals)}")
        return sorted(_facts(actor, agency, referrals), key=lambda fact: fact.on, reverse=True)


def _require_shared(actor: Actor, agency: Agency) -> None:
    if actor.role not in SWORN:
        raise denied(DenyCode.ROLE)
    if not agency.sworn or not agency.shares_safety_facts:
        raise denied(DenyCode.STATE_PACK)


def _contacts(actor: Actor, lookups: Iterable[Lookup]) -> list[UUID]:
    """The referrals this department itself began about whoever fits."""
    tokens = [clients.token(actor.agency_id, lookup) for lookup in lookups]
    known = BlindToken.objects.filter(agency_id=actor.agency_id, token__in=tokens).values_list("client_id", flat=True)
    begun = Participation.objects.filter(agency_id=actor.agency_id, client_id__in=set(known), member_id__isnull=False)
    return sorted(begun.values_list("referral_id", flat=True))


def _facts(actor: Actor, agency: Agency, referrals: Iterable[UUID]) -> Iterator[SafetyFact]:
    """What stands in the newest version of each Observation the department wrote; the day is that of the first."""
    written = select(
        Section,
        folder_id=list(referrals),
        compartment=Compartment.INCIDENT.value,
        type="Observation",
        agency_id=agency.id,
    )
    secrets = shred_secrets.secrets({row.folder_id for row in written})
    for referral_id, rows in _by_referral(written).items():
        state = chain.load(referral_id)
        keys = wrapping.keys_of(actor, state)
        for first, newest in rows:
            key = keys.get(unsealing.place(newest))
            if key is None:
                continue
            if referral_id not in secrets:
                raise CannotOpen
            chain.require_genuine(state, newest)
            tree = unsealing.unseal(newest, key, secrets[referral_id]).tree
            code = fact_of(tree)
            if code is not None:
                on = local_day(agency, first.created_at)
                yield SafetyFact(code=code, text=FACTS[code], words=words_of(tree), on=on)


def _by_referral(written: Iterable[Section]) -> dict[UUID, list[tuple[Section, Section]]]:
    """The first and the newest version of each resource, by referral."""
    versions: dict[tuple[UUID, UUID], list[Section]] = defaultdict(list)
    for row in sorted(written, key=lambda row: row.version):
        versions[row.folder_id, row.resource_id].append(row)
    found: dict[UUID, list[tuple[Section, Section]]] = defaultdict(list)
    for (referral_id, _resource), rows in versions.items():
        found[referral_id].append((rows[0], rows[-1]))
    return found
