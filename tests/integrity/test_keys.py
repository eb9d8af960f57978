"""Somebody with SQL changes wraps and key rows: nothing more opens, nothing is sealed to his key, it is reported."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agencies.models import Agency
from agencies.roles import Role
from agencies.vault import contexts, p256, signatures
from agencies.vault.models import AgencyKey, KeyState
from agencies.vault.purposes import KeyPurpose
from agencies.vault.suites import SUITES
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from referrals.acts import Send, TakeStep
from referrals.models import Folder, Wrap
from referrals.opening import open_referral
from tests.county import bundle_of
from tests.integrity.alarms import Deed, doing, opening, raises_alarm
from tests.integrity.stage import Stage, member

Damage = Callable[[Stage], None]


def key_of(agency: Agency, purpose: KeyPurpose) -> AgencyKey:
    return AgencyKey.objects.get(agency=agency, purpose=purpose.value, state=KeyState.ACTIVE.value)


def wrap_of(stage: Stage, agency: Agency, purpose: KeyPurpose = KeyPurpose.GENERAL) -> Wrap:
    """The oldest wrap of the taken referral to one agency's key."""
    found = Wrap.objects.filter(folder_id=stage.taken, agency=agency, key__purpose=purpose.value).order_by("id").first()
    assert found is not None
    return found


def copy_of_the_bhus(stage: Stage, **changes: object) -> None:
    """The BHU's clinical wrap once more, with columns changed."""
    row = wrap_of(stage, stage.county.bhu, KeyPurpose.CLINICAL)
    row.pk = uuid7()
    for column, value in changes.items():
        setattr(row, column, value)
    row.save(force_insert=True)


def take_the_bhus(stage: Stage, **changes: object) -> None:
    """The BHU's clinical wrap itself, with columns changed."""
    Wrap.objects.filter(pk=wrap_of(stage, stage.county.bhu, KeyPurpose.CLINICAL).pk).update(**changes)


def forge_the_key(stage: Stage, agency: Agency, purpose: KeyPurpose, *, signed: bool) -> ec.EllipticCurvePrivateKey:
    """Put a key pair of one's own in an agency's row, signed by a root of one's own if ``signed``."""
    row = key_of(agency, purpose)
    private = p256.load_private(p256.generate())
    row.public = p256.public_bytes(p256.generate())
    if signed:
        statement = contexts.key_row(
            key_id=row.id, agency_id=row.agency_id, purpose=row.purpose, epoch=row.epoch, suite=row.suite,
            public=bytes(row.public),
        )  # fmt: skip
        row.root_signature = signatures.sign(private, statement)
    row.save(update_fields=["public", "root_signature"])
    return private


def send(stage: Stage) -> Deed:
    return doing(stage.county.officer, Send(data=bundle_of(), to=(stage.county.bhu.id,)))


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed by a root of the thief's"])
@pytest.mark.parametrize("purpose", [KeyPurpose.GENERAL, KeyPurpose.SYSTEM])
def test_nothing_is_sealed_to_a_replaced_key(stage: Stage, purpose: KeyPurpose, signed: bool) -> None:
    send(stage)()
    agency = stage.county.police if purpose is KeyPurpose.SYSTEM else stage.county.bhu
    forge_the_key(stage, agency, purpose, signed=signed)
    wraps, folders = Wrap.objects.count(), Folder.objects.count()
    raises_alarm(send(stage), stage.county.officer)
    assert (Wrap.objects.count(), Folder.objects.count()) == (wraps, folders)


def test_what_a_replaced_signing_key_signed_is_not_opened(stage: Stage) -> None:
    forge_the_key(stage, stage.county.police, KeyPurpose.SYSTEM, signed=True)
    raises_alarm(opening(stage.county.clinician, stage.taken), stage.county.clinician)


def test_an_inserted_key_of_a_later_epoch_is_not_sealed_to(stage: Stage) -> None:
    row = key_of(stage.county.bhu, KeyPurpose.GENERAL)
    AgencyKey.objects.filter(pk=row.pk).update(state=KeyState.RETIRED.value)
    row.pk, row.epoch, row.public = uuid7(), row.epoch + 1, SUITES[row.suite].public_bytes(SUITES[row.suite].generate())
    row.save(force_insert=True)
    raises_alarm(send(stage), stage.county.officer)


@pytest.mark.parametrize("other", ["own agency's", "other agency's"])
def test_a_private_half_under_another_row_opens_nothing(stage: Stage, other: str) -> None:
    row = key_of(stage.county.bhu, KeyPurpose.CLINICAL)
    away = (
        key_of(stage.county.bhu, KeyPurpose.GENERAL)
        if other == "own agency's"
        else key_of(stage.county.detox, KeyPurpose.CLINICAL)
    )
    row.private_sealed, away.private_sealed = away.private_sealed, row.private_sealed
    AgencyKey.objects.bulk_update([row, away], ["private_sealed"])
    raises_alarm(opening(stage.county.clinician, stage.taken), stage.county.clinician)


def test_a_key_row_that_changes_hands_opens_nothing_for_its_new_owner(stage: Stage) -> None:
    county = stage.county
    theirs = key_of(county.bhu, KeyPurpose.CLINICAL)
    AgencyKey.objects.filter(pk=theirs.pk).update(agency=county.detox, epoch=9, state=KeyState.RETIRED.value)
    copy_of_the_bhus(stage, agency=county.detox)
    raises_alarm(opening(county.detox_intake, stage.taken), county.detox_intake)


def test_a_key_row_of_another_purpose_opens_nothing_for_a_lower_role(stage: Stage) -> None:
    """An officer within the unit holds its general key only; relabelling the clinical one gives him no more."""
    county = stage.county
    theirs = key_of(county.bhu, KeyPurpose.CLINICAL)
    officer = member(county.bhu, Role.BHU_OFFICER)
    assert open_referral(officer, stage.taken).sections
    AgencyKey.objects.filter(pk=theirs.pk).update(purpose="general", epoch=9, state=KeyState.RETIRED.value)
    raises_alarm(opening(officer, stage.taken), officer)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda stage: copy_of_the_bhus(stage, agency=stage.county.detox), id="the agency"),
        pytest.param(
            lambda stage: copy_of_the_bhus(
                stage, agency=stage.county.detox, key=key_of(stage.county.detox, KeyPurpose.CLINICAL)
            ),
            id="agency and key",
        ),
        pytest.param(
            lambda stage: copy_of_the_bhus(
                stage, agency=stage.county.detox, key=key_of(stage.county.detox, KeyPurpose.GENERAL), mask=127
            ),
            id="agency, key and mask",
        ),
    ],
)
def test_a_wrap_re_pointed_to_another_agency_opens_nothing_there(stage: Stage, damage: Damage) -> None:
    intake = stage.county.detox_intake
    assert open_referral(intake, stage.taken).sections
    damage(stage)
    raises_alarm(opening(intake, stage.taken), intake)


def test_a_wrap_re_pointed_to_another_referral_opens_nothing_there(stage: Stage) -> None:
    take_the_bhus(stage, folder_id=stage.standing)
    raises_alarm(opening(stage.county.clinician, stage.standing), stage.county.clinician)


def test_a_wrap_re_pointed_to_a_key_of_another_purpose_opens_nothing(stage: Stage) -> None:
    take_the_bhus(stage, key=key_of(stage.county.bhu, KeyPurpose.GENERAL))
    raises_alarm(opening(stage.county.clinician, stage.taken), stage.county.clinician)


def test_the_mask_of_a_wrap_opens_nothing_more(stage: Stage) -> None:
    before = open_referral(stage.county.detox_intake, stage.taken).sections
    Wrap.objects.filter(folder_id=stage.taken).update(mask=127)
    assert open_referral(stage.county.detox_intake, stage.taken).sections == before


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda stage: wrap_of(stage, stage.county.bhu, KeyPurpose.CLINICAL).delete(), id="deleted"),
        pytest.param(lambda stage: take_the_bhus(stage, folder_id=stage.standing), id="moved to another referral"),
        pytest.param(lambda stage: take_the_bhus(stage, agency=stage.county.detox), id="moved to another agency"),
    ],
)
def test_a_wrap_taken_away_is_missed(stage: Stage, damage: Damage) -> None:
    """Else whoever can delete a row could keep a suicide screen from the clinician, and nobody would know."""
    damage(stage)
    raises_alarm(opening(stage.county.clinician, stage.taken), stage.county.clinician)


def test_an_accept_whose_release_lost_its_wraps_is_refused(stage: Stage) -> None:
    Wrap.objects.filter(folder_id=stage.standing, agency=stage.county.bhu, key__purpose="clinical").delete()
    accept = TakeStep(task_id=stage.task(stage.standing, stage.county.detox), step="accept")
    raises_alarm(doing(stage.county.detox_intake, accept), stage.county.detox_intake)


def test_a_key_of_the_thiefs_wrapped_to_a_reader_opens_nothing(stage: Stage) -> None:
    """A wrap is anonymous: anybody can make one to a public key. What it holds is not what sealed the section."""
    from agencies.vault import bundles, keyring
    from agencies.vault.seal import new_key

    bhu = stage.county.bhu
    row = stage.sections(stage.taken, Compartment.CONTACT)[0]
    key = bundles.DataKey(compartment=Compartment.CONTACT, audience=None, epoch=row.epoch, dek=new_key())
    sealed = keyring.wrap(
        key_of(bhu, KeyPurpose.GENERAL), bundles.encode([key]), info=contexts.bundle(folder_id=stage.taken)
    )
    copy_of_the_bhus(stage, key=key_of(bhu, KeyPurpose.GENERAL), sealed=sealed)
    raises_alarm(opening(stage.county.clinician, stage.taken), stage.county.clinician)
