"""The work queue. It is only a doorbell: rows hold the work, messages carry ids, any message may be lost."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bhu.settings")

# What the clock rings for: task and seconds. A ring that nobody heard before the next one is dropped.
CLOCK = {
    "referrals.notices.tasks.address": 2,
    "referrals.notices.tasks.mail": 3,
    "referrals.notices.tasks.text": 3,
    "referrals.notices.tasks.webhooks": 3,
    "referrals.notices.tasks.climb": 30,
    "referrals.onward.tasks.ask_next": 30,
    "referrals.tasks.rewrap": 60,
    "referrals.tasks.do_due": 60,
    "referrals.tasks.escalate": 60,
    "referrals.tasks.press": 86400,
    "referrals.tasks.sweep": 3600,
    "referrals.drafts.tasks.expire": 3600,
    "referrals.signing.tasks.sweep": 3600,
    "referrals.receipts.tasks.sweep": 3600,
    "bhu.tasks.cosign": 60,
    "fhir.subscriptions.tasks.send": 3,
    "fhir.subscriptions.tasks.sweep": 3600,
    "fhir.smart.tasks.sweep": 3600,
    "bhu.signin.tasks.sweep": 3600,
    "referrals.retention.tasks.purge": 86400,
    "referrals.desk.tasks.watch": 300,
    "referrals.desk.tasks.check_log": 86400,
}


def transport(url: str) -> dict[str, Any]:
    """What the broker at ``url`` needs: folders for the embedded one, confirmed quorum queues for RabbitMQ."""
    if url.startswith("filesystem:"):
        folder = settings.VAR_DIR / "broker"
        for name in ("queue", "control"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        queue = str(folder / "queue")
        folders = {"data_folder_in": queue, "data_folder_out": queue, "control_folder": str(folder / "control")}
        options = {**folders, "polling_interval": 0.2}
        return {"broker_transport": "bhu.doorbell:Transport", "broker_transport_options": options}
    if url.startswith("amqp"):
        quorum = {"task_default_queue_type": "quorum", "task_create_missing_queue_type": "quorum"}
        return {"broker_transport_options": {"confirm_publish": True}, **quorum}
    return {}


app = Celery("bhu")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_connection_retry_on_startup=True,
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=300,
    worker_redirect_stdouts=False,
    timezone="UTC",
    beat_schedule={
        name: {"task": name, "schedule": each, "options": {"expires": each}} for name, each in CLOCK.items()
    },
    beat_schedule_filename=str(settings.VAR_DIR / "beat"),
    **transport(settings.CELERY_BROKER_URL),
)
app.autodiscover_tasks()


def use_our_lines(**_kwargs: Any) -> None:
    """Our JSON lines in place of Celery's own format."""
    logging.config.dictConfig(settings.LOGGING)


setup_logging.connect(use_our_lines)
