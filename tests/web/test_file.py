"""The page of one referral: who finds what on it, and what is not even hinted at."""

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.models import Membership
from agencies.roles import Role
from agencies.services import actor_for, add_member
from audit.models import AuditEvent
from referrals.acts import AddSection, CorrectSection, TakeStep, WithdrawAgency
from referrals.opening import open_referral
from referrals.perform import perform
from tests.county import CANARIES, SETUP
from tests.web.asked import listening
from tests.web.desk import OBSERVED, Desk, Seat, make_desk, user_of

pytestmark = pytest.mark.django_db
NAMES = CANARIES[:3]
RIVER, CABINET, SCREENED = CANARIES[3], "a locked cabinet in the hall", "C-SSRS"


@pytest.fixture(scope="module")
def desk(build_once: Callable[[Callable[[], Desk]], Desk]) -> Desk:
    return build_once(make_desk)


def everything(seat: Seat, desk: Desk) -> str:
    return seat.read("file", desk.referral_id) + seat.read("file", desk.referral_id, part="all")


def without_marks(page: str) -> str:
    """A page without what is new each time it is shown: the mark against forgery, the key of a form."""
    return re.sub(r'(name="(csrfmiddlewaretoken|key)" value=")[^"]+', r"\1", page)


def test_the_clinician_finds_who_it_is_what_happened_and_the_screen(desk: Desk) -> None:
    page = everything(Seat(desk.county.clinician), desk)
    assert not [word for word in (*NAMES, RIVER, CABINET, SCREENED, "emergency", "May 11, 2007") if word not in page]
    assert "Do not leave the person alone." in page


def test_the_officer_finds_his_own_words_and_not_the_screen_he_took(desk: Desk) -> None:
    page = everything(Seat(desk.county.officer), desk)
    assert not [word for word in (*NAMES, RIVER, CABINET) if word not in page]
    assert not [word for word in (SCREENED, "Clinical", "Detox", "Clinic") if word in page]
    assert "with the team" in page
    assert 'href="tel:555-0110"' in page


def test_a_provider_that_was_asked_finds_the_ask_and_nobody(desk: Desk) -> None:
    page = everything(Seat(desk.county.detox_intake), desk)
    assert "waiting for your answer" in page
    assert "18 to 24" in page
    assert not [
        word for word in (*CANARIES, CABINET, "Police", "police", "Contact", "Clinical", "Clinic") if word in page
    ]


@pytest.mark.parametrize("who", ["outsider", "admin", "other_officer", "superuser"])
def test_everybody_else_gets_the_page_of_what_is_not_there(desk: Desk, who: str) -> None:
    someone = getattr(desk.county, who)
    if who == "superuser":
        someone = actor_for(add_member(by=SETUP, agency=desk.county.detox, role=Role.ANALYST, user=someone))
    person = Seat(someone)
    absent = person.get("file", uuid4())
    for name in ("file", "file-history", "file-why", "file-print", "file-copy", "file-bundle", "file-own"):
        found = person.get(name, desk.referral_id)
        assert found.status_code == HTTPStatus.NOT_FOUND, name
        assert without_marks(found.content.decode()) == without_marks(absent.content.decode())


def test_a_part_stands_in_a_tab_only_for_whom_it_opens(desk: Desk) -> None:
    tabs = {
        who: re.findall(r"\?part=(\w+)", Seat(getattr(desk.county, who)).read("file", desk.referral_id))
        for who in ("officer", "clinician", "detox_intake")
    }
    assert tabs == {"officer": ["incident", "all"], "clinician": ["incident", "clinical", "all"], "detox_intake": []}


def test_a_tab_opens_its_part_alone_and_the_log_says_which(desk: Desk) -> None:
    seat = Seat(desk.county.clinician)
    page = seat.read("file", desk.referral_id, part="incident")
    assert CABINET in page
    assert NAMES[0] not in page
    event = AuditEvent.objects.filter(action="referral.open").latest("id")
    assert (event.code, event.door, event.actor) == ("incident", "web", desk.county.clinician.name)


def test_a_part_asked_for_by_its_address_is_refused_and_recorded(desk: Desk) -> None:
    answer = Seat(desk.county.officer).get("file", desk.referral_id, part="clinical")
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert SCREENED not in answer.content.decode()
    event = AuditEvent.objects.filter(action="referral.open").latest("id")
    assert (event.outcome, event.code) == ("4", "ROLE")
    assert Seat(desk.county.officer).get("file", desk.referral_id, part="x").status_code == HTTPStatus.NOT_FOUND


def test_a_narrative_is_never_shown(desk: Desk) -> None:
    page = everything(Seat(desk.county.clinician), desk)
    assert "Police encounter" in page
    assert "tracker" not in page
    assert "Told in a narrative" not in page
    assert "<img" not in page


def test_no_page_says_by_its_headers_whether_anything_changed(desk: Desk) -> None:
    answer = Seat(desk.county.officer).get("file", desk.referral_id)
    assert not {"ETag", "Last-Modified"} & set(answer.headers)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_officers_page_is_the_same_bytes_whatever_the_provider_does(desk: Desk) -> None:
    seat = Seat(desk.county.officer)

    def view() -> list[str]:
        pages = [seat.read("file", desk.referral_id, part="all"), seat.read("file-history", desk.referral_id)]
        return [without_marks(page) for page in pages]

    before = view()
    for step in ("accept", "start", "no-show", "complete"):
        perform(desk.county.detox_intake, [TakeStep(task_id=desk.detox, step=step)])
        assert view() == before


def test_an_opening_asks_the_same_of_the_database_however_much_lies_there(desk: Desk) -> None:
    seat = Seat(desk.county.clinician)
    seat.read("file", desk.referral_id)  # what is kept in memory is kept now
    with listening() as little:
        seat.read("file", desk.referral_id)
    for _ in range(5):
        perform(desk.county.clinician, [AddSection(referral_id=desk.referral_id, data=json.dumps(OBSERVED).encode())])
    with listening() as much:
        seat.read("file", desk.referral_id, part="all")
    assert len(little.queries) == len(much.queries)


def test_the_newest_version_stands_first_and_the_older_ones_beneath(desk: Desk) -> None:
    opened = open_referral(desk.county.officer, desk.referral_id)
    written = next(each for each in opened.sections if each.tree.get("code") == OBSERVED["code"])
    tree = OBSERVED | {"note": [{"text": "He called back: two cabinets."}]}
    act = CorrectSection(referral_id=desk.referral_id, resource_id=written.resource_id, data=json.dumps(tree).encode())
    perform(desk.county.officer, [act])
    page = Seat(desk.county.clinician).read("file", desk.referral_id, part="incident")
    newest, _details, older = page.partition("1 earlier version")
    assert "He called back: two cabinets." in newest
    assert "version 2" in newest
    assert "He called back" not in older
    assert CABINET in older


def test_the_history_says_what_happened_to_each_side(desk: Desk) -> None:
    unit = Seat(desk.county.clinician).read("file-history", desk.referral_id)
    assert not [word for word in ("sent", "accepted", "work began", "→ Detox", "→ Clinic") if word not in unit]
    officer = Seat(desk.county.officer).read("file-history", desk.referral_id)
    assert "with the team" in officer
    assert "Detox" not in officer


def test_a_page_of_another_of_my_agencies_offers_my_place_there(desk: Desk) -> None:
    seat = Seat(desk.county.outsider)
    add_member(by=SETUP, agency=desk.county.detox, role=Role.INTAKE, user=user_of(desk.county.outsider))
    answer = seat.get("file", desk.referral_id)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert reverse("referrals:file", args=["detox", "intake", desk.referral_id]) in page
    assert "Open as Intake, Detox" in page
    assert not [word for word in (*CANARIES, "Bhu", "Police", "Clinic,") if word in page]
    of_others = reverse("referrals:file", args=["bhu", "clinician", desk.referral_id])
    assert "Open as Intake, Detox" in seat.client.get(of_others).content.decode()
    anywhere = seat.client.get(reverse("referrals:anywhere", args=[desk.referral_id]))
    assert anywhere.headers["Location"] == reverse("referrals:file", args=["detox", "intake", desk.referral_id])


@pytest.mark.parametrize("name", ["screens", "note", "offer", "consents", "ask-consent", "emergency"])
def test_so_does_every_page_that_does_something_about_a_referral_and_says_whose_part_ended(
    desk: Desk, name: str
) -> None:
    seat = Seat(desk.county.outsider)
    assert seat.get(name, desk.referral_id).status_code == HTTPStatus.NOT_FOUND
    add_member(by=SETUP, agency=desk.county.detox, role=Role.INTAKE, user=user_of(desk.county.outsider))
    assert "Open as Intake, Detox" in seat.get(name, desk.referral_id).content.decode()
    perform(desk.county.clinician, [WithdrawAgency(referral_id=desk.referral_id, agency_id=desk.county.detox.id)])
    ended = Seat(desk.county.detox_intake).get(name, desk.referral_id)
    assert ended.status_code == HTTPStatus.FORBIDDEN
    assert reverse("referrals:file-own", args=["detox", "intake", desk.referral_id]) in ended.content.decode()


def test_whose_part_ended_is_told_what_it_may_keep_and_reads_its_own(desk: Desk) -> None:
    perform(desk.county.detox_intake, [TakeStep(task_id=desk.detox, step="accept")])
    perform(desk.county.detox_intake, [TakeStep(task_id=desk.detox, step="start", note="She slept well here.")])
    act = WithdrawAgency(referral_id=desk.referral_id, agency_id=desk.county.detox.id, consent_revoked=True)
    perform(desk.county.clinician, [act])
    seat = Seat(desk.county.detox_intake)
    answer = seat.get("file", desk.referral_id)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "CONSENT_REVOKED" in page
    assert "may be kept as the law says" in page
    assert seat.address("file-own", desk.referral_id) in page
    own = seat.read("file-own", desk.referral_id)
    assert "She slept well here." in own
    assert not [word for word in CANARIES if word in own + page]


def test_why_says_what_opens_a_part_and_nothing_of_what_lies_there(desk: Desk) -> None:
    seat = Seat(desk.county.officer)
    page = seat.read("file-why", desk.referral_id, about="sud")
    assert "Your role may not do this." in page
    assert "Ask somebody of your agency whose role may" in page
    assert "You may open this part here." in seat.read("file-why", desk.referral_id, about="incident")
    assert seat.get("file-why", desk.referral_id, about="nothing").status_code == HTTPStatus.NOT_FOUND
    internal = ("compartment", "participation", "basis", "wrap", "shred", "actor", "businessStatus")
    assert not [word for word in internal if re.search(rf">[^<]*\b{word}\b", page)]


def test_who_is_not_signed_in_is_asked_to(desk: Desk) -> None:
    answer = Client().get(reverse("referrals:file", args=["bhu", "clinician", desk.referral_id]))
    assert answer.status_code == HTTPStatus.FOUND
    assert answer.headers["Location"].startswith(reverse("account_login"))


def test_a_membership_that_ended_opens_nothing(desk: Desk) -> None:
    seat = Seat(desk.county.clinician)
    Membership.objects.filter(pk=desk.county.clinician.membership_id).update(until=timezone.now())
    assert seat.get("file", desk.referral_id).status_code == HTTPStatus.NOT_FOUND
