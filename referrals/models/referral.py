"""Folders and clients, referrals and their tasks, and who takes part in them.

Columns hold what must be sorted or routed by, nothing that identifies or describes the client (docs/encryption.md).
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from agencies.access import GroupObjectPermissionBase, UserObjectPermissionBase
from agencies.actor import Actor
from agencies.capabilities import OPEN, Capability
from agencies.kinds import Purpose
from agencies.models import Agency, one_of
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from referrals.masks import BIT
from referrals.policy.bases import Basis
from referrals.policy.limits import OWN_ONLY, limit_of
from referrals.policy.matrix import Action, permits
from referrals.policy.purposes import purpose_of
from referrals.reference import new_reference
from referrals.workflow import WORKING, Business, State

OPEN_IN_EMERGENCY = "open_in_emergency"
OPEN_IN_REVIEW = "open_in_review"


class FolderKind(models.TextChoices):
    """What a folder is."""

    CLIENT = "client"
    REFERRAL = "referral"


class Priority(models.TextChoices):
    """FHIR request-priority."""

    ROUTINE = "routine"
    URGENT = "urgent"
    ASAP = "asap"
    STAT = "stat"


class Folder(models.Model):
    """What sections hang on. ``patient_id`` is the id the client has in this folder and nowhere else."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    patient_id = models.UUIDField(unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [one_of("kind", FolderKind)]


class Client(models.Model):
    """The person helped, as one agency knows them; pseudonymous. The client file is made with the first thing filed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="clients")
    file = models.OneToOneField(Folder, null=True, on_delete=models.PROTECT, related_name="client")
    created_at = models.DateTimeField(default=timezone.now, editable=False)


class BlindToken(models.Model):
    """A keyed hash by which one agency finds its own client again (docs/encryption.md)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="tokens")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    token = models.BinaryField(max_length=16)

    class Meta:
        indexes = [models.Index(fields=["agency", "token"], name="blind_token_lookup")]
        constraints = [models.UniqueConstraint(fields=["client", "kind", "token"], name="token_once_per_client")]


class ReferralQuerySet(models.QuerySet["Referral"]):
    """Referrals, seen through the gate."""

    def visible_to(
        self, actor: Actor, *, compartment: Compartment | None = None, at: datetime | None = None
    ) -> ReferralQuerySet:
        """Those the actor's agency takes part in, and, if given, of which this actor may open ``compartment``."""
        now = at or timezone.now()
        places = Participation.objects.of(actor).live(now).granted(actor, at=now)
        if compartment is not None:
            places = places.opening(actor, compartment, at=now)
        return self.filter(pk__in=places.values("referral_id"))


class Referral(models.Model):
    """What is asked for, for whom; FHIR ServiceRequest. Its key is its folder's.

    The columns that begin with ``said_`` hold what was asked, with what the department it began with found itself:
    police are shown no other.
    """

    folder = models.OneToOneField(Folder, primary_key=True, on_delete=models.PROTECT)
    reference = models.CharField(max_length=9, unique=True, default=new_reference, editable=False)
    origin = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="referrals")
    service_type = models.CharField(max_length=32, blank=True)
    priority = models.CharField(max_length=8, default=Priority.ROUTINE.value)
    status = models.CharField(max_length=20, default="active")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ems_called_at = models.DateTimeField(null=True)
    ems_outcome_at = models.DateTimeField(null=True)
    said_priority = models.CharField(max_length=8, default=Priority.ROUTINE.value)
    said_ems_called_at = models.DateTimeField(null=True)
    said_ems_outcome_at = models.DateTimeField(null=True)

    objects: ClassVar[ReferralQuerySet] = ReferralQuerySet.as_manager()  # type: ignore[assignment]  # a manager made of it

    class Meta:
        default_permissions = ()
        permissions = [
            (OPEN_IN_EMERGENCY, "open what an emergency access names"),
            (OPEN_IN_REVIEW, "open what a review case names"),
        ]
        constraints = [one_of("priority", Priority), one_of("said_priority", Priority)]


class ReferralTask(models.Model):
    """The referral put to one agency; FHIR Task."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="tasks")
    part_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="parts")
    offer_group = models.UUIDField(null=True, db_index=True)
    requester = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, default=State.REQUESTED.value)
    business_status = models.CharField(max_length=8, default=Business.CREATED.value)
    reason = models.CharField(max_length=32, blank=True)
    version = models.PositiveIntegerField(default=1)
    coarse_version = models.PositiveIntegerField(default=1)
    coarse_at = models.DateTimeField(default=timezone.now)
    authored_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)
    cancel_asked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-changed_at", "-id"], name="task_owned"),
            models.Index(fields=["owner", "status", "-changed_at", "-id"], name="task_owned_by_status"),
            models.Index(fields=["requester", "-changed_at", "-id"], name="task_asked"),
            models.Index(fields=["requester", "-coarse_at", "-id"], name="task_asked_coarsely"),
        ]
        constraints = [
            one_of("status", State),
            one_of("business_status", Business),
            models.CheckConstraint(condition=~Q(requester=F("owner")), name="task_between_two_agencies"),
            models.UniqueConstraint(
                fields=["offer_group"],
                condition=Q(status__in=[state.value for state in (*sorted(WORKING), State.COMPLETED)]),
                name="one_winner_per_offer",
            ),
        ]


class StepTaken(models.Model):
    """One step, taken once; never changed. ``how`` is set when it was recorded for an agency off the network."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task = models.ForeignKey(ReferralTask, on_delete=models.PROTECT, related_name="steps")
    name = models.CharField(max_length=20)
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20)
    business_status = models.CharField(max_length=8)
    reason = models.CharField(max_length=32, blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership_id = models.UUIDField(null=True)
    how = models.CharField(max_length=10, blank=True)
    version = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "version"], name="one_step_per_task_version")]


class ParticipationQuerySet(models.QuerySet["Participation"]):
    """Participations in time, and as far as an actor may see them; ``services.gating`` asks the same of one."""

    def of(self, actor: Actor) -> ParticipationQuerySet:
        """The places of the actor's agency it works with: of all, or of what it began itself, as its role has it."""
        if not actor.may(Capability.VIEW_INBOX) or purpose_of(actor.role) is None:
            return self.none()
        found = self.filter(agency_id=actor.agency_id)
        return found.filter(member_id=actor.membership_id) if actor.role in OWN_ONLY else found

    def live(self, at: datetime) -> ParticipationQuerySet:
        """Those in force at ``at``."""
        return self.filter(Q(until=None) | Q(until__gt=at), since__lte=at)

    def opening(self, actor: Actor, compartment: Compartment, *, at: datetime) -> ParticipationQuerySet:
        """Those, of an actor's live ones, that open ``compartment`` to it at ``at``."""
        if not (actor.may(OPEN[compartment]) and permits(actor.role, compartment, Action.READ)):
            return self.none()
        found = self.annotate(held=F("mask").bitand(BIT[compartment])).filter(held__gt=0)
        standing = Q(consent_until=None) | Q(consent_until__gt=at)
        asked = Q(mask=BIT[Compartment.REQUEST]) if compartment is Compartment.REQUEST else Q()
        found = found.filter(standing | asked)
        limit = limit_of(actor.role, compartment)
        if limit.within is not None and not limit.after:
            found = found.filter(since__gt=at - limit.within)
        return found.filter(helpers_until__gt=at) if limit.helpers else found

    def granted(self, actor: Actor, *, at: datetime) -> ParticipationQuerySet:
        """Those that need no grant of an emergency, or have one for the actor's role at ``at``."""
        grants = ReferralGroupPermission.objects.live(actor, at=at).filter(content_object=OuterRef("referral"))
        return self.filter(~Q(basis=Basis.MEDICAL_EMERGENCY.value) | Exists(grants))


class Participation(models.Model):
    """An agency's place in a referral: which compartments, since, until, and on what basis. It carries the inbox.

    ``client`` is the agency's private link to its own client, ``was_client`` the one it had when its place closed:
    no more is found by it, but who holds a client's records holds this too. ``member_id`` is who began the
    referral, at its origin. Three times say what a consent does to the place: ``consent_until`` ends what stands on
    one (``ended_as`` says why if it did not just run out), ``helpers_until`` and ``outcome_until`` are until when
    one lets people helping to run the program read, and a police sender learn how it went.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="participations")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    task = models.ForeignKey(ReferralTask, null=True, on_delete=models.PROTECT, related_name="+")
    mask = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=20)
    basis = models.CharField(max_length=20)
    purpose = models.CharField(max_length=10)
    consent = models.UUIDField(null=True)
    consent_until = models.DateTimeField(null=True)
    helpers_until = models.DateTimeField(null=True)
    outcome_until = models.DateTimeField(null=True)
    member_id = models.UUIDField(null=True)
    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="participations")
    was_client = models.UUIDField(null=True)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    ended_as = models.CharField(max_length=20, blank=True)
    inbox_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ParticipationQuerySet] = ParticipationQuerySet.as_manager()  # type: ignore[assignment]  # as above

    class Meta:
        indexes = [
            models.Index(fields=["agency", "-inbox_at", "-id"], name="participation_inbox"),
            models.Index(
                fields=["agency", "-inbox_at", "-id"],
                name="participation_waiting",
                condition=Q(status=State.REQUESTED.value, until=None),
            ),
            models.Index(
                fields=["member_id", "-inbox_at", "-id"],
                name="participation_own",
                condition=Q(member_id__isnull=False),
            ),
        ]
        constraints = [
            one_of("basis", Basis),
            one_of("purpose", Purpose),
            models.UniqueConstraint(fields=["referral", "agency"], name="agency_once_per_referral"),
        ]


class GrantQuerySet(models.QuerySet["ReferralGroupPermission"]):
    """Sparse grants on one referral, in time."""

    def live(self, actor: Actor, *, at: datetime) -> GrantQuerySet:
        """Those an actor's role in its agency holds at ``at``."""
        return self.filter(
            group__rolegroup__agency=actor.agency_id,
            group__rolegroup__role=actor.role.value,
            permission__codename=OPEN_IN_EMERGENCY,
            until__gt=at,
        )


class ReferralGroupPermission(GroupObjectPermissionBase):
    """One grant on one referral for the Group of a role, until a time; rare (emergency access)."""

    content_object = models.ForeignKey(Referral, on_delete=models.CASCADE)
    until = models.DateTimeField()

    objects: ClassVar[GrantQuerySet] = GrantQuerySet.as_manager()  # type: ignore[assignment]  # as above

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False


class PersonalGrantQuerySet(models.QuerySet["ReferralUserPermission"]):
    """Grants on one referral to one person, in time."""

    def live(self, actor: Actor, *, at: datetime) -> PersonalGrantQuerySet:
        """Those this very membership holds at ``at``: what somebody holds in one agency counts in no other."""
        return self.filter(membership_id=actor.membership_id, permission__codename=OPEN_IN_REVIEW, until__gt=at)


class ReferralUserPermission(UserObjectPermissionBase):
    """One grant on one referral for one person in one place of theirs, until a time; rare (a review case)."""

    content_object = models.ForeignKey(Referral, on_delete=models.CASCADE)
    membership_id = models.UUIDField()
    until = models.DateTimeField()

    objects: ClassVar[PersonalGrantQuerySet] = PersonalGrantQuerySet.as_manager()  # type: ignore[assignment]  # as above

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
