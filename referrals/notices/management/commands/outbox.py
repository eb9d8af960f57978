"""``manage.py outbox``: what waits to go out and what reached nobody; send one again, or let one be and say why."""

import argparse
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from audit.work import RecordedCommand
from referrals.errors import NotFound, Refused
from referrals.lines import time_in_words
from referrals.notices.models import Delivery
from referrals.notices.services import letters, outbox
from referrals.shelltext import as_json


class Command(RecordedCommand):
    """It names no client and no referral."""

    help = "List what waits to go out or reached nobody; send one again; let one be, with a reason."

    def add_arguments(self, parser: CommandParser) -> None:
        jobs = parser.add_subparsers(dest="job", metavar="JOB")
        for name, about in (("list", "show the queues and what stands in them"), ("retry", "send one again now")):
            self._job(jobs, name, about)
        dropping = self._job(jobs, "drop", "let one be")
        dropping.add_argument("--reason", required=True, choices=list(letters.REASONS))

    def _job(self, jobs: Any, name: str, about: str) -> argparse.ArgumentParser:
        job: argparse.ArgumentParser = jobs.add_parser(name, help=about)
        if name == "list":
            job.add_argument("--json", action="store_true", help="print JSON instead of text")
        else:
            job.add_argument("delivery", type=UUID, metavar="DELIVERY", help="its id, as the list shows it")
        return job

    def handle(self, *, job: str | None, **options: Any) -> None:
        at = timezone.now()
        try:
            if job == "retry":
                outbox.retry(options["delivery"], at=at)
            elif job == "drop":
                outbox.drop(options["delivery"], reason=options["reason"], at=at)
            else:
                self._list(as_text=not options.get("json"), at=at)
        except NotFound:
            raise CommandError("Nothing of that id waits or reached nobody.", returncode=2) from None
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from None

    def _list(self, *, as_text: bool, at: datetime) -> None:
        queues, rows = outbox.queues(at=at), outbox.listed()
        if not as_text:
            self.stdout.write(as_json({"queues": queues, "deliveries": list(map(_shown, rows))}))
            return
        for queue in queues:
            since = f", the oldest due since {time_in_words(queue.oldest)}" if queue.oldest else ""
            self.stdout.write(
                f"{queue.name:11} {queue.waiting} waiting, {queue.due} due{since}, "
                f"{queue.stuck} stuck, {queue.dead} reached nobody"
            )
        for row in rows:
            shown = _shown(row)
            self.stdout.write("  ".join(str(value) for value in shown.values() if value not in ("", None)))


def _shown(row: Delivery) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "status": row.status,
        "channel": row.channel,
        "agency": row.agency.slug,
        "urgent": row.urgent,
        "tries": row.tries,
        "problem": row.problem,
        "due_at": row.due_at.isoformat(timespec="seconds"),
    }
