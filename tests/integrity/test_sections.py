"""Somebody with SQL changes stored sections: whoever opens the referral is refused, and the alarm is in the log."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from agencies.vault.shred.models import ShredSecret
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from referrals.models import Section
from referrals.opening import open_referral
from tests.integrity.alarms import alarms, opening, raises_alarm
from tests.integrity.stage import Stage

Damage = Callable[[Stage], None]


def test_untouched_the_clinician_opens_every_section_and_nothing_is_alarmed(stage: Stage) -> None:
    opened = open_referral(stage.county.clinician, stage.taken)
    assert len(opened.sections) == Section.objects.filter(folder_id=stage.taken).count() - lapsed(stage)
    assert alarms() == []


def lapsed(stage: Stage) -> int:
    """Sections of tasks the clinician's agency is no side of: none, it asked both providers."""
    sides = {stage.county.bhu.id}
    return sum(
        sides.isdisjoint({row.task.requester_id, row.task.owner_id})
        for row in Section.objects.filter(folder_id=stage.taken, task__isnull=False).select_related("task")
    )


def swap(one: Section, other: Section) -> None:
    one.sealed, other.sealed = other.sealed, one.sealed
    Section.objects.bulk_update([one, other], ["sealed"])


def swap_neighbours(stage: Stage) -> None:
    one, other = stage.sections(stage.taken, Compartment.INCIDENT)[:2]
    swap(one, other)


def swap_compartments(stage: Stage) -> None:
    (one, *_), (other, *_) = (stage.sections(stage.taken, part) for part in (Compartment.CONTACT, Compartment.CLINICAL))
    swap(one, other)


def swap_referrals(stage: Stage) -> None:
    (one, *_), (other, *_) = (stage.sections(each, Compartment.CONTACT) for each in (stage.taken, stage.standing))
    swap(one, other)


def flip(place: int) -> Damage:
    def damage(stage: Stage) -> None:
        row = stage.sections(stage.taken, Compartment.CONTACT)[0]
        sealed = bytearray(row.sealed)
        sealed[place] ^= 1
        row.sealed = bytes(sealed)
        row.save(update_fields=["sealed"])

    return damage


def cut_short(stage: Stage) -> None:
    row = stage.sections(stage.taken, Compartment.CONTACT)[0]
    row.sealed = bytes(row.sealed)[:60]
    row.save(update_fields=["sealed"])


def delete_one(stage: Stage) -> None:
    stage.sections(stage.taken, Compartment.CLINICAL)[0].delete()


def delete_all(stage: Stage) -> None:
    Section.objects.filter(folder_id=stage.taken).delete()


def copy_in(stage: Stage) -> None:
    row = stage.sections(stage.taken, Compartment.CONTACT)[0]
    row.pk, row.resource_id = uuid7(), uuid7()
    row.save(force_insert=True)


def copy_from_the_other(stage: Stage) -> None:
    row = stage.sections(stage.standing, Compartment.CONTACT)[0]
    row.pk, row.resource_id, row.folder_id = uuid7(), uuid7(), stage.taken
    row.save(force_insert=True)


def change(part: Compartment, **columns: object) -> Damage:
    def damage(stage: Stage) -> None:
        Section.objects.filter(pk=stage.sections(stage.taken, part)[0].pk).update(**columns)

    return damage


def move_to_the_other(stage: Stage) -> None:
    Section.objects.filter(pk=stage.sections(stage.taken, Compartment.CONTACT)[0].pk).update(folder_id=stage.standing)


def move_to_one_task(stage: Stage) -> None:
    task = stage.task(stage.taken, stage.county.detox)
    Section.objects.filter(pk=stage.sections(stage.taken, Compartment.CLINICAL)[0].pk).update(task_id=task)


def move_to_everybody(stage: Stage) -> None:
    note = Section.objects.get(folder_id=stage.taken, type="Communication", task__isnull=False)
    Section.objects.filter(pk=note.pk).update(task=None)


def say_the_bhu_wrote_it(stage: Stage) -> None:
    change(Compartment.CONTACT, agency=stage.county.bhu)(stage)


def say_it_was_written_later(stage: Stage) -> None:
    change(Compartment.CONTACT, created_at=timezone.now() + timedelta(days=1))(stage)


def swap_shred_secrets(stage: Stage) -> None:
    one, other = (ShredSecret.objects.get(pk=each) for each in (stage.taken, stage.standing))
    one.secret, other.secret = other.secret, one.secret
    ShredSecret.objects.bulk_update([one, other], ["secret"])


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(swap_neighbours, id="two ciphertexts of one compartment swapped"),
        pytest.param(swap_compartments, id="two ciphertexts of two compartments swapped"),
        pytest.param(swap_referrals, id="two ciphertexts of two referrals swapped"),
        *(pytest.param(flip(at), id=f"byte {at} flipped") for at in (0, 1, 17, 29, 61, -17, -1)),
        pytest.param(cut_short, id="cut short"),
        pytest.param(delete_one, id="a row deleted"),
        pytest.param(delete_all, id="all rows deleted"),
        pytest.param(copy_in, id="a row copied under a new id"),
        pytest.param(copy_from_the_other, id="a row copied from another referral"),
        pytest.param(change(Compartment.CONTACT, compartment="incident"), id="moved to a compartment below"),
        pytest.param(change(Compartment.CLINICAL, compartment="contact"), id="moved to where the officer reads"),
        pytest.param(change(Compartment.CONTACT, compartment="transport"), id="moved to a compartment nobody opens"),
        pytest.param(change(Compartment.CONTACT, version=7), id="its version changed"),
        pytest.param(change(Compartment.CONTACT, resource_id=uuid7()), id="its resource id changed"),
        pytest.param(change(Compartment.CONTACT, type="Consent"), id="its type changed"),
        pytest.param(change(Compartment.CONTACT, epoch=2), id="its epoch changed to another"),
        pytest.param(change(Compartment.CONTACT, epoch=99), id="its epoch changed to none"),
        pytest.param(move_to_the_other, id="moved to another referral"),
        pytest.param(move_to_one_task, id="moved to the audience of one task"),
        pytest.param(move_to_everybody, id="moved from one task to everybody"),
        pytest.param(say_the_bhu_wrote_it, id="its author changed"),
        pytest.param(say_it_was_written_later, id="its time changed"),
        pytest.param(swap_shred_secrets, id="the shred secrets of two referrals swapped"),
    ],
)
def test_a_section_that_is_not_as_it_was_signed_is_not_shown(stage: Stage, damage: Damage) -> None:
    clinician = stage.county.clinician
    assert open_referral(clinician, stage.taken).sections
    damage(stage)
    raises_alarm(opening(clinician, stage.taken), clinician)
