"""The client asks that it go no further: who is told, who decides, and what still reaches those who help."""

import json
from datetime import date
from uuid import UUID

import pytest

from agencies.models import Agreement
from fhir.content.builders import Agreed, Pathway
from fhir.content.compartments import Compartment
from fhir.content.safety import SAFETY
from referrals import restricting
from referrals.acts import AddAgency, AddSection, Offer, Send, TakeStep
from referrals.errors import Denied, NotFound
from referrals.models import ReferralTask, Section
from referrals.policy.bases import Basis
from referrals.policy.codes import DENIALS, DenyCode
from referrals.shelltext import as_json
from tests.referrals.test_ambulance import FLAGS, check
from tests.vignettes.people import Merrow, c_ssrs, call, of, said, seen, told

HIGH = c_ssrs(wish=True, thoughts=True, method=True, intent=True, plan=True, ever=True, recent=True)
GUN = seen("weapon-at-home", "Weapons at home", system=SAFETY, value="A pistol by the bed")


@pytest.fixture
def taken_on(merrow: Merrow) -> UUID:
    """An officer sent it, and the unit works with the client."""
    act = Send(data=call(born="1968-01-11"), to=merrow.at("bhu"), pathway=Pathway.SELF_REFERRAL, agreed=Agreed.YES)
    referral_id = merrow.do("alder officer", act).referral_id
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept", "start")
    return referral_id


def writing(referral_id: UUID) -> AddSection:
    """What an officer writes for the unit he asked."""
    return AddSection(referral_id=referral_id, data=json.dumps(said("He has a gun now")).encode())


def test_what_an_officer_writes_meanwhile_is_refused_and_he_is_told_whom_to_call(
    merrow: Merrow, taken_on: UUID
) -> None:
    restricting.ask(merrow.people["clinician"], taken_on)
    written = Section.objects.filter(folder=taken_on).count()
    refused = merrow.refused("alder officer", writing(taken_on))
    assert refused.code == "NOT_NOW"
    assert "Call the unit" in str(refused)
    assert Section.objects.filter(folder=taken_on).count() == written


def test_he_is_not_told_that_the_client_asked_the_same_is_said_when_an_agreement_ended(
    merrow: Merrow, taken_on: UUID
) -> None:
    asked = restricting.ask(merrow.people["clinician"], taken_on)
    restricted = merrow.refused("alder officer", writing(taken_on))
    restricting.review(merrow.people["bhu privacy"], asked, agreed=False)
    merrow.do("alder officer", writing(taken_on))
    Agreement.objects.update(ended_on=date(2026, 1, 2))
    ended = merrow.refused("alder officer", writing(taken_on))
    assert (ended.code, str(ended)) == (restricted.code, str(restricted))
    told_of = f"{restricted} {DENIALS[DenyCode.NOT_NOW].remedy}".lower()
    assert not [word for word in ("client", "restrict", "agreement", "consent") if word in told_of]


def test_a_helping_unit_is_told_what_stands_in_its_way(merrow: Merrow, taken_on: UUID) -> None:
    restricting.ask(merrow.people["clinician"], taken_on)
    merrow.sign("clinician", taken_on, to=("detox",), parts=("contact",))
    act = Offer(referral_id=taken_on, to=merrow.at("detox"), release=frozenset({Compartment.CONTACT}))
    assert merrow.refused("clinician", act).code == "RESTRICTION_OPEN"


@pytest.mark.parametrize("danger", [HIGH, check(FLAGS[0]), GUN], ids=["high risk", "red flag", "weapon"])
def test_a_danger_to_life_reaches_the_unit_though_the_client_asked_to_restrict(
    merrow: Merrow, taken_on: UUID, danger: dict[str, object]
) -> None:
    restricting.ask(merrow.people["clinician"], taken_on)
    merrow.add("alder officer", taken_on, of(danger))
    assert ("bhu", "", "danger-to-life") in told(taken_on)
    wrote = Section.objects.filter(folder=taken_on, agency=merrow.agencies["alder-pd"]).latest("id")
    assert str(wrote.resource_id) in as_json(merrow.open("clinician", taken_on))


def test_a_unit_keeps_its_own_record_meanwhile(merrow: Merrow, taken_on: UUID) -> None:
    restricting.ask(merrow.people["clinician"], taken_on)
    merrow.add("clinician", taken_on, of(said("We spoke at the door")))
    assert "We spoke at the door" in as_json(merrow.open("clinician", taken_on))


def test_who_knows_the_ask_alone_cannot_have_heard_it_from_the_client(merrow: Merrow, taken_on: UUID) -> None:
    merrow.do("clinician", Offer(referral_id=taken_on, to=merrow.at("detox", "clinic")))
    with pytest.raises(Denied) as refused:
        restricting.ask(merrow.people["detox intake"], taken_on)
    assert refused.value.code == "COMPARTMENT"
    merrow.step("clinic intake", merrow.task(taken_on, "clinic"), "accept")


@pytest.fixture
def with_detox(merrow: Merrow, taken_on: UUID) -> UUID:
    """The unit shared it with a detox, which works with the client too."""
    merrow.sign("clinician", taken_on, to=("detox",), parts=("contact", "outcome"))
    merrow.do("clinician", Offer(referral_id=taken_on, to=merrow.at("detox"), release=frozenset({Compartment.CONTACT})))
    merrow.step("detox intake", merrow.task(taken_on, "detox"), "accept", "start")
    return taken_on


def test_every_unit_at_work_is_told_and_police_are_not(merrow: Merrow, with_detox: UUID) -> None:
    before = len(told(with_detox))
    asked = restricting.ask(merrow.people["detox intake"], with_detox)
    assert sorted(told(with_detox)[before:]) == [
        ("bhu", "", "restriction-asked"),
        ("bhu", "privacy_officer", "restriction-asked"),
    ]
    restricting.review(merrow.people["bhu privacy"], asked, agreed=False)
    assert told(with_detox)[-1] == ("detox", "", "restriction-reviewed")


def test_the_privacy_officer_of_the_unit_that_holds_it_reviews_what_another_was_asked(
    merrow: Merrow, with_detox: UUID
) -> None:
    asked = restricting.ask(merrow.people["detox intake"], with_detox)
    with pytest.raises(NotFound):
        restricting.review(merrow.people["alder privacy"], asked, agreed=True)
    restricting.review(merrow.people["bhu privacy"], asked, agreed=False)
    merrow.do("clinician", Offer(referral_id=with_detox, to=merrow.at("willow"), basis=Basis.DEIDENTIFIED))


def test_police_who_bring_in_police_are_not_told_that_the_client_asked(merrow: Merrow, taken_on: UUID) -> None:
    restricting.ask(merrow.people["clinician"], taken_on)
    act = AddAgency(
        referral_id=taken_on,
        agency_id=merrow.agencies["brindle-pd"].id,
        compartments=frozenset({Compartment.CONTACT, Compartment.REQUEST}),
        basis=Basis.POLICE_BUSINESS,
    )
    assert merrow.refused("alder officer", act).code == "NO_BASIS"


def test_a_department_the_client_named_learns_nothing_while_the_client_asks_to_restrict(
    merrow: Merrow, taken_on: UUID
) -> None:
    paper = {"form": "police-outcome", "to": ("alder-pd",), "parts": ("outcome",), "purposes": ("COC",)}
    merrow.sign("clinician", taken_on, **paper, days=30)
    named = merrow.label("alder officer", taken_on)
    asked = restricting.ask(merrow.people["clinician"], taken_on)
    assert merrow.label("alder officer", taken_on) == "with the team" != named
    restricting.review(merrow.people["bhu privacy"], asked, agreed=False)
    assert merrow.label("alder officer", taken_on) == named


def test_an_offer_accepted_meanwhile_opens_nothing(merrow: Merrow, taken_on: UUID) -> None:
    merrow.sign("clinician", taken_on, to=("detox",), parts=("contact", "outcome"))
    merrow.do("clinician", Offer(referral_id=taken_on, to=merrow.at("detox"), release=frozenset({Compartment.CONTACT})))
    asked = restricting.ask(merrow.people["clinician"], taken_on)
    task = merrow.task(taken_on, "detox")
    assert merrow.refused("detox intake", TakeStep(task_id=task, step="accept")).code == "RESTRICTION_OPEN"
    assert ReferralTask.objects.get(pk=task).status == "requested"
    restricting.review(merrow.people["bhu privacy"], asked, agreed=True)
    assert merrow.refused("detox intake", TakeStep(task_id=task, step="accept")).code == "RESTRICTION_OPEN"
