"""Eight processes read and two write at once: nobody is told that the database is locked, and nobody waits for long."""

import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections

from agencies.actor import Actor
from referrals.acts import Send, TakeStep
from referrals.listing import inbox
from referrals.opening import open_referral
from referrals.perform import perform
from tests.county import SCREEN, County, bundle_of, make_county
from tests.databases import OwnDatabase
from tests.integrity.alarms import alarms

READERS, WRITERS, EACH = 8, 2, 12
PATIENCE = 20.0  # seconds a connection waits for the lock, as the settings have it
FORK = multiprocessing.get_context("fork")  # the children inherit this process's connection settings

Calls = Sequence[Callable[[], Any]]


def apart(lanes: Sequence[Calls]) -> list[list[float] | str]:
    """Each lane in a process of its own, all starting together: the seconds its calls took, or what one raised."""
    connections.close_all()
    start, answers = FORK.Barrier(len(lanes)), FORK.SimpleQueue()

    def lane(calls: Calls) -> None:
        start.wait(60)
        try:
            answers.put([seconds(call) for call in calls])
        except Exception as error:  # noqa: BLE001 - the test looks at what was raised
            answers.put(repr(error))

    processes = [FORK.Process(target=lane, args=(calls,)) for calls in lanes]
    for process in processes:
        process.start()
    found = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    return found


def seconds(call: Callable[[], Any]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def reader(actor: Actor, referral_id: UUID) -> Calls:
    return list(islice(cycle([lambda: open_referral(actor, referral_id), lambda: inbox(actor)]), EACH))


def writer(county: County) -> Calls:
    def send_and_accept() -> None:
        done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
        perform(county.clinician, [TakeStep(task_id=next(iter(done.tasks)), step="accept")])

    return [send_and_accept] * EACH


def test_eight_readers_and_two_writers_meet_no_lock(
    own_database: OwnDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    county = make_county()
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    readers = [reader(actor, done.referral_id) for actor in (county.clinician, county.officer) * (READERS // 2)]
    answers = apart([*readers, *[writer(county)] * WRITERS])
    assert [answer for answer in answers if isinstance(answer, str)] == []
    longest = max(max(took) for took in answers if not isinstance(took, str))
    with capsys.disabled():
        place = f"{connection.vendor}, {READERS} readers and {WRITERS} writers"
        sys.stdout.write(f"\n{place}: longest wait {longest * 1000:.0f} ms\n")
    assert longest < PATIENCE
    assert len(inbox(county.clinician, size=100)) == 1 + WRITERS * EACH
    assert alarms() == []
