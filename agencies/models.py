"""Who is on the network: towns, agencies, people, machines, memberships, grants and agreements."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.uuid7 import uuid7

from .access import GroupObjectPermissionBase, UserObjectPermissionBase
from .capabilities import Capability
from .kinds import AgencyKind, Answer, InvitationKind, Purpose
from .roles import FITTING, Role, fits

time_zones = cache(available_timezones)
"""Every zone there is, looked for on the disk once."""


def known_time_zone(name: str) -> None:
    """Raise ``ValidationError`` unless ``name`` is an IANA time zone."""
    if name not in time_zones():
        raise ValidationError(_("%(name)s is not an IANA time zone."), params={"name": name})


def one_of(field: str, choices: type) -> models.CheckConstraint:
    """The database's own word on an enumerated column."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": [member.value for member in choices]}),  # type: ignore[attr-defined]  # a StrEnum
        name=f"%(class)s_{field}_known",
    )


class UserManager(BaseUserManager["User"]):
    """Makes people by e-mail address."""

    def create_user(self, email: str, *, name: str = "", password: str | None = None) -> User:
        """A person with this address; without a password they cannot sign in with one."""
        user = self.model(email=self.normalize_email(email).lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, *, name: str = "", password: str | None = None) -> User:
        """A person of the technical staff. Rank opens nothing of any agency (docs/permissions.md)."""
        user = self.create_user(email, name=name, password=password)
        user.is_staff = user.is_superuser = True
        user.save(using=self._db, update_fields=["is_staff", "is_superuser"])
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. What they may do stands in their memberships alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()


class MachineClient(models.Model):
    """A partner's system. It acts through a membership like a person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120, unique=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)


class Town(models.Model):
    """A town, as agencies serve it and incidents happen in it."""

    slug = models.SlugField(primary_key=True)
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=2)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["state", "name"], name="town_once_per_state")]


class Agency(models.Model):
    """Anyone on the network; FHIR Organization. Nothing is inherited along ``part_of``.

    ``shares_safety_facts``: counsel let this department tell its own officers safety facts of its earlier contacts.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.name) for kind in AgencyKind])
    part_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="units")
    towns_served = models.ManyToManyField(Town, blank=True, related_name="agencies")
    connected = models.BooleanField(default=True)
    treating_provider = models.BooleanField(default=False)
    shares_safety_facts = models.BooleanField(default=False)
    part2_status = models.CharField(max_length=7, default=Answer.UNKNOWN.value)
    hipaa_status = models.CharField(max_length=7, default=Answer.UNKNOWN.value)
    state = models.CharField(max_length=2, default="MA")
    time_zone = models.CharField(max_length=40, default="America/New_York", validators=[known_time_zone])
    phone = models.CharField(max_length=40, blank=True)
    after_hours_phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "agencies"
        default_permissions = ()
        permissions = [(capability.value, capability.name) for capability in Capability]
        constraints = [
            one_of("kind", AgencyKind),
            one_of("part2_status", Answer),
            one_of("hipaa_status", Answer),
            models.CheckConstraint(condition=~Q(part_of=F("id")), name="agency_not_part_of_itself"),
        ]

    @property
    def sworn(self) -> bool:
        """Whether this is a police unit."""
        return self.kind == AgencyKind.POLICE

    @property
    def part2(self) -> bool:
        """Whether 42 CFR Part 2 binds this unit; unknown counts as yes (R-P2-01)."""
        return self.part2_status != Answer.NO

    @property
    def covered(self) -> bool:
        """Whether HIPAA covers this unit for certain; unknown opens nothing."""
        return self.hipaa_status == Answer.YES


class AgencyGroupPermission(GroupObjectPermissionBase):
    """One grant on one agency, held by the Group of a role."""

    content_object = models.ForeignKey(Agency, on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False


class AgencyUserPermission(UserObjectPermissionBase):
    """Present so that guardian never falls back to its generic tables; no service writes it."""

    content_object = models.ForeignKey(Agency, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class RoleGroup(models.Model):
    """The Group that carries what one role may do for one agency."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="role_groups")
    role = models.CharField(max_length=20)
    group = models.OneToOneField(Group, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            one_of("role", Role),
            models.UniqueConstraint(fields=["agency", "role"], name="role_once_per_agency"),
        ]


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships in time."""

    def live(self, at: datetime) -> MembershipQuerySet:
        """Those in force at ``at`` whose person or machine and agency are active."""
        return self.filter(
            Q(until=None) | Q(until__gt=at),
            Q(user__is_active=True) | Q(client__is_active=True),
            since__lte=at,
            agency__is_active=True,
        )


class Membership(models.Model):
    """A person's or a machine's place in one agency; FHIR PractitionerRole. The only truth about who belongs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships")
    client = models.ForeignKey(
        MachineClient, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=20)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Membership]] = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("role", Role),
            models.CheckConstraint(
                condition=Q(user=None, client__isnull=False) | Q(user__isnull=False, client=None),
                name="membership_of_a_person_or_a_machine",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("since")), name="membership_ends_after_it_began"
            ),
            models.UniqueConstraint(
                fields=["agency", "user", "role"],
                condition=Q(until=None, user__isnull=False),
                name="person_once_per_agency_and_role",
            ),
            models.UniqueConstraint(
                fields=["agency", "client", "role"],
                condition=Q(until=None, client__isnull=False),
                name="machine_once_per_agency_and_role",
            ),
        ]

    @property
    def fits(self) -> bool:
        """Whether an agency of this kind may have such a member; who does not fit is nobody."""
        return fits(AgencyKind(self.agency.kind), Role(self.role))

    def clean(self) -> None:
        """Raise ``ValidationError`` naming ``role`` and the allowed ones if it does not fit the kind of agency."""
        if not self.fits:
            kind = AgencyKind(self.agency.kind)
            said = {"kind": kind.value, "allowed": ", ".join(sorted(FITTING[kind]))}
            raise ValidationError(
                {"role": ValidationError(_("An agency of the kind %(kind)s may have: %(allowed)s."), params=said)}
            )


class Invitation(models.Model):
    """A link in a mail: ``join`` makes a membership, ``renew`` lets a member choose a new password and second factor.

    Only the hash of the link is kept. ``by`` is the administrator who made it, none for the shell. ``approved_at`` is
    empty while a second administrator has to agree.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=5)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=20)
    email = models.EmailField()
    name = models.CharField(max_length=120)
    token_hash = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("kind", InvitationKind),
            one_of("role", Role),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="invitation_lasts"),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(used_at=None), name="invitation_used_or_ended"),
        ]
        indexes = [models.Index(fields=["agency", "created_at"], name="invitation_list")]

    @property
    def target(self) -> str:
        """What the log calls it."""
        return f"Invitation/{self.id}"


class Agreement(models.Model):
    """A many-party paper that lets its parties exchange for its purposes (R-P2-16)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=160)
    document_sha256 = models.CharField(max_length=64)
    signed_on = models.DateField()
    effective_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gte=F("effective_on")),
                name="agreement_expires_after_it_began",
            )
        ]


class AgreementPurpose(models.Model):
    """One purpose an agreement covers."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="purposes")
    purpose = models.CharField(max_length=10)

    class Meta:
        constraints = [
            one_of("purpose", Purpose),
            models.UniqueConstraint(fields=["agreement", "purpose"], name="purpose_once_per_agreement"),
        ]


class AgreementParty(models.Model):
    """One agency's signature under an agreement."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="parties")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="agreements")
    joined_on = models.DateField()
    left_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "agency"], name="agency_once_per_agreement")]
