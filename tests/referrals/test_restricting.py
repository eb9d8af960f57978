"""A client asked that it be shared no further: nothing crosses until the privacy officer has looked (R-P2-20)."""

import pytest

from agencies.models import User
from agencies.roles import Role
from agencies.services import actor_for, add_member
from referrals import restricting
from referrals.acts import Offer, OpenInEmergency, Send, TakeStep
from referrals.emergencies.natures import Nature
from referrals.errors import Denied, IllegalStep, NotFound
from referrals.models import Disclosure, Notice, Participation
from referrals.perform import perform
from tests.county import SETUP, County, bundle_of


@pytest.fixture
def referral(county: County):
    done = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    return done.referral_id


@pytest.fixture
def privacy(county: County):
    user = User.objects.create_user("privacy@bhu.example.org")
    return actor_for(add_member(by=SETUP, agency=county.bhu, role=Role.PRIVACY_OFFICER, user=user))


def offered(county: County, referral) -> str:
    """The code with which an offer of the anonymous ask is refused; "" if it is not."""
    try:
        perform(county.clinician, [Offer(referral_id=referral, to=(county.detox.id,))])
    except Denied as refused:
        return refused.code
    return ""


def test_while_it_is_open_nothing_crosses(county: County, referral) -> None:
    restricting.ask(county.clinician, referral)
    assert offered(county, referral) == "RESTRICTION_OPEN"


def test_what_was_not_agreed_to_lets_sharing_go_on(county: County, referral, privacy) -> None:
    restricting.review(privacy, restricting.ask(county.clinician, referral), agreed=False)
    assert offered(county, referral) == ""


def test_what_was_agreed_to_stands(county: County, referral, privacy) -> None:
    restricting.review(privacy, restricting.ask(county.clinician, referral), agreed=True)
    assert offered(county, referral) == "RESTRICTION_OPEN"


def test_it_does_not_stand_in_the_way_of_an_emergency(county: County, referral) -> None:
    restricting.ask(county.clinician, referral)
    act = OpenInEmergency(referral_id=referral, agency_id=county.detox.id, nature=Nature.OVERDOSE)
    perform(county.clinician, [act])
    (place,) = Participation.objects.filter(referral_id=referral, agency=county.detox)
    assert (place.basis, bool(place.mask)) == ("medical_emergency", True)
    assert Disclosure.objects.filter(referral_id=referral, recipient=county.detox).exists()


def test_the_privacy_officer_is_told(county: County, referral) -> None:
    restricting.ask(county.clinician, referral)
    told = Notice.objects.get(referral_id=referral, code="restriction-asked", role="privacy_officer")
    assert told.agency_id == county.bhu.id


def test_only_who_works_on_it_asks_and_only_its_privacy_officer_reviews_once(county: County, referral, privacy) -> None:
    with pytest.raises(NotFound):
        restricting.ask(county.outsider, referral)
    asked = restricting.ask(county.clinician, referral)
    for actor in (county.clinician, county.admin):
        with pytest.raises(Denied):
            restricting.review(actor, asked, agreed=False)
    user = User.objects.create_user("privacy@detox.example.org")
    stranger = actor_for(add_member(by=SETUP, agency=county.detox, role=Role.PRIVACY_OFFICER, user=user))
    with pytest.raises(NotFound):
        restricting.review(stranger, asked, agreed=False)
    restricting.review(privacy, asked, agreed=False)
    with pytest.raises(IllegalStep):
        restricting.review(privacy, asked, agreed=True)
