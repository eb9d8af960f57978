"""Inviting people, and giving a member a fresh way in: a link in a mail, used once.

Who may: an administrator of the agency, for the agency. Nobody gives themselves a role that reads of clients: a second
administrator agrees first (docs/permissions.md).
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log

from .actor import Actor
from .capabilities import Capability, opens_clients
from .errors import NotAllowed, NotOpen
from .kinds import AgencyKind, InvitationKind
from .models import Agency, Invitation, Membership, User
from .roles import FITTING, Role
from .services import SYSTEM, add_member, end_membership

LASTS = {InvitationKind.JOIN: timedelta(days=7), InvitationKind.RENEW: timedelta(hours=24)}
NOT_PEOPLE = frozenset({Role.MACHINE, Role.CLIENT})
OPEN = Q(used_at=None, ended_at=None)


def may_manage(actor: Actor) -> bool:
    """Whether the actor decides who belongs to its agency."""
    return actor.role is Role.AGENCY_ADMIN and actor.may(Capability.MANAGE_MEMBERS)


def roles_of(kind: AgencyKind) -> list[Role]:
    """The roles people of such an agency may have, in the order of the table of roles."""
    return [role for role in Role if role in FITTING[kind] - NOT_PEOPLE]


@transaction.atomic
def invite(*, actor: Actor, email: str, name: str, role: Role) -> tuple[Invitation, str]:
    """Offer a place in the actor's agency; returns the row and what stands in the link.

    An open invitation of the same address to the same role ends. Raises ``NotAllowed``, and ``ValidationError`` naming
    the field.
    """
    _manage(actor)
    by = Membership.objects.select_related("user", "agency").get(pk=actor.membership_id)
    row, token = _new(InvitationKind.JOIN, by.agency, email=email, name=name, role=role, by=by)
    own = by.user is not None and by.user.email == row.email
    row.approved_at = None if own and opens_clients(role) else row.created_at
    row.save(force_insert=True)
    _record("invitation.make", row, actor.name)
    return row, token


@transaction.atomic
def invite_from_shell(*, agency: Agency, email: str, name: str, role: Role) -> tuple[Invitation, str]:
    """The same by whoever has the shell of the host: how an agency gets its first administrator."""
    row, token = _new(InvitationKind.JOIN, agency, email=email, name=name, role=role, by=None)
    row.save(force_insert=True)
    _record("invitation.make", row, SYSTEM)
    return row, token


@transaction.atomic
def renew(*, actor: Actor, membership_id: UUID) -> tuple[Invitation, str]:
    """Take a member's password and second factors away, end their sessions, and make the link for new ones.

    Raises ``NotAllowed`` for oneself, for technical staff, and for who is no member of the actor's agency.
    """
    _manage(actor)
    member = _member(actor, membership_id)
    user = member.user
    if user is None or member.pk == actor.membership_id or user.is_staff or _is(actor, user):
        raise NotAllowed(_("You cannot do this for yourself or for technical staff."))
    by = Membership.objects.get(pk=actor.membership_id)
    row, token = _new(
        InvitationKind.RENEW, member.agency, email=user.email, name=user.name, role=Role(member.role), by=by
    )
    row.save(force_insert=True)
    Authenticator.objects.filter(user=user).delete()
    user.set_unusable_password()
    user.save(update_fields=["password"])
    end_sessions(user)
    _record("invitation.renew", row, actor.name, code=f"Membership/{member.pk}")
    return row, token


@transaction.atomic
def approve(*, actor: Actor, invitation_id: UUID) -> Invitation:
    """A second administrator agrees. Raises ``NotAllowed`` for who made it, ``NotOpen`` if it waits for nobody."""
    _manage(actor)
    row = _invitation(actor, invitation_id)
    if row.by is not None and row.by.user is not None and _is(actor, row.by.user):
        raise NotAllowed(_("Another administrator has to agree to this."))
    waiting = Invitation.objects.filter(OPEN, pk=row.pk, approved_at=None, expires_at__gt=timezone.now())
    if not waiting.update(approved_at=timezone.now()):
        raise NotOpen(_("This invitation does not wait for anybody."))
    _record("invitation.approve", row, actor.name)
    return row


@transaction.atomic
def withdraw(*, actor: Actor, invitation_id: UUID) -> None:
    """End an invitation that was not used. Raises ``NotAllowed``, ``NotOpen``."""
    _manage(actor)
    row = _invitation(actor, invitation_id)
    if not Invitation.objects.filter(OPEN, pk=row.pk).update(ended_at=timezone.now()):
        raise NotOpen(_("This invitation was used or ended already."))
    _record("invitation.end", row, actor.name)


@transaction.atomic
def end(*, actor: Actor, membership_id: UUID) -> None:
    """End a membership of the actor's agency; one that leaves no membership anywhere ends the sessions, too.

    Raises ``NotAllowed`` for one's own: so an agency is never left without an administrator by mistake.
    """
    _manage(actor)
    member = _member(actor, membership_id)
    if member.pk == actor.membership_id:
        raise NotAllowed(_("You cannot end your own membership. Ask another administrator."))
    end_membership(by=actor.name, membership_id=member.pk)
    user = member.user
    if user is not None and not Membership.objects.live(timezone.now()).filter(user=user).exists():
        end_sessions(user)


def find(token: str) -> Invitation | None:
    """The invitation of this link, if it may still be used."""
    open_now = Invitation.objects.filter(OPEN, expires_at__gt=timezone.now(), approved_at__isnull=False)
    return open_now.select_related("agency", "by").filter(token_hash=_hash(token)).first()


@transaction.atomic
def accept(token: str, *, user: User | None, password: str = "", name: str = "") -> User:
    """Use the link up: the membership begins now, or the member's new password holds.

    ``user`` is who is signed in, which who has an account already must be to join; anybody else becomes one by
    ``password`` and ``name``. Raises ``NotOpen``, also for the slower of two; ``ValidationError``.
    """
    row = find(token)
    used = row and Invitation.objects.filter(OPEN, pk=row.pk).update(used_at=timezone.now())
    if row is None or not used:
        raise NotOpen(_("This link was used already, or is too old."))
    person = _person(row, user, password=password, name=name)
    if row.kind == InvitationKind.JOIN:
        by = f"Membership/{row.by_id}" if row.by_id else SYSTEM
        add_member(by=by, agency=row.agency, role=Role(row.role), user=person)
    _record("invitation.accept", row, f"Person/{person.pk}", code=row.kind)
    return person


@transaction.atomic
def accept_by_directory(*, agency: Agency, email: str) -> User | None:
    """Use the open invitation of ``email`` to ``agency``, for who was proven to have that address by its own directory.

    ``None`` if there is none. A person made by it has no password.
    """
    waiting = Invitation.objects.filter(OPEN, kind=InvitationKind.JOIN.value, agency=agency, email=email)
    row = waiting.filter(expires_at__gt=timezone.now(), approved_at__isnull=False).order_by("created_at").first()
    if row is None or not Invitation.objects.filter(OPEN, pk=row.pk).update(used_at=timezone.now()):
        return None
    person = User.objects.filter(email=email).first() or User.objects.create_user(email, name=row.name)
    by = f"Membership/{row.by_id}" if row.by_id else SYSTEM
    add_member(by=by, agency=row.agency, role=Role(row.role), user=person)
    _record("invitation.accept", row, f"Person/{person.pk}", code="directory")
    return person


def needs_account(row: Invitation) -> bool:
    """Whether who uses this link chooses a password: new people, and members whose way in is renewed."""
    return row.kind == InvitationKind.RENEW or not User.objects.filter(email=row.email).exists()


def open_invitations(agency: Agency) -> Sequence[Invitation]:
    """The links of an agency that are neither used nor ended nor over, newest first."""
    rows = Invitation.objects.filter(OPEN, agency=agency, expires_at__gt=timezone.now())
    return list(rows.select_related("by__user").order_by("-created_at"))


def end_sessions(user: User) -> None:
    """Sign a person out everywhere."""
    for session in UserSession.objects.filter(user=user):
        session.end()


def _new(
    kind: InvitationKind, agency: Agency, *, email: str, name: str, role: Role, by: Membership | None
) -> tuple[Invitation, str]:
    now, token = timezone.now(), secrets.token_urlsafe(32)
    email, name = email.strip().lower(), " ".join(name.split())
    if kind is InvitationKind.JOIN:
        _check(agency, email=email, name=name, role=role)
    same = Invitation.objects.filter(OPEN, kind=kind.value, agency=agency, email=email, role=role.value)
    same.update(ended_at=now)
    row = Invitation(
        kind=kind.value,
        agency=agency,
        role=role.value,
        email=email,
        name=name,
        token_hash=_hash(token),
        by=by,
        created_at=now,
        approved_at=now,
        expires_at=now + LASTS[kind],
    )
    return row, token


def _check(agency: Agency, *, email: str, name: str, role: Role) -> None:
    problems: dict[str, str] = {}
    try:
        validate_email(email)
    except ValidationError as wrong:
        problems["email"] = wrong.messages[0]
    if not name:
        problems["name"] = _("Say what the person is called.")
    if role not in roles_of(AgencyKind(agency.kind)):
        problems["role"] = _("An agency of this kind has no such role.")
    elif Membership.objects.live(timezone.now()).filter(agency=agency, user__email=email, role=role.value).exists():
        problems["email"] = _("This person has that role here already.")
    if problems:
        raise ValidationError(problems)


def _person(row: Invitation, user: User | None, *, password: str, name: str) -> User:
    if row.kind == InvitationKind.RENEW:
        renewed = User.objects.get(email=row.email)
        renewed.set_password(password)
        renewed.save(update_fields=["password"])
        return renewed
    known = User.objects.filter(email=row.email).first()
    if known is None:
        return User.objects.create_user(row.email, name=" ".join(name.split()) or row.name, password=password)
    if user is None or user.pk != known.pk:
        raise NotOpen(_("Sign in first as the person who was invited."))
    return known


def _manage(actor: Actor) -> None:
    if not may_manage(actor):
        raise NotAllowed(_("Only an administrator of the agency decides who belongs to it."))


def _member(actor: Actor, membership_id: UUID) -> Membership:
    live: datetime = timezone.now()
    found = Membership.objects.live(live).filter(agency_id=actor.agency_id, user__isnull=False, pk=membership_id)
    member = found.select_related("user", "agency").first()
    if member is None:
        raise NotAllowed(_("There is no such member."))
    return member


def _invitation(actor: Actor, invitation_id: UUID) -> Invitation:
    rows = Invitation.objects.filter(agency_id=actor.agency_id, pk=invitation_id)
    row = rows.select_related("by__user").first()
    if row is None:
        raise NotAllowed(_("There is no such invitation."))
    return row


def _is(actor: Actor, user: User) -> bool:
    return Membership.objects.filter(pk=actor.membership_id, user=user).exists()


def _hash(token: str) -> str:
    return sha256(f"bhu/invitation/v1/{token}".encode()).hexdigest()


def _record(action: str, row: Invitation, by: str, *, code: str = "") -> None:
    log.record(action=action, target=row.target, actor=by, agency=str(row.agency_id), code=code or row.role)
