"""A small history is played for good: every part of it opens, nothing in it is refused, and the log verifies."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit import door
from audit.models import AuditEvent
from bhu.demo import history, network
from bhu.demo.history import loading
from bhu.demo.history.cases import cases
from bhu.demo.progress import Progress, silent
from bhu.models import DemoMark
from referrals.listing import inbox
from referrals.models import Disclosure, Referral, ReferralTask, StepTaken
from tests.databases import Pair, connected
from tests.demo.history.records import CLINICIAN, records
from tests.integrity.alarms import alarms
from tests.integrity.whole import require_clean_log

SIZE = 40


@pytest.fixture(scope="module")
def small(new_pair: Callable[[], Pair], django_db_blocker: Any) -> Iterator[int]:
    """The network with a history of forty referrals, ended on its way once."""
    pair = new_pair()
    try:
        with django_db_blocker.unblock(), connected(pair), door.opened(door="cli"):
            network.load(Progress(silent))
            yield _ended_once_and_loaded()
    finally:
        pair.drop()


def _ended_once_and_loaded() -> int:
    """How many were made after the first loader was killed while it played its thirteenth."""
    DemoMark.objects.update(planned=SIZE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "play", _dying(after=12))
        with pytest.raises(KeyboardInterrupt):
            history.load(Progress(silent))
    return history.load(Progress(silent))


def _dying(*, after: int) -> Callable[..., object]:
    played: list[object] = []

    def play(*arguments: Any) -> object:
        if len(played) == after:
            raise KeyboardInterrupt
        played.append(real(*arguments))
        return played[-1]

    real = loading.play
    return play


@pytest.fixture
def unblocked(small: int, django_db_blocker: Any) -> Iterator[int]:
    with django_db_blocker.unblock():
        yield small


def test_a_loader_that_was_ended_is_followed_by_one_that_plays_what_is_left(unblocked):
    assert unblocked == SIZE - 13  # the thirteenth was begun, and is not played twice
    assert Referral.objects.count() == SIZE - 1
    assert DemoMark.objects.values_list("planned", "begun").get() == (SIZE, SIZE)
    assert history.load(Progress(silent)) == 0


def test_everything_opens_and_says_what_was_dealt(unblocked):
    mark = DemoMark.objects.get()
    dealt = {case.at.replace(microsecond=0): case for case in cases(seed=history.SEED, now=mark.loaded_at, size=SIZE)}
    opened = list(records(Referral.objects.select_related("origin")))
    assert len(opened) == SIZE - 1
    for record in opened:
        case = dealt[record.referral.created_at.replace(microsecond=0)]
        assert record.patient["name"][0]["family"] == case.client.family
        assert (record.pathway, record.risk) == (case.pathway, case.risk)
        assert record.facts["Presenting problem"] == case.client.problem


def test_nothing_was_refused_and_the_log_verifies_and_tells_the_same_times(unblocked):
    require_clean_log()
    assert alarms() == []
    refused = AuditEvent.objects.exclude(outcome="0").values_list("action", "code")
    assert list(refused) == []
    sends = AuditEvent.objects.filter(action="referral.send").order_by("at")
    told = dict(sends.values_list("target", "at"))
    for referral in Referral.objects.all():
        assert abs(told[f"Referral/{referral.pk}"] - referral.created_at) < timedelta(milliseconds=2)


def test_a_board_opened_now_has_work_in_every_state_on_it(unblocked):
    now = timezone.now()
    newest = ReferralTask.objects.filter(owner__slug="merrow-bhu", authored_at__gt=now - timedelta(days=2))
    assert Counter(newest.values_list("status", flat=True))["requested"] >= 3
    rows = inbox(CLINICIAN.actor())
    assert rows
    assert rows[0].task is not None
    assert StepTaken.objects.filter(at__gt=now).count() == 0
    assert Disclosure.objects.filter(at__gt=now).count() == 0


def test_a_commit_waits_for_the_disk_again_when_the_history_is_played(unblocked):
    asked = {"sqlite": ("PRAGMA synchronous", 2), "postgresql": ("SHOW synchronous_commit", "on")}
    question, answer = asked[connection.vendor]
    with loading.hastily(), connection.cursor() as cursor:
        cursor.execute(question)
        assert cursor.fetchone()[0] not in (answer,)
    with connection.cursor() as cursor:
        cursor.execute(question)
        assert cursor.fetchone()[0] == answer
