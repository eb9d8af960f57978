"""A new referral in a real browser: an officer's phone, a dead network, two clicks, a cruiser's laptop."""

import re
import sys
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bhu.demo.cast import CLINICIAN
from bhu.signin.models import Sitting
from referrals.drafts.models import Draft
from referrals.models import Referral
from referrals.opening import open_referral
from tests.browser.conftest import PageFor
from tests.browser.hands import Hands
from tests.browser.looks import axe, sticking_out
from tests.browser.screens import DESKTOP, LAPTOP, NARROWEST, PHONE, Screen
from tests.browser.site import Site
from tests.browser.stores import kept_of
from tests.browser.watch import Watch

OFFICER, NEW = "officer1.alder-falls", "/at/alder-falls-pd/officer/new/"
CANARIES = frozenset({"Wrenna", "Castlemoor", "555-0173", "back steps", "3/14/2007", "2007-03-14"})
SAID = (
    "Roommate called. She was on the back steps, crying, and answered every question. She has worked out what she would"
    " do tonight. She would like somebody from the unit to call."
)
YES, NO = "LA33-6", "LA32-8"
ANSWERS = {"93246-7": YES, "93247-5": YES, "93248-3": YES, "93249-1": YES, "93250-9": YES, "93267-3": NO}
REFERENCE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")


def chip(page: Page, name: str, value: str) -> Locator:
    """The whole of what is tapped to choose something."""
    return page.locator(f'label:has(input[name="{name}"][value="{value}"])')


def unit(page: Page) -> Locator:
    return page.locator("label", has_text="Merrow Regional Behavioral Health Unit")


def tell(hands: Hands) -> None:
    """Vignette 3, as far as the page of the referral goes."""
    page = hands.page
    hands.tap(unit(page))
    hands.tap(chip(page, "about", "problem:suicidal"))
    hands.tap(chip(page, "urgency", "urgent"))
    hands.tap(chip(page, "disposition", "left-with-family"))
    hands.tap(chip(page, "agreed", "yes"))
    hands.fill(page.get_by_label("First name"), "Wrenna")
    hands.fill(page.get_by_label("Last name"), "Castlemoor")
    hands.fill(page.get_by_label("Date of birth"), "3/14/2007")
    hands.fill(page.get_by_label("Phone"), "555-0173")
    hands.fill(page.get_by_label("In your words"), SAID, spoken=True)


def look(page: Page) -> Locator:
    return page.locator(".end").get_by_role("button", name="Look before you send")


def sending(page: Page) -> Locator:
    return page.locator(".end").get_by_role("button", name="Send", exact=True)


def number(page: Page) -> str:
    expect(page.get_by_role("heading", name="Sent")).to_be_visible()
    shown = page.locator(".number").inner_text()
    assert REFERENCE.fullmatch(shown)
    return shown


def test_an_officer_sends_vignette_3_from_a_phone(page_for: PageFor, capsys: Any) -> None:
    page = page_for(OFFICER, PHONE)
    page.goto(NEW)
    hands = Hands(page)
    tell(hands)
    hands.tap(page.get_by_role("button", name="Six questions on suicide"))
    expect(page.get_by_role("heading", name="Six questions")).to_be_visible()
    for question, answer in ANSWERS.items():
        hands.tap(chip(page, question, answer))
    expect(chip(page, "93269-9", YES)).to_be_hidden()
    hands.tap(page.get_by_role("button", name="Done"))
    expect(page.get_by_text("Do not leave the person alone.")).to_be_visible()
    hands.tap(sending(page))
    reference = number(page)
    with capsys.disabled():
        sys.stdout.write(f"\nvignette 3 on a phone: {hands}\n")
    assert hands.count <= 25
    assert hands.by_hand <= 60
    referral = Referral.objects.get(reference=reference)
    assert referral.priority == "stat"
    opened = open_referral(CLINICIAN.actor(), referral.pk)
    assert any(score.level == "high" for score in opened.scores)
    assert not any(section.compartment == "sud" for section in opened.sections)
    assert page.get_by_role("link", name="Call 555-0110").is_visible()


def test_the_browser_keeps_nothing_of_the_client(page_for: PageFor, watch: Watch) -> None:
    page = page_for(OFFICER, PHONE)
    page.goto(NEW)
    tell(Hands(page))
    expect(page.locator(".keeping")).to_contain_text("Kept")
    assert kept_of(page, CANARIES) == set()
    assert Draft.objects.count() == 1
    watch.expect("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.get_by_label("First name").fill("Wrenna-Mae")
    expect(page.locator(".offline")).to_be_visible()
    assert kept_of(page, CANARIES | {"Wrenna-Mae"}) == set()


def test_a_dead_network_loses_nothing_and_goes_on_when_it_is_back(page_for: PageFor, watch: Watch) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    page = page_for(OFFICER, PHONE)
    page.goto(NEW)
    tell(Hands(page))
    page.context.set_offline(True)
    look(page).tap()
    expect(page.get_by_text("No connection. What you typed is still here")).to_be_visible()
    expect(page.get_by_label("Last name")).to_have_value("Castlemoor")
    page.context.set_offline(False)
    expect(page.locator(".offline")).to_be_hidden()
    look(page).tap()
    expect(page.get_by_role("heading", name="Who will see what")).to_be_visible()
    page.context.set_offline(True)
    sending(page).tap()
    expect(page.get_by_text("nothing was sent")).to_be_visible()
    assert not Referral.objects.filter(origin__slug="alder-falls-pd").exists()
    page.context.set_offline(False)
    sending(page).tap()
    number(page)
    assert Referral.objects.filter(origin__slug="alder-falls-pd").count() == 1


def test_an_answer_that_is_lost_on_the_way_back_is_asked_for_again_and_sent_once(
    page_for: PageFor, watch: Watch
) -> None:
    watch.expect("ERR_FAILED")
    page = page_for(OFFICER, PHONE)
    page.goto(NEW)
    tell(Hands(page))
    look(page).tap()
    expect(page.get_by_role("heading", name="Who will see what")).to_be_visible()

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/preview/", lose, times=1)
    sending(page).tap()
    expect(page.get_by_text("nothing was sent")).to_be_visible()
    sending(page).tap()
    number(page)
    assert Referral.objects.filter(origin__slug="alder-falls-pd").count() == 1


@pytest.mark.parametrize(("over", "said"), [(False, "Locked"), (True, "signed out")])
def test_a_session_that_locked_or_ended_leaves_what_was_typed_under_its_cover(
    page_for: PageFor, *, over: bool, said: str
) -> None:
    page = page_for(OFFICER, PHONE)
    page.goto(NEW)
    tell(Hands(page))
    found = Sitting.objects.filter(user__email__startswith=OFFICER)
    found.delete() if over else found.update(locked=True)
    look(page).tap()
    expect(page.locator("#lock")).to_be_visible()
    expect(page.locator("#lock")).to_contain_text(re.compile(said, re.IGNORECASE))
    expect(page.get_by_label("First name")).to_have_value("Wrenna")


def test_two_taps_and_the_back_button_send_once(page_for: PageFor) -> None:
    page = page_for(OFFICER, PHONE)
    page.goto(NEW)
    tell(Hands(page))
    look(page).tap()
    sending(page).dblclick()
    reference = number(page)
    page.go_back()
    assert number(page) == reference
    assert Referral.objects.filter(origin__slug="alder-falls-pd").count() == 1


def test_back_from_the_preview_finds_everything_as_it_was_typed(page_for: PageFor) -> None:
    page = page_for(OFFICER, PHONE)
    page.goto(NEW)
    tell(Hands(page))
    look(page).tap()
    expect(page.get_by_role("heading", name="Who will see what")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Last name")).to_have_value("Castlemoor")
    expect(page.locator('input[name="urgency"][value="urgent"]')).to_be_checked()


def test_two_tabs_show_what_differs(page_for: PageFor) -> None:
    page = page_for(OFFICER, LAPTOP)
    page.goto(NEW)
    page.get_by_label("First name").fill("Wrenna")
    expect(page.locator(".keeping")).to_contain_text("Kept")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("First name").fill("Jessamy")
    expect(other.locator(".keeping")).to_contain_text("Kept")
    page.get_by_label("First name").fill("Wrenny")
    expect(page.locator(".keeping")).to_contain_text("changed in another tab")
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.get_by_role("heading", name="What differs")).to_be_visible()
    expect(page.locator(".rows")).to_contain_text("Jessamy")
    expect(page.get_by_label("First name")).to_have_value("Wrenny")


def test_errors_take_the_focus_and_their_links_lead_to_the_boxes(page_for: PageFor) -> None:
    page = page_for(OFFICER, PHONE)
    page.goto(NEW)
    page.get_by_label("Date of birth").fill("the fifth of never")
    look(page).tap()
    summary = page.locator("main .faults")
    expect(summary).to_be_focused()
    assert page.title().strip().startswith("Error:")
    summary.get_by_role("link", name=re.compile("Date of birth")).tap()
    expect(page.get_by_label("Date of birth")).to_be_focused()
    expect(page.get_by_label("Date of birth")).to_have_value("the fifth of never")


def test_a_referral_can_be_sent_by_keyboard_alone_on_a_cruisers_laptop(page_for: PageFor, capsys: Any) -> None:
    page = page_for(OFFICER, LAPTOP)
    page.goto(NEW)
    hands = Hands(page)

    def reach(name: str, value: str = "") -> None:
        for _press in range(80):
            found = page.evaluate("[document.activeElement.name, document.activeElement.value]")
            if found[0] == name and (
                not value or found[1] == value or page.evaluate("document.activeElement.type") == "radio"
            ):
                return
            hands.press("Tab")
        raise AssertionError(name)

    page.locator("main").focus()
    unit_id = unit(page).locator("input").get_attribute("value")
    assert unit_id
    reach("to", unit_id)
    hands.press("Space")
    for name, presses in (("urgency", 2), ("disposition", 1), ("agreed", 1)):
        reach(name)
        hands.press("Space")
        for _press in range(presses - 1):
            hands.press("ArrowDown")
    reach("family")
    page.keyboard.type("Castlemoor")
    hands.press("Control+Enter")
    expect(page.get_by_role("heading", name="Who will see what")).to_be_visible()
    hands.press("Control+Enter")
    number(page)
    with capsys.disabled():
        sys.stdout.write(f"\nby keyboard alone: {hands}\n")


def test_a_coordinator_sends_a_walk_in_without_police_and_without_a_name(page_for: PageFor, site: Site) -> None:
    page = page_for("coordinator1.bhu", LAPTOP)
    page.goto("/new/")
    page.get_by_text("Other agencies").click()
    page.locator("label", has_text="Merrow Detox").click()
    for name, value in (("way-in", "walk-in"), ("urgency", "urgent"), ("agreed", "yes")):
        chip(page, name, value).click()
    page.get_by_label("Last name").fill("Castlemoor")
    look(page).click()
    expect(page.get_by_role("heading", name="Medical check")).to_be_visible()
    page.get_by_label("I checked: none of the others").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("No police agency is in this referral.")).to_be_visible()
    sending(page).click()
    referral = Referral.objects.get(reference=number(page))
    assert {place.agency.slug for place in referral.participations.select_related("agency")} == {
        "merrow-bhu",
        "merrow-detox",
    }


@pytest.mark.parametrize("flag", ["breathing"])
def test_a_red_flag_stops_everything(page_for: PageFor, flag: str) -> None:
    page = page_for(OFFICER, PHONE)
    page.goto(NEW)
    page.get_by_role("button", name="Medical check").tap()
    chip(page, "red", flag).tap()
    page.get_by_role("button", name="Done").tap()
    expect(page.get_by_role("heading", name="Stop. Call 911 now")).to_be_visible()
    expect(page.get_by_text("Give naloxone and rescue breaths.")).to_be_visible()
    assert page.get_by_role("link", name="Call 911").get_attribute("href") == "tel:911"


@pytest.mark.parametrize(
    ("screen", "dark"),
    [(PHONE, False), (DESKTOP, True), (NARROWEST, False)],
    ids=["phone, light", "desk, dark", "a desk at 400 %"],
)
def test_every_page_can_be_used_by_everybody(page_for: PageFor, screen: Screen, *, dark: bool) -> None:
    page = page_for(OFFICER, screen, dark=dark)
    seen: dict[str, list[str]] = {}

    def judge(name: str) -> None:
        seen[name] = [*axe(page), *sticking_out(page)]

    page.goto(NEW)
    judge("new")
    look(page).click()
    expect(page.locator("main .faults")).to_be_visible()
    judge("new, with errors")
    page.goto(NEW)
    for fold in page.locator("details.fold > summary").all():
        fold.click()
    judge("new, unfolded")
    page.get_by_role("button", name="Medical check").click()
    expect(page.get_by_role("heading", name="Medical check")).to_be_visible()
    judge("medical check")
    page.get_by_role("button", name="Done").click()
    expect(page.locator("main .faults")).to_be_visible()
    judge("medical check, with errors")
    chip(page, "red", "seizure").click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Stop. Call 911 now")).to_be_visible()
    judge("stop")
    page.goto(NEW + "drafts/")
    judge("drafts")
    page.goto(NEW)
    tell(Hands(page))
    page.get_by_label("In your words").fill("Ran NCIC.")
    page.get_by_role("button", name="Six questions on suicide").click()
    expect(page.get_by_role("heading", name="Six questions")).to_be_visible()
    judge("six questions")
    for question, answer in ANSWERS.items():
        chip(page, question, answer).click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Who will see what")).to_be_visible()
    judge("preview")
    sending(page).click()
    number(page)
    judge("sent")
    page.get_by_role("link", name="Copy for my report").click()
    expect(page.locator("#text")).to_have_value(re.compile("Castlemoor"))
    assert {name: faults for name, faults in seen.items() if faults} == {}
