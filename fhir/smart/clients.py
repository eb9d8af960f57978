"""Partners' systems: registered by their agency, approved by the network, given other keys, switched off.

Who registers and who approves are two people. Until the second has said yes the system can do nothing at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from agencies import outside
from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.kinds import AgencyKind, Purpose
from agencies.models import Agency, MachineClient, Membership, User
from agencies.roles import FITTING, Role
from agencies.services import actor_for, add_member, end_membership
from fhir.content.issues import Issue, error
from referrals.errors import Denied, Invalid
from referrals.services import recording

from . import keys, scopes
from .ceiling import ROLES, ceiling
from .errors import NoSuchClient
from .models import AUTH_METHOD, Application
from .tokens import forget_tokens_of

LONGEST_NAME = 120
LONGEST_URI = 500
LONGEST_SET = 32 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownClient:
    """A client as its agency and the network's administrators see it. ``keys`` are the kids, or the address of keys."""

    client_id: UUID
    name: str
    agency: str
    role: str
    state: str
    scopes: str
    purpose: str
    keys: tuple[str, ...]


def register(
    actor: Actor, *, name: str, role: Role, scope: str, purpose: Purpose, jwks: str = "", jwks_uri: str = ""
) -> ShownClient:
    """Register a system of the actor's agency, with its public keys or their address. It waits for approval.

    Raises ``Denied`` for whoever manages no members of the agency, ``Invalid`` naming the field.
    """
    with recording.one_act(actor, "smart.register"):
        person = _manager(actor)
        _require(*_named(name), *_role(actor.kind, role), *_keys(jwks, jwks_uri))
        membership = _membership(actor, name=name, role=role)
        row = Application(
            client_id=str(membership.client_id),
            name=name,
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
            client_secret="",
            hash_client_secret=False,
            token_endpoint_auth_method=AUTH_METHOD,
            machine_id=membership.client_id,
            membership=membership,
            client_jwks=jwks,
            client_jwks_uri=jwks_uri,
            scopes=scopes.text(_scopes(scope, membership)),
            purpose=purpose.value,
            registered_by=person,
        )
        row.save(force_insert=True)
        # Approved, it becomes active; before, nothing acts by its membership whatever else goes wrong.
        MachineClient.objects.filter(memberships=membership).update(is_active=False)
        recording.record(actor, "smart.register", target=row.target, code=role.value)
        _record_keys(actor, row, added=_prints(jwks, jwks_uri), removed=())
    return shown(row)


def approve(actor: Actor, client_id: UUID) -> ShownClient:
    """Let a registered system ask for tokens.

    Raises ``Denied`` for anybody but a network administrator, and for whoever registered it; ``NoSuchClient``;
    ``Invalid`` for one that is not waiting, or whose role does not fit its agency's kind.
    """
    with recording.one_act(actor, "smart.approve", target=f"MachineClient/{client_id}"):
        if actor.role is not Role.NETWORK_ADMIN:
            raise Denied("Only an administrator of the network approves a client.")
        row = _locked(actor, client_id)
        person = _person(actor)
        if row.registered_by_id == person.pk:
            raise Denied("Somebody else than who registered it must approve a client.")
        if row.disabled_at or row.approved_at:
            raise Invalid([error("business-rule", "client", "was approved already, or switched off")])
        _require(*_role(AgencyKind(row.membership.agency.kind), Role(row.membership.role)))
        row.approved_by, row.approved_at = person, timezone.now()
        row.save(update_fields=["approved_by", "approved_at", "updated"])
        MachineClient.objects.filter(pk=row.machine_id).update(is_active=True)
        recording.record(actor, "smart.approve", target=row.target, code=row.membership.role)
    return shown(row)


def disable(actor: Actor, client_id: UUID) -> ShownClient:
    """Switch a client off for good: its membership ends, and what tokens it has are worth nothing from now on.

    Its agency may, and the network. Raises ``Denied``, ``NoSuchClient``.
    """
    with recording.one_act(actor, "smart.disable", target=f"MachineClient/{client_id}"):
        _require_manager_or_network(actor)
        row = _locked(actor, client_id)
        if row.disabled_at is None:
            row.disabled_at = timezone.now()
            row.save(update_fields=["disabled_at", "updated"])
            MachineClient.objects.filter(pk=row.machine_id).update(is_active=False)
            if row.membership.until is None or row.membership.until > row.disabled_at:
                end_membership(by=actor.name, membership_id=row.membership_id)
            forget_tokens_of(row)
        recording.record(actor, "smart.disable", target=row.target)
    return shown(row)


def change_keys(actor: Actor, client_id: UUID, *, jwks: str = "", jwks_uri: str = "") -> ShownClient:
    """Replace a client's keys. To rotate without a pause: first a set with old and new, later one with the new alone.

    Each key that comes or goes is an event with its thumbprint. Raises ``Denied``, ``NoSuchClient``, ``Invalid``.
    """
    with recording.one_act(actor, "smart.keys", target=f"MachineClient/{client_id}"):
        _manager(actor)
        row = _locked(actor, client_id)
        _require(*_keys(jwks, jwks_uri))
        before, after = _prints(row.client_jwks, row.client_jwks_uri), _prints(jwks, jwks_uri)
        row.client_jwks, row.client_jwks_uri = jwks, jwks_uri
        row.save(update_fields=["client_jwks", "client_jwks_uri", "updated"])
        _record_keys(actor, row, added=sorted(set(after) - set(before)), removed=sorted(set(before) - set(after)))
    return shown(row)


def clients(actor: Actor) -> list[ShownClient]:
    """The clients of the actor's agency; those of all for a network administrator. Raises ``Denied``."""
    with recording.one_act(actor, "smart.list"):
        _require_manager_or_network(actor)
        recording.record(actor, "smart.list")
        return [shown(row) for row in _visible_to(actor).order_by("pk")]


def shown(row: Application) -> ShownClient:
    """A client as its people see it."""
    state = "disabled" if row.disabled_at else "approved" if row.approved_at else "waiting"
    return ShownClient(
        client_id=row.machine_id,
        name=row.name,
        agency=row.membership.agency.slug,
        role=row.membership.role,
        state=state,
        scopes=row.scopes,
        purpose=row.purpose,
        keys=tuple(key.kid for key in _registered(row.client_jwks)) or (row.client_jwks_uri,),
    )


def _visible_to(actor: Actor) -> QuerySet[Application]:
    rows: QuerySet[Application] = Application.objects.select_related("membership__agency")
    return rows if actor.role is Role.NETWORK_ADMIN else rows.filter(membership__agency=actor.agency_id)


def _locked(actor: Actor, client_id: UUID) -> Application:
    row = _visible_to(actor).select_for_update(no_key=True, of=("self",)).filter(machine=client_id).first()
    if row is None:
        raise NoSuchClient
    return row


def _person(actor: Actor) -> User:
    """Who the actor is. Raises ``Denied`` for a machine: it registers and approves none."""
    person = Membership.objects.select_related("user").get(pk=actor.membership_id).user
    if person is None:
        raise Denied("Only a person may do this.")
    return person


def _manager(actor: Actor) -> User:
    if not actor.may(Capability.MANAGE_MEMBERS):
        raise Denied("Only an administrator of the agency may do this.")
    return _person(actor)


def _require_manager_or_network(actor: Actor) -> None:
    if actor.role is not Role.NETWORK_ADMIN:
        _manager(actor)


def _require(*issues: Issue) -> None:
    if issues:
        raise Invalid(issues)


def _named(name: str) -> list[Issue]:
    good = 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()
    return [] if good else [error("value", "name", f"must be a name of 1 to {LONGEST_NAME} letters")]


def _role(kind: AgencyKind, role: Role) -> list[Issue]:
    """What is wrong with the role: a system may have it, and an agency of this kind has it (R-P2-02)."""
    allowed = ROLES & FITTING[kind]
    said = f"A client of an agency of the kind {kind} may be one of: {', '.join(sorted(allowed))}."
    return [] if role in allowed else [error("value", "role", said)]


def _keys(jwks: str, jwks_uri: str) -> list[Issue]:
    """What is wrong with the keys: they come from one place, and can be used."""
    if bool(jwks) == bool(jwks_uri):
        return [error("value", "keys", "Give the keys themselves, or the address at which they stand.")]
    try:
        if jwks_uri:
            outside.place_of(jwks_uri)
        elif len(jwks) <= LONGEST_SET:
            keys.read_registered(jwks)
    except (outside.CannotFetch, keys.BadKeys) as bad:
        return [error("value", "keys", str(bad))]
    return [error("value", "keys", "is too long")] if len(jwks) > LONGEST_SET or len(jwks_uri) > LONGEST_URI else []


def _scopes(text: str, membership: Membership) -> scopes.Scopes:
    """The scopes to register. Raises ``Invalid`` for one that is none, or goes beyond what the role can do here."""
    try:
        asked = scopes.parse(text)
    except scopes.UnknownScope as unknown:
        raise Invalid([error("value", "scope", str(unknown))]) from None
    actor = actor_for(membership)
    over = scopes.beyond(asked, ceiling(actor.role, actor.capabilities))
    if over or not asked:
        raise Invalid([error("value", "scope", f"goes beyond the role: {scopes.text(over)}" if over else "is missing")])
    return asked


def _membership(actor: Actor, *, name: str, role: Role) -> Membership:
    try:
        with transaction.atomic():
            machine = MachineClient.objects.create(name=name)
    except IntegrityError:
        raise Invalid([error("duplicate", "name", "There is a client with this name on the network.")]) from None
    return add_member(by=actor.name, agency=Agency.objects.get(pk=actor.agency_id), role=role, client=machine)


def _registered(jwks: str) -> tuple[keys.ClientKey, ...]:
    return keys.read_registered(jwks) if jwks else ()


def _prints(jwks: str, jwks_uri: str) -> tuple[str, ...]:
    """By what the log knows the keys: the thumbprint of each, or that of their address."""
    return tuple(key.thumbprint for key in _registered(jwks)) or (keys.print_of(jwks_uri),)


def _record_keys(actor: Actor, row: Application, *, added: Iterable[str], removed: Iterable[str]) -> None:
    for sign, prints in (("add", added), ("remove", removed)):
        for print_ in prints:
            recording.record(actor, "smart.keys", target=row.target, code=f"{sign}:{print_}")
