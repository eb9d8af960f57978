"""The page of a referral in somebody's hands: by keyboard alone, copied, on paper, at every size."""

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bhu.demo.cast import CLINICIAN, OFFICER, WINNER, Part
from bhu.demo.stage import Stage
from fhir.content.notices import PART2_SHORT
from referrals.acts import AddSection
from referrals.models import StepTaken
from referrals.perform import perform
from tests.browser import chromium
from tests.browser.conftest import PageFor
from tests.browser.hands import Hands
from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.browser.site import Site

PLACES = {OFFICER: "alder-falls-pd/officer", CLINICIAN: "merrow-bhu/clinician", WINNER: "northfield-cbhc/intake"}
USE = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "What she uses"},
    "valueString": "something blue",
    "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]},
}


def address(part: Part, stage: Stage) -> str:
    return f"/at/{PLACES[part]}/referrals/{stage.referral_id}/"


def opened(page_for: PageFor, part: Part, stage: Stage, screen: Screen = DESKTOP, **more: Any) -> Page:
    page = page_for(part.email.partition("@")[0], screen, **more)
    page.goto(address(part, stage))
    return page


def test_intake_accepts_with_one_key(page_for: PageFor, site: Site) -> None:
    stage = site.played("open-ask", by=WINNER)
    hands = Hands(opened(page_for, WINNER, stage))
    hands.press("a")
    expect(hands.page.get_by_text("Done: Accept.")).to_be_visible()
    expect(hands.page.get_by_text("accepted by us")).to_be_visible()
    assert hands.count == 1
    assert StepTaken.objects.filter(name="accept", task__owner__slug=WINNER.agency).count() == 1


def test_intake_declines_by_keyboard_alone_and_by_two_taps(page_for: PageFor, site: Site) -> None:
    stage = site.played("open-ask", by=WINNER)
    page = opened(page_for, WINNER, stage)
    page.keyboard.press("d")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Decline")
    page.get_by_label("Words to the other agency").focus()
    page.keyboard.type("Call us tomorrow, a bed frees up.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="no bed or place")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Done: Decline.")).to_be_visible()


def test_two_taps_on_a_phone_decline(page_for: PageFor, site: Site) -> None:
    stage = site.played("open-ask", by=WINNER)
    hands = Hands(opened(page_for, WINNER, stage, PHONE))
    hands.tap(hands.page.get_by_role("link", name="Decline"))
    hands.page.wait_for_url("**/step/reject/")
    hands.tap(hands.page.get_by_role("button", name="no bed or place"))
    expect(hands.page.get_by_text("Done: Decline.")).to_be_visible()
    assert hands.count == 2
    assert StepTaken.objects.filter(name="reject", reason="no-capacity").count() == 1


def test_a_letter_typed_into_a_field_is_no_key_of_the_page(page_for: PageFor, site: Site) -> None:
    stage = site.played("open-ask", by=WINNER)
    page = opened(page_for, WINNER, stage)
    page.get_by_role("link", name="Write to them").click()
    words = page.get_by_label("Words", exact=True)
    words.focus()
    page.keyboard.type("a day")
    expect(words).to_have_value("a day")


def test_who_turned_single_keys_off_accepts_nothing_by_a_letter(page_for: PageFor, site: Site) -> None:
    stage = site.played("open-ask", by=WINNER)
    page = opened(page_for, WINNER, stage)
    page.locator(".me summary").click()
    page.get_by_role("button", name="Single keys: on").click()
    page.reload()
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    expect(page.get_by_text("waiting for your answer")).to_be_visible()
    page.locator(".me summary").click()
    page.get_by_role("button", name="Single keys: off").click()
    page.keyboard.press("a")
    expect(page.get_by_text("Done: Accept.")).to_be_visible()


def test_the_text_is_copied_and_can_be_copied_by_hand(page_for: PageFor, site: Site) -> None:
    stage = site.played("send")
    page = opened(page_for, OFFICER, stage, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Copy for my report").click()
    shown = page.get_by_label("Select all and copy").input_value()
    assert stage.reference in shown
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == shown


def test_the_number_and_the_statement_of_the_law_stand_on_every_page_that_is_printed(
    page_for: PageFor, site: Site
) -> None:
    stage = site.played("add-screen")
    perform(CLINICIAN.actor(), [AddSection(referral_id=stage.referral_id, data=json.dumps(USE).encode())])
    page = opened(page_for, CLINICIAN, stage)
    page.get_by_role("link", name="Print").click()
    expect(page).to_have_title(re.compile(rf"^\s*{stage.reference}\s*$"))
    paper = printed(page)
    assert len(paper) >= 3
    for number, text in enumerate(paper, 1):
        assert stage.reference in text
        assert PART2_SHORT.text in text
        assert re.search(rf"\b{number} ?/ ?{len(paper)}\b", text)
    assert not any("Write to them" in text or "BHU network" in text for text in paper)


def printed(page: Page) -> list[str]:
    """What stands on each sheet of paper, as Chromium lays it out and another program reads it."""
    reader = shutil.which(chromium.READER)
    if reader is None:
        pytest.skip("no pdftotext on this machine. Install it: make chromium")
    paper = page.pdf(format="Letter", prefer_css_page_size=True)
    done = subprocess.run([reader, "-", "-"], input=paper, capture_output=True, check=True)
    sheets = done.stdout.decode().split("\f")
    return [" ".join(sheet.split()) for sheet in sheets if sheet.strip()]
