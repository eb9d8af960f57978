"""What who helps does in a referral: screens, notes, offers, consents, emergencies."""

import json

from playwright.sync_api import Page

from bhu.demo.cast import CLINICIAN, LOSER, WINNER
from referrals.acts import AddSection
from referrals.models import Folder
from referrals.perform import perform
from tests.browser.shown import Shown, Way
from tests.browser.site import Site
from tests.county import consent

WHO = "clinician1.bhu"


def room(site: Site, step: str = "accept") -> str:
    """The address of the main job, played up to a step, as the clinician has it."""
    return f"/at/{CLINICIAN.agency}/clinician/referrals/{site.played(step).referral_id}/"


def at(tail: str, *, step: str = "accept") -> Way:
    """One page of the room, as it is asked for."""
    return lambda page, site: _ignore(page.goto(room(site, step) + tail))


def _ignore(_answer: object) -> None:
    """The page is looked at whatever its status."""


def unanswered(page: Page, site: Site) -> None:
    """Add a screen with no answer in it."""
    page.goto(f"{room(site)}screens/gad7/")
    page.get_by_role("button", name="Add to the referral").click()
    page.get_by_role("alert").wait_for()


def no_words(page: Page, site: Site) -> None:
    """Add a note without a word."""
    page.goto(f"{room(site)}note/")
    page.get_by_role("button", name="Add the note").click()
    page.get_by_role("alert").wait_for()


def nobody_asked(page: Page, site: Site) -> None:
    """Offer it to nobody."""
    page.goto(f"{room(site)}offer/")
    page.get_by_role("button", name="See who would see what").click()
    page.get_by_role("alert").wait_for()


def looked_at(page: Page, site: Site) -> None:
    """Look at who would see what of an offer that names nobody."""
    page.goto(f"{room(site)}offer/")
    page.get_by_label("Merrow General Hospital Emergency Department").check()
    page.get_by_label("St. Alban Shelter").check()
    page.get_by_role("button", name="See who would see what").click()
    page.get_by_role("heading", name="Who would see what").wait_for()


def no_place_named(page: Page, site: Site) -> None:
    """Ask for a signature on a paper that names no agency."""
    page.goto(f"{room(site)}consents/ask/")
    page.get_by_role("button", name="Make it ready").click()
    page.get_by_role("alert").wait_for()


def asked(how: str) -> Way:
    """Ask for a signature in one of the ways."""

    def go(page: Page, site: Site) -> None:
        page.goto(f"{room(site)}consents/ask/")
        page.get_by_label("Northfield Community Behavioral Health Center").check()
        page.get_by_label(how).check()
        page.get_by_role("button", name="Make it ready").click()
        page.locator(".number").wait_for()

    return go


def on_file(page: Page, site: Site) -> None:
    """The consents with one in force and one only spoken of."""
    address = room(site)
    referral_id = address.split("/")[-2]
    stage_consent(referral_id)
    page.goto(f"{address}consents/ask/")
    page.get_by_role("button", name="Only said yes for now").click()
    page.get_by_role("heading", name="Waiting for a signature").wait_for()


def stage_consent(referral_id: str) -> None:
    """File a consent of the client of this referral that names two providers."""
    folder = Folder.objects.get(pk=referral_id)
    tree = consent(patient=f"Patient/{folder.patient_id}", to=(WINNER.agency, LOSER.agency), discloser=CLINICIAN.agency)
    perform(CLINICIAN.actor(), [AddSection(referral_id=folder.pk, data=json.dumps(tree).encode())])


def opened_in_emergency(page: Page, site: Site) -> None:
    """Two taps: it is open, and the words are asked for."""
    page.goto(f"{room(site)}emergency/")
    page.get_by_role("button", name="Overdose").click()
    page.get_by_role("heading", name="Write down the emergency").wait_for()


def too_few_words(page: Page, site: Site) -> None:
    """Write less than the law asks for."""
    opened_in_emergency(page, site)
    page.get_by_label("What the emergency was").fill("short")
    page.get_by_role("button", name="Write it down").click()
    page.get_by_role("alert").wait_for()


PAGES = (
    Shown(name="referrals:screens", user=WHO, go=at("screens/")),
    Shown(name="referrals:screen", user=WHO, go=at("screens/cssrsscreener/")),
    Shown(name="referrals:screen", state="in-spanish", user=WHO, go=at("screens/phq9/?language=es")),
    Shown(name="referrals:screen", state="unanswered", user=WHO, go=unanswered),
    Shown(name="referrals:note", user=WHO, go=at("note/")),
    Shown(name="referrals:note", state="no-words", user=WHO, go=no_words),
    Shown(name="referrals:offer", user=WHO, go=at("offer/")),
    Shown(name="referrals:offer", state="nobody-asked", user=WHO, go=nobody_asked),
    Shown(name="referrals:offer", state="looked-at", user=WHO, go=looked_at),
    Shown(name="referrals:consents", state="none", user=WHO, go=at("consents/")),
    Shown(name="referrals:consents", state="on-file", user=WHO, go=on_file),
    Shown(name="referrals:ask-consent", user=WHO, go=at("consents/ask/")),
    Shown(name="referrals:ask-consent", state="no-place-named", user=WHO, go=no_place_named),
    Shown(name="referrals:ask-consent", state="own-phone", user=WHO, go=asked("On the client's own phone")),
    Shown(name="referrals:ask-consent", state="this-screen", user=WHO, go=asked("On this screen")),
    Shown(name="referrals:emergency", user=WHO, go=at("emergency/")),
    Shown(name="referrals:emergency-words", user=WHO, go=opened_in_emergency),
    Shown(name="referrals:emergency-words", state="too-few-words", user=WHO, go=too_few_words),
)
