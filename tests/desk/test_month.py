"""A month of the demo network, played and read as people would, gives a privacy officer at most five alerts a week."""

import random
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import time, timedelta
from typing import Any

import pytest

from agencies.hours import ALL_DAYS
from agencies.kinds import AgencyKind
from agencies.models import Agency, Membership
from agencies.roles import Role
from agencies.services import actor_for
from audit.models import AuditEvent
from bhu.clock import told_by
from bhu.demo.history import loading, shares
from bhu.models import DemoMark
from referrals.acts.emergencies import OpenInEmergency
from referrals.blind import by_name
from referrals.desk import rules
from referrals.desk.models import Alert
from referrals.desk.services import watching
from referrals.emergencies.natures import Nature
from referrals.errors import Refused
from referrals.exporting import Way, take_out
from referrals.finding import referrals_of_clients
from referrals.models import StepTaken
from referrals.notices.models import Shift
from referrals.opening import open_referral
from referrals.perform import perform
from tests.databases import Pair
from tests.demo.history.loaded import demo_in

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOST = 5
READINGS = 3
"""How often who takes a step opens the referral around it."""


class Month:
    """The newest month of the history, and the people in it at their screens."""

    def __init__(self) -> None:
        self.now = DemoMark.objects.get().loaded_at
        self.at = self.now
        self.dice = random.Random(20261122)
        self.actors: dict[Any, Any] = {}

    def give_rotas(self) -> None:
        """In every agency that answers, two people take the nights and the weekends in turn."""
        nights = {"begins": time(17), "ends": time(8), "days": ALL_DAYS}
        for agency in Agency.objects.filter(connected=True).exclude(kind=AgencyKind.POLICE.value):
            roles = (Role.CLINICIAN, Role.INTAKE, Role.COORDINATOR)
            staff = Membership.objects.filter(agency=agency, role__in=[role.value for role in roles]).order_by("id")
            for place, member in enumerate(staff[:2], 1):
                Shift.objects.create(agency=agency, membership=member, place=place, **nights)

    def clock(self) -> Any:
        return self.at

    def actor(self, membership_id: Any) -> Any:
        if membership_id not in self.actors:
            self.actors[membership_id] = actor_for(Membership.objects.get(pk=membership_id))
        return self.actors[membership_id]

    def try_it(self, act: Callable[[], object]) -> None:
        with suppress(Refused):
            act()

    def play(self) -> None:
        loading.play_all(loading.left_to_play()[: loading.FIRST], each=lambda _made: None)
        steps = list(StepTaken.objects.exclude(membership_id=None).select_related("task").order_by("at"))
        steps = [step for step in steps if step.at > self.now - 31 * DAY]
        with told_by(self.clock):
            for number, step in enumerate(steps):
                self._around(step, number)

    def _around(self, step: StepTaken, number: int) -> None:
        """Somebody reads before and after what they do; a few print, look a client up, or go wrong now and then."""
        actor, referral = self.actor(step.membership_id), step.task.referral_id
        for _reading in range(READINGS):
            self.at = step.at + timedelta(minutes=self.dice.randrange(1, 50))
            self.try_it(lambda: open_referral(actor, referral))
        if number % 5 == 0:
            self.try_it(lambda: take_out(actor, referral, Way.PRINT))
        if number % 4 == 0:
            self.try_it(lambda: referrals_of_clients(actor, by_name(family="Quill", given="Ivo", born="1990-01-02")))
        if number % 10 == 0:
            self._looked_in_on(actor, referral)
        if number % 30 == 0:
            others = StepTaken.objects.exclude(agency_id=actor.agency_id).select_related("task")
            foreign = self.dice.choice(list(others)).task.referral_id
            self.try_it(lambda: open_referral(actor, foreign))
        if number % 40 == 0:
            self._emergency(actor, referral)

    def _looked_in_on(self, actor: Any, referral: Any) -> None:
        """A colleague reads what they do not work on, by day or, now and then, at night."""
        others = Membership.objects.filter(agency=actor.agency_id, role=actor.role.value).exclude(
            pk=actor.membership_id
        )
        if staff := list(others.order_by("id").values_list("pk", flat=True)):
            colleague = self.actor(self.dice.choice(staff))
            self.try_it(lambda: open_referral(colleague, referral))

    def _emergency(self, actor: Any, referral: Any) -> None:
        hospital = Agency.objects.get(kind="hospital")
        self.try_it(
            lambda: perform(
                actor, [OpenInEmergency(referral_id=referral, agency_id=hospital.id, nature=Nature.OVERDOSE)]
            )
        )


@pytest.mark.drill
def test_a_month_of_the_demo_network_gives_at_most_five_alerts_a_week(
    new_pair: Callable[[], Pair], django_db_blocker: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with demo_in(new_pair(), django_db_blocker, size=shares.REFERRALS):
        month = Month()
        month.give_rotas()
        month.play()
        seen = watching.events(month.now - 31 * DAY, month.now + DAY)
        found = rules.find(seen, watching.known(seen, at=month.now + DAY))
        weeks = Counter((each.agency, (month.now - each.at) // WEEK) for each in found)
        watching.raise_all(found)
        agencies = Agency.objects.filter(connected=True).count()
        events = AuditEvent.objects.filter(at__gt=month.now - 31 * DAY).count()
        opened = sum(1 for row in seen if row.action == "referral.open" and row.outcome == "0")
        kinds = Counter(each.kind.value for each in found)
        with capsys.disabled():
            sys.stdout.write(
                f"\nA month: {events:,} events, {opened:,} openings, {len(found)} alerts "
                f"({', '.join(f'{name} {many}' for name, many in sorted(kinds.items()))}); "
                f"{len(found) / (agencies * 31 / 7):.2f} an officer-week over {agencies} agencies, "
                f"at most {max(weeks.values(), default=0)} in one.\n"
            )
        assert opened > 200
        assert kinds["off-duty"]
        assert max(weeks.values()) <= MOST
        assert Alert.objects.count() == len(found)
