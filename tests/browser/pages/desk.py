"""The privacy officer's desk, and the record everybody sees."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from playwright.sync_api import Page

from agencies.actor import Actor
from agencies.services import actor_for, membership_of
from bhu.demo.cast import CLINICIAN
from fhir.content.compartments import Compartment
from referrals.desk.kinds import AlertKind, AlertState, ComplaintWay, IncidentKind
from referrals.desk.models import Alert
from referrals.desk.services import complaints, incidents, reviews
from referrals.models import Participation
from referrals.policy.reviewing import Reason
from tests.browser.shown import Shown, Way, at
from tests.browser.site import Site

WHO, ADMIN = "privacy1.bhu", "admin1.bhu"
DESK, ADMINS = "/at/merrow-bhu/privacy_officer/desk/", "/at/merrow-bhu/agency_admin/desk/"
WHAT = "A printed list of referral numbers was left on the counter; a visitor handed it back."


def officer(site: Site) -> Actor:
    """Who keeps watch over the unit."""
    return actor_for(membership_of(email=site.user(WHO).email, agency="merrow-bhu"))


def alerts(state: AlertState = AlertState.OPEN) -> Way:
    """Alerts as the job raises them, one of them looked at."""

    def go(page: Page, site: Site) -> None:
        who = CLINICIAN.actor()
        for kind in (AlertKind.MASS_OPENING, AlertKind.OWN_NAME):
            row = Alert(agency_id=who.agency_id, kind=kind.value, who=who.name, key="x", at=timezone.now())
            if state is AlertState.LOOKED:
                row.state, row.looked_at, row.looked_by = state.value, timezone.now(), officer(site).membership_id
            row.save(force_insert=True)
        page.goto(f"{DESK}alerts/")

    return go


def incident(site: Site) -> UUID:
    """One that was discovered two days ago."""
    found = timezone.now() - timedelta(days=2)
    return incidents.open_incident(
        officer(site), kind=IncidentKind.PAPER, discovered_at=found, what=WHAT, affected=12
    ).id


def complaint(site: Site) -> UUID:
    """One that nobody answered yet."""
    came = timezone.now() - timedelta(days=3)
    said = "Somebody at the front desk read my name aloud."
    return complaints.receive(officer(site), way=ComplaintWay.WRITTEN, received_at=came, who="", what=said).id


def with_everything(page: Page, site: Site) -> None:
    """The desk on a day when something of each kind waits."""
    incident(site)
    complaint(site)
    alerts()(page, site)
    page.goto(DESK)


def one(kind: str) -> Way:
    """One incident or one complaint."""

    def go(page: Page, site: Site) -> None:
        made = {"incidents": incident, "complaints": complaint}[kind](site)
        page.goto(f"{DESK}{kind}/{made}/")

    return go


def assessed_badly(page: Page, site: Site) -> None:
    """Say that it was no breach with a factor left out."""
    one("incidents")(page, site)
    page.get_by_label("not a breach").check()
    page.get_by_role("button", name="Keep the assessment").click()
    page.locator("main .faults").wait_for()


def listed(kind: str) -> Way:
    """The list with one in it."""

    def go(page: Page, site: Site) -> None:
        {"incidents": incident, "complaints": complaint}[kind](site)
        page.goto(f"{DESK}{kind}/")

    return go


def reviewed(tail: str = "", *, answered: bool = True) -> Way:
    """A review of the referral of the main job, with or without a second person's yes."""

    def go(page: Page, site: Site) -> None:
        referral = site.played("offer").referral_id
        case = reviews.ask(
            officer(site),
            referral,
            reason=Reason.COMPLAINT,
            parts=[Compartment.CONTACT, Compartment.INCIDENT],
            hours=2,
            words="The log says who opened it and not whether it is the person who complained.",
        )
        if answered:
            admin = actor_for(membership_of(email=site.user(ADMIN).email, agency="merrow-bhu"))
            reviews.answer(admin, case, agree=True)
        page.goto(tail.format(case=case))

    return go


def played(tail: str) -> Way:
    """A page about the referral of the main job."""

    def go(page: Page, site: Site) -> None:
        referral = site.played("offer").referral_id
        client = Participation.objects.get(referral=referral, agency__slug="merrow-bhu").client_id
        page.goto(DESK + tail.format(referral=referral, client=client))

    return go


def narrowed(page: Page, site: Site) -> None:
    """The log after the main job, narrowed to what was refused or not."""
    site.played("accept")
    page.goto(f"{DESK}log/?question=opened")


def no_number(page: Page, _site: Site) -> None:
    """Look for a number that is nobody's."""
    page.goto(f"{DESK}log/")
    page.get_by_label("Number of a referral").fill("0000-0000")
    page.get_by_role("button", name="Who opened this file").click()
    page.locator("main .faults").wait_for()


def why(page: Page, site: Site) -> None:
    """Ask why the clinician may read the clinical part."""
    stage = site.played("accept")
    page.goto(f"{DESK}why/")
    page.get_by_label("Who").select_option(str(CLINICIAN.actor().membership_id))
    page.get_by_label("Number of the referral").fill(stage.reference)
    page.get_by_label("Part").select_option("clinical")
    page.get_by_role("button", name="Ask why").click()
    page.get_by_role("heading", name="Clinical").wait_for()


def lacking(address: str, button: str) -> Way:
    """Send a form with nothing in it."""

    def go(page: Page, _site: Site) -> None:
        page.goto(address)
        page.get_by_role("button", name=button).click()
        page.locator("main .faults").wait_for()

    return go


PAGES = (
    Shown(name="record", user="chief1.brindle", go=at("/record/")),
    Shown(name="referrals:desk", user=WHO, go=at(DESK)),
    Shown(name="referrals:desk", state="everything", user=WHO, go=with_everything),
    Shown(name="referrals:desk-alerts", state="none", user=WHO, go=at(f"{DESK}alerts/")),
    Shown(name="referrals:desk-alerts", user=WHO, go=alerts()),
    Shown(name="referrals:desk-alerts", state="looked", user=WHO, go=alerts(AlertState.LOOKED)),
    Shown(name="referrals:desk-weeks", user=WHO, go=at(f"{DESK}weeks/")),
    Shown(name="referrals:desk-log", user=WHO, go=narrowed),
    Shown(name="referrals:desk-log", state="no-number", user=WHO, go=no_number),
    Shown(name="referrals:desk-file", user=WHO, go=played("files/{referral}/")),
    Shown(name="referrals:desk-disclosures", user=WHO, go=played("files/{referral}/disclosures/")),
    Shown(
        name="referrals:desk-disclosures", state="paper", user=WHO, go=played("files/{referral}/disclosures/?as=print")
    ),
    Shown(name="referrals:desk-client", user=WHO, go=played("clients/{client}/")),
    Shown(name="referrals:desk-client-disclosures", user=WHO, go=played("clients/{client}/disclosures/?whole=1")),
    Shown(name="referrals:desk-why", user=WHO, go=at(f"{DESK}why/")),
    Shown(name="referrals:desk-why", state="answered", user=WHO, go=why),
    Shown(name="referrals:desk-review-ask", user=WHO, go=played("files/{referral}/review/")),
    Shown(name="referrals:desk-reviews", user=WHO, go=reviewed(f"{DESK}reviews/")),
    Shown(
        name="referrals:desk-reviews", state="to-answer", user=ADMIN, go=reviewed(f"{ADMINS}reviews/", answered=False)
    ),
    Shown(name="referrals:desk-review", user=WHO, go=reviewed(f"{DESK}reviews/{{case}}/")),
    Shown(
        name="referrals:desk-review",
        state="to-answer",
        user=ADMIN,
        go=reviewed(f"{ADMINS}reviews/{{case}}/", answered=False),
    ),
    Shown(name="referrals:desk-review-content", user=WHO, go=reviewed(f"{DESK}reviews/{{case}}/content/")),
    Shown(name="referrals:desk-incidents", user=WHO, go=listed("incidents")),
    Shown(name="referrals:desk-incident-new", user=WHO, go=at(f"{DESK}incidents/new/")),
    Shown(
        name="referrals:desk-incident-new",
        state="lacking",
        user=WHO,
        go=lacking(f"{DESK}incidents/new/", "Put it into the register"),
    ),
    Shown(name="referrals:desk-incident", user=WHO, go=one("incidents")),
    Shown(name="referrals:desk-incident", state="lacking", user=WHO, go=assessed_badly),
    Shown(name="referrals:desk-complaints", user=WHO, go=listed("complaints")),
    Shown(name="referrals:desk-complaint-new", user=WHO, go=at(f"{DESK}complaints/new/")),
    Shown(name="referrals:desk-complaint", user=WHO, go=one("complaints")),
)
