"""Legal papers, what was given out on paper, and mandated reports.

Columns hold kinds, times and ids. Who is asked about, who asks, who received and what was reported stand in ``sealed``.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Agency, one_of
from agencies.offices import is_privacy_officer
from agencies.vault.contexts import Field
from agencies.vault.models import AgencyKey
from audit.uuid7 import uuid7
from referrals.models import Disclosure, Referral

from .kinds import REPORTERS, Answered, Paper, Report, State

Row = TypeVar("Row", bound="SealedRow")


class SealedRows(models.QuerySet[Row]):
    """Rows with something sealed, seen through the gate."""

    def visible_to(self, actor: Actor) -> SealedRows[Row]:
        """Those whose sealed part this actor may open: a privacy officer her agency's. Rank counts for nothing."""
        return self.filter(agency_id=actor.agency_id) if is_privacy_officer(actor) else self.none()


class ReportRows(SealedRows["MandatedReport"]):
    """Reports, seen through the gate."""

    def visible_to(self, actor: Actor) -> ReportRows:
        """A privacy officer her agency's, a reporter the own ones; nobody else any (R-MAND-01)."""
        found = self.filter(agency_id=actor.agency_id)
        if is_privacy_officer(actor):
            return found
        return found.filter(membership_id=actor.membership_id) if actor.role in REPORTERS else found.none()


class SealedRow(models.Model):
    """What the tables here share. ``sealed`` is bound to the columns that ``bound`` names, so none can be changed."""

    FURTHER: ClassVar[str] = "kind"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership_id = models.UUIDField()
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    sealed = models.BinaryField()

    class Meta:
        abstract = True

    @property
    def target(self) -> str:
        """What the log calls this row."""
        return f"{type(self).__name__}/{self.id}"

    @property
    def bound(self) -> tuple[Field, ...]:
        """What the sealed bytes are bound to: whose row of which table it is, and one column more."""
        return type(self).__name__, self.id, self.agency_id, self.membership_id, getattr(self, self.FURTHER)


class LegalRequest(SealedRow):
    """A legal paper that reached an agency. Subject and sender are sealed to its privacy officers."""

    kind = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default=State.REGISTERED.value)
    answered = models.CharField(max_length=10, blank=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar[SealedRows[LegalRequest]] = SealedRows.as_manager()  # type: ignore[assignment]  # a manager made of it

    class Meta:
        indexes = [models.Index(fields=["agency", "received_at"], name="legal_request_list")]
        constraints = [
            one_of("kind", Paper),
            one_of("state", State),
            models.CheckConstraint(
                condition=Q(answered__in=["", *(each.value for each in Answered)]), name="legal_request_answer_known"
            ),
            models.CheckConstraint(
                condition=Q(state=State.REGISTERED.value, answered="")
                | (~Q(state=State.REGISTERED.value) & ~Q(answered="")),
                name="legal_request_answered_before_it_is_closed",
            ),
            models.CheckConstraint(
                condition=Q(due_at=None) | Q(due_at__gte=F("received_at")), name="legal_request_due_after_receipt"
            ),
        ]


class PaperDisclosure(SealedRow):
    """An entry by hand: what a privacy officer gave out on paper. ``disclosure`` is its row of the ledger, if any."""

    FURTHER = "request_id"

    request = models.ForeignKey(LegalRequest, on_delete=models.PROTECT, related_name="by_hand")
    at = models.DateTimeField()
    mask = models.PositiveSmallIntegerField()
    referral = models.ForeignKey(Referral, null=True, on_delete=models.PROTECT, related_name="+")
    disclosure = models.OneToOneField(Disclosure, null=True, on_delete=models.PROTECT, related_name="+")
    suspended_until = models.DateTimeField(null=True)

    objects: ClassVar[SealedRows[PaperDisclosure]] = SealedRows.as_manager()  # type: ignore[assignment]  # as above

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(mask__gt=0), name="paper_disclosure_of_something")]


class MandatedReport(SealedRow):
    """That a report was made, of which kind, by whom and when. Its text is sealed to reporter and privacy officers."""

    kind = models.CharField(max_length=20)
    made_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)
    written_at = models.DateTimeField(null=True)
    referral = models.ForeignKey(Referral, null=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[ReportRows] = ReportRows.as_manager()  # type: ignore[assignment]  # as above

    class Meta:
        indexes = [models.Index(fields=["agency", "made_at"], name="mandated_report_list")]
        constraints = [one_of("kind", Report)]


class LegalWrap(models.Model):
    """The data key of one sealed row of this app, wrapped to one key of its agency. ``row_id`` is that row's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    row_id = models.UUIDField()
    key = models.ForeignKey(AgencyKey, on_delete=models.PROTECT, related_name="+")
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row_id", "key"], name="legal_wrap_once_per_key")]
