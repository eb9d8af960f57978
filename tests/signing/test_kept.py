"""A signed paper is kept to those it names: who else takes part neither reads it nor gets its key (R-P2-03)."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from agencies.actor import Actor
from fhir.content import exact
from fhir.content.compartments import Compartment
from referrals import resources
from referrals.acts import AddAgency, AddSection, CorrectSection, Offer, TakeStep
from referrals.errors import Invalid, NotFound
from referrals.models import Disclosure, Notice, ReferralTask, Section
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.bases import Basis
from referrals.receipts import accounting
from referrals.services import chain, keeping, seeing
from tests.county import SCREEN, consent_in
from tests.signing.desk import Desk, Phone, terms

C = Compartment
RELEASE = frozenset({C.CONTACT, C.CLINICAL})
TYPES = ("Consent", "DocumentReference")


def offered(desk: Desk) -> UUID:
    """The client signed that detox may know; it was asked, and has not answered."""
    perform(
        desk.county.clinician,
        [AddSection(referral_id=desk.referral_id, data=consent_in(desk.referral_id, to=["detox"]))],
    )
    perform(desk.county.clinician, [Offer(referral_id=desk.referral_id, to=(desk.county.detox.id,), release=RELEASE)])
    return ReferralTask.objects.values_list("pk", flat=True).get(referral_id=desk.referral_id, owner=desk.county.detox)


def accept(desk: Desk, task: UUID) -> None:
    perform(desk.county.detox_intake, [TakeStep(task_id=task, step="accept")])


def signed(desk: Desk, *places: str) -> tuple[UUID, UUID]:
    """The client signs a paper that names these agencies alone: the ids of the Consent, and of what was signed."""
    assert Phone(desk.ask()).sign(desk.filled(places=places)).status == 200
    return tuple(
        Section.objects.filter(folder_id=desk.referral_id, type=type_)
        .order_by("-id")
        .values_list("resource_id", flat=True)[0]
        for type_ in TYPES
    )  # type: ignore[return-value]  # two


@pytest.fixture
def taken(desk: Desk) -> tuple[Desk, UUID, UUID]:
    """Detox took the client on; then the client signed a second paper, for the clinic alone."""
    accept(desk, offered(desk))
    return desk, *signed(desk, "clinic")


def everything(actor: Actor, desk: Desk) -> set[UUID]:
    """The ids of all that opens to an actor, in the opening and in what is searched for."""
    found = {section.resource_id for section in open_referral(actor, desk.referral_id).sections}
    types = ("Consent", "DocumentReference", "Patient", "QuestionnaireResponse")
    searched = resources.opened_in(actor, desk.referral_id, types=types, action=resources.SEARCH)
    whole = resources.opened_in(actor, desk.referral_id, types=types, action=resources.EVERYTHING)
    assert {each.id for each in searched} == {each.id for each in whole}
    assert {each.id for each in searched} <= found
    return found


ONE: dict[str, Callable[[Actor, str, str], object]] = {
    "read": resources.read,
    "version": lambda actor, type_, id_: resources.read(actor, type_, id_, version="1"),
    "history": resources.history,
    "provenance": resources.provenance,
    "provenance of any type": lambda actor, _type, id_: resources.provenance(actor, "", id_),
}


@pytest.mark.parametrize("door", ONE.values(), ids=ONE)
def test_who_is_not_named_is_told_that_there_is_none(
    taken: tuple[Desk, UUID, UUID], door: Callable[..., object]
) -> None:
    desk, *ids = taken
    for type_, id_ in zip(TYPES, ids, strict=True):
        assert door(desk.county.clinician, type_, str(id_))
        with pytest.raises(NotFound):
            door(desk.county.detox_intake, type_, str(id_))


def test_opening_searching_and_everything_leave_it_out_for_who_is_not_named(taken: tuple[Desk, UUID, UUID]) -> None:
    desk, *ids = taken
    assert set(ids) <= everything(desk.county.clinician, desk)
    seen = everything(desk.county.detox_intake, desk)
    assert not set(ids) & seen
    assert len(seen) > 2  # the client, the screen, the paper that names detox


def test_nobody_else_gets_a_key_a_row_in_the_ledger_or_a_notice(taken: tuple[Desk, UUID, UUID]) -> None:
    desk, consent, document = taken
    state = chain.load(desk.referral_id)
    epochs = {row.epoch for row in Section.objects.filter(resource_id__in=[consent, document])}
    assert epochs == {state.number}
    assert {row.agency_id for row in state.receipts if row.epoch in epochs} == {desk.county.bhu.id}
    assert not Disclosure.objects.filter(referral_id=desk.referral_id, manifest__in=epochs).exists()
    told = Notice.objects.filter(referral_id=desk.referral_id).order_by("-id").values_list("agency__slug", "code")
    assert told[0] == ("bhu", "consent-signed")


def test_whom_the_paper_names_reads_it_and_on_it(taken: tuple[Desk, UUID, UUID]) -> None:
    desk, consent, document = taken
    perform(
        desk.county.clinician,
        [
            AddAgency(
                referral_id=desk.referral_id, agency_id=desk.county.clinic.id, compartments=RELEASE,
                basis=Basis.CONSENT_NAMED,
            )
        ],
    )  # fmt: skip
    seen = everything(desk.county.clinic_intake, desk)
    assert {consent, document} <= seen
    first = Section.objects.filter(folder_id=desk.referral_id, type="Consent").order_by("id")[0].resource_id
    assert first not in seen  # the one that names detox alone
    assert first in everything(desk.county.detox_intake, desk)


def test_keys_handed_over_later_leave_out_those_of_papers_that_name_others(desk: Desk) -> None:
    task = offered(desk)
    consent, document = signed(desk, "clinic")
    epochs = {row.epoch for row in Section.objects.filter(resource_id__in=[consent, document])}
    accept(desk, task)
    held = {row.epoch for row in chain.load(desk.referral_id).receipts if row.agency_id == desk.county.detox.id}
    assert held
    assert not held & epochs
    assert not {consent, document} & everything(desk.county.detox_intake, desk)


def test_an_accounting_names_no_paper_as_given_to_whom_it_does_not_name(desk: Desk) -> None:
    task = offered(desk)
    first = Section.objects.get(folder_id=desk.referral_id, type="Consent").resource_id
    ids = signed(desk, "clinic")
    accept(desk, task)
    report = accounting.accounting(desk.county.clinician, referrals=[desk.referral_id])
    told = exact.dump(accounting.as_fhir(report)).decode()
    assert f"Consent/{first}/_history/1" in told
    assert not [id_ for id_ in ids if str(id_) in told]


def test_the_gate_alone_keeps_it_from_who_has_a_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    accept(desk, offered(desk))
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "lets", lambda *_args: True)
        ids = signed(desk, "clinic")
    state = chain.load(desk.referral_id)
    assert desk.county.detox.id in {row.agency_id for row in state.receipts if row.epoch == state.number}
    assert not set(ids) & everything(desk.county.detox_intake, desk)


def test_the_key_alone_keeps_it_from_who_gets_past_the_gate(
    taken: tuple[Desk, UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, *ids = taken
    monkeypatch.setattr(keeping, "is_shown", lambda *_args: True)
    assert seeing.keeping is keeping
    assert not set(ids) & everything(desk.county.detox_intake, desk)


def test_a_consent_is_not_added_with_anything_else_under_its_key(desk: Desk) -> None:
    accept(desk, offered(desk))
    id_, before = desk.referral_id, Section.objects.count()
    one, two = (AddSection(referral_id=id_, data=consent_in(id_, to=[to])) for to in ("clinic", "detox"))
    with pytest.raises(Invalid) as refusal:
        perform(desk.county.clinician, [one, two])
    assert [issue.expression for issue in refusal.value.issues] == ["Consent"]
    assert Section.objects.count() == before
    screen = AddSection(referral_id=id_, data=json.dumps(SCREEN).encode())
    perform(desk.county.clinician, [one, screen])  # in another part, under a key of its own
    assert len(everything(desk.county.detox_intake, desk)) > 2


def test_a_consent_of_another_shape_names_nobody(desk: Desk) -> None:
    accept(desk, offered(desk))
    tree: dict[str, Any] = json.loads(consent_in(desk.referral_id, to=["detox"]))
    tree["policy"] = [{"uri": "https://example.org/another-form"}]
    perform(desk.county.clinician, [AddSection(referral_id=desk.referral_id, data=json.dumps(tree).encode())])
    made = Section.objects.filter(type="Consent").order_by("-id")[0].resource_id
    assert made in everything(desk.county.clinician, desk)
    assert made not in everything(desk.county.detox_intake, desk)


def note(desk: Desk, who: Actor) -> UUID:
    """Somebody adds a document of another kind."""
    attachment = {"contentType": "text/plain", "data": "aGVsbG8="}
    tree = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": attachment}]}
    perform(who, [AddSection(referral_id=desk.referral_id, data=json.dumps(tree).encode())])
    made = Section.objects.filter(folder_id=desk.referral_id, type="DocumentReference").order_by("-id")
    return made.values_list("resource_id", flat=True)[0]


def call_signed(desk: Desk, document: UUID) -> None:
    """The clinician records a consent for the clinic alone, whose signed paper is this document."""
    tree: dict[str, Any] = json.loads(consent_in(desk.referral_id, to=["clinic"]))
    del tree["sourceAttachment"]
    tree["sourceReference"] = {"reference": f"DocumentReference/{document}"}
    perform(desk.county.clinician, [AddSection(referral_id=desk.referral_id, data=json.dumps(tree).encode())])


def test_a_document_added_before_is_kept_from_the_moment_a_consent_calls_it_its_paper(desk: Desk) -> None:
    accept(desk, offered(desk))
    document = note(desk, desk.county.clinician)
    assert document in everything(desk.county.detox_intake, desk)
    call_signed(desk, document)
    assert terms().papers == {document}
    assert document not in everything(desk.county.detox_intake, desk)
    assert document in everything(desk.county.clinician, desk)


def test_nobody_hides_what_another_wrote_by_calling_it_signed(desk: Desk) -> None:
    call_signed(desk, note(desk, desk.county.officer))
    assert terms().papers == frozenset()


def test_a_new_version_keeps_the_papers_of_the_one_before(desk: Desk) -> None:
    perform(desk.county.clinician, [AddSection(referral_id=desk.referral_id, data=consent_in(desk.referral_id))])
    consent = terms().consent
    papers = []
    for _scan in ("a first scan", "a better one"):
        papers.append(note(desk, desk.county.clinician))
        tree: dict[str, Any] = json.loads(consent_in(desk.referral_id))
        del tree["sourceAttachment"]
        tree |= {"id": str(consent), "sourceReference": {"reference": f"DocumentReference/{papers[-1]}"}}
        act = CorrectSection(referral_id=desk.referral_id, resource_id=consent, data=json.dumps(tree).encode())
        perform(desk.county.clinician, [act])
    assert (terms().version, terms().papers) == (3, set(papers))
