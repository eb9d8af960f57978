"""On paper: a page to print, filled with what is known, and the photographed page that comes back."""

import base64
import hashlib
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from fhir.content.compartments import Compartment
from referrals.acts import Offer
from referrals.consents.models import ConsentTerms
from referrals.models import Section
from referrals.perform import perform
from referrals.signing import asking, standing
from referrals.signing.asking import OnPaper
from referrals.signing.documents import LARGEST
from referrals.signing.papers import Answers, Wanted
from referrals.signing.web.printing import printed
from tests.legal.town import refused
from tests.signing.desk import NAMED, SIGNATURE, Desk, Page, attached, consent_and_document, terms

JPEG = b"\xff\xd8\xff\xe0" + b"a photo of a signed page" * 40
PNG, PDF = b"\x89PNG\r\n\x1a\n" + b"p" * 50, b"%PDF-1.7 " + b"p" * 50
YESTERDAY = timezone.now().date() - timedelta(days=1)


def on_paper(desk: Desk, **changes: Any) -> OnPaper:
    """A page on which one place, two parts and one reason are ticked, signed yesterday."""
    answers = Answers(
        ticked=frozenset({"contact", "clinical", "TREAT"}),
        places=frozenset({desk.place("detox")}),
        names=(SIGNATURE,),
    )
    named = {key: changes.pop(key) for key in list(changes) if key in Answers.__dataclass_fields__}
    facts = OnPaper(wanted=NAMED, answers=replace(answers, **named), signed=YESTERDAY)
    return replace(facts, **changes)


def test_the_printed_page_is_the_whole_form_with_boxes_lines_and_the_number_large(desk: Desk) -> None:
    page = Page(200, printed(asking.paper_to_print(desk.county.clinician, desk.referral_id, NAMED)))
    assert page.title == desk.reference  # nothing of the client where a printer's queue would show it
    assert 'class="number"' in page.html
    assert page.text.count(desk.reference) == 1
    assert "This paper is about Ottilie Zwillinger." in page.text
    assert page.text.count("☐") == 2 + 5 + 4  # places, parts, reasons
    assert "☐ Detox ☐ Clinic" in page.text
    assert page.text.count("_" * 36) == 2  # to sign, and the day
    assert "consent-forms/named/v1/en" in page.text
    assert "@media print" in page.html


def test_a_paper_that_could_not_be_filed_is_not_printed(desk: Desk) -> None:
    far = replace(NAMED, until=date(2031, 1, 1))
    assert "R-ST-01" in str(refused(asking.paper_to_print, desk.county.clinician, desk.referral_id, far))
    assert refused(asking.paper_to_print, desk.county.outsider, desk.referral_id, NAMED).code == "NOT_FOUND"


@pytest.mark.parametrize(("image", "kind"), [(JPEG, "image/jpeg"), (PNG, "image/png"), (PDF, "application/pdf")])
def test_a_photographed_page_is_filed_byte_for_byte_and_grounds_an_offer(desk: Desk, image: bytes, kind: str) -> None:
    filed = asking.file_paper(desk.county.clinician, desk.referral_id, on_paper(desk), image)
    consent, document = consent_and_document(desk)
    assert attached(document) == image
    assert document["content"][0]["attachment"]["contentType"] == kind
    assert document["type"]["coding"][0]["code"] == "64292-6"
    assert filed.sha256 == hashlib.sha256(image).hexdigest()
    assert str(filed.consent_id) == consent["id"]
    assert (terms().method.value, terms().since.date()) == ("paper", YESTERDAY)
    release = frozenset({Compartment.CONTACT, Compartment.CLINICAL})
    perform(desk.county.clinician, [Offer(referral_id=desk.referral_id, to=(desk.county.detox.id,), release=release)])


def test_the_image_is_sealed(desk: Desk) -> None:
    asking.file_paper(desk.county.clinician, desk.referral_id, on_paper(desk), JPEG)
    for row in Section.objects.filter(folder_id=desk.referral_id):
        sealed = bytes(row.sealed)
        assert JPEG[10:40] not in sealed
        assert base64.b64encode(JPEG)[8:40] not in sealed


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (b"", "is empty"),
        (b"\xff\xd8\xff" + b"x" * LARGEST, "at most 3000000"),
        (b"GIF89a" + b"x" * 60, "JPEG or PNG"),
        (b"<svg onload=alert(1)>", "JPEG or PNG"),
        (b"MZ" + b"x" * 60, "JPEG or PNG"),
    ],
)
def test_a_file_of_another_kind_or_size_is_refused_with_what_is_taken(desk: Desk, image: bytes, said: str) -> None:
    refusal = refused(asking.file_paper, desk.county.clinician, desk.referral_id, on_paper(desk), image)
    assert (refusal.code, said in str(refusal)) == ("INVALID", True)
    assert not ConsentTerms.objects.exists()


def test_the_largest_page_that_is_taken_is_taken(desk: Desk) -> None:
    image = JPEG + b"x" * (LARGEST - len(JPEG))
    asking.file_paper(desk.county.clinician, desk.referral_id, on_paper(desk), image)
    assert attached(consent_and_document(desk)[1]) == image


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"names": ("",)}, "name-0"),
        ({"names": ()}, "name-0"),
        ({"ticked": frozenset({"contact"})}, "purpose"),
        ({"ticked": frozenset({"TREAT"})}, "part"),
        ({"places": frozenset()}, "place"),
        ({"ticked": frozenset({"contact", "TREAT", "incident"})}, "incident"),
        ({"ending": "none"}, "none"),
        ({"places": frozenset({"Organization/x"})}, "Organization/x"),
        ({"signed": timezone.now().date() + timedelta(days=2)}, "R-P2-04 (9)"),
        ({"language": "km"}, "language"),
        ({"wanted": Wanted(paper="named", recipients=())}, "places"),
    ],
)
def test_a_page_that_says_too_little_or_too_much_is_named_by_field(
    desk: Desk, changes: dict[str, Any], said: str
) -> None:
    refusal = refused(asking.file_paper, desk.county.clinician, desk.referral_id, on_paper(desk, **changes), JPEG)
    assert said in str(refusal)
    assert not ConsentTerms.objects.exists()


def test_filing_closes_the_to_do_of_its_paper(desk: Desk) -> None:
    standing.record_oral(desk.county.clinician, desk.referral_id, paper="named")
    asking.file_paper(desk.county.coordinator, desk.referral_id, on_paper(desk), JPEG)
    assert standing.consents(desk.county.clinician, desk.referral_id).waiting == ()
