"""One referral, in each of its states and for each side of it."""

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page

from agencies.models import Agency, Membership
from agencies.roles import Role
from agencies.services import SYSTEM, add_member
from bhu.demo.cast import CLINICIAN, LOSER, OFFICER, WINNER, Part
from bhu.demo.stage import Stage
from referrals.acts import TakeStep, WithdrawAgency
from referrals.models import Notice
from referrals.notices.services import addressing
from referrals.perform import perform
from tests.browser.shown import Shown, Way
from tests.browser.site import Site

ROLES = {OFFICER: Role.OFFICER, CLINICIAN: Role.CLINICIAN, WINNER: Role.INTAKE, LOSER: Role.INTAKE}


def where(part: Part, name: str, *args: object) -> str:
    """The address of a page in the place of somebody of the cast."""
    return reverse(f"referrals:{name}", args=[part.agency, ROLES[part].value, *args])


def told(page: Page, site: Site) -> None:
    """The officer's, while the unit has not answered."""
    stage = site.played("send")
    Notice.objects.update(addressed_at=None)
    addressing.address_all()
    page.goto(where(OFFICER, "file-told", stage.referral_id))


def task_of(stage: Stage, part: Part) -> object:
    """The task before somebody."""
    return stage.task(part.actor()).id


def opened(part: Part, name: str = "file", query: str = "", *, step: str = "accept") -> Way:
    """The way to a page of the referral of the main job, which was played up to where a provider takes ``step``."""

    def go(page: Page, site: Site) -> None:
        stage = site.played(step, by=WINNER)
        page.goto(where(part, name, stage.referral_id) + query)

    return go


def at_task(part: Part, name: str, *more: str, step: str = "open-ask") -> Way:
    """The way to a page about the task before somebody."""

    def go(page: Page, site: Site) -> None:
        stage = site.played(step, by=WINNER)
        page.goto(where(part, name, stage.referral_id, task_of(stage, part), *more))

    return go


def pressed(way: Way, button: str) -> Way:
    """That page after a button that is refused."""

    def go(page: Page, site: Site) -> None:
        way(page, site)
        page.evaluate("document.querySelectorAll('form').forEach((form) => (form.noValidate = true))")
        page.get_by_role("button", name=button, exact=True).click()
        page.get_by_role("alert").wait_for()

    return go


def without_a_reason(page: Page, site: Site) -> None:
    """Send the form of declining without any of its reasons."""
    at_task(WINNER, "file-step", "reject")(page, site)
    page.evaluate("document.querySelector('main form').submit()")
    page.get_by_role("alert").wait_for()


def overtaken(page: Page, site: Site) -> None:
    """Complete what a colleague paused meanwhile."""
    stage = site.played("start")
    actor = CLINICIAN.actor()
    page.goto(where(CLINICIAN, "file-step", stage.referral_id, task_of(stage, CLINICIAN), "complete"))
    page.get_by_label("Words to the other agency").fill("She has a safe place to stay.")
    hold = TakeStep(task_id=stage.task(actor).id, step="hold", reason="waiting-for-answer")
    perform(actor, [hold])
    page.get_by_role("button", name="Complete").click()
    page.get_by_role("alert").wait_for()


def gone(page: Page, site: Site) -> None:
    """Accept what another agency took meanwhile."""
    stage = site.played("open-ask", by=LOSER)
    page.goto(where(LOSER, "file", stage.referral_id))
    perform(WINNER.actor(), [TakeStep(task_id=stage.task(WINNER.actor()).id, step="accept")])
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("alert").wait_for()


def _withdrawn(site: Site) -> Stage:
    stage = site.played("complete", by=WINNER)
    winner = Agency.objects.get(slug=WINNER.agency).id
    act = WithdrawAgency(referral_id=stage.referral_id, agency_id=winner, consent_revoked=True)
    perform(CLINICIAN.actor(), [act])
    return stage


def ended(page: Page, site: Site) -> None:
    """Open what the client stopped."""
    page.goto(where(WINNER, "file", _withdrawn(site).referral_id))


def own(page: Page, site: Site) -> None:
    """Read what one's agency wrote itself, after its part ended."""
    page.goto(where(WINNER, "file-own", _withdrawn(site).referral_id))


def elsewhere(name: str) -> Callable[[Page, Site], None]:
    """Follow a link to a referral by somebody with two places in it."""

    def go(page: Page, site: Site) -> None:
        stage = site.played("accept", by=WINNER)
        user = Membership.objects.get(pk=WINNER.actor().membership_id).user
        add_member(by=SYSTEM, agency=Agency.objects.get(slug=CLINICIAN.agency), role=Role.COORDINATOR, user=user)
        own = reverse("referrals:anywhere", args=[stage.referral_id])
        page.goto(own if name == "anywhere" else where(OFFICER, name, stage.referral_id))

    return go


def shown(part: Part, name: str, state: str, go: Way) -> Shown:
    """A page of this room."""
    return Shown(name=f"referrals:{name}", state=state, user=part.email.partition("@")[0], go=go)


PAGES = (
    *(shown(part, "file", part.agency, opened(part)) for part in (OFFICER, CLINICIAN, WINNER)),
    shown(WINNER, "file", "asked", opened(WINNER, step="open-ask")),
    shown(CLINICIAN, "file", "everything", opened(CLINICIAN, query="?part=all")),
    shown(WINNER, "file", "ended", ended),
    shown(WINNER, "file", "elsewhere", elsewhere("file")),
    shown(WINNER, "anywhere", "", elsewhere("anywhere")),
    shown(WINNER, "file-own", "", own),
    shown(CLINICIAN, "file-history", "", opened(CLINICIAN, "file-history")),
    shown(OFFICER, "file-told", "", told),
    shown(OFFICER, "file-told", "answered", opened(OFFICER, "file-told")),
    shown(OFFICER, "file-why", "", opened(OFFICER, "file-why", "?about=sud")),
    shown(CLINICIAN, "file-print", "", opened(CLINICIAN, "file-print")),
    shown(OFFICER, "file-copy", "", opened(OFFICER, "file-copy")),
    shown(WINNER, "file-step", "asked", at_task(WINNER, "file-step", "reject")),
    shown(WINNER, "file-step", "without-a-reason", without_a_reason),
    shown(CLINICIAN, "file-step", "overtaken", overtaken),
    shown(LOSER, "file-step", "gone", gone),
    shown(WINNER, "file-note", "asked", at_task(WINNER, "file-note")),
    shown(WINNER, "file-note", "empty", pressed(at_task(WINNER, "file-note"), "Send")),
    shown(WINNER, "file-number", "asked", at_task(WINNER, "file-number", step="accept")),
    shown(WINNER, "file-number", "empty", pressed(at_task(WINNER, "file-number", step="accept"), "Record it")),
)
