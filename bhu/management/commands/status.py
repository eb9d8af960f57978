"""``manage.py status``: whether all is well here, and what wants somebody. Exit 1 unless it is and nothing does."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from bhu.attention import Want, good_to_know, wants
from bhu.web import readiness
from referrals.lines import time_in_words
from referrals.shelltext import as_json


class Command(BaseCommand):
    """The checks of ``/readyz``, and after them what waits for people."""

    requires_system_checks: tuple[str, ...] = ()  # it is asked when something is wrong
    help = "Say whether all is well, and what wants somebody: late reviews, agencies without a privacy officer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")

    def handle(self, *, json: bool, **_options: Any) -> None:
        checks = readiness.report()
        found = wants(at=timezone.now()) if checks["migrations"] == readiness.OK else None
        shown = None if found is None else list(map(asdict, found))
        known = [] if found is None else good_to_know()
        as_object = {"checks": checks, "wants": shown, "known": known}
        self.stdout.write(as_json(as_object) if json else _text(checks, known, found))
        if found != [] or set(checks.values()) != {readiness.OK}:
            sys.exit(1)


def _text(checks: Mapping[str, str], known: list[str], found: list[Want] | None) -> str:
    lines = [*(f"{name:11} {word}" for name, word in checks.items()), *known]
    return "\n".join([*lines, *_lines(found)])


def _lines(found: list[Want] | None) -> list[str]:
    if found is None:
        return ["What wants somebody could not be asked."]
    return [f"{want.agency}  {''.join(_said(want))}" for want in found] or ["Nothing wants anybody."]


def _said(want: Want) -> Iterator[str]:
    if want.id is not None:
        yield f"emergency {want.id}: "
    yield want.what
    if want.since is not None:
        yield f" since {time_in_words(want.since)}"
