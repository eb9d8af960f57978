"""Two people and two events for each partner's system; its agency's, and nobody else's."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from oauth2_provider.models import AccessToken

from agencies.actor import Actor
from agencies.kinds import AgencyKind, Purpose
from agencies.models import Agency, MachineClient, Membership, User
from agencies.roles import Role
from agencies.services import actor_for, add_member
from audit.models import AuditEvent
from fhir.smart import clients
from fhir.smart.errors import NoSuchClient
from fhir.smart.models import Application
from referrals.errors import Denied, Invalid
from tests.smart.conftest import Row
from tests.smart.partner import KEYS, SETUP, Network, Partner, id_of, jwks, new_key

GIVEN: dict[str, Any] = {
    "name": "Detox EHR",
    "role": Role.INTAKE,
    "scope": "system/Task.rus",
    "purpose": Purpose.TREATMENT,
    "jwks": jwks(KEYS["ES384"]),
}


def test_a_client_is_a_machine_with_one_place_in_the_agency_of_who_registered_it(network: Network) -> None:
    shown = clients.register(network.admin, **GIVEN)
    row = Application.objects.get()
    assert (shown.agency, shown.role, shown.state) == ("merrow-bhu", "intake", "waiting")
    assert (shown.scopes, shown.purpose, shown.keys) == ("system/Task.rus", "TREAT", ("key-ES384",))
    assert (row.client_id, row.machine.application) == (str(shown.client_id), row)
    membership = Membership.objects.get(client=row.machine)
    assert (membership, membership.agency, membership.role) == (row.membership, network.bhu, "intake")
    assert not row.machine.is_active
    assert (row.token_endpoint_auth_method, row.client_secret, row.client_jwks_uri) == ("private_key_jwt", "", "")


def test_registering_and_approving_are_two_events_of_two_people(network: Network, events: Any) -> None:
    shown = clients.register(network.admin, **GIVEN)
    thumbprint = KEYS["ES384"].thumbprint()
    assert events() == [("smart.register", "0", "intake"), ("smart.keys", "0", f"add:{thumbprint}")]
    assert clients.approve(network.network, shown.client_id).state == "approved"
    assert events() == [("smart.approve", "0", "intake")]
    who = dict(AuditEvent.objects.filter(target=f"MachineClient/{shown.client_id}").values_list("action", "actor"))
    assert who["smart.register"] == network.admin.name
    assert who["smart.approve"] == network.network.name
    assert MachineClient.objects.get(pk=shown.client_id).is_active


def test_who_registered_a_client_does_not_approve_it_in_another_role(network: Network, events: Any) -> None:
    person = User.objects.create_user("both@example.org")
    operator = Agency.objects.get(pk=network.network.agency_id)
    both = [
        actor_for(add_member(by=SETUP, agency=agency, role=role, user=person))
        for agency, role in ((network.bhu, Role.AGENCY_ADMIN), (operator, Role.NETWORK_ADMIN))
    ]
    shown = clients.register(both[0], **GIVEN)
    events()
    with pytest.raises(Denied):
        clients.approve(both[1], shown.client_id)
    assert events() == [("smart.approve", "4", "ROLE")]
    row = Application.objects.get(machine=shown.client_id)
    assert row.approved_at is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(pk=row.pk).update(approved_by=row.registered_by, approved_at=row.created)


def test_only_who_manages_members_registers_and_only_the_network_approves(network: Network, partner: Partner) -> None:
    waiting = network.register(approved=False)
    machine = actor_for(partner.row.membership)
    for actor in (network.clinician, network.network, machine):
        with pytest.raises(Denied):
            clients.register(actor, **GIVEN)
        if actor is not network.network:
            with pytest.raises(Denied):
                clients.clients(actor)
    for actor in (network.admin, network.police_admin, network.clinician, machine):
        with pytest.raises(Denied):
            clients.approve(actor, id_of(waiting))
    assert waiting.row.approved_at is None


def test_a_machine_registers_none_even_if_its_role_manages_members(network: Network) -> None:
    machine = MachineClient.objects.create(name="Admin")
    admin = actor_for(add_member(by=SETUP, agency=network.bhu, role=Role.AGENCY_ADMIN, client=machine))
    with pytest.raises(Denied):
        clients.register(admin, **GIVEN)


def acts(actor: Actor, client_id: Any) -> list[Any]:
    return [
        lambda: clients.change_keys(actor, client_id, jwks=jwks(new_key())),
        lambda: clients.disable(actor, client_id),
    ]


def test_another_agencys_client_and_none_at_all_are_the_same(network: Network, partner: Partner) -> None:
    for client_id in (id_of(partner), uuid4()):
        for act in acts(network.police_admin, client_id):
            with pytest.raises(NoSuchClient):
                act()
    assert partner.ask().status_code == 200
    assert clients.clients(network.police_admin) == []
    assert [row.client_id for row in clients.clients(network.admin)] == [id_of(partner)]
    assert [row.client_id for row in clients.clients(network.network)] == [id_of(partner)]
    with pytest.raises(Denied):  # a member without the right learns neither
        clients.disable(network.clinician, id_of(partner))
    with pytest.raises(Denied):  # the network approves; keys are the agency's
        clients.change_keys(network.network, id_of(partner), jwks=jwks(new_key()))


WRONG: dict[str, dict[str, Any]] = {
    "a role that manages": {"role": Role.AGENCY_ADMIN, "scope": "system/*.rs"},
    "a role that approves": {"role": Role.NETWORK_ADMIN, "scope": "system/*.rs"},
    "a role of police": {"role": Role.OFFICER, "scope": "system/Task.rs"},
    "the client's role": {"role": Role.CLIENT, "scope": "system/*.rs"},
    "no name": {"name": ""},
    "a name with blanks around": {"name": " x"},
    "a name with a line end": {"name": "x\ny"},
    "a name too long": {"name": "x" * 121},
    "no scope": {"scope": ""},
    "a scope that is none": {"scope": "launch"},
    "a scope beyond the role": {"scope": "system/Task.rus system/AuditEvent.rs"},
    "a letter beyond the role": {"scope": "system/Task.cruds"},
    "no keys": {"jwks": ""},
    "keys twice": {"jwks_uri": "https://ehr.example.org/jwks.json"},
    "a private key": {"jwks": json.dumps({"keys": [KEYS["ES384"].export_private(as_dict=True)]})},
    "keys in the clear": {"jwks": "", "jwks_uri": "http://ehr.example.org/jwks.json"},
    "an address too long": {"jwks": "", "jwks_uri": "https://ehr.example.org/" + "x" * 500},
    "too many keys": {"jwks": jwks(KEYS["ES384"]) + " " * 40_000},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_a_wrong_registration_is_refused_and_leaves_one_event(
    network: Network, events: Any, changed: dict[str, Any]
) -> None:
    before = Application.objects.count(), MachineClient.objects.count(), Membership.objects.count()
    with pytest.raises(Invalid):
        clients.register(network.admin, **(GIVEN | changed))
    assert events() == [("smart.register", "4", "INVALID")]
    assert (Application.objects.count(), MachineClient.objects.count(), Membership.objects.count()) == before


def test_a_role_that_does_not_fit_the_kind_of_agency_is_refused_with_those_that_do(network: Network) -> None:
    """A police department's system with a clinician's role would read what no officer reads (R-P2-02)."""
    with pytest.raises(Invalid) as refusal:
        clients.register(network.police_admin, **(GIVEN | {"role": Role.CLINICIAN}))
    (issue,) = refusal.value.issues
    assert (issue.expression, issue.text) == (
        "role",
        "A client of an agency of the kind police may be one of: bhu_officer, dispatcher, officer, privacy_officer.",
    )


def test_a_client_whose_role_does_not_fit_is_not_approved(network: Network) -> None:
    waiting = network.register(approved=False)
    Agency.objects.filter(pk=network.bhu.pk).update(kind=AgencyKind.POLICE.value)
    with pytest.raises(Invalid, match="police"):
        clients.approve(network.network, id_of(waiting))
    assert waiting.row.approved_at is None


def test_a_name_stands_once_on_the_network(network: Network) -> None:
    clients.register(network.admin, **GIVEN)
    with pytest.raises(Invalid, match="with this name"):
        clients.register(network.police_admin, **(GIVEN | {"role": Role.OFFICER}))


def test_each_key_that_comes_or_goes_is_an_event(network: Network, partner: Partner, events: Any) -> None:
    new = new_key(kid="new")
    old = partner.key.thumbprint()
    assert clients.change_keys(network.admin, id_of(partner), jwks=jwks(partner.key, new)).keys == ("key-ES384", "new")
    clients.change_keys(network.admin, id_of(partner), jwks=jwks(new))
    clients.change_keys(network.admin, id_of(partner), jwks_uri="https://ehr.example.org/jwks.json")
    assert events() == [
        ("smart.keys", "0", f"add:{new.thumbprint()}"),
        ("smart.keys", "0", f"remove:{old}"),
        # What sha256sum says of the address.
        ("smart.keys", "0", "add:875b329f4136d886938970ed47611e408f9bbbde16af5506f7ac2629b43c7c01"),
        ("smart.keys", "0", f"remove:{new.thumbprint()}"),
    ]


def test_switched_off_is_for_good(network: Network, partner: Partner, events: Any) -> None:
    partner.token()
    events()
    assert clients.disable(network.admin, id_of(partner)).state == "disabled"
    assert events() == [("smart.disable", "0", "")]
    assert not AccessToken.objects.exists()
    row = partner.row
    assert row.membership.until is not None
    assert not row.machine.is_active
    with pytest.raises(Invalid):
        clients.approve(network.network, id_of(partner))
    assert clients.disable(network.network, id_of(partner)).state == "disabled"
    assert AuditEvent.objects.filter(action="membership.end").count() == 1


def test_the_network_may_switch_off_any_client(network: Network, partner: Partner) -> None:
    clients.disable(network.network, id_of(partner))
    assert partner.ask().status_code == 401


def test_a_client_is_approved_once(network: Network, partner: Partner) -> None:
    with pytest.raises(Invalid):
        clients.approve(network.network, id_of(partner))


@pytest.mark.parametrize(
    "changed",
    [
        {"client_secret": "secret"},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"client_jwks": ""},
        {"client_jwks_uri": "https://ehr.example.org/"},
        {"purpose": "FUN"},
        {"approved_by": None},
    ],
)
def test_the_database_keeps_a_client_whole(partner: Partner, changed: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(client_id=partner.client_id).update(**changed)


def run(*words: str) -> Any:
    from io import StringIO

    out = StringIO()
    call_command("client", *words, stdout=out)
    return out.getvalue()


def test_from_the_shell_a_client_goes_from_its_registration_to_its_end(network: Network, tmp_path: Any) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(jwks(KEYS["ES384"]))
    admin = ("--as", "agency_admin@merrow-bhu.example.org", "--json")
    operator = ("--as", "network_admin@merrow-network.example.org")
    words = ("Detox EHR", "--role", "intake", "--scope", "system/Task.rus", "--purpose", "TREAT", "--jwks", str(file))
    made = json.loads(run("register", *words, *admin))
    assert (made["state"], made["purpose"]) == ("waiting", "TREAT")
    partner = Partner(made["client_id"], KEYS["ES384"])
    assert "state: approved" in run("approve", made["client_id"], *operator)
    assert partner.ask().status_code == 200
    new = new_key(kid="new")
    file.write_text(jwks(new))
    assert json.loads(run("keys", made["client_id"], "--jwks", str(file), *admin))["keys"] == ["new"]
    assert "Detox EHR" in run("list", *operator)
    assert json.loads(run("disable", made["client_id"], *admin))["state"] == "disabled"
    with pytest.raises(CommandError, match="NOT_FOUND"):
        run("disable", made["client_id"], "--as", "agency_admin@alder-falls.example.org")
    file.write_bytes(b"\xff")
    with pytest.raises(CommandError, match="keys"):
        run("register", *words, *admin[:2])


def test_each_refusal_at_the_shell_is_an_event(network: Network, partner: Partner, events: Any) -> None:
    with pytest.raises(CommandError):
        run("approve", partner.client_id, "--as", "clinician@merrow-bhu.example.org")
    found: list[Row] = events()
    assert found == [("smart.approve", "4", "ROLE")]
    assert AuditEvent.objects.filter(action="smart.approve", outcome="4").get().door == "cli"
