"""The county of ``tests.county`` with privacy officers, one member of every role, and papers to register."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Agency
from agencies.roles import Role
from audit.models import AuditEvent
from referrals.errors import Refused
from referrals.legal import services
from referrals.legal.kinds import Paper, Report
from referrals.legal.shown import ShownReport, ShownRequest
from tests import anyone
from tests.county import County, make_county

SUBJECT, SENDER, PLACE, INJURY = "Wilhelmina Ostrander", "Attorney Q. Featherby", "12 Larkspur Court", "bruised wrists"
CANARIES = (SUBJECT, "Ostrander", SENDER, "Featherby", PLACE, INJURY)
FIELDS = {"name": SUBJECT, "address": PLACE, "circumstances": f"Seen at home with {INJURY}."}


@dataclass(frozen=True)
class Town:
    """The county; ``privacy`` is the BHU's privacy officer, ``foreign`` another agency's; ``roles`` one each,
    the officer where he is one."""

    county: County
    privacy: Actor
    foreign: Actor
    roles: dict[Role, Actor]


def member(where: Agency, role: Role, name: str = "") -> Actor:
    """A new person of this role."""
    return anyone.member(where, role, f"{name or role}.legal")


def make_town() -> Town:
    county = make_county()
    return Town(
        county=county,
        privacy=member(county.bhu, Role.PRIVACY_OFFICER, "privacy"),
        foreign=member(county.detox, Role.PRIVACY_OFFICER, "foreign"),
        roles={role: member(county.police if role is Role.OFFICER else county.bhu, role) for role in Role},
    )


def hours_ago(hours: float) -> datetime:
    return timezone.now() - timedelta(hours=hours)


def register(actor: Actor, **changed: Any) -> ShownRequest:
    """A subpoena that came yesterday."""
    given = {"kind": Paper.SUBPOENA, "subject": SUBJECT, "sender": SENDER, "received_at": hours_ago(24)}
    return services.register_request(actor, **(given | changed))


def report(actor: Actor, **changed: Any) -> ShownReport:
    """An elder-abuse report, called in an hour ago."""
    given = {"kind": Report.ELDER, "fields": FIELDS, "made_at": hours_ago(2), "called_at": hours_ago(1)}
    return services.report(actor, **(given | changed))


def stranger_to(actor: Actor) -> Actor:
    """The same actor, by a membership that is not there."""
    return replace(actor, membership_id=actor.agency_id)


@dataclass
class Events:
    """What the log got since this was made."""

    seen: set[Any]

    def new(self) -> list[tuple[str, str, str, str]]:
        """Action, target, outcome and code of each new event, oldest first."""
        rows = AuditEvent.objects.exclude(pk__in=self.seen).order_by("id")
        self.seen |= {row.pk for row in rows}
        return [(row.action, row.target, row.outcome, row.code) for row in rows]


def refused(call: Callable[..., object], *args: Any, **named: Any) -> Refused:
    """What a call is refused with."""
    with pytest.raises(Refused) as refusal:
        call(*args, **named)
    return refusal.value


BEFORE_2000 = datetime(1999, 12, 31, 23, 59, tzinfo=UTC)
FAR_AHEAD = datetime(2199, 1, 1, tzinfo=UTC)
