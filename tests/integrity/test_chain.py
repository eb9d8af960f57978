"""Somebody with SQL changes a referral's chain of manifests, or the log that remembers its newest link."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db.models import F, QuerySet

from agencies.vault.models import AgencyKey
from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from referrals.acts import TakeStep
from referrals.models import Manifest, Participation, Section, Wrap
from referrals.opening import open_referral
from referrals.services import chain
from tests.audit.tampering import sql, unguard
from tests.integrity.alarms import doing, opening, raises_alarm
from tests.integrity.stage import Stage

Damage = Callable[[Stage], None]


def links(referral_id: UUID) -> QuerySet[Manifest]:
    return Manifest.objects.filter(folder_id=referral_id).order_by("number")


def last(referral_id: UUID) -> Manifest:
    found = links(referral_id).last()
    assert found is not None
    return found


def roll_back(stage: Stage) -> None:
    """Take back the newest act: its link, its sections and the wraps that came with it."""
    newest = last(stage.taken)
    Wrap.objects.filter(folder_id=stage.taken, delegated_by__isnull=False).delete()
    Section.objects.filter(folder_id=stage.taken, epoch=newest.number).delete()
    newest.delete()


def take_all_away(stage: Stage) -> None:
    links(stage.taken).delete()


def take_the_first_away(stage: Stage) -> None:
    links(stage.taken).filter(number=1).delete()


def edit(number: int) -> Damage:
    def damage(stage: Stage) -> None:
        row = links(stage.taken).get(number=number)
        row.body = bytes(row.body).replace(b'"contact"', b'"sud"')
        row.save(update_fields=["body"])

    return damage


def edit_and_keep_canonical(stage: Stage) -> None:
    """Let the loser stand where the winner stands: same length, same form, another agency."""
    row = last(stage.taken)
    county = stage.county
    row.body = bytes(row.body).replace(str(county.detox.id).encode(), str(county.clinic.id).encode())
    row.save(update_fields=["body"])


def flip_a_signature(stage: Stage) -> None:
    row = links(stage.taken).get(number=2)
    row.signature = bytes([bytes(row.signature)[0] ^ 1]) + bytes(row.signature)[1:]
    row.save(update_fields=["signature"])


def exchange(one: Manifest, other: Manifest) -> None:
    one.body, other.body = other.body, one.body
    one.signature, other.signature = other.signature, one.signature
    Manifest.objects.bulk_update([one, other], ["body", "signature"])


def reorder(stage: Stage) -> None:
    exchange(*links(stage.taken)[1:3])


def swap_with_the_other(stage: Stage) -> None:
    exchange(links(stage.taken).get(number=2), links(stage.standing).get(number=2))


def swap_whole_chains(stage: Stage) -> None:
    links(stage.taken).update(number=F("number") + 100)
    links(stage.standing).update(folder_id=stage.taken)
    Manifest.objects.filter(number__gt=100).update(folder_id=stage.standing, number=F("number") - 100)


def append_by_oneself(stage: Stage) -> None:
    """One more link that gives the stranger everything, signed by nobody who may."""
    row = last(stage.taken)
    row.pk = None
    row.number += 1
    row.save(force_insert=True)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(roll_back, id="the newest act taken back"),
        pytest.param(take_all_away, id="all taken away"),
        pytest.param(take_the_first_away, id="the first taken away"),
        pytest.param(edit(1), id="the first edited"),
        pytest.param(edit(2), id="a middle one edited"),
        pytest.param(edit_and_keep_canonical, id="an agency put in another's place"),
        pytest.param(flip_a_signature, id="a signature changed"),
        pytest.param(reorder, id="two in the other order"),
        pytest.param(swap_with_the_other, id="two of two referrals swapped"),
        pytest.param(swap_whole_chains, id="the chains of two referrals swapped"),
        pytest.param(append_by_oneself, id="one more appended"),
    ],
)
def test_a_chain_that_is_not_as_it_was_signed_opens_nothing_and_lets_nothing_be_done(
    stage: Stage, damage: Damage
) -> None:
    county = stage.county
    assert open_referral(county.clinician, stage.taken).sections
    damage(stage)
    raises_alarm(opening(county.clinician, stage.taken), county.clinician)
    step = TakeStep(task_id=stage.task(stage.taken, county.detox), step="start")
    raises_alarm(doing(county.detox_intake, step), county.detox_intake)


def test_a_link_signed_with_another_agencys_key_is_not_believed(stage: Stage) -> None:
    """Detox signs, with its own genuine key, what only the BHU may say."""
    from dataclasses import replace

    from agencies.vault import contexts, keyring
    from agencies.vault.manifests import entries

    row, signer = last(stage.standing), keyring.signer(stage.county.detox.id)
    entry = replace(entries.parse(bytes(row.body)), key_id=signer.key_id)
    row.body = entries.encode(entry)
    row.signature, row.signer_id = signer.sign(contexts.manifest(row.body)), signer.key_id
    row.save()
    raises_alarm(opening(stage.county.clinician, stage.standing), stage.county.clinician)


def test_a_key_id_that_names_no_key_is_not_believed(stage: Stage) -> None:
    stage_key = last(stage.taken).signer_id
    AgencyKey.objects.filter(pk=stage_key).update(
        purpose="system", agency=stage.county.clinic, epoch=9, state="retired"
    )
    raises_alarm(opening(stage.county.clinician, stage.taken), stage.county.clinician)


def newest_event(referral_id: UUID) -> UUID:
    """The event that holds the digest of the newest link."""
    found = AuditEvent.objects.filter(target=chain.target(referral_id), digest__gt="").order_by("digest").last()
    assert found is not None
    return found.id


@pytest.mark.parametrize("how", ["deleted", "emptied", "changed"])
def test_a_chain_whose_newest_digest_is_gone_from_the_log_opens_nothing(stage: Stage, how: str) -> None:
    event = newest_event(stage.taken)
    digests = AuditEvent.objects.filter(
        target=chain.target(stage.taken), digest=AuditEvent.objects.get(pk=event).digest
    )
    unguard()
    for each in list(digests.values_list("id", flat=True)):
        statement = {
            "deleted": "DELETE FROM audit_event WHERE id = %s",
            "emptied": "UPDATE audit_event SET digest = '' WHERE id = %s",
            "changed": f"UPDATE audit_event SET digest = '000009.{'0' * 64}' WHERE id = %s",
        }[how]
        sql(statement, each)
    raises_alarm(opening(stage.county.clinician, stage.taken), stage.county.clinician)


def test_the_wraps_of_a_withdrawn_agency_put_back_by_hand_open_nothing(stage: Stage) -> None:
    """A thief kept a copy of the loser's rows: the chain knows it has no place any more."""
    county = stage.county
    ask = Wrap.objects.filter(folder_id=stage.standing, agency=county.clinic).first()
    assert ask is not None
    accept = TakeStep(task_id=stage.task(stage.standing, county.detox), step="accept")
    doing(county.detox_intake, accept)()
    ask.save(force_insert=True)
    Participation.objects.filter(referral_id=stage.standing, agency=county.clinic).update(mask=1, status="requested")
    raises_alarm(opening(county.clinic_intake, stage.standing), county.clinic_intake)
    raises_alarm(
        lambda: open_referral(county.clinic_intake, stage.standing, compartments=[Compartment.REQUEST]),
        county.clinic_intake,
    )
