"""Vignette 7: she walks in, asks for a bed and will not sign; the search goes on without her name, and she leaves."""

import pytest

from fhir.content.builders import Agreed, Origin, Pathway
from fhir.content.compartments import Compartment
from referrals.acts import AddAgency, Offer, Send, TakeStep
from referrals.blind import by_name
from referrals.listing import history, inbox
from referrals.models import Client, Participation, Wrap
from referrals.policy.bases import Basis
from referrals.previewing import preview
from referrals.services import clients
from referrals.shelltext import as_json
from tests.vignettes.people import IDENTIFYING, Entry, Merrow, c_ssrs, call, ledger, seen, told, words_in

ASKED = ("detox", "clinic")
BORN = "1988-03-14"
DRINKS = seen("15167005", "Alcohol use disorder", value="A bottle a day since May")
PLAN = c_ssrs(wish=True, thoughts=True, method=True, intent=True, plan=True, ever=False)
WHO_SHE_IS = by_name(family="Zwillinger", given="Ottilie", born=BORN)


def search(*more, to, **changes) -> Send:
    """The coordinator's search of places for her."""
    said = {"pathway": Pathway.SELF_REFERRAL, "brought_by": Origin.SELF, "agreed": Agreed.YES}
    data = call(DRINKS, *more, born=BORN, gender="female")
    return Send(data=data, to=to, basis=Basis.DEIDENTIFIED, **(said | changes))


def ask(merrow: Merrow, *more, **changes):
    return merrow.do("coordinator", search(*more, to=merrow.at(*ASKED), **changes)).referral_id


def test_vignette_7_the_search_says_nothing_of_who_she_is_and_she_leaves(merrow):
    plan = preview(merrow.people["coordinator"], search(to=merrow.at(*ASKED)))
    assert [(row.agency, row.now, row.on_accept) for row in plan.recipients] == [
        ("detox", ("request",), ()),
        ("clinic", ("request",), ()),
    ]
    assert not plan.police
    referral_id = ask(merrow)
    merrow.step("detox intake", merrow.task(referral_id, "detox"), "accept")
    assert merrow.label("coordinator", referral_id) in {"accepted", "not picked up yet"}
    assert merrow.parts("detox intake", referral_id) == {"request"}
    merrow.step("coordinator", merrow.task(referral_id, "detox"), "request-cancel", reason="client-left")
    merrow.step("detox intake", merrow.task(referral_id, "detox"), "confirm-cancel", reason="client-left")
    merrow.step("coordinator", merrow.task(referral_id, "clinic"), "cancel", reason="client-left")
    assert ledger(referral_id) == [
        Entry("bhu", "clinic", "request", "deidentified", "TREAT"),
        Entry("bhu", "detox", "request", "deidentified", "TREAT"),
    ]
    assert told(referral_id) == [
        ("detox", "", "send"),
        ("clinic", "", "send"),
        ("bhu", "", "accept"),
        ("detox", "", "request-cancel"),
        ("bhu", "", "confirm-cancel"),
        ("clinic", "", "cancel"),
    ]


def test_whoever_is_asked_reads_how_old_how_urgent_and_for_which_unit_and_not_one_word_of_her(merrow):
    referral_id = ask(merrow)
    for who in ("detox intake", "clinic intake"):
        actor = merrow.people[who]
        shown = as_json([merrow.open(who, referral_id), inbox(actor), history(actor, referral_id)])
        assert not words_in(shown)
        assert BORN not in shown
        assert "bottle" not in shown
        assert '"age-35-44"' in shown
        assert '"unit-women"' in shown
        for part in (Compartment.CONTACT, Compartment.CLINICAL, Compartment.SUD):
            assert merrow.turned_away(who, referral_id, part) == "COMPARTMENT"


def test_whoever_is_asked_holds_no_key_and_finds_no_client(merrow):
    referral_id = ask(merrow)
    merrow.step("detox intake", merrow.task(referral_id, "detox"), "accept")
    wraps = Wrap.objects.filter(folder_id=referral_id).exclude(agency=merrow.agencies["bhu"])
    assert set(wraps.values_list("mask", flat=True)) == {1}
    assert set(Client.objects.values_list("agency__slug", flat=True)) == {"bhu"}
    assert not Participation.objects.exclude(agency=merrow.agencies["bhu"]).filter(client__isnull=False).exists()
    assert clients.find(merrow.people["detox intake"], WHO_SHE_IS) == []
    assert clients.find(merrow.people["coordinator"], WHO_SHE_IS)


def test_saying_yes_opens_nothing_more(merrow):
    referral_id = ask(merrow)
    before = merrow.open("detox intake", referral_id).sections
    merrow.step("detox intake", merrow.task(referral_id, "detox"), "accept")
    after = merrow.open("detox intake", referral_id).sections
    assert {section.id for section in after} == {section.id for section in before}
    assert len(ledger(referral_id)) == 2


def test_her_name_goes_nowhere_without_her_signature_on_any_ground(merrow):
    referral_id = ask(merrow)
    named = frozenset({Compartment.CONTACT})
    for basis in Basis:
        act = AddAgency(
            referral_id=referral_id, agency_id=merrow.agencies["willow"].id, compartments=named, basis=basis
        )
        assert merrow.refused("coordinator", act).code in {
            "NO_BASIS",
            "ROLE",
            "RECIPIENT_NOT_COVERED",
            "STATE_PACK",
            "CONSENT_MISSING",
            "LEGAL_PROCESS_INSUFFICIENT",
        }
        offer = Offer(referral_id=referral_id, to=merrow.at("willow"), release=named, basis=basis)
        assert merrow.refused("coordinator", offer).code != "INVALID"
    assert len(ledger(referral_id)) == 2


def test_a_name_is_not_sent_by_not_saying_on_which_ground(merrow):
    act = Send(data=call(born=BORN, gender="female"), to=merrow.at("detox"), agreed=Agreed.YES)
    assert merrow.refused("coordinator", act).code == "NO_BASIS"
    assert inbox(merrow.people["detox intake"]) == []


def test_in_danger_of_her_life_she_is_searched_a_place_for_without_her_name_too(merrow):
    referral_id = ask(merrow, PLAN, agreed=Agreed.NO)
    shown = as_json(merrow.open("detox intake", referral_id))
    assert "risk-high" in shown
    assert not words_in(shown)
    assert [entry.parts for entry in ledger(referral_id)] == ["request", "request"]


def test_the_unit_itself_keeps_what_she_said_and_that_she_agreed_to_be_called(merrow):
    referral_id = ask(merrow)
    shown = as_json(merrow.open("clinician", referral_id))
    assert [word for word in IDENTIFYING if word not in shown] == ["Anselm"]
    assert "bottle" in shown
    assert '"self_referral"' in shown
    assert "Agreed to be contacted" in shown


def test_if_she_signs_after_all_her_name_goes_to_whom_she_named_and_to_nobody_else(merrow):
    referral_id = ask(merrow)
    merrow.step("coordinator", merrow.task(referral_id, "detox"), "cancel", reason="other")
    signed = merrow.sign("coordinator", referral_id, to=("detox",), parts=("contact",))
    release = frozenset({Compartment.CONTACT})
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("detox"), release=release))
    merrow.do("detox intake", TakeStep(task_id=merrow.task(referral_id, "detox"), step="accept"))
    assert "Ottilie" in as_json(merrow.open("detox intake", referral_id))
    assert not words_in(merrow.open("clinic intake", referral_id))
    assert ledger(referral_id)[-1] == Entry("bhu", "detox", "contact", "consent_named", "TREAT", signed, 1)


@pytest.mark.parametrize("agreed", Agreed)
def test_naming_the_anonymous_ground_sends_the_ask_alone_whatever_was_said(merrow, agreed):
    referral_id = ask(merrow, PLAN, agreed=agreed)
    assert {entry.parts for entry in ledger(referral_id)} == {"request"}
