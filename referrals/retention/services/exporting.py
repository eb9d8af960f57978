"""An agency's own record of a referral, taken out before the referral is deleted.

The file is plain FHIR JSON, not sealed. Sealed to a key of this network it would stay within reach of what is to
forget it, and a record an agency must keep for years longer would hang on a key service that rotates and destroys.
It goes where the agency's other records are, under that archive's own locks. It is made with the agency's own keys
by somebody whose role opens all of it; who may delete can open nothing, so two people take part.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from agencies.actor import Actor
from agencies.vault.shred import secrets as shred_secrets
from audit import log
from fhir.content.compartments import Compartment
from referrals.errors import NotFound, Stale
from referrals.masks import compartments_in
from referrals.models import Participation, Section
from referrals.opening import open_referral
from referrals.policy.codes import DenyCode, denied
from referrals.retention import record
from referrals.retention.models import Export
from referrals.services import chain, recording, unsealing, wrapping
from referrals.services.unsealing import Opened

from .offices import person_of, require_own

ACTION = "retention.export"
OWN_RECORD = (Compartment.CONTACT, Compartment.INCIDENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was taken out: the file's SHA-256, how many resources, and the client's birth year if it says one.

    The year is for whoever asks what is due; no column has it.
    """

    referral_id: UUID
    digest: str
    resources: int
    born: int | None


def export(actor: Actor, *, referral_id: UUID, write: Callable[[bytes], None]) -> Exported:
    """Hand the agency's own contact and incident parts to ``write``, which keeps them before it returns; recorded.

    Only of a referral that began with the actor's agency, only what that agency wrote. Raises ``NotFound``, ``Denied``
    (also if the actor's role sees only a part of it), ``Broken``, ``Stale`` if it changed meanwhile.
    """
    target = chain.target(referral_id)
    with recording.refusals(actor, ACTION, target=target):
        person_of(actor)
        parts = _parts(actor, referral_id)
    before = log.newest_digest(target)
    opened = open_referral(actor, referral_id, compartments=parts)  # records itself, refused or not
    with recording.refusals(actor, ACTION, target=target):
        sections = [section for section in opened.sections if section.agency_id == actor.agency_id]
        _require_whole(actor, referral_id, parts, sections)
        versions = [(section.resource_id, section.version, section.tree) for section in sections]
        data = record.bundle(versions, id_=uuid4(), at=timezone.now())
        write(data)
        digest = sha256(data).hexdigest()
        with transaction.atomic():
            _enter(actor, referral_id, digest=digest, before=before, sections=len(sections))
    return Exported(referral_id=referral_id, digest=digest, resources=len(sections), born=_birth_year(sections))


def needs_export(agency_id: UUID, referral_id: UUID) -> bool:
    """Whether there is anything of the agency's own to take out: an anonymous request has nothing."""
    return _written(agency_id, referral_id, OWN_RECORD).exists()


def exported(referral_id: UUID) -> str:
    """The newest export's digest that is of the referral as it stands now, "" if there is none."""
    newest = log.newest_digest(chain.target(referral_id))
    found = Export.objects.filter(referral_id=referral_id, chain_digest=newest).order_by("-id")
    return found.values_list("digest", flat=True).first() or ""


def exports_of(agency_id: UUID, referral_ids: Collection[UUID]) -> tuple[set[UUID], set[UUID]]:
    """``needs_export`` and ``exported`` of many referrals: which have something to take out, and of which it was."""
    written = Section.objects.filter(
        folder_id__in=referral_ids, agency_id=agency_id, compartment__in=[part.value for part in OWN_RECORD]
    )
    made = Export.objects.filter(referral_id__in=referral_ids).values_list("referral_id", "chain_digest")
    newest = log.newest_digests({chain.target(referral_id) for referral_id, _digest in made})
    return (
        set(written.values_list("folder_id", flat=True)),
        {referral_id for referral_id, digest in made if newest.get(chain.target(referral_id)) == digest},
    )


def is_export(referral_id: UUID, digest: str) -> bool:
    """Whether ``digest`` is of an export of the referral as it stands now."""
    newest = log.newest_digest(chain.target(referral_id))
    return Export.objects.filter(referral_id=referral_id, digest=digest, chain_digest=newest).exists()


def _parts(actor: Actor, referral_id: UUID) -> list[Compartment]:
    """Which of contact and incident the agency holds. Raises ``NotFound`` if there is nothing of its own in them."""
    require_own(actor, referral_id)
    masks = Participation.objects.filter(referral_id=referral_id, agency_id=actor.agency_id)
    held = compartments_in(masks.values_list("mask", flat=True)[0])
    parts = [part for part in OWN_RECORD if part in held]
    if not _written(actor.agency_id, referral_id, parts).exists():
        raise NotFound
    return parts


def _written(
    agency_id: UUID, referral_id: UUID, parts: tuple[Compartment, ...] | list[Compartment]
) -> QuerySet[Section]:
    return Section.objects.filter(
        folder_id=referral_id, agency_id=agency_id, compartment__in=[part.value for part in parts]
    )


def _require_whole(actor: Actor, referral_id: UUID, parts: list[Compartment], shown: list[Opened]) -> None:
    """Raise ``Denied`` if the actor was shown less than there is: half a record must not pass for the record.

    What is there is opened once more past every limit of what a role is shown, looked at, and dropped.
    """
    keys, secret = wrapping.keys_of(actor, chain.load(referral_id)), shred_secrets.secret(referral_id)
    seen = {section.id: section.tree.keys() for section in shown}
    for row in _written(actor.agency_id, referral_id, parts):
        key = keys.get(unsealing.place(row))
        if key is None or not unsealing.unseal(row, key, secret).tree.keys() <= seen.get(row.id, set()):
            raise denied(DenyCode.COMPARTMENT)


def _enter(actor: Actor, referral_id: UUID, *, digest: str, before: str, sections: int) -> None:
    target = chain.target(referral_id)
    if log.newest_digest(target) != before:
        raise Stale("This referral changed while it was exported. Delete the file and export it again.")
    Export(
        referral_id=referral_id,
        agency_id=actor.agency_id,
        membership_id=actor.membership_id,
        digest=digest,
        chain_digest=before,
        sections=sections,
    ).save(force_insert=True)
    recording.record(actor, ACTION, target=target, code=f"sha256:{digest}")


def _birth_year(sections: list[Opened]) -> int | None:
    """The year of the newest Patient's birth date."""
    born = [section.tree.get("birthDate") for section in sections if section.type == "Patient"]
    known = born[-1] if born else None
    return int(known[:4]) if isinstance(known, str) and known[:4].isdigit() else None
