"""What is there at the end, beside what was promised."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count

from agencies.kinds import AgencyKind
from audit import signer
from audit.models import AuditEvent, PendingEvent
from audit.sequencer import sequence
from audit.verify import verify
from referrals.models import Notice, ReferralTask
from referrals.notices.kinds import Channel, Problem, Status
from referrals.notices.models import Delivery
from tests.drill.load import Done
from tests.notices.sinks import MailSink

QUIET = 600.0
"""Seconds that what is left may take once nobody kills any more: a killed worker holds its lease for three minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Of every number that is a loss, 0 is right. ``notices`` counts deliveries, one to each person by each channel."""

    acknowledged: int
    asked_again: int
    lost: int
    notices: int
    mails: int
    undelivered: int
    shown_twice: int
    mailed_twice: int
    events_missing: int
    verified: bool
    kills: Mapping[str, int]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether nothing was lost."""
        lost = (self.lost, self.undelivered, self.shown_twice, self.events_missing)
        return self.acknowledged > 0 and self.verified and not any(lost)

    def as_json(self) -> dict[str, Any]:
        """With ``ok`` first."""
        return {"ok": self.ok, **asdict(self)}


def settle() -> None:
    """Wait until the installation, which nobody disturbs any more, has done what there is to do."""
    until = time.monotonic() + QUIET
    while time.monotonic() < until:
        left = Notice.objects.filter(addressed_at=None).exists() or PendingEvent.objects.exists()
        if not left and not Delivery.objects.filter(status=Status.WAITING.value).exists():
            return
        time.sleep(0.5)


def count(done: Done, sink: MailSink, *, told: int, kills: Mapping[str, int], seconds: float) -> Result:
    """Compare what servers said was done with the rows, the mails and the log. ``told``: people who hear of each."""
    there = dict(ReferralTask.objects.values_list("id", "status"))
    statuses = {str(id_): status for id_, status in there.items()}
    lost = sum(id_ not in statuses for id_ in done.sent) + sum(statuses.get(id_) != "accepted" for id_ in done.accepted)
    sequence()
    key = signer.load()
    report = verify(name=key.name, public=key.public)
    shown = Delivery.objects.filter(channel=Channel.PAGE.value, status=Status.SENT.value)
    twice = shown.values("notice", "to").annotate(times=Count("pk")).filter(times__gt=1).count()
    deliveries = Delivery.objects.all()
    return Result(
        acknowledged=len(done.sent) + len(done.accepted),
        asked_again=done.again,
        lost=lost,
        notices=deliveries.count(),
        mails=len(sink.received),
        undelivered=_undelivered(sink, done, told=told),
        shown_twice=twice,
        mailed_twice=_mailed_twice(sink),
        events_missing=_events_missing(len(statuses), sum(status == "accepted" for status in statuses.values())),
        verified=report.ok and report.unsequenced == 0,
        kills=dict(kills),
        seconds=round(seconds, 1),
    )


def _undelivered(sink: MailSink, done: Done, *, told: int) -> int:
    """Deliveries that are not sent, mails that no server got, and people to whom a referral is not shown.

    What a police unit's system began, none of its people is told of: that stands in the list of what reached nobody.
    """
    nobody = {"agency__kind": AgencyKind.POLICE.value, "problem": Problem.NOBODY.value}
    waiting = Delivery.objects.exclude(status=Status.SENT.value).exclude(**nobody).count()
    got = {message["Message-ID"].strip("<>").partition("@")[0] for _to, message in sink.received}
    mailed = Delivery.objects.filter(channel=Channel.MAIL.value, status=Status.SENT.value).values_list("id", flat=True)
    unseen = sum(str(id_) not in got for id_ in mailed)
    arrived = Delivery.objects.filter(channel=Channel.PAGE.value, agency__slug="bhu", notice__task__in=done.sent)
    people = Counter(arrived.values_list("notice__task", flat=True))
    return waiting + unseen + sum(max(0, told - people[UUID(id_)]) for id_ in done.sent)


def _mailed_twice(sink: MailSink) -> int:
    """Mails that came more than once, which a process killed between sending and noting does: the same Message-ID."""
    times = Counter((to, message["Message-ID"]) for to, message in sink.received)
    return sum(each - 1 for each in times.values())


def _events_missing(tasks: int, accepted: int) -> int:
    """Acts of which the log has fewer events than there are rows."""
    sends = AuditEvent.objects.filter(action="referral.send", outcome="0").count()
    accepts = AuditEvent.objects.filter(action="task.accept", outcome="0").count()
    return max(0, tasks - sends) + max(0, accepted - accepts)
