"""Vignette 38: the wrong agency is chosen. Today its part can be ended, and what it was given stays on record."""

import pytest

from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals.acts import AddAgency, Offer, Send, TakeStep, WithdrawAgency
from referrals.blind import by_name
from referrals.listing import inbox
from referrals.models import Disclosure, ReferralTask, Wrap
from referrals.policy.bases import Basis
from referrals.services import clients
from referrals.shelltext import as_json
from tests.vignettes.people import Entry, Event, Merrow, call, ledger, told, words_in

BORN = "1990-10-10"
WHO_SHE_IS = by_name(family="Zwillinger", given="Ottilie", born=BORN)


def data() -> bytes:
    return call(born=BORN, gender="female")


@pytest.fixture
def sent(merrow):
    """The officer meant the unit and chose the elder services beside it in the list; their intake has opened it."""
    act = Send(data=data(), to=merrow.at("elder"), agreed=Agreed.YES)
    referral_id = merrow.do("alder officer", act).referral_id
    assert words_in(merrow.open("elder intake", referral_id))
    return referral_id


def taken_back(merrow: Merrow, who: str, referral_id, slug: str) -> None:
    merrow.do(who, WithdrawAgency(referral_id=referral_id, agency_id=merrow.agencies[slug].id))


def test_vignette_38_the_wrong_agency_is_shut_out_and_the_ledger_keeps_that_it_was_given(merrow, sent):
    before = list(Disclosure.objects.filter(referral_id=sent).values())
    taken_back(merrow, "alder officer", sent, "elder")
    assert merrow.turned_away("elder intake", sent) == "WITHDRAWN"
    assert list(Disclosure.objects.filter(referral_id=sent).values()) == before
    assert ledger(sent) == [Entry("alder-pd", "elder", "request+contact+incident", "referral_for_help", "COC")]
    assert told(sent) == [("elder", "", "send"), ("elder", "", "withdraw")]


def test_the_log_says_that_it_was_opened_before_it_was_taken_back(merrow, sent):
    taken_back(merrow, "alder officer", sent, "elder")
    merrow.turned_away("elder intake", sent)
    assert merrow.events(sent) == [
        Event("alder officer", "referral.send", "0", ""),
        Event("elder intake", "referral.open", "0", "contact+request"),
        Event("alder officer", "party.withdraw", "0", ""),
        Event("elder intake", "referral.open", "4", "WITHDRAWN"),
    ]


def test_the_wrong_agency_keeps_no_key_no_task_no_client_and_no_line_in_its_list(merrow, sent):
    task = merrow.task(sent, "elder")
    assert clients.find(merrow.people["elder intake"], WHO_SHE_IS)
    taken_back(merrow, "alder officer", sent, "elder")
    assert not Wrap.objects.filter(folder_id=sent, agency=merrow.agencies["elder"]).exists()
    assert ReferralTask.objects.get(pk=task).status == "cancelled"
    assert clients.find(merrow.people["elder intake"], WHO_SHE_IS) == []
    assert inbox(merrow.people["elder intake"]) == []
    for step, reason in (("accept", ""), ("reject", "outside-towns")):
        act = TakeStep(task_id=task, step=step, reason=reason)
        assert merrow.refused("elder intake", act).code == "WITHDRAWN"


def test_what_is_written_after_never_reaches_it_and_the_sender_reads_on(merrow, sent):
    taken_back(merrow, "alder officer", sent, "elder")
    merrow.add("alder officer", sent, {"resourceType": "Communication", "status": "completed"})
    assert len(ledger(sent)) == 1
    assert words_in(merrow.open("alder officer", sent))
    assert merrow.label("alder officer", sent) == "closed"


def test_sent_again_to_the_right_one_it_is_a_referral_of_its_own(merrow, sent):
    taken_back(merrow, "alder officer", sent, "elder")
    again = merrow.do("alder officer", Send(data=data(), to=merrow.at("bhu"), agreed=Agreed.YES)).referral_id
    assert again != sent
    assert words_in(merrow.open("clinician", again))
    assert merrow.turned_away("elder intake", again) == "NOT_FOUND"
    assert ledger(again) == [Entry("alder-pd", "bhu", "request+contact+incident", "referral_for_help", "COC")]


def test_an_anonymous_offer_to_the_wrong_one_gave_no_name_and_the_right_one_is_asked_after(merrow):
    referral_id = merrow.do("alder officer", Send(data=data(), to=merrow.at("bhu"), agreed=Agreed.YES)).referral_id
    merrow.step("coordinator", merrow.task(referral_id, "bhu"), "accept")
    release = frozenset({Compartment.CONTACT})
    signed = merrow.sign("coordinator", referral_id, to=("clinic", "detox"), parts=("contact",))
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("clinic"), release=release))
    taken_back(merrow, "coordinator", referral_id, "clinic")
    assert merrow.turned_away("clinic intake", referral_id) == "WITHDRAWN"
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("detox"), release=release))
    merrow.step("detox intake", merrow.task(referral_id, "detox"), "accept")
    assert "Ottilie" in as_json(merrow.open("detox intake", referral_id))
    assert ledger(referral_id)[1:] == [
        Entry("bhu", "clinic", "request", "consent_named", "TREAT", signed, 1),
        Entry("bhu", "detox", "request", "consent_named", "TREAT", signed, 1),
        Entry("bhu", "detox", "contact", "consent_named", "TREAT", signed, 1),
    ]


def test_the_one_that_was_offered_by_mistake_can_be_asked_again_and_starts_with_nothing(merrow):
    referral_id = merrow.do("alder officer", Send(data=data(), to=merrow.at("bhu"), agreed=Agreed.YES)).referral_id
    merrow.step("coordinator", merrow.task(referral_id, "bhu"), "accept")
    ask = Offer(referral_id=referral_id, to=merrow.at("clinic"), basis=Basis.DEIDENTIFIED)
    merrow.do("coordinator", ask)
    taken_back(merrow, "coordinator", referral_id, "clinic")
    merrow.do("coordinator", ask)
    assert merrow.parts("clinic intake", referral_id) == {"request"}


@pytest.mark.parametrize("who", ["alder night officer", "brindle officer", "coordinator", "stranger"])
def test_only_who_sent_it_takes_it_back(merrow, sent, who):
    act = WithdrawAgency(referral_id=sent, agency_id=merrow.agencies["elder"].id)
    assert merrow.refused(who, act).code == "NOT_FOUND"
    assert words_in(merrow.open("elder intake", sent))


def test_a_colleague_who_does_not_see_the_referral_changes_nothing_in_it_and_passes_nothing_on(merrow, sent):
    passed_on = AddAgency(
        referral_id=sent,
        agency_id=merrow.agencies["brindle-pd"].id,
        compartments=frozenset({Compartment.CONTACT}),
        basis=Basis.POLICE_BUSINESS,
    )
    called_off = TakeStep(task_id=merrow.task(sent, "elder"), step="cancel", reason="mistake")
    assert merrow.turned_away("alder night officer", sent) == "NOT_FOUND"
    for act in (passed_on, called_off):
        assert merrow.refused("alder night officer", act).code == "NOT_FOUND"
    merrow.do("alder officer", passed_on)
    merrow.do("alder officer", called_off)


def test_the_wrong_agency_may_give_it_back_itself(merrow, sent):
    act = TakeStep(task_id=merrow.task(sent, "elder"), step="reject", reason="duplicate")
    merrow.do("elder intake", act)
    assert merrow.open("elder intake", sent).sections == ()
    assert not Wrap.objects.filter(folder_id=sent, agency=merrow.agencies["elder"]).exists()
    assert merrow.label("alder officer", sent) == "not taken"
