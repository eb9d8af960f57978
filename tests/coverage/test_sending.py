"""What is sent to an agency that is covered: shown before, gated as for anybody, and by the sender's word."""

import json
from datetime import time, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agencies.agreements import AgreementParty
from agencies.coverage import services
from agencies.coverage.models import Coverage
from agencies.models import Membership
from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from referrals.acts import Send
from referrals.errors import Denied, Invalid, PreviewChanged
from referrals.models import Disclosure, Folder, Participation, ReferralTask
from referrals.onward.models import Routed
from referrals.opening import open_referral
from referrals.perform import Done, perform
from referrals.policy.bases import Basis
from referrals.previewing import preview
from tests.county import PARTS, bundle_of, consent
from tests.coverage.conftest import DAY, NIGHT, Towns, covers, nights

pytestmark = pytest.mark.django_db


def send(towns: Towns, *, to: Any = None, itself: Any = (), data: bytes = b"", **more: Any) -> Send:
    return Send(
        data=data or bundle_of(), to=to or (towns.county.bhu.pk,), itself=frozenset(each.pk for each in itself), **more
    )


def owners(done: Done) -> list[str]:
    rows = ReferralTask.objects.filter(referral_id=done.referral_id).order_by("id")
    return list(rows.values_list("owner__slug", flat=True))


@pytest.fixture
def covered(towns: Towns, clock: Any) -> Coverage:
    """The clinic covers the unit at night, and it is night."""
    row = covers(towns, towns.unit, towns.clinic)
    clock.move_to(NIGHT)
    return row


def test_at_night_it_is_shown_to_whom_until_when_and_on_which_agreement_and_goes_there(
    towns: Towns, covered: Coverage
) -> None:
    act = send(towns)
    plan = preview(towns.county.officer, act)
    (row,) = plan.recipients
    (cover,) = row.covers
    assert (row.agency, row.basis) == ("clinic", Basis.REFERRAL_FOR_HELP)
    assert (cover.covering_name, cover.covered_name, cover.agreement, cover.routed) == ("Clinic", "Bhu", "County", True)
    assert cover.until.isoformat() == "2026-03-05T11:00:00+00:00"
    done = perform(towns.county.officer, [send(towns, data=act.data, previewed=plan.digest)])
    assert owners(done) == ["clinic"]
    assert Routed.objects.get().coverage_id == covered.pk
    assert set(Disclosure.objects.values_list("recipient__slug", flat=True)) == {"clinic"}
    assert open_referral(towns.county.clinic_intake, done.referral_id).sections
    assert not Participation.objects.filter(agency=towns.county.bhu).exists()


def test_it_is_in_the_log_by_which_coverage_it_went(towns: Towns, covered: Coverage) -> None:
    done = perform(towns.county.officer, [send(towns)])
    rows = AuditEvent.objects.filter(action="referral.route").values_list("target", "code", "actor")
    assert list(rows) == [(f"Referral/{done.referral_id}", f"Coverage/{covered.pk}", towns.county.officer.name)]


def test_by_day_and_after_it_has_ended_it_goes_to_the_unit_itself(towns: Towns, covered: Coverage, clock: Any) -> None:
    clock.move_to(DAY)
    assert owners(perform(towns.county.officer, [send(towns)])) == ["bhu"]
    clock.move_to(NIGHT)
    services.end(towns.unit, covered.pk)
    assert owners(perform(towns.county.officer, [send(towns)])) == ["bhu"]
    assert not Routed.objects.exists()


def test_the_sender_may_choose_the_covered_one_itself_and_is_told_that_nobody_may_answer(
    towns: Towns, covered: Coverage
) -> None:
    act = send(towns, itself=[towns.county.bhu])
    (row,) = preview(towns.county.officer, act).recipients
    assert (row.agency, [cover.routed for cover in row.covers]) == ("bhu", [False])
    assert owners(perform(towns.county.officer, [act])) == ["bhu"]


def test_what_was_looked_at_before_the_hour_is_not_sent_elsewhere_after_it(towns: Towns, clock: Any) -> None:
    covers(towns, towns.unit, towns.clinic)
    clock.move_to(NIGHT.replace(hour=19, minute=59))
    act = send(towns)
    shown = preview(towns.county.officer, act).digest
    clock.shift(timedelta(minutes=2))
    with pytest.raises(PreviewChanged):
        perform(towns.county.officer, [send(towns, data=act.data, previewed=shown)])
    assert not ReferralTask.objects.exists()


def test_who_covers_for_another_length_than_was_shown_is_shown_anew(towns: Towns, covered: Coverage) -> None:
    act = send(towns)
    shown = preview(towns.county.officer, act).digest
    services.end(towns.unit, covered.pk)
    covers(towns, towns.unit, towns.clinic, nights(ends=time(23)))
    with pytest.raises(PreviewChanged):
        perform(towns.county.officer, [send(towns, data=act.data, previewed=shown)])


def test_sent_again_under_the_same_key_after_the_hour_it_is_what_was_done(
    towns: Towns, covered: Coverage, clock: Any
) -> None:
    act = send(towns)
    first = perform(towns.county.officer, [act], key="doorstep")
    clock.move_to(NIGHT.replace(day=5, hour=7))
    second = perform(towns.county.officer, [act], key="doorstep")
    assert (second.referral_id, second.repeated) == (first.referral_id, True)
    assert ReferralTask.objects.count() == 1


def test_who_is_picked_and_covers_another_that_is_picked_gets_it_once(towns: Towns, covered: Coverage) -> None:
    both = (towns.county.bhu.pk, towns.county.clinic.pk)
    assert owners(perform(towns.county.officer, [send(towns, to=both)])) == ["clinic"]
    with pytest.raises(Invalid):
        perform(towns.county.officer, [send(towns, to=(both[0], both[0]))])


def test_two_that_one_agency_covers_are_one_task_with_both_coverages(towns: Towns, clock: Any) -> None:
    covers(towns, towns.unit, towns.clinic)
    covers(towns, towns.detox, towns.clinic)
    clock.move_to(NIGHT)
    done = perform(towns.county.officer, [send(towns, to=(towns.county.bhu.pk, towns.county.detox.pk))])
    assert owners(done) == ["clinic"]
    assert Routed.objects.count() == 2


def test_who_covers_sends_to_the_covered_one_and_not_to_itself(towns: Towns, clock: Any) -> None:
    covers(towns, towns.clinic, towns.unit)
    clock.move_to(NIGHT)
    act = send(towns, to=(towns.county.clinic.pk,), basis=Basis.DEIDENTIFIED)
    (row,) = preview(towns.county.clinician, act).recipients
    assert (row.agency, [cover.routed for cover in row.covers]) == ("clinic", [False])
    assert owners(perform(towns.county.clinician, [act])) == ["clinic"]


# The gate decides as for any recipient


def with_consent(to: tuple[str, ...]) -> bytes:
    paper = consent(to=to, parts=PARTS, signed=timezone.localdate() - timedelta(days=1))
    return bundle_of(paper)


def test_a_consent_that_names_the_covered_one_alone_carries_nothing_to_who_covers(towns: Towns, clock: Any) -> None:
    covers(towns, towns.detox, towns.clinic, nights())
    clock.move_to(NIGHT)
    act = send(towns, to=(towns.county.detox.pk,), data=with_consent(("detox",)))
    for do in (preview, lambda actor, each: perform(actor, [each])):
        with pytest.raises(Denied, match=r"detox is covered by clinic until .*, and there it may not go") as refused:
            do(towns.county.clinician, act)
        assert (refused.value.code, refused.value.covered) == ("RECIPIENT_NOT_COVERED", towns.county.detox.pk)
    assert not Folder.objects.exists()
    itself = send(towns, to=(towns.county.detox.pk,), data=act.data, itself=[towns.county.detox])
    done = perform(towns.county.clinician, [itself])
    assert owners(done) == ["detox"]


def test_a_consent_that_names_both_carries_it_to_who_covers(towns: Towns, clock: Any) -> None:
    covers(towns, towns.detox, towns.clinic)
    clock.move_to(NIGHT)
    done = perform(
        towns.county.clinician, [send(towns, to=(towns.county.detox.pk,), data=with_consent(("detox", "clinic")))]
    )
    assert owners(done) == ["clinic"]
    parts = {each.compartment for each in open_referral(towns.county.clinic_intake, done.referral_id).sections}
    assert Compartment.CONTACT in parts


def test_without_an_agreement_between_the_sender_and_who_covers_nothing_goes_there(
    towns: Towns, covered: Coverage
) -> None:
    AgreementParty.objects.filter(agency=towns.county.police).update(left_on="2026-03-04")
    from agencies.agreements import sign
    from agencies.kinds import Purpose

    sign(
        by="System/setup",
        title="Police and unit",
        document_sha256="1" * 64,
        parties=[towns.county.police, towns.county.bhu],
        purposes=[Purpose.COORDINATION],
        effective_on=NIGHT.date(),
    )
    with pytest.raises(Denied) as refused:
        preview(towns.county.officer, send(towns))
    assert (refused.value.code, refused.value.covered) == ("AGREEMENT_MISSING", towns.county.bhu.pk)
    assert owners(perform(towns.county.officer, [send(towns, itself=[towns.county.bhu])])) == ["bhu"]


# Other doors


def test_an_act_that_asks_for_no_coverage_goes_to_whom_it_names(towns: Towns, covered: Coverage) -> None:
    """So over FHIR: a Task says by its owner who is asked, and a system looks at no preview."""
    done = perform(towns.county.officer, [Send(data=bundle_of(), to=(towns.county.bhu.pk,))])
    assert owners(done) == ["bhu"]


def test_the_shell_says_the_same_and_takes_the_same_word(
    towns: Towns, covered: Coverage, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    email = Membership.objects.get(pk=towns.county.officer.membership_id).user.email
    file = tmp_path / "bundle.json"
    file.write_bytes(bundle_of())
    call_command("referral", "send", str(file), "--to=bhu", "--preview", f"--as={email}")
    assert "Clinic covers Bhu until 2026-03-05" in (shown := capsys.readouterr().out)
    assert "(County): it goes to Clinic" in shown
    call_command("referral", "send", str(file), "--to=bhu", "--itself=bhu", "--preview", "--json", f"--as={email}")
    said = json.loads(capsys.readouterr().out)
    assert (said["recipients"][0]["agency"], said["recipients"][0]["covers"][0]["routed"]) == ("bhu", False)
    with pytest.raises(CommandError):
        call_command("referral", "send", str(file), "--to=bhu", "--itself=nowhere", f"--as={email}")
