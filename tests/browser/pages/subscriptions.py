"""The systems of an agency that are told of changes."""

from django.utils import timezone
from playwright.sync_api import Page

from agencies.models import MachineClient
from agencies.roles import Role
from agencies.services import add_member, agency_called
from bhu.demo.cast import CLINICIAN
from fhir.subscriptions.kinds import TOPICS, Problem, Status
from fhir.subscriptions.models import Subscription
from tests.browser.shown import Shown, at
from tests.browser.site import Site

ADMIN = "admin1.bhu"
HERE = f"/at/{CLINICIAN.agency}/agency_admin/subscriptions/"
STATES = ((Status.ACTIVE, ""), (Status.ERROR, Problem.NO_ANSWER.value), (Status.REQUESTED, ""), (Status.OFF, ""))


def subscribed() -> None:
    """One subscription in each state."""
    agency = agency_called(CLINICIAN.agency)
    for number, (status, problem) in enumerate(STATES):
        machine = MachineClient.objects.create(name=f"Records system {number + 1}")
        membership = add_member(by="System/setup", agency=agency, role=Role.CLINICIAN, client=machine)
        Subscription.objects.create(
            agency=agency,
            membership=membership,
            topic=next(iter(TOPICS)),
            query={},
            content="id-only",
            endpoint=f"https://records{number + 1}.example.org/hook",
            body="{}",
            most=10,
            status=status.value,
            problem=problem,
            counted=12,
            told=12 - number,
            failing_since=timezone.now() if problem else None,
        )


def shown(page: Page, _site: Site) -> None:
    """The list, with one in each state."""
    subscribed()
    page.goto(HERE)


def tried(page: Page, _site: Site) -> None:
    """Try one whose system may not be told."""
    subscribed()
    page.goto(HERE)
    page.get_by_role("button", name="Try it now").first.click()
    page.get_by_text("It was tried and not taken").wait_for()


PAGES = (
    Shown(name="subscriptions:list", state="empty", user=ADMIN, go=at(HERE)),
    Shown(name="subscriptions:list", user=ADMIN, go=shown),
    Shown(name="subscriptions:list", state="tried", user=ADMIN, go=tried),
)
