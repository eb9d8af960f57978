"""What is sealed is bound to its row and its reader, follows a rotation, and names nobody in the clear."""

import base64

import pytest
from django.db import connection

from agencies.roles import Role
from agencies.vault import contexts, keyring
from agencies.vault.errors import CannotOpen
from agencies.vault.models import AgencyKey
from agencies.vault.purposes import KeyPurpose
from audit import log
from referrals.legal import sealing, services
from referrals.legal.errors import Unsealable
from referrals.legal.kinds import OWN_KEY, Paper, Report
from referrals.legal.models import LegalRequest, LegalWrap, MandatedReport, PaperDisclosure
from referrals.services import rewrapping
from tests.legal.town import CANARIES, FIELDS, SUBJECT, Events, Town, hours_ago, refused, register, report

LEGAL = KeyPurpose.LEGAL


def purposes_of(row_id):
    return {wrap.key.purpose for wrap in LegalWrap.objects.filter(row_id=row_id).select_related("key")}


@pytest.mark.parametrize(
    ("role", "purpose"),
    [
        ("officer", "general"),
        ("clinician", "clinical"),
        ("coordinator", "clinical"),
        ("intake", "clinical"),
        ("coach", "sud"),
    ],
)
def test_a_report_is_sealed_to_the_legal_key_and_the_narrowest_of_the_reporters_own(town: Town, role, purpose):
    made = report(town.roles[Role(role)])
    assert purposes_of(made.id) == {"legal", purpose}
    assert set(OWN_KEY) == {Role(each) for each in ("officer", "clinician", "coordinator", "intake", "coach")}


def test_a_paper_is_sealed_to_the_legal_key_alone(town: Town):
    request = register(town.privacy, kind=Paper.COURT_ORDER)
    entry = services.record_by_hand(
        town.privacy, request.id, to="court", at=hours_ago(1), parts=["contact"], under="order"
    )
    assert purposes_of(request.id) == purposes_of(entry.id) == {"legal"}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY_OFFICER])
def test_gate_four_keeps_a_paper_shut_even_where_no_other_gate_asks(town: Town, role):
    row = LegalRequest.objects.get(pk=register(town.privacy).id)
    with pytest.raises(CannotOpen):
        sealing.open_row(town.roles[role], row)


def test_no_row_of_any_table_names_anybody_in_the_clear(town: Town):
    request = register(town.privacy, kind=Paper.COURT_ORDER)
    services.record_by_hand(
        town.privacy, request.id, to=CANARIES[3], at=hours_ago(1), parts=["contact"], under=CANARIES[4]
    )
    services.answer_request(town.privacy, request.id)
    made = report(town.county.clinician)
    refused(report, town.county.clinician, fields=FIELDS | {"unit": SUBJECT})
    services.open_report(town.privacy, made.id)
    stored = b"\n".join(raw(value) for value in every_value())
    assert b"clinician@bhu.example.org" in stored  # a search that misses this has not looked
    assert request.id.hex.encode() in stored.replace(b"-", b"")
    assert [canary for canary in CANARIES if any(form in stored for form in forms(canary))] == []


def every_value():
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                yield from row


def raw(value):
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def forms(word):
    plain = word.encode()
    return {
        plain,
        plain.upper(),
        plain.lower(),
        plain.hex().encode(),
        base64.b64encode(plain)[:-4],
        word.encode("utf-16-le"),
    }


@pytest.mark.parametrize("column", ["kind", "membership_id", "agency_id"])
def test_a_row_that_says_otherwise_than_when_it_was_sealed_does_not_open(town: Town, column):
    row = LegalRequest.objects.get(pk=register(town.privacy).id)
    other = {"kind": "court_order", "membership_id": row.id, "agency_id": town.county.detox.id}
    setattr(row, column, other[column])
    with pytest.raises(CannotOpen):
        sealing.open_row(town.privacy, row)


def test_two_rows_cannot_change_places(town: Town, events: Events):
    one, two = (MandatedReport.objects.get(pk=report(town.county.clinician).id) for _ in range(2))
    MandatedReport.objects.filter(pk=one.id).update(sealed=bytes(two.sealed))
    LegalWrap.objects.filter(row_id=one.id).delete()
    LegalWrap.objects.filter(row_id=two.id).update(row_id=one.id)
    assert isinstance(refused(services.open_report, town.privacy, one.id), Unsealable)
    assert events.new()[-1][2:] == ("8", "SEAL_BROKEN")


def test_a_text_cannot_be_carried_to_another_report_even_by_who_may_open_both(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    one, two = (MandatedReport.objects.get(pk=report(town.county.clinician).id) for _ in range(2))
    key = keyring.recipient_key(town.county.bhu.id, LEGAL)
    theirs = LegalWrap.objects.get(row_id=two.id, key=key)
    dek = keyring.open(town.privacy, key_id=key.id, sealed=bytes(theirs.sealed), info=contexts.legal("key", two.id))
    wrapped = keyring.wrap(key, dek, info=contexts.legal("key", one.id))
    LegalWrap.objects.filter(row_id=one.id, key=key).update(sealed=wrapped)
    one.sealed = two.sealed
    monkeypatch.setattr(log, "newest_digest", lambda _target: sealing.digest_of(one))
    with pytest.raises(CannotOpen):
        sealing.open_row(town.privacy, one)


def test_a_report_put_in_the_place_of_another_with_the_agencys_public_keys_is_noticed(town: Town):
    row = MandatedReport.objects.get(pk=report(town.county.clinician).id)
    LegalWrap.objects.filter(row_id=row.id).delete()
    sealing.seal_row(row, {"circumstances": "nothing at all"}, to=[LEGAL])
    row.save()
    assert isinstance(refused(services.open_report, town.privacy, row.id), Unsealable)
    assert log.newest_digest(row.target) != sealing.digest_of(row)


def test_a_row_without_its_wraps_or_with_anothers_is_an_alarm(town: Town, events: Events):
    request = register(town.privacy)
    LegalWrap.objects.all().delete()
    assert isinstance(refused(services.open_request, town.privacy, request.id), Unsealable)
    assert events.new()[-1] == ("legal.open", f"LegalRequest/{request.id}", "8", "SEAL_BROKEN")


def test_after_a_rotation_it_opens_before_and_after_it_is_carried_over(town: Town, events: Events):
    request, made = register(town.privacy), report(town.county.clinician)
    for purpose in (LEGAL, KeyPurpose.CLINICAL):
        rewrapping.rotate(by="System/test", agency=town.county.bhu, purpose=purpose)
    assert services.open_request(town.privacy, request.id).subject == SUBJECT
    events.new()
    assert sealing.rewrap_all() == 3
    assert [(action, outcome) for action, _, outcome, _ in events.new()] == 3 * [("keys.rewrap", "0")]
    assert {wrap.key.state for wrap in LegalWrap.objects.select_related("key")} == {"active"}
    assert sealing.rewrap_all() == 0
    AgencyKey.objects.filter(state="retired").update(state="destroyed", private_sealed=b"")
    keyring.forget()
    assert services.open_request(town.privacy, request.id).subject == SUBJECT
    for reader in (town.privacy, town.county.clinician):
        assert services.open_report(reader, made.id).fields["name"] == SUBJECT


def test_a_wrap_that_does_not_open_stays_behind_recorded_and_holds_nobody_up(town: Town, events: Events):
    broken, whole = register(town.privacy), register(town.privacy)
    LegalWrap.objects.filter(row_id=broken.id).update(sealed=b"\x01" + b"0" * 120)
    rewrapping.rotate(by="System/test", agency=town.county.bhu, purpose=LEGAL)
    events.new()
    assert sealing.rewrap_all() == 1
    assert sorted((outcome, code) for _, _, outcome, code in events.new()) == [("0", ""), ("8", "CANNOT_OPEN")]
    assert services.open_request(town.privacy, whole.id).subject == SUBJECT


def test_an_agency_whose_keys_are_older_than_the_purpose_gets_that_one_key(town: Town):
    agency = town.county.bhu
    AgencyKey.objects.filter(agency=agency, purpose="legal").delete()
    keyring.forget()
    before = set(AgencyKey.objects.values_list("pk", flat=True))
    request = register(town.privacy)
    (new,) = AgencyKey.objects.exclude(pk__in=before)
    assert (new.agency_id, new.purpose, new.epoch, new.state) == (agency.id, "legal", 1, "active")
    assert services.open_request(town.privacy, request.id).subject == SUBJECT
    keyring.complete_keys(agency.id)
    assert AgencyKey.objects.count() == len(before) + 1


def test_an_agency_off_the_network_gets_no_keys_that_way(town: Town):
    keyring.complete_keys(town.county.paper_clinic.id)
    assert not AgencyKey.objects.filter(agency=town.county.paper_clinic).exists()


def test_no_model_of_the_app_has_a_column_for_words(town: Town):
    texts = {
        f"{model.__name__}.{field.name}"
        for model in (LegalRequest, PaperDisclosure, MandatedReport, LegalWrap)
        for field in model._meta.concrete_fields
        if field.get_internal_type() in {"CharField", "TextField", "JSONField"}
    }
    assert texts == {"LegalRequest.kind", "LegalRequest.state", "LegalRequest.answered", "MandatedReport.kind"}
    assert max(len(each) for each in (*Report, *Paper)) <= 20
