"""Whether every referral in the connected databases is wholly there: openable, signed, logged, and nothing besides."""

from datetime import timedelta
from unittest.mock import patch
from uuid import UUID

import time_machine
from django.apps import apps
from django.db.models import Model
from django.utils import timezone

from agencies.vault.shred import secrets
from agencies.vault.shred.models import ShredSecret
from audit import signer
from audit.models import AuditEvent
from audit.sequencer import sequence
from audit.verify import verify
from referrals import tasks
from referrals.models import Folder, Idempotency, Participation, Referral, Section
from referrals.opening import open_referral
from tests.county import County
from tests.integrity.alarms import alarms

OUR_LABELS = {
    config.label
    for config in apps.get_app_configs()
    if config.name.split(".")[0] in {"agencies", "referrals", "fhir", "audit"}
}


def counts() -> dict[type[Model], int]:
    """How many rows each of our tables has."""
    return {model: model._default_manager.count() for model in apps.get_models() if model._meta.app_label in OUR_LABELS}


def require_whole(county: County, *, keys: int) -> None:
    """Fail unless there are ``keys`` referrals from the police to the BHU, all alike and whole, and no other row."""
    referrals = list(Referral.objects.values_list("pk", flat=True))
    assert len(referrals) == keys
    assert Folder.objects.count() == Participation.objects.count() // 2 == keys
    assert Idempotency.objects.exclude(result=None).count() == Idempotency.objects.count() == keys
    assert AuditEvent.objects.filter(action="referral.send", outcome="0").count() == keys
    kinds = {frozenset(_rows_of(each).items()) for each in referrals}
    assert len(kinds) <= 1
    for referral_id in referrals:
        opened = open_referral(county.clinician, referral_id)
        assert len(opened.sections) == Section.objects.filter(folder_id=referral_id).count()
        assert open_referral(county.officer, referral_id).sections
    assert alarms() == []
    require_clean_log()
    require_no_orphans(set(referrals))


def _rows_of(referral_id: UUID) -> dict[str, int]:
    """How many rows of each kind hang on one referral."""
    names = ("sections", "wraps", "manifests")
    of_folder = {name: getattr(Folder.objects.get(pk=referral_id), name).count() for name in names}
    referral = Referral.objects.get(pk=referral_id)
    names = ("tasks", "participations", "disclosures")
    return of_folder | {name: getattr(referral, name).count() for name in names}


def require_clean_log() -> None:
    """Fail unless every event has its place in the tree and the whole log verifies."""
    while sequence():
        pass
    key = signer.load()
    report = verify(name=key.name, public=key.public)
    assert (report.ok, report.unsequenced, report.events) == (True, 0, report.size)


def require_no_orphans(folders: set[UUID]) -> None:
    """Fail if the sweep leaves a shred secret without its folder, or takes one from a folder that has it.

    Here most sends were cut off on purpose, so the share that a sweep refuses to take is all of them.
    """
    late = timezone.now() + tasks.ORPHAN_AGE + timedelta(days=1)
    with time_machine.travel(late, tick=True), patch.object(secrets, "ONE_IN", 1):
        tasks.sweep()
    assert set(ShredSecret.objects.values_list("folder_id", flat=True)) == folders
