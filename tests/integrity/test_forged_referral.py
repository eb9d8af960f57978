"""Somebody with SQL and cryptography of his own invents a whole referral: nobody opens it, nobody acts on it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from agencies.models import Agency
from agencies.vault import bundles, contexts, keyring, manifests, p256, seal, signatures
from agencies.vault.models import AgencyKey, KeyState
from agencies.vault.purposes import KeyPurpose
from agencies.vault.shred.models import ShredSecret
from audit import log
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from referrals.acts import TakeStep
from referrals.listing import inbox
from referrals.models import Folder, Manifest, Participation, Referral, ReferralTask, Section, Wrap
from referrals.services import chain
from tests.integrity.alarms import doing, opening, raises_alarm
from tests.integrity.stage import Stage

WORDS = b'{"resourceType":"Communication","status":"completed"}'


@dataclass(frozen=True)
class Thief:
    """Signs for an agency with a key pair he made himself."""

    agency_id: UUID
    key_id: UUID
    private: ec.EllipticCurvePrivateKey

    def sign(self, message: bytes) -> bytes:
        return signatures.sign(self.private, message)


def own_key(agency: Agency) -> Thief:
    """A signing key for ``agency`` in a row of its own, signed by a network root of the thief's."""
    private, root = p256.generate(), p256.load_private(p256.generate())
    row = AgencyKey(
        agency=agency, purpose=KeyPurpose.SYSTEM.value, epoch=77, suite=signatures.ES256,
        public=p256.public_bytes(private), private_sealed=b"x", state=KeyState.RETIRED.value,
    )  # fmt: skip
    statement = contexts.key_row(
        key_id=row.id, agency_id=agency.id, purpose=row.purpose, epoch=row.epoch, suite=row.suite,
        public=bytes(row.public),
    )  # fmt: skip
    row.root_signature = signatures.sign(root, statement)
    row.save(force_insert=True)
    return Thief(agency.id, row.id, p256.load_private(private))


def genuine_key(agency: Agency) -> Thief:
    """The agency's own key row named, but signed by the thief."""
    row = AgencyKey.objects.get(agency=agency, purpose=KeyPurpose.SYSTEM.value, state=KeyState.ACTIVE.value)
    return Thief(agency.id, row.id, p256.load_private(p256.generate()))


def forge(stage: Stage, thief: Thief) -> ReferralTask:
    """Every row of a referral from the police to the BHU, as the application would write it; its task."""
    police, bhu, now = stage.county.police, stage.county.bhu, timezone.now()
    folder = Folder(kind="referral", agency=police, patient_id=uuid7())
    folder.save(force_insert=True)
    referral = Referral(folder=folder, origin=police)
    referral.save(force_insert=True)
    task = ReferralTask(referral=referral, requester=police, owner=bhu)
    task.save(force_insert=True)
    stolen = ShredSecret.objects.get(pk=stage.taken)
    ShredSecret(folder_id=folder.id, secret=stolen.secret).save(force_insert=True)
    places = [
        Participation(
            referral=referral, agency=agency, task_id=task_id, mask=4, status="requested", basis=basis, purpose="COC"
        )
        for agency, task_id, basis in ((police, None, "internal_unit"), (bhu, task.id, "referral_for_help"))
    ]
    Participation.objects.bulk_create(places)
    section, key = sealed_section(stage, folder, now)
    section.save(force_insert=True)
    general = keyring.recipient_key(bhu.id, KeyPurpose.GENERAL)
    info = contexts.bundle(folder_id=folder.id)
    Wrap(
        folder=folder, agency=bhu, key=general, mask=4, sealed=keyring.wrap(general, bundles.encode([key]), info=info)
    ).save(force_insert=True)
    signed, after = manifests.extend(
        manifests.State(folder_id=folder.id),
        act="referral.send",
        signer=thief,
        at=now,
        parties=[
            manifests.Party(agency_id=agency.id, audience=audience, compartments=frozenset({Compartment.INCIDENT}))
            for agency in (police, bhu)
            for audience in (None, task.id)
        ],
        grounds=[chain.ground(place) for place in places],
        sections=[chain.line(section)],
    )
    Manifest(folder=folder, number=1, body=signed.body, signer_id=thief.key_id, signature=signed.signature).save()
    log.record(
        action="referral.send",
        target=chain.target(folder.id),
        actor=stage.county.officer.name,
        agency=str(police.id),
        digest=after.digest,
    )
    return task


def sealed_section(stage: Stage, folder: Folder, now: object) -> tuple[Section, bundles.DataKey]:
    key = bundles.DataKey(compartment=Compartment.INCIDENT, audience=None, epoch=1, dek=seal.new_key())
    section = Section(
        folder=folder, compartment="incident", epoch=1, type="Communication", resource_id=uuid7(),
        agency=stage.county.police, membership_id=stage.county.officer.membership_id, created_at=now,
    )  # fmt: skip
    place = contexts.section(
        folder_id=folder.id, section_id=section.id, compartment=Compartment.INCIDENT, audience=None, version=1, epoch=1
    )
    section.sealed = seal.seal(dek=key.dek, shred_secret=seal.new_key(), plaintext=WORDS, context=place)
    return section, key


@pytest.mark.parametrize("hand", [own_key, genuine_key], ids=["a key of his own", "an agency's key, not its hand"])
def test_a_referral_made_by_sql_alone_is_refused_wherever_it_is_touched(
    stage: Stage, hand: Callable[[Agency], Thief]
) -> None:
    clinician = stage.county.clinician
    task = forge(stage, hand(stage.county.police))
    assert task.referral_id in {row.referral_id for row in inbox(clinician)}  # lists never unseal, so they can't tell
    raises_alarm(opening(clinician, task.referral_id), clinician)
    raises_alarm(doing(clinician, TakeStep(task_id=task.pk, step="accept")), clinician)


def test_a_referral_without_a_manifest_is_refused(stage: Stage) -> None:
    clinician = stage.county.clinician
    task = forge(stage, genuine_key(stage.county.police))
    Manifest.objects.filter(folder_id=task.referral_id).delete()
    raises_alarm(opening(clinician, task.referral_id), clinician)


def test_a_referral_under_a_genuine_manifest_of_another_is_refused(stage: Stage) -> None:
    clinician = stage.county.clinician
    task = forge(stage, genuine_key(stage.county.police))
    genuine = Manifest.objects.get(folder_id=stage.taken, number=1)
    Manifest.objects.filter(folder_id=task.referral_id).update(body=genuine.body, signature=genuine.signature)
    raises_alarm(opening(clinician, task.referral_id), clinician)
