"""An agency takes out its own record first: all it wrote of contact and incident, and only who may open all of it."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from agencies.capabilities import Capability
from agencies.roles import Role
from agencies.services import change_grants
from audit.models import AuditEvent
from fhir.content import exact
from fhir.content.compartments import Compartment
from referrals.acts import AddSection, Send, TakeStep
from referrals.errors import Denied, NotFound, Refused, Stale
from referrals.models import Section
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.retention.models import Export
from referrals.retention.services import exporting
from referrals.retention.services.exporting import export
from referrals.services import chain
from tests.county import CANARIES, SCREEN, SETUP, bundle_of, consent, consent_in
from tests.integrity.stage import member
from tests.retention.archive import Archive, actor_again, closed, export_of
from tests.retention.conftest import Later

pytestmark = pytest.mark.django_db


def events(referral: UUID) -> list[tuple[str, str, str]]:
    found = AuditEvent.objects.filter(target=chain.target(referral), action="retention.export").order_by("id")
    return list(found.values_list("actor", "outcome", "code"))


def test_the_export_holds_all_that_the_agency_wrote_of_contact_and_incident_and_nothing_else(
    archive: Archive, later: Later
) -> None:
    referral = closed(archive)
    later()
    digest, file = export_of(archive, referral)
    assert sha256(file).hexdigest() == digest
    tree = exact.parse(file)
    assert isinstance(tree, dict)
    resources = [entry["resource"] for entry in json.loads(file)["entry"]]
    assert (tree["resourceType"], tree["type"]) == ("Bundle", "collection")
    kinds = sorted(resource["resourceType"] for resource in resources)
    assert kinds == ["Observation", "Patient", "ServiceRequest"]  # ours: the pathway; the screen is clinical
    assert all(word in file.decode() for word in CANARIES)
    assert b"QuestionnaireResponse" not in file
    stored = {
        str(row.resource_id): row.compartment
        for row in Section.objects.filter(folder_id=referral, agency=archive.county.police)
    }
    assert {stored[resource["id"]] for resource in resources} == {"contact", "incident"}
    row = Export.objects.get()
    assert (row.digest, row.sections, row.membership_id) == (digest, 3, archive.keeper.membership_id)
    assert events(referral) == [(archive.keeper.name, "0", f"sha256:{digest}")]


def test_two_exports_of_one_referral_have_different_digests(archive: Archive) -> None:
    """A hash of the content alone could be tried out by guessing names; the file holds a random id."""
    referral = closed(archive)
    assert export_of(archive, referral)[0] != export_of(archive, referral)[0]


@pytest.mark.parametrize("who", ["privacy", "records", "bhu_privacy"])
def test_who_can_open_nothing_exports_nothing(archive: Archive, who: str) -> None:
    referral, kept = closed(archive), []
    with pytest.raises(Refused):
        export(getattr(archive, who), referral_id=referral, write=kept.append)
    assert kept == []


def test_what_another_agency_put_into_contact_is_its_own_and_it_takes_out_nothing(archive: Archive) -> None:
    """The BHU's clinician adds a consent: the police's record is without it, and the referral is not the BHU's."""
    referral, clinician = closed(archive, steps=("accept",)), archive.county.clinician
    perform(clinician, [AddSection(referral_id=referral, data=consent_in(referral))])
    assert Section.objects.get(folder_id=referral, type="Consent").compartment == "contact"
    _digest, file = export_of(archive, referral)
    assert b"Consent" not in file
    with pytest.raises(NotFound):
        export(clinician, referral_id=referral, write=pytest.fail)
    assert events(referral)[-1] == (clinician.name, "4", "NOT_FOUND")


def test_what_a_receiving_agency_wrote_back_is_not_in_the_record(archive: Archive) -> None:
    """The BHU began it, the detox adds a consent; the BHU reads all of it and takes out what it wrote itself."""
    county, detox = archive.county, member(archive.county.detox, Role.COORDINATOR)
    done = perform(county.clinician, [Send(data=bundle_of(consent()), to=(county.detox.id,))])
    (task,) = done.tasks
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    answer = consent_in(done.referral_id, discloser="detox", to=["bhu"])
    perform(detox, [AddSection(referral_id=done.referral_id, data=answer)])
    opened = open_referral(county.clinician, done.referral_id, compartments=[Compartment.CONTACT])
    wrote = [section.agency_id for section in opened.sections]
    assert (wrote.count(county.bhu.id), wrote.count(county.detox.id)) == (2, 1)
    kept: list[bytes] = []
    assert export(county.clinician, referral_id=done.referral_id, write=kept.append).resources == 2
    assert [entry["resource"]["resourceType"] for entry in json.loads(kept[0])["entry"]] == ["Patient", "Consent"]


def test_what_changes_while_it_is_exported_is_not_entered(archive: Archive) -> None:
    referral = closed(archive)
    screen = AddSection(referral_id=referral, data=json.dumps(SCREEN).encode())
    with pytest.raises(Stale):
        export(archive.keeper, referral_id=referral, write=lambda _data: add(archive, screen))
    assert not Export.objects.exists()
    assert events(referral) == [(archive.keeper.name, "4", "STALE")]


def add(archive: Archive, act: AddSection) -> None:
    perform(archive.county.clinician, [act])


def test_who_is_shown_half_of_it_exports_nothing(archive: Archive) -> None:
    """Contact opens to him, incident does not."""
    referral = closed(archive)
    change_grants(by=SETUP, agency=archive.county.police, role=Role.BHU_OFFICER, take=[Capability.OPEN_INCIDENT])
    with pytest.raises(Denied):
        export(actor_again(archive.keeper), referral_id=referral, write=pytest.fail)


def test_an_opening_that_leaves_fields_out_is_no_record(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a role's limit had cut the narrative from what is shown."""

    def cut(*args: Any, **kwargs: Any) -> Any:
        opened = open_referral(*args, **kwargs)
        sections = [
            replace(section, tree={name: value for name, value in section.tree.items() if name != "note"})
            for section in opened.sections
        ]
        return replace(opened, sections=tuple(sections))

    referral = closed(archive)
    monkeypatch.setattr(exporting, "open_referral", cut)
    with pytest.raises(Denied):
        export(archive.keeper, referral_id=referral, write=pytest.fail)
    assert not Export.objects.exists()
