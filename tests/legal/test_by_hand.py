"""What was given out on paper, written down: on the request, and in the ledger where it can hold it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from fhir.content.compartments import Compartment
from referrals.acts import Send
from referrals.errors import Invalid
from referrals.legal import services
from referrals.legal.errors import NoSuchPaper
from referrals.legal.kinds import Paper
from referrals.legal.models import LegalRequest, PaperDisclosure
from referrals.models import Disclosure
from referrals.opening import open_referral
from referrals.perform import perform
from tests.county import bundle_of
from tests.legal.town import BEFORE_2000, FAR_AHEAD, Events, Town, hours_ago, refused, register

COURT, ORDER = "Merrow District Court, clerk Featherby", "order of 20 November, docket 26-118"
PARTS = frozenset({Compartment.CONTACT, Compartment.SUD})


def by_hand(town: Town, request, **changed):
    given = {"to": COURT, "at": hours_ago(3), "parts": PARTS, "under": ORDER}
    return services.record_by_hand(town.privacy, request.id, **(given | changed))


def sent(town: Town):
    return perform(town.county.officer, [Send(data=bundle_of(), to=(town.county.bhu.id,))])


def test_who_when_what_and_under_which_paper_stand_on_the_request(town: Town, events: Events):
    request = register(town.privacy, kind=Paper.ORDER_WITH_PAPER)
    events.new()
    at = hours_ago(3)
    entry = by_hand(town, request, at=at)
    assert (entry.to, entry.under, entry.at, entry.parts, entry.in_ledger) == (
        COURT, ORDER, at, ("contact", "sud"), False,
    )  # fmt: skip
    assert services.entries(town.privacy, request.id) == [entry]
    row = LegalRequest.objects.get()
    assert (row.state, row.answered) == ("answered", "by_hand")
    assert events.new() == [
        ("legal.record", f"PaperDisclosure/{entry.id}", "0", "contact+sud"),
        ("legal.open", f"LegalRequest/{request.id}", "0", "by-hand"),
    ]
    assert Disclosure.objects.count() == 0


def test_a_letter_sent_after_it_does_not_unsay_it(town: Town):
    request = register(town.privacy, kind=Paper.COURT_ORDER)
    by_hand(town, request)
    services.answer_request(town.privacy, request.id)
    assert LegalRequest.objects.get().answered == "by_hand"


def test_what_went_to_an_agency_of_the_network_about_a_referral_goes_to_the_ledger(town: Town):
    done = sent(town)
    before = set(Disclosure.objects.values_list("pk", flat=True))
    request = register(town.privacy, kind=Paper.COURT_ORDER)
    at = hours_ago(3)
    entry = by_hand(town, request, at=at, referral=done.reference, to_agency=town.county.other_police.id)
    assert entry.in_ledger
    (row,) = Disclosure.objects.exclude(pk__in=before)
    assert (row.referral_id, row.discloser_id, row.recipient_id) == (
        done.referral_id, town.county.bhu.id, town.county.other_police.id,
    )  # fmt: skip
    assert (row.basis, row.purpose, row.mask, row.at) == ("court_order", "HLEGAL", 2 + 16, at)
    assert row.membership_id == town.privacy.membership_id


def test_it_opens_nothing_for_the_agency_that_it_names(town: Town):
    done = sent(town)
    request = register(town.privacy, kind=Paper.COURT_ORDER)
    by_hand(town, request, referral=str(done.referral_id), to_agency=town.county.other_police.id)
    for actor in (town.county.other_officer, town.privacy):
        assert refused(open_referral, actor, done.referral_id).code == "NOT_FOUND"


@pytest.mark.parametrize(
    ("kind", "basis"),
    [
        (Paper.ORDER_WITH_PAPER, "court_order"),
        (Paper.CRIMINAL_JUSTICE, "consent_2_35"),
        (Paper.POLICE_REQUEST, "hipaa_512f2"),
        (Paper.SUBPOENA, None),
        (Paper.SEARCH_WARRANT, None),
        (Paper.PUBLIC_RECORDS, None),
    ],
)
def test_a_paper_that_is_no_ground_is_not_given_one_in_the_ledger(town: Town, kind, basis):
    done = sent(town)
    before = set(Disclosure.objects.values_list("pk", flat=True))
    request = register(town.privacy, kind=kind)
    by_hand(town, request, referral=done.reference, to_agency=town.county.other_police.id)
    found = Disclosure.objects.exclude(pk__in=before).values_list("basis", flat=True)
    assert list(found) == ([basis] if basis else [])
    assert PaperDisclosure.objects.get().referral_id == done.referral_id


@pytest.mark.parametrize("spoken", ["ZZZZ-9999", "no number", "00000000-0000-4000-8000-000000000009"])
def test_a_referral_of_others_and_an_absent_one_are_the_same(town: Town, events: Events, spoken):
    done = perform(town.county.officer, [Send(data=bundle_of(), to=(town.county.detox.id,))])
    request = register(town.privacy)
    events.new()
    answers = [
        refused(by_hand, town, request, referral=each) for each in (spoken, done.reference, str(done.referral_id))
    ]
    assert {(type(each), str(each)) for each in answers} == {
        (NoSuchPaper, "There is no such legal paper or report for you.")
    }
    assert PaperDisclosure.objects.count() == 0
    assert LegalRequest.objects.get().state == "registered"
    assert [row[0::2] for row in events.new()] == 3 * [("legal.record", "4")]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"at": BEFORE_2000}, "at"),
        ({"at": FAR_AHEAD}, "at"),
        ({"parts": ()}, "parts"),
        ({"to": ""}, "to"),
        ({"under": " "}, "under"),
        ({"suspended_until": FAR_AHEAD}, "suspended_until"),
        ({"suspended_until": BEFORE_2000, "suspension_written": True}, "suspended_until"),
    ],
    ids=["old", "ahead", "nothing", "to nobody", "under nothing", "too long", "until 1999"],
)
def test_what_cannot_be_is_refused_by_field(town: Town, changed, field):
    refusal = refused(by_hand, town, register(town.privacy), **changed)
    assert isinstance(refusal, Invalid)
    assert [issue.expression for issue in refusal.issues] == [field]
    assert PaperDisclosure.objects.count() == 0


def test_the_recipient_is_another_agency_of_the_network(town: Town):
    for agency_id in (town.county.bhu.id, town.privacy.membership_id):
        refusal = refused(by_hand, town, register(town.privacy), to_agency=agency_id)
        assert [issue.expression for issue in refusal.issues] == ["to_agency"]


def test_what_is_suspended_is_kept_from_the_client_until_its_day_and_never_from_the_privacy_officer(town: Town):
    request = register(town.privacy, kind=Paper.COURT_ORDER)
    open_, hidden = by_hand(town, request), by_hand(town, request, suspended_until=timezone.now() + timedelta(days=20))

    def seen(**more):
        return [entry.id for entry in services.entries(town.privacy, request.id, **more)]

    assert seen() == [open_.id, hidden.id]
    assert seen(for_client=True) == [open_.id]
    with time_machine.travel(timezone.now() + timedelta(days=21), tick=True):
        assert seen(for_client=True) == [open_.id, hidden.id]
