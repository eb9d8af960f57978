"""What somebody who can write to the database might do to it, done to a copy, and whether it is found out."""

from collections.abc import Callable

from django.db import connection

from agencies.vault import keyring, p256
from agencies.vault.models import AgencyKey, KeyState
from agencies.vault.purposes import KeyPurpose
from audit import signer
from audit.models import AuditEvent
from audit.verify import verify
from fhir.content.compartments import Compartment
from referrals.models import Section

from .cast import CLINICIAN
from .copies import standing_in
from .stage import Stage

Damage = Callable[[Stage], None]
EDIT = "UPDATE audit_event SET actor = %s, body = %s WHERE id = %s"


def found_out(stage: Stage, *, damage: Damage, ask: Callable[[Stage], str]) -> str:
    """The code that ``ask`` answers in a damaged copy.

    The same question is asked of the copy before the damage: were it refused already, the refusal would prove nothing.
    """
    with standing_in():
        before = ask(stage)
        damage(stage)
        after = _ask_afresh(stage, ask)
    return f"{before} before the damage" if before else after


def _ask_afresh(stage: Stage, ask: Callable[[Stage], str]) -> str:
    """Ask as a process would that has read nothing of the genuine rows, and remember nothing of the damaged ones."""
    keyring.forget()
    try:
        return ask(stage)
    finally:
        keyring.forget()


def swap_ciphertexts(stage: Stage) -> None:
    """Exchange the sealed bytes of two sections of one referral, same compartment and keys."""
    sections = Section.objects.filter(folder_id=stage.referral_id, compartment=Compartment.INCIDENT.value, task=None)
    one, other = sections.order_by("id")[:2]
    one.sealed, other.sealed = other.sealed, one.sealed
    Section.objects.bulk_update([one, other], ["sealed"])


def replace_key(_stage: Stage) -> None:
    """Put another public key where the unit's own was, to read what is sealed to it from now on."""
    key = AgencyKey.objects.get(
        agency__slug=CLINICIAN.agency, purpose=KeyPurpose.GENERAL.value, state=KeyState.ACTIVE.value
    )
    key.public = p256.public_bytes(p256.generate())
    key.save(update_fields=["public"])


def edit_log(stage: Stage) -> None:
    """Make the log say that somebody else opened the referral: column and canonical bytes both."""
    event = AuditEvent.objects.filter(target=f"Referral/{stage.referral_id}", action="referral.open").earliest("id")
    other = AuditEvent.objects.exclude(actor=event.actor).earliest("id").actor
    body = bytes(event.body).replace(event.actor.encode(), other.encode())
    id_ = event.id if connection.features.has_native_uuid_field else event.id.hex
    with connection.cursor() as cursor:
        cursor.execute(EDIT, [other, body, id_])


def verify_log(_stage: Stage) -> str:
    """What ``audit_verify`` says of the log: the class of the first fault, "" for none."""
    key = signer.load()
    found = verify(name=key.name, public=key.public)
    return found.first_bad.fault.value if found.first_bad else ""
