"""A county with records and privacy officers, and closed referrals of the police to the BHU."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import time_machine
from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Membership
from agencies.roles import Role
from audit import signer
from audit.sequencer import sequence
from audit.verify import verify
from referrals.acts import Send, TakeStep
from referrals.perform import perform
from referrals.retention.models import Certificate, Schedule
from referrals.retention.schedule import ACTING, Category, Period
from referrals.retention.services.exporting import export
from referrals.retention.services.schedules import approve_schedule
from referrals.retention.services.shredding import shred
from tests.anyone import actor_now
from tests.county import SCREEN, County, bundle_of, make_county
from tests.integrity.stage import member

AUTHORITY = "County Records Schedule 2026, series BHU-7"
EIGHT_YEARS = timedelta(days=8 * 365 + 2)
BORN = 2007  # the client of every bundle


@dataclass(frozen=True)
class Archive:
    """``keeper`` of the police opens its record, ``privacy`` deletes, ``records`` approves as well."""

    county: County
    keeper: Actor
    privacy: Actor
    records: Actor
    bhu_privacy: Actor
    detox_privacy: Actor


def make_archive() -> Archive:
    """Build it in the connected databases."""
    county = make_county()
    return Archive(
        county=county,
        keeper=member(county.police, Role.BHU_OFFICER),
        privacy=member(county.police, Role.PRIVACY_OFFICER),
        records=member(county.police, Role.AGENCY_ADMIN),
        bhu_privacy=member(county.bhu, Role.PRIVACY_OFFICER),
        detox_privacy=member(county.detox, Role.PRIVACY_OFFICER),
    )


def approve_all(archive: Archive, **periods: Period) -> dict[Category, Schedule]:
    """Both officers of the police approve every category, with the default periods but for those given."""
    rows = {}
    for category in ACTING:
        for officer in (archive.records, archive.privacy):
            rows[category] = approve_schedule(
                officer, category=category, authority=AUTHORITY, period=periods.get(category.value)
            )
    return rows


def closed(archive: Archive, *, case: str = "AF-1188", steps: tuple[str, ...] = ("accept", "complete")) -> UUID:
    """A referral of the police to the BHU that took these steps; another ``case`` is another client."""
    county = archive.county
    done = perform(county.officer, [Send(data=bundle(case), to=(county.bhu.id,))], key=f"send-{uuid4()}")
    (task,) = done.tasks
    for step in steps:
        reason = "no-capacity" if step == "reject" else ""
        perform(county.clinician, [TakeStep(task_id=task, step=step, reason=reason)])
    return done.referral_id


def bundle(case: str) -> bytes:
    """The county's bundle with a screen; its client has this case number, and its own name if that is not the usual."""
    tree: dict[str, Any] = json.loads(bundle_of(SCREEN))
    patient = tree["entry"][0]["resource"]
    patient["identifier"][0]["value"] = case
    if case != "AF-1188":
        patient["name"][0]["family"] = f"Merrow{case}"
    return json.dumps(tree).encode()


def export_of(archive: Archive, referral_id: UUID) -> tuple[str, bytes]:
    """The police's own record of it: the digest and the file."""
    kept: list[bytes] = []
    done = export(archive.keeper, referral_id=referral_id, write=kept.append)
    return done.digest, kept[0]


def deleted(archive: Archive, referral_id: UUID) -> Certificate:
    """Export it and delete it."""
    digest, _file = export_of(archive, referral_id)
    return shred(archive.privacy, referral_id=referral_id, digest=digest, born=BORN)


def actor_again(actor: Actor) -> Actor:
    """The actor with the grants of now."""
    return actor_now(Membership.objects.get(pk=actor.membership_id))


@contextmanager
def eight_years_on() -> Iterator[None]:
    """The clock set on."""
    with time_machine.travel(timezone.now() + EIGHT_YEARS, tick=True):
        yield


def log_verifies() -> bool:
    """Whether every event has its place in the tree and the log is the one that was signed."""
    while sequence():
        pass
    key = signer.load()
    return verify(name=key.name, public=key.public).ok
