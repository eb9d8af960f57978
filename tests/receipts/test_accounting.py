"""The accounting: the ledger's own rows, as far back as the law reaches, for whom may ask, in plain words."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from agencies.actor import Actor
from agencies.kinds import Purpose
from agencies.models import Agency, AgreementParty
from agencies.roles import Role
from fhir.content import validate
from fhir.content.compartments import Compartment
from referrals.acts import AddSection, CorrectSection
from referrals.consents.models import ConsentTerms
from referrals.errors import Broken
from referrals.masks import mask_of
from referrals.models import Disclosure, Folder, Participation, Section
from referrals.perform import perform
from referrals.policy.bases import Basis
from referrals.policy.terms import decode, encode
from referrals.receipts import accounting as receipts
from referrals.receipts import words
from referrals.receipts.accounting import accounting, as_csv, as_fhir
from referrals.receipts.ledger import years_before
from referrals.receipts.reports import Item, given
from tests.county import SCREEN, consent_in
from tests.legal.town import refused
from tests.receipts.shelf import Shelf
from tests.signing.desk import new_events, seen_events, terms

# Words of the code that no client ever reads.
OURS = ("compartment", "basis", "disclosure", "participation", "recipient", "wrap", "consent_", "sud", "referral")


def ledger(referral_id: UUID, discloser_id: UUID) -> list[tuple[Any, ...]]:
    """What the ledger holds, by SQL of its own."""
    named = str(referral_id), str(discloser_id)
    ids = named if connection.vendor == "postgresql" else tuple(each.replace("-", "") for each in named)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT recipient_name, recipient_address, mask, basis, purpose, consent_version, notice_version"
            " FROM referrals_disclosure WHERE referral_id = %s AND discloser_id = %s ORDER BY at, id",
            ids,
        )
        return cursor.fetchall()


def told(shelf: Shelf, actor: Actor | None = None, **more: Any) -> list[tuple[Any, ...]]:
    report = accounting(actor or shelf.county.coordinator, **({"referrals": [shelf.referral_id]} | more))
    return [
        (row.recipient, row.address, row.mask, row.basis, row.purpose, row.consent_version, row.notice)
        for row in report.rows
    ]


def names(shelf: Shelf, **more: Any) -> list[str]:
    return [row[0] for row in told(shelf, **more)]


def test_it_lists_what_the_agency_gave_out_as_the_ledger_has_it(shelf: Shelf) -> None:
    assert told(shelf) == ledger(shelf.referral_id, shelf.county.bhu.id)
    # By hand: the ask to both, and on acceptance two parts to the one that took it.
    ask, parts = mask_of({Compartment.REQUEST}), mask_of({Compartment.CONTACT, Compartment.CLINICAL})
    harbor = "5 Harbor Road, Cobbs"
    assert sorted(told(shelf)) == sorted([
        ("Detox", harbor, ask, "consent_named", "TREAT", 1, ""),
        ("Clinic", "", ask, "consent_named", "TREAT", 1, ""),
        ("Detox", harbor, parts, "consent_named", "TREAT", 1, ""),
    ])  # fmt: skip


def test_the_police_account_for_what_they_sent_and_never_learn_where_it_went(shelf: Shelf) -> None:
    rows = told(shelf, shelf.police_privacy)
    assert rows == ledger(shelf.referral_id, shelf.county.police.id)
    assert {row[0] for row in rows} == {"Bhu"}
    assert {row[3] for row in rows} == {"referral_for_help"}


def test_who_may_ask_and_for_which_report(shelf: Shelf) -> None:
    asked = {}
    for role, actor in shelf.roles.items():
        for for_client in (True, False):
            try:
                accounting(actor, referrals=[shelf.referral_id], for_client=for_client)
                asked[role, for_client] = "yes"
            except Exception as refusal:  # noqa: BLE001  its code is looked at
                asked[role, for_client] = refusal.code  # type: ignore[attr-defined]
    allowed = {(Role.CLINICIAN, True), (Role.COORDINATOR, True), (Role.PRIVACY_OFFICER, True)}
    allowed |= {(Role.PRIVACY_OFFICER, False)}
    assert {each for each, said in asked.items() if said == "yes"} == allowed
    assert {said for each, said in asked.items() if each not in allowed} == {"ROLE"}


def test_a_referral_of_others_and_one_that_is_not_there_are_one_answer(shelf: Shelf) -> None:
    asks = [
        (shelf.county.outsider, {"referrals": [shelf.referral_id]}),
        (shelf.county.coordinator, {"referrals": [uuid4()]}),
        (shelf.county.coordinator, {"referrals": [shelf.referral_id, uuid4()]}),
        (shelf.county.coordinator, {"referrals": []}),
        (shelf.county.coordinator, {"client": uuid4()}),
        (shelf.county.coordinator, {"client": client_of(shelf, shelf.county.detox)}),
    ]
    assert {(type(each).__name__, str(each)) for each in (refused(accounting, who, **more) for who, more in asks)} == {
        ("NotFound", "There is no such referral for you.")
    }


def client_of(shelf: Shelf, agency: Agency) -> UUID:
    client_id = Participation.objects.get(referral_id=shelf.referral_id, agency=agency).client_id
    assert client_id is not None
    return client_id


def test_a_client_of_the_agencys_own_brings_all_their_referrals(shelf: Shelf) -> None:
    assert told(shelf, referrals=[], client=client_of(shelf, shelf.county.bhu)) == told(shelf)


def test_asking_is_recorded_for_each_referral_with_why(shelf: Shelf) -> None:
    seen = seen_events()
    accounting(shelf.county.coordinator, referrals=[shelf.referral_id])
    accounting(shelf.privacy, referrals=[shelf.referral_id], for_client=False)
    refused(accounting, shelf.county.outsider, referrals=[shelf.referral_id])
    target = f"Referral/{shelf.referral_id}"
    assert new_events(seen) == [
        ("accounting.report", target, shelf.county.coordinator.name, "0", "client"),
        ("accounting.report", target, shelf.privacy.name, "0", "all"),
        (
            "accounting.report",
            f"Agency/{shelf.county.outsider.agency_id}",
            shelf.county.outsider.name,
            "4",
            "NOT_FOUND",
        ),
    ]


@pytest.mark.parametrize(
    ("days_ago", "part2_status", "basis", "shown"),
    [
        (3 * 365, "unknown", "consent_named", True),
        (3 * 365 + 2, "unknown", "consent_named", False),
        (3 * 365 + 2, "yes", "consent_tpo", False),
        (3 * 365 + 2, "no", "consent_named", True),
        (3 * 365 + 2, "unknown", "medical_emergency", True),
        (6 * 365, "no", "consent_named", True),
        (6 * 365, "unknown", "court_order", True),
        (6 * 365 + 3, "no", "consent_named", False),
        (6 * 365 + 3, "unknown", "court_order", False),
    ],
)
def test_three_years_for_a_consent_under_part_2_and_six_for_the_rest(
    shelf: Shelf, days_ago: int, part2_status: str, basis: str, shown: bool
) -> None:
    Agency.objects.filter(slug="bhu").update(part2_status=part2_status)
    shelf.gave("paper-clinic", timezone.now() - timedelta(days=days_ago), basis=basis)
    assert ("Paper-Clinic" in names(shelf)) is shown


def test_it_is_asked_for_between_two_days_of_the_agencys_zone(shelf: Shelf) -> None:
    # 2026-03-02 23:30 and 2026-03-03 00:30 in New York.
    for slug, at in (("paper-clinic", "2026-03-03T04:30+00:00"), ("other-police", "2026-03-03T05:30+00:00")):
        shelf.gave(slug, datetime.fromisoformat(at))
    first, second = date(2026, 3, 2), date(2026, 3, 3)
    assert names(shelf, since=first, until=first) == ["Paper-Clinic"]
    assert names(shelf, since=second, until=second) == ["Other-Police"]
    assert names(shelf, since=first, until=second) == ["Paper-Clinic", "Other-Police"]
    assert refused(
        accounting, shelf.county.coordinator, referrals=[shelf.referral_id], since=second, until=first
    ).code == ("INVALID")


def test_the_29th_of_february_reaches_back_to_the_28th() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert years_before(leap, 3) == datetime(2025, 2, 28, 12, tzinfo=UTC)
    assert years_before(leap, 4) == datetime(2024, 2, 29, 12, tzinfo=UTC)


def test_an_answer_is_due_in_sixty_days_and_the_list_of_an_intermediary_in_thirty(shelf: Shelf) -> None:
    with time_machine.travel("2027-01-01 03:00:00+00:00", tick=False):  # the last evening of 2026 in New York
        report = accounting(shelf.privacy, referrals=[shelf.referral_id])
        listed = receipts.intermediary_list(shelf.privacy, referrals=[shelf.referral_id])
    assert (report.answer_by, listed.answer_by) == (date(2027, 3, 1), date(2027, 1, 30))


def test_the_table_has_a_heading_and_plain_words_and_no_formula(shelf: Shelf) -> None:
    shelf.gave(
        "paper-clinic", timezone.now(), recipient_name="=HYPERLINK(1)", recipient_address="-2", basis="court_order"
    )
    report = accounting(shelf.county.coordinator, referrals=[shelf.referral_id])
    heading, *rows = csv.reader(io.StringIO(as_csv(shelf.county.coordinator, report)))
    assert heading == [
        "Date", "Who got it", "Their address", "What", "What for", "Why it was allowed", "Signed paper and version",
        "Notice sent along", "Rule",
    ]  # fmt: skip
    assert len(rows) == len(report.rows)
    assert rows[-1][1:3] == ["'=HYPERLINK(1)", "'-2"]
    assert rows[-1][3] == "Your name, birth date, phone number and address; Your mental health"
    assert rows[-1][6] == f"{shelf.consent_id} / 1"
    whole = accounting(shelf.privacy, referrals=[shelf.referral_id], for_client=False)
    assert next(csv.reader(io.StringIO(as_csv(shelf.privacy, whole))))[-1] == "Kept from the client until"


def test_everything_the_ledger_may_say_has_plain_words(shelf: Shelf) -> None:
    assert set(words.PARTS) == set(Compartment)
    assert set(words.PURPOSES) == set(Purpose)
    assert set(words.GROUNDS) == set(Basis)
    said = [*words.PARTS.values(), *words.PURPOSES.values(), *words.GROUNDS.values(), *words.PAPERS.values()]
    assert [(each, our) for each in said for our in OURS if our in each.lower()] == []


def test_every_row_is_a_valid_audit_event_that_names_the_versions_given_out(shelf: Shelf) -> None:
    report = accounting(shelf.county.coordinator, referrals=[shelf.referral_id])
    bundle = as_fhir(report)
    events = [entry["resource"] for entry in bundle["entry"]]
    for event in events:
        validate.check(event)
    last = events[-1]
    patient = f"Patient/{Folder.objects.get(pk=shelf.referral_id).patient_id}"
    assert last["meta"]["profile"] == [
        "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source"
    ]
    assert (last["type"]["code"], last["subtype"][0]["code"], last["action"]) == ("110106", "disclose", "R")
    agents = {agent["type"]["coding"][0]["code"]: agent["who"].get("reference") for agent in last["agent"]}
    bhu, detox = f"Organization/{shelf.county.bhu.id}", f"Organization/{shelf.county.detox.id}"
    assert agents == {"110153": bhu, "110152": detox, "159541003": bhu, "429577009": patient}
    assert last["source"]["observer"]["reference"] == bhu
    assert [agent["requestor"] for agent in last["agent"]] == [True, False, False, False]
    what = [entity["what"]["reference"] for entity in last["entity"]]
    assert what[:2] == [patient, f"Consent/{shelf.consent_id}/_history/1"]
    rows = Section.objects.filter(folder_id=shelf.referral_id, task=None, compartment__in=["contact", "clinical"])
    assert sorted(what[2:]) == sorted(f"{row.type}/{row.resource_id}/_history/{row.version}" for row in rows)
    first = events[0]
    assert {entity["what"]["reference"].partition("/")[0] for entity in first["entity"][2:]} <= {
        "ServiceRequest",
        "Task",
    }


def test_police_are_named_what_they_wrote_and_no_more_of_what_they_gave(shelf: Shelf) -> None:
    """The unit's own screen stands in the same part as the one it was sent: that there is one is not for police."""
    screen = json.dumps(SCREEN).encode()
    perform(shelf.county.clinician, [AddSection(referral_id=shelf.referral_id, data=screen)])
    row = Disclosure.objects.filter(discloser=shelf.county.police).latest("at")
    row.pk, row.mask, row.manifest = uuid4(), mask_of(Compartment), row.manifest + 100
    row.save(force_insert=True)
    bundle = as_fhir(accounting(shelf.police_privacy, referrals=[shelf.referral_id]))
    said = {entity["what"]["reference"] for entry in bundle["entry"] for entity in entry["resource"]["entity"]}
    written = Section.objects.filter(folder_id=shelf.referral_id, task=None)
    theirs, others = (
        {f"{each.type}/{each.resource_id}/_history/{each.version}" for each in rows}
        for rows in (written.filter(agency=shelf.county.police), written.exclude(agency=shelf.county.police))
    )
    assert theirs & said
    assert others
    assert not others & said


def test_what_was_written_after_a_row_is_not_said_to_have_gone_with_it(shelf: Shelf) -> None:
    row = accounting(shelf.county.coordinator, referrals=[shelf.referral_id]).rows[-1]
    one, other = uuid4(), uuid4()

    def item(id_: UUID, version: int, epoch: int, part: Compartment = Compartment.CLINICAL) -> Item:
        return Item(type="Observation", resource_id=id_, version=version, compartment=part, epoch=epoch)

    at = row.manifest
    items = [item(one, 2, at), item(one, 1, at - 1), item(one, 3, at + 1), item(other, 1, at + 1)]
    items += [item(uuid4(), 1, 1, Compartment.SUD)]
    assert [(each.resource_id, each.version) for each in given(row, items)] == [(one, 2)]


def test_the_list_of_an_intermediary_names_whom_a_class_let_in_and_nobody_named(shelf: Shelf) -> None:
    data = consent_in(shelf.referral_id, form="tpo", to=["clinic"], classes=["treating_providers"])
    perform(shelf.county.clinician, [AddSection(referral_id=shelf.referral_id, data=data)])
    by_class, now = terms().consent, timezone.now()
    tpo = {"basis": "consent_tpo", "consent": by_class}
    shelf.gave("detox", now, **tpo)
    shelf.gave("clinic", now, **tpo)  # named in it
    shelf.gave("paper-clinic", now - timedelta(days=3 * 366), **tpo)  # too long ago
    shelf.gave("paper-clinic", now, basis="consent_named", consent=by_class)  # on another ground
    listed = receipts.intermediary_list(shelf.county.coordinator, referrals=[shelf.referral_id])
    assert [(row.recipient, row.basis) for row in listed.rows] == [("Detox", "consent_tpo")]


def by_class(shelf: Shelf) -> ConsentTerms:
    """A consent to a class of recipients on which the detox, that nobody named, was told."""
    data = consent_in(shelf.referral_id, form="tpo", to=["clinic"], classes=["treating_providers"])
    perform(shelf.county.clinician, [AddSection(referral_id=shelf.referral_id, data=data)])
    shelf.gave("detox", timezone.now(), basis="consent_tpo", consent=terms().consent)
    return ConsentTerms.objects.latest("id")


def naming_detox(shelf: Shelf, row: ConsentTerms) -> bytes:
    before = decode(bytes(row.terms))
    return encode(replace(before, agencies=before.agencies | {shelf.county.detox.id}))


def test_the_list_of_an_intermediary_believes_no_terms_that_nobody_signed(shelf: Shelf) -> None:
    row, seen = by_class(shelf), seen_events()
    ConsentTerms.objects.filter(pk=row.pk).update(terms=naming_detox(shelf, row))
    assert type(refused(receipts.intermediary_list, shelf.privacy, referrals=[shelf.referral_id])) is Broken
    assert new_events(seen)[-1][3:] == ("8", "SEAL_BROKEN")


@pytest.mark.parametrize("deed", ["changed", "gone"])
def test_nor_terms_of_a_version_before_that_nobody_signed(shelf: Shelf, deed: str) -> None:
    row = by_class(shelf)
    newer = consent_in(shelf.referral_id, form="tpo", to=["clinic"], classes=["treating_providers"])
    correct = CorrectSection(referral_id=shelf.referral_id, resource_id=row.consent, data=newer)
    perform(shelf.county.clinician, [correct])
    assert (terms().consent, terms().version) == (row.consent, 2)
    listed = receipts.intermediary_list(shelf.privacy, referrals=[shelf.referral_id])
    assert [each.recipient for each in listed.rows] == ["Detox"]
    old = ConsentTerms.objects.filter(pk=row.pk)
    old.update(terms=naming_detox(shelf, row)) if deed == "changed" else old.delete()
    assert type(refused(receipts.intermediary_list, shelf.privacy, referrals=[shelf.referral_id])) is Broken


def test_the_list_of_an_intermediary_asks_for_no_agreement(shelf: Shelf) -> None:
    AgreementParty.objects.update(left_on=date(2026, 1, 2))
    receipts.intermediary_list(shelf.privacy, referrals=[shelf.referral_id])
    assert refused(receipts.intermediary_list, shelf.roles[Role.COACH], referrals=[shelf.referral_id]).code == "ROLE"


def test_rows_stay_when_the_agencys_part_is_over(shelf: Shelf) -> None:
    Participation.objects.filter(agency=shelf.county.detox).update(until=timezone.now())
    Disclosure.objects.create(
        referral_id=shelf.referral_id,
        discloser=shelf.county.detox,
        recipient=shelf.county.bhu,
        recipient_name="Bhu",
        membership_id=shelf.county.detox_intake.membership_id,
        mask=8,
        basis="consent_named",
        purpose="TREAT",
    )
    assert {row[0] for row in told(shelf, shelf.detox_privacy)} == {"Bhu"}
