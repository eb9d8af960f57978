"""Approved periods, holds, what was exported, and what was deleted. No column says anything about a client."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, User, one_of
from audit.uuid7 import uuid7
from referrals.models import Folder, Referral

from .schedule import NAMES, Category, Held, Period, Scope

APPROVED = Q(records_by__isnull=False, privacy_by__isnull=False)


class HoldKind(StrEnum):
    """Why something is held."""

    LITIGATION = "litigation"
    PUBLIC_RECORDS = "public_records"


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    """Lines of schedules, approved or only proposed."""

    def in_force(self) -> ScheduleQuerySet:
        """Those that both officers approved and nothing has replaced."""
        return self.filter(APPROVED, replaced_at=None)

    def proposed(self) -> ScheduleQuerySet:
        """Those that one officer approved and the other has not."""
        return self.filter(~APPROVED, replaced_at=None)


class Schedule(models.Model):
    """How long one agency keeps one category, by whose authority, and the two people who approved it.

    A line is never changed once approved; the next one replaces it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=20)
    years = models.PositiveSmallIntegerField(default=0)
    days = models.PositiveIntegerField(default=0)
    authority = models.CharField(max_length=160)
    records_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    records_at = models.DateTimeField(null=True)
    privacy_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    privacy_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    replaced_at = models.DateTimeField(null=True)

    objects: ClassVar[ScheduleQuerySet] = ScheduleQuerySet.as_manager()  # type: ignore[assignment]  # a manager made of it

    class Meta:
        constraints = [
            one_of("category", Category),
            models.CheckConstraint(
                condition=Q(years__gt=0, days=0) | Q(years=0, days__gt=0), name="schedule_years_or_days"
            ),
            models.CheckConstraint(condition=~Q(authority=""), name="schedule_names_its_authority"),
            models.CheckConstraint(
                condition=Q(records_by=None, records_at=None) | Q(records_by__isnull=False, records_at__isnull=False),
                name="schedule_records_officer_and_time",
            ),
            models.CheckConstraint(
                condition=Q(privacy_by=None, privacy_at=None) | Q(privacy_by__isnull=False, privacy_at__isnull=False),
                name="schedule_privacy_officer_and_time",
            ),
            models.CheckConstraint(
                condition=Q(records_by=None) | Q(privacy_by=None) | ~Q(records_by=F("privacy_by")),
                name="schedule_approved_by_two_people",
            ),
            models.UniqueConstraint(
                fields=["agency", "category"], condition=APPROVED & Q(replaced_at=None), name="one_schedule_in_force"
            ),
            models.UniqueConstraint(
                fields=["agency", "category"],
                condition=(Q(records_by=None) | Q(privacy_by=None)) & Q(replaced_at=None),
                name="one_schedule_proposed",
            ),
        ]

    @property
    def period(self) -> Period:
        """How long."""
        return Period(years=self.years, days=self.days)


def _scope(scope: Scope) -> Q:
    """The columns a hold of ``scope`` has, and no others."""
    named = {name: name in NAMES[scope] for name in ("referral_id", "client_id", "first", "last")}
    columns = {f"{name.replace('referral_id', 'referral')}__isnull": not there for name, there in named.items()}
    return Q(scope=scope.value, **columns)


class Hold(models.Model):
    """An order to keep: one referral, one client, a whole agency or what it did in a period.

    ``case`` is a keyed hash of the case's number; ``client_id`` no foreign key, so that a hold that was lifted never
    keeps a client's row. ``placed_by`` and ``lifted_by`` are memberships.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16)
    case = models.BinaryField(max_length=32)
    scope = models.CharField(max_length=10)
    referral = models.ForeignKey(Referral, null=True, on_delete=models.PROTECT, related_name="+")
    client_id = models.UUIDField(null=True)
    first = models.DateField(null=True)
    last = models.DateField(null=True)
    placed_by = models.UUIDField()
    placed_at = models.DateTimeField(default=timezone.now)
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["agency"], condition=Q(lifted_at=None), name="hold_standing")]
        constraints = [
            one_of("kind", HoldKind),
            models.CheckConstraint(
                condition=_scope(Scope.REFERRAL) | _scope(Scope.CLIENT) | _scope(Scope.AGENCY) | _scope(Scope.PERIOD),
                name="hold_names_what_it_is_on",
            ),
            models.CheckConstraint(condition=Q(last=None) | Q(last__gte=F("first")), name="hold_period_in_order"),
            models.CheckConstraint(
                condition=Q(lifted_by=None, lifted_at=None)
                | Q(lifted_by__isnull=False, lifted_at__isnull=False, lifted_at__gte=F("placed_at")),
                name="hold_lifted_after_it_was_placed",
            ),
        ]

    @property
    def held(self) -> Held:
        """What it is on."""
        return Held(
            agency_id=self.agency_id,
            scope=Scope(self.scope),
            referral_id=self.referral_id,
            client_id=self.client_id,
            first=self.first,
            last=self.last,
        )


class Export(models.Model):
    """That an agency took out its own record of a referral, as it stood at ``chain_digest``.

    ``digest`` is the SHA-256 of the file, which holds a random id: it is a salted commitment to what the file says.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    chain_digest = models.CharField(max_length=71)
    sections = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referral", "digest"], name="export_once")]


class Certificate(models.Model):
    """What was deleted, by whose authority, when and by whom. In force from the moment the shred secret is gone.

    Written before the secret is deleted; ``finished_at`` and ``counts`` once the rows are gone, too. Until the secret
    is gone it is an order not yet carried out (``services/shredding.py``).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    folder = models.OneToOneField(Folder, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=20)
    authority = models.CharField(max_length=160)
    by = models.CharField(max_length=128)
    age_told = models.BooleanField(default=False)
    export_digest = models.CharField(max_length=64, blank=True)
    chain_digest = models.CharField(max_length=71)
    counts = models.JSONField(default=dict)
    ordered_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ordered_at"], condition=Q(finished_at=None), name="certificate_unfinished")]
        constraints = [
            one_of("category", Category),
            models.CheckConstraint(condition=~Q(authority=""), name="certificate_names_its_authority"),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("ordered_at")),
                name="certificate_finished_after_ordered",
            ),
        ]
