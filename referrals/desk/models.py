"""What a privacy officer works through. Columns hold kinds, times and ids; words of an incident or a complaint are
sealed to the agency's privacy officers, as a legal paper is.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, one_of
from agencies.vault.contexts import Field
from audit.canonical import LIMIT
from audit.uuid7 import uuid7
from referrals.legal.models import SealedRow, SealedRows
from referrals.models import Referral
from referrals.policy.reviewing import HOURS, Reason

from .kinds import AlertKind, AlertState, Because, ComplaintWay, IncidentKind, IncidentState


class Watched(models.Model):
    """How far the log was read for alerts; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    upto = models.DateTimeField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="watched_single"),)


class Alert(models.Model):
    """One thing in the log that an agency's privacy officer should look at. ``who`` is an actor of the log."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    who = models.CharField(max_length=LIMIT)
    about = models.CharField(max_length=LIMIT, blank=True)
    key = models.CharField(max_length=LIMIT)
    at = models.DateTimeField()
    raised_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=10, default=AlertState.OPEN.value)
    looked_at = models.DateTimeField(null=True)
    looked_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    reason = models.CharField(max_length=10, blank=True)

    class Meta:
        indexes = [models.Index(fields=["agency", "state", "at"], name="alert_list")]
        constraints = [
            one_of("kind", AlertKind),
            one_of("state", AlertState),
            models.CheckConstraint(
                condition=Q(reason__in=["", *(each.value for each in Because)]), name="alert_reason_known"
            ),
            models.CheckConstraint(
                condition=Q(state=AlertState.CLOSED.value, closed_at__isnull=False, closed_by__isnull=False)
                & ~Q(reason="")
                | ~Q(state=AlertState.CLOSED.value) & Q(closed_at=None, closed_by=None, reason=""),
                name="alert_closed_whole",
            ),
            models.CheckConstraint(
                condition=Q(state=AlertState.OPEN.value, looked_at=None, looked_by=None)
                | Q(looked_at__isnull=False, looked_by__isnull=False) & ~Q(state=AlertState.OPEN.value),
                name="alert_looked_at_whole",
            ),
            models.UniqueConstraint(fields=["agency", "kind", "who", "key"], name="alert_once"),
        ]


class WeekReviewed(models.Model):
    """One week of an agency's part of the log was looked through (CJIS AU-6). ``week`` is its Monday."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    week = models.DateField()
    reviewed_at = models.DateTimeField(default=timezone.now, editable=False)
    reviewed_by = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(week__week_day=2), name="week_begins_on_monday"),
            models.UniqueConstraint(fields=["agency", "week"], name="week_reviewed_once"),
        ]


class Incident(SealedRow):
    """Something that went wrong, or may have (R-BR-01). ``by_alert``: it was opened by the alert it is about."""

    kind = models.CharField(max_length=24)
    discovered_at = models.DateTimeField()
    affected = models.PositiveIntegerField(null=True)
    criminal_justice = models.BooleanField(default=False)
    delayed_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default=IncidentState.OPEN.value)
    assessed_as = models.CharField(max_length=10, blank=True)
    closed_at = models.DateTimeField(null=True)
    alert = models.OneToOneField(Alert, null=True, on_delete=models.PROTECT, related_name="incident")

    objects: ClassVar[SealedRows["Incident"]] = SealedRows.as_manager()  # type: ignore[assignment]  # a manager made of it

    class Meta:
        indexes = [models.Index(fields=["agency", "state", "discovered_at"], name="incident_list")]
        constraints = [
            one_of("kind", IncidentKind),
            one_of("state", IncidentState),
            models.CheckConstraint(
                condition=Q(assessed_as__in=["", IncidentState.BREACH.value, IncidentState.NO_BREACH.value]),
                name="incident_assessed_as_known",
            ),
            models.CheckConstraint(
                condition=Q(state=IncidentState.OPEN.value, assessed_as="")
                | ~Q(state=IncidentState.OPEN.value) & ~Q(assessed_as=""),
                name="incident_assessed_before_it_is_closed",
            ),
            models.CheckConstraint(
                condition=Q(delayed_until=None) | Q(delayed_until__gt=F("discovered_at")), name="incident_delay_ahead"
            ),
        ]


class Assessment(SealedRow):
    """The four factors of 45 CFR 164.402 and what they came to, sealed; the newest of an incident counts."""

    FURTHER = "incident_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="assessments")
    breach = models.BooleanField()


class DutyDone(models.Model):
    """Somebody was told, as one of the timers of an incident asks (``timers.DUTIES``)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="done")
    duty = models.CharField(max_length=20)
    at = models.DateTimeField()
    membership_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "duty"], name="duty_done_once")]


class Complaint(SealedRow):
    """A complaint about how somebody's privacy was kept. Who complained, and of what, is sealed."""

    FURTHER = "way"

    way = models.CharField(max_length=10)
    received_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.UUIDField(null=True)

    objects: ClassVar[SealedRows["Complaint"]] = SealedRows.as_manager()  # type: ignore[assignment]  # as above

    class Meta:
        indexes = [models.Index(fields=["agency", "received_at"], name="complaint_list")]
        constraints = [
            one_of("way", ComplaintWay),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="complaint_answered_whole",
            ),
        ]


class ComplaintAnswer(SealedRow):
    """What was found and answered, sealed apart from the complaint: nothing is sealed twice into one row."""

    FURTHER = "complaint_id"

    complaint = models.OneToOneField(Complaint, on_delete=models.PROTECT, related_name="answer")


class ReviewCase(SealedRow):
    """A privacy officer asks to see content of one referral: which parts, why, for how long; a second person answers.

    What she wrote of it is sealed, and bound to what she asked for: none of that can be changed after the answer.
    """

    FURTHER = "reason"

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=16)
    mask = models.PositiveSmallIntegerField()
    hours = models.PositiveSmallIntegerField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    agreed = models.BooleanField(null=True)
    until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["agency", "-recorded_at"], name="review_case_list")]
        constraints = [
            one_of("reason", Reason),
            models.CheckConstraint(condition=Q(hours__in=HOURS), name="review_hours_known"),
            models.CheckConstraint(condition=Q(mask__gt=0), name="review_names_a_part"),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, agreed=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False, agreed__isnull=False),
                name="review_decided_whole",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("membership_id")), name="review_second_person"
            ),
            models.CheckConstraint(
                condition=Q(agreed=True, until__isnull=False) | (Q(agreed=None) | Q(agreed=False)) & Q(until=None),
                name="review_open_if_agreed",
            ),
            models.CheckConstraint(condition=Q(opened_at=None) | Q(until__isnull=False), name="review_opened_if_open"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="review_ended_whole",
            ),
        ]

    @property
    def bound(self) -> tuple[Field, ...]:
        """With the referral, the parts and the hours."""
        return *super().bound, self.referral_id, str(self.mask), str(self.hours)
