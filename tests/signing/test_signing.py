"""What comes of a signature: a Consent that grounds what was ticked and no more, and the words that were signed."""

import base64
import hashlib
import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agencies.vault import keyring
from agencies.vault.errors import CannotOpen
from fhir.content.compartments import Compartment
from referrals.acts import CorrectSection, Offer, TakeStep
from referrals.consents import forms
from referrals.consents.models import ConsentTerms
from referrals.models import Notice, ReferralTask, Section
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.signing.models import SigningRequest
from referrals.signing.papers import Wanted
from tests.legal.town import refused
from tests.signing.desk import (
    SIGNATURE,
    Desk,
    Phone,
    attached,
    consent_and_document,
    new_events,
    said_in,
    seen_events,
    terms,
)

TPO = Wanted(paper="tpo", recipients=("detox",))
POLICE = Wanted(paper="police-outcome", recipients=("other-police",))
RELEASE = frozenset({Compartment.CONTACT, Compartment.CLINICAL})


def test_what_was_ticked_is_let_through_and_nothing_else(desk: Desk, phone: Phone) -> None:
    assert phone.sign(desk.filled()).status == 200
    let = terms()
    detox = desk.county.detox.id
    assert let.agencies == {detox, desk.county.bhu.id}  # those who were ticked may answer who asked
    assert let.compartments == {Compartment.CONTACT, Compartment.CLINICAL}
    assert [purpose.value for purpose in let.purposes] == ["TREAT"]
    assert (let.method.value, let.standing.value, let.form_version) == (
        "own_phone",
        "active",
        f"{forms.BASE}/named/v1/en",
    )


def test_the_consent_grounds_an_offer_to_the_place_ticked_and_none_to_the_other(desk: Desk, phone: Phone) -> None:
    phone.sign(desk.filled())
    clinician = desk.county.clinician
    perform(clinician, [Offer(referral_id=desk.referral_id, to=(desk.county.detox.id,), release=RELEASE)])
    task = ReferralTask.objects.get(referral_id=desk.referral_id, owner=desk.county.detox)
    perform(desk.county.detox_intake, [TakeStep(task_id=task.id, step="accept")])
    opened = open_referral(desk.county.detox_intake, desk.referral_id)
    assert {"contact", "clinical"} <= {section.compartment.value for section in opened.sections}
    offer = Offer(referral_id=desk.referral_id, to=(desk.county.clinic.id,), release=RELEASE)
    assert refused(perform, clinician, [offer]).code == "RECIPIENT_NOT_COVERED"


def test_a_part_that_was_not_ticked_is_not_let_through(desk: Desk, phone: Phone) -> None:
    phone.sign(desk.filled(tick=["contact", "TREAT"]))
    offer = Offer(referral_id=desk.referral_id, to=(desk.county.detox.id,), release=RELEASE)
    assert refused(perform, desk.county.clinician, [offer]).code == "CONSENT_SCOPE"


def pieces(words: str, blanks: dict[str, str]) -> list[str]:
    """A line of a form with these blanks filled, in pieces between the others."""
    filled = re.sub(r"\{(client|discloser|recipients|address)\}", lambda blank: blanks[blank[1]], words)
    return re.split(r"\{(?:until|signer|signed|witness)\}", filled)


def test_the_words_on_the_page_are_the_words_of_the_form_whose_hash_is_stored(desk: Desk, phone: Phone) -> None:
    shown = phone.say()
    phone.post(ticket=shown.value("ticket"), **desk.filled())
    consent, document = consent_and_document(desk)
    form = (forms.FOLDER / "named.v1.en.txt").read_text("utf-8")
    said = said_in(consent)
    assert said["form-hash"] == hashlib.sha256(form.encode()).hexdigest()
    blanks = {
        "client": "Ottilie Zwillinger",
        "discloser": "Bhu",
        "recipients": "those you tick here",
        "address": "1 Mill Lane, Merrow",
    }
    at = 0
    for line in filter(None, form.splitlines()):
        words = re.sub(r"^(##? |\[[A-Za-z_-]+\] )", "", line)
        for piece in pieces(words, blanks):
            found = shown.text.find(" ".join(piece.split()), at)
            assert found >= 0, line
            at = found
    signed = attached(document)
    name = base64.urlsafe_b64encode(hashlib.sha256(signed).digest()).rstrip(b"=").decode()
    assert document["identifier"][0]["value"] == f"ni:///sha-256;{name}"
    assert document["content"][0]["attachment"]["hash"] == base64.b64encode(hashlib.sha1(signed).digest()).decode()


def test_the_signed_text_says_each_tick_and_each_box_left_empty(desk: Desk, phone: Phone) -> None:
    answer = phone.sign(desk.filled())
    text = attached(consent_and_document(desk)[1]).decode()
    lines = text.splitlines()
    boxes = [line for line in lines if line.startswith("[")]
    assert [line[:3] for line in boxes] == ["[x]", "[ ]", "[x]", "[x]", *["[ ]"] * 3, "[x]", *["[ ]"] * 3]
    assert boxes[:2] == ["[x] Detox", "[ ] Clinic"]
    assert f"Signed by: {SIGNATURE}" in lines
    today = datetime.now(ZoneInfo("America/New_York"))
    day = f"{today.day}, {today.year}"
    assert next(line for line in lines if line.startswith("Date: ")).endswith(day)
    assert "This paper is about Ottilie Zwillinger. Read it, or have somebody read it to you." in text
    assert " ".join(text.split()) in answer.text


def test_the_paper_is_a_release_of_information_filed_as_who_asked(desk: Desk, phone: Phone) -> None:
    phone.sign(desk.filled())
    consent, document = consent_and_document(desk)
    assert document["type"]["coding"][0] == {
        "system": "http://loinc.org", "code": "64292-6", "display": "Release of information consent"
    }  # fmt: skip
    assert consent["sourceReference"]["reference"] == f"DocumentReference/{document['id']}"
    assert document["author"] == [{"reference": f"Organization/{desk.county.bhu.id}"}]
    rows = Section.objects.filter(folder_id=desk.referral_id, type__in=["Consent", "DocumentReference"])
    assert {row.membership_id for row in rows} == {desk.county.clinician.membership_id}
    assert {row.type: row.compartment for row in rows} == {"Consent": "contact", "DocumentReference": "clinical"}


def test_a_paper_that_covers_substance_use_lies_as_deep_as_its_consent(desk: Desk, phone: Phone) -> None:
    phone.sign(desk.filled(tick=["sud", "TREAT"]))
    rows = Section.objects.filter(folder_id=desk.referral_id, type__in=["Consent", "DocumentReference"])
    assert {row.compartment for row in rows} == {"sud"}


def test_no_key_of_anybody_is_opened_when_a_client_signs(
    desk: Desk, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shut(*_args: Any, **_named: Any) -> Any:
        raise CannotOpen

    for name in ("open", "open_all", "open_delegated"):
        monkeypatch.setattr(keyring, name, shut)
    assert phone.sign(desk.filled()).status == 200
    assert terms().method.value == "own_phone"


def test_a_clients_record_that_changed_since_makes_the_link_worthless(desk: Desk, phone: Phone) -> None:
    ticket = phone.say().value("ticket")
    row = Section.objects.get(folder_id=desk.referral_id, type="Patient")
    opened = open_referral(desk.county.officer, desk.referral_id)
    tree = next(each.tree for each in opened.sections if each.type == "Patient")
    changed = json.dumps({**tree, "birthDate": "2012-05-11"}).encode()
    perform(
        desk.county.officer, [CorrectSection(referral_id=desk.referral_id, resource_id=row.resource_id, data=changed)]
    )
    answer = phone.post(ticket=ticket, **desk.filled())
    assert (answer.status, "This could not be filed" in answer.text) == (409, True)
    assert not ConsentTerms.objects.exists()
    assert SigningRequest.objects.get().state == "waiting"


def test_the_paper_for_treatment_ends_by_day_by_event_or_when_it_is_stopped(desk: Desk) -> None:
    ticked = ["contact", "TREAT", "treating_providers"]
    shown = Phone(desk.ask(TPO)).say()
    assert {"treating_providers", "program_helpers", "date", "end-of-treatment", "none"} <= shown.boxes()
    phone = Phone(desk.ask(TPO))
    missing = phone.sign(desk.filled(tick=ticked, place=None))
    assert "#ending-0" in missing.links
    for ending, until in (("date", True), ("end-of-treatment", False), ("none", False)):
        phone = Phone(desk.ask(TPO))
        assert phone.sign(desk.filled(tick=ticked, place=None, ending=ending)).status == 200
        let = terms()
        assert (let.until is not None) is until
        assert {each.value for each in let.classes} == {"treating_providers"}


def test_a_police_department_is_told_on_its_own_paper(desk: Desk) -> None:
    phone = Phone(desk.ask(POLICE))
    typed = {"step": "sign", "place": [desk.place("other-police")], "tick": ["outcome", "COC"], "name-0": SIGNATURE}
    assert phone.sign(typed).status == 200
    let = terms()
    assert (let.agencies, let.compartments) == ({desk.county.other_police.id}, {Compartment.OUTCOME})


def test_saying_no_ends_the_link_tells_who_asked_and_lets_nothing_through(desk: Desk, phone: Phone) -> None:
    seen, link = seen_events(), f"SigningRequest/{phone.link.id}"
    answer = phone.sign({"step": "no"})
    assert (answer.status, "You said no" in answer.text) == (200, True)
    assert new_events(seen)[-1] == ("consent.decline", link, link, "0", "")
    assert list(Notice.objects.filter(code="consent-declined").values_list("agency_id", flat=True)) == [
        desk.county.bhu.id
    ]
    assert not ConsentTerms.objects.exists()


def test_a_signature_is_logged_as_filed_by_who_asked_through_the_link(desk: Desk, phone: Phone) -> None:
    seen = seen_events()
    phone.sign(desk.filled())
    clinician, consent = desk.county.clinician.name, terms().consent
    assert new_events(seen)[-2:] == [
        ("consent.link-used", f"SigningRequest/{phone.link.id}", clinician, "0", f"Consent/{consent}"),
        ("consent.sign", f"Referral/{desk.referral_id}", clinician, "0", f"Consent/{consent}"),
    ]
    row = SigningRequest.objects.get()
    assert (row.state, row.consent, bytes(row.sealed)) == ("signed", consent, b"")


def test_nothing_of_the_browser_is_stored(desk: Desk, phone: Phone) -> None:
    phone.client.defaults |= {"REMOTE_ADDR": "203.0.113.77", "HTTP_USER_AGENT": "Telltale/9"}
    phone.sign(desk.filled())
    consent, document = consent_and_document(desk)
    kept = str([consent, document, *map(vars, SigningRequest.objects.all()), new_events(set())])
    assert "203.0.113.77" not in kept
    assert "Telltale" not in kept
