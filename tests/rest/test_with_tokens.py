"""The directory, a look-up, who wrote it and the log, asked for with real tokens and what they cover."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.test import Client

from agencies.kinds import AgencyKind, Answer, Purpose
from agencies.models import Agency, Membership, User
from agencies.roles import Role
from agencies.services import actor_for, add_member, open_agency
from agencies.vault import keyring
from fhir.smart import clients
from tests.county import make_county
from tests.rest.calling import Heard, heard
from tests.rest.conftest import Way, walk
from tests.smart.partner import KEYS, Partner, jwks

READING = (
    "system/Organization.rs system/Patient.rs system/Task.rs system/ServiceRequest.rs system/Provenance.rs"
    " system/Observation.rs system/PractitionerRole.rs"
)


@dataclass(frozen=True)
class Systems:
    """A clinic's record system, a privacy officer's report, and one of an agency that is in nothing."""

    way: Way
    record: Partner
    report: Partner
    stranger: Partner


def build() -> Systems:
    way = walk(make_county())
    office = open_agency(
        by="System/setup", slug="office", name="Office", kind=AgencyKind.OPERATOR.value, part2_status=Answer.NO.value
    )

    def admin(agency: Agency, role: Role) -> UUID:
        user = User.objects.create_user(f"{role}.systems@{agency.slug}.example.org")
        return add_member(by="System/setup", agency=agency, role=role, user=user).id

    network = actor_for(Membership.objects.get(pk=admin(office, Role.NETWORK_ADMIN)))

    def system(agency: Agency, role: Role, scope: str) -> Partner:
        by = actor_for(Membership.objects.get(pk=admin(agency, Role.AGENCY_ADMIN)))
        key = KEYS["ES384"]
        shown = clients.register(
            by, name=f"{agency.slug} {role}", role=role, scope=scope, purpose=Purpose.TREATMENT, jwks=jwks(key)
        )
        clients.approve(network, shown.client_id)
        return Partner(str(shown.client_id), key)

    stranger = Agency.objects.get(slug="stranger")
    return Systems(
        way=way,
        record=system(way.county.clinic, Role.CLINICIAN, READING),
        report=system(way.county.detox, Role.PRIVACY_OFFICER, "system/AuditEvent.rs"),
        stranger=system(stranger, Role.CLINICIAN, READING),
    )


@pytest.fixture(scope="module")
def built(build_once: Callable[[Callable[[], Systems]], Systems]) -> Systems:
    return build_once(build)


@pytest.fixture
def systems(built: Systems, db: None) -> Iterator[Systems]:
    yield built
    keyring.forget()


def ask(partner: Partner, path: str, scope: str = READING, **terms: str) -> Heard:
    headers = {"Authorization": f"Bearer {partner.token(scope)}"}
    if not terms:
        return heard(Client().get(f"/fhir/{path}", headers=headers))
    form = "application/x-www-form-urlencoded"
    return heard(Client().post(f"/fhir/{path}", urlencode(terms), content_type=form, headers=headers))


def test_a_partner_finds_agencies_by_name_and_no_members_but_its_own(systems: Systems) -> None:
    (detox,) = ask(systems.record, "Organization?name=detox").entries()
    assert detox["identifier"][0]["value"] == "detox"
    (mine,) = ask(systems.record, "PractitionerRole?role=clinician").entries()
    assert mine["organization"]["reference"] == f"Organization/{systems.way.county.clinic.id}"
    assert ask(systems.record, f"PractitionerRole?organization={detox['id']}").entries() == []


def test_a_partner_that_lost_an_offer_finds_nobody_and_no_author(systems: Systems) -> None:
    for partner in (systems.record, systems.stranger):
        assert ask(partner, "Patient/_search", identifier="urn:example:case|AF-1188").entries() == []
        heard = ask(partner, f"Provenance?target=Patient/{systems.way.patient}")
        assert (heard.status, heard.entries()) == (200, [])
    assert len(ask(systems.record, f"Provenance?target=Task/{systems.way.lost}").entries()) == 2


def test_a_privacy_officers_report_reads_the_log_and_nothing_else(systems: Systems) -> None:
    found = ask(systems.report, "AuditEvent?subtype=task.accept", scope="system/AuditEvent.rs").entries()
    assert len(found) == 1
    assert ask(systems.report, "Task", scope="system/AuditEvent.rs").status == 403
    assert systems.record.ask(scope="system/AuditEvent.rs").status_code == 400


def test_what_the_token_does_not_cover_does_not_come_along(systems: Systems) -> None:
    path = "Organization?_revinclude=PractitionerRole:organization"
    assert ask(systems.record, path).entries("include")
    assert ask(systems.record, path, scope="system/Organization.rs").entries("include") == []
    assert ask(systems.record, "Provenance?patient=1", scope="system/Organization.rs").status == 403


def test_a_system_with_a_token_brings_its_task_on_as_far_as_the_token_covers_it(systems: Systems) -> None:
    detox = systems.way.county.detox
    admin = actor_for(Membership.objects.get(agency=detox, role=Role.AGENCY_ADMIN))
    network = actor_for(Membership.objects.get(role=Role.NETWORK_ADMIN))
    key = KEYS["RS384"]
    shown = clients.register(
        admin, name="beds", role=Role.INTAKE, scope="system/Task.rus", purpose=Purpose.TREATMENT, jwks=jwks(key)
    )
    clients.approve(network, shown.client_id)
    beds = Partner(str(shown.client_id), key, algorithm="RS384")
    path, patch = f"/fhir/Task/{systems.way.taken}", [{"op": "replace", "path": "/status", "value": "in-progress"}]

    def send(scope: str) -> Heard:
        headers = {"Authorization": f"Bearer {beds.token(scope)}", "If-Match": 'W/"2"'}
        kind = "application/json-patch+json"
        return heard(Client().patch(path, json.dumps(patch), content_type=kind, headers=headers))

    refused = send("system/Task.rs")
    assert (refused.status, refused.refusal) == (403, "SCOPE")
    done = send("system/Task.rus")
    assert (done.status, done.headers["ETag"], done.tree["status"]) == (200, 'W/"3"', "in-progress")
    assert ask(beds, f"Task/{systems.way.taken}", scope="system/Task.rs").tree == done.tree
    assert send("system/Task.u").status == 412
