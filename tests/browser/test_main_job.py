"""The main job over the pages, by four people: sent, screened and offered, accepted, and what the officer may know."""

import re

from playwright.sync_api import Page, expect

from referrals.models import Participation
from tests.browser.conftest import PageFor
from tests.browser.hands import Hands
from tests.browser.screens import DESKTOP, LAPTOP, PHONE
from tests.browser.site import Site
from tests.browser.test_sending import NEW, OFFICER, chip, look, number, sending, tell

UNIT, PROVIDER, OTHER = "clinician1.bhu", "intake1.northfield", "intake1.merrow-general"
NAME = "Castlemoor"


def sent_by_the_officer(page: Page) -> str:
    page.goto(NEW)
    tell(Hands(page))
    look(page).tap()
    sending(page).tap()
    return number(page)


def on_the_list(page: Page, reference: str) -> None:
    page.goto("/list/")
    expect(page.get_by_role("link", name=reference, exact=True)).to_be_visible()


def state_of(page: Page, reference: str) -> str:
    page.goto("/list/")
    return page.locator("tbody tr", has_text=reference).inner_text()


def screened(page: Page) -> None:
    """No to every question of the two that decide, by keyboard alone."""
    page.get_by_role("link", name="Add a screen").click()
    page.get_by_role("link", name=re.compile("PHQ-2|Patient Health Questionnaire 2")).first.click()
    for question in page.locator(".question fieldset").all():
        question.get_by_role("radio").first.focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Add to the referral").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("is added. What it came to")).to_be_visible()


def offered(page: Page) -> None:
    """To two providers, naming nobody."""
    page.get_by_role("link", name="Ask other agencies").click()
    page.get_by_label("Northfield Community Behavioral Health Center").check()
    page.get_by_label("Merrow General Hospital Emergency Department").check()
    page.get_by_role("button", name="See who would see what").click()
    expect(page.get_by_role("heading", name="Who would see what")).to_be_visible()
    page.get_by_role("button", name="Ask them").click()
    expect(page.get_by_text("2 agencies are asked")).to_be_visible()


def test_sent_screened_offered_accepted_and_the_officer_reads_no_more_than_he_may(
    page_for: PageFor, working: Site
) -> None:
    officer = page_for(OFFICER, PHONE)
    reference = sent_by_the_officer(officer)
    assert "not picked up yet" in state_of(officer, reference)

    clinician = page_for(UNIT, DESKTOP)
    on_the_list(clinician, reference)
    clinician.keyboard.press("j")
    expect(clinician.get_by_role("link", name=reference, exact=True)).to_be_focused()
    clinician.keyboard.press("a")
    expect(clinician.get_by_text(f"{reference} is accepted.")).to_be_visible()
    assert "received" in state_of(officer, reference)

    clinician.goto("/list/?show=ours")
    clinician.get_by_role("link", name=reference, exact=True).click()
    expect(clinician.get_by_text(NAME).first).to_be_visible()
    clinician.get_by_role("button", name="Start").click()
    before = state_of(officer, reference)
    assert "with the team" in before
    screened(clinician)
    offered(clinician)

    provider = page_for(PROVIDER, LAPTOP)
    on_the_list(provider, reference)
    provider.get_by_role("link", name=reference, exact=True).click()
    expect(provider.get_by_role("heading", name=re.compile(reference))).to_be_visible()
    assert NAME not in provider.content()
    provider.keyboard.press("a")
    expect(provider.get_by_text("accepted by us").first).to_be_visible()

    other = page_for(OTHER, LAPTOP)
    other.goto("/list/?show=closed")
    assert "cancelled" in other.locator("tbody tr", has_text=reference).inner_text()
    assert state_of(officer, reference) == before
    referral = Participation.objects.filter(referral__reference=reference)
    assert referral.count() == 4


def test_a_coordinator_writes_down_a_walk_in_and_no_police_agency_is_in_it(page_for: PageFor) -> None:
    page = page_for("coordinator1.bhu", LAPTOP)
    page.goto("/at/merrow-bhu/coordinator/new/")
    page.locator("label", has_text="Northfield Community Behavioral Health Center").click()
    for name, value in (("about", "problem:suicidal"), ("urgency", "routine"), ("agreed", "yes")):
        chip(page, name, value).click()
    page.get_by_label("walked in").check()
    page.get_by_label("First name").fill("Wrenna")
    look(page).click()
    page.get_by_label("I checked").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Who will see what")).to_be_visible()
    expect(page.get_by_text(re.compile("[Nn]o police"))).to_be_visible()
    page.locator(".end").get_by_role("button", name="Send", exact=True).click()
    reference = number(page)
    assert not Participation.objects.filter(referral__reference=reference, agency__kind="police").exists()
