"""A small history is played for good: every part of it opens, nothing in it is refused, and the log verifies."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from agencies.models import Membership
from agencies.vault.shred.models import ShredSecret
from audit.models import AuditEvent
from bhu.demo import history
from bhu.demo.history import loading, parts
from bhu.demo.history.cases import cases
from bhu.demo.history.moves import Move
from bhu.demo.history.playing import Company
from bhu.demo.network import NotADemo
from bhu.demo.progress import Progress, silent
from bhu.models import DemoMark
from referrals.listing import inbox
from referrals.models import Disclosure, Folder, Manifest, Referral, ReferralTask, Section, StepTaken, Wrap
from tests.databases import Pair
from tests.demo.history.loaded import demo_in, load_rest
from tests.demo.history.records import CLINICIAN, records
from tests.integrity.alarms import alarms
from tests.integrity.whole import require_clean_log

SIZE = 40


HERE_FIRST = 5


@pytest.fixture(scope="module")
def small(new_pair: Callable[[], Pair], django_db_blocker: Any) -> Iterator[int]:
    """The network with a history of forty referrals, ended on its way once; how many its second loader made."""
    pair = new_pair()
    with demo_in(pair, django_db_blocker, size=SIZE), pytest.MonkeyPatch.context() as patch:
        with patch.context() as killed:
            killed.setattr(loading, "play", _dying(after=12))
            with pytest.raises(KeyboardInterrupt):
                history.load(Progress(silent))
        patch.setattr(loading, "FIRST", HERE_FIRST)
        yield load_rest(pair)


def _dying(*, after: int) -> Callable[..., object]:
    played: list[object] = []

    def play(company: Company, course: tuple[Move, ...]) -> object:
        if len(played) == after:
            real(company, course[:1])
            raise KeyboardInterrupt
        played.append(real(company, course))
        return played[-1]

    real = loading.play
    return play


@pytest.fixture
def unblocked(small: int, django_db_blocker: Any) -> Iterator[int]:
    with django_db_blocker.unblock():
        yield small


def test_a_loader_that_was_ended_is_followed_by_one_that_plays_what_is_left(unblocked):
    assert unblocked == SIZE - 13  # the thirteenth was begun, and is not played twice
    assert Referral.objects.count() == SIZE
    assert DemoMark.objects.values_list("planned", "begun").get() == (SIZE, SIZE)
    assert history.is_whole()
    assert history.load(Progress(silent)) == 0


def test_a_network_of_yesterday_has_no_history(unblocked):
    with transaction.atomic():
        Membership.objects.update(since=timezone.now() - timedelta(days=1))
        with pytest.raises(NotADemo, match="demo_reset"):
            history.load(Progress(silent))
        transaction.set_rollback(True)


def test_what_processes_made_side_by_side_is_as_whole_as_what_one_made(unblocked):
    for model in (Folder, Section, Manifest, Wrap):
        assert model.objects.exists()
    assert set(ShredSecret.objects.values_list("folder_id", flat=True)) == set(
        Folder.objects.values_list("id", flat=True)
    )
    assert Manifest.objects.count() == Manifest.objects.values("folder", "number").distinct().count()
    assert not [*settings.VAR_DIR.glob("history-*")]


def test_two_do_not_load_at_once(unblocked):
    with loading._alone(), pytest.raises(NotADemo, match="just now"):
        history.load(Progress(silent))


def test_a_part_that_fails_is_told_of_and_what_was_made_is_kept(unblocked, monkeypatch):
    before = Referral.objects.count()
    monkeypatch.setattr(parts, "COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    with pytest.raises(parts.PartFailed):
        parts.play_rest(2, each=lambda _done: None)
    assert Referral.objects.count() == before


def test_everything_opens_and_says_what_was_dealt(unblocked):
    mark = DemoMark.objects.get()
    dealt = {case.at: case for case in cases(seed=history.SEED, now=mark.loaded_at, size=SIZE)}
    opened = list(records(Referral.objects.select_related("origin")))
    assert len(opened) == SIZE
    for record in opened:
        case = dealt[record.referral.created_at]
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
    if connection.vendor == "postgresql":  # databases of tests do not wait: this one does, as any other would
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{connection.settings_dict["NAME"]}" RESET synchronous_commit')
        connection.close()
    with loading.hastily(), connection.cursor() as cursor:
        cursor.execute(question)
        assert cursor.fetchone()[0] not in (answer,)
    with connection.cursor() as cursor:
        cursor.execute(question)
        assert cursor.fetchone()[0] == answer
