"""``manage.py keys_rotate AGENCY PURPOSE``: a new key; wraps are carried over in the background, or with --now."""

from typing import Any

from django.core.management.base import CommandParser

from agencies.services import agency_called
from agencies.vault.purposes import KeyPurpose
from audit.work import RecordedCommand
from referrals.drafts import sealing as drafts
from referrals.legal import sealing as legal
from referrals.services import rewrapping


class Command(RecordedCommand):
    """Replace an agency's key for one purpose."""

    help = "Replace an agency's key for one purpose; what was wrapped to the old one is carried over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("agency", metavar="AGENCY")
        parser.add_argument("purpose", type=KeyPurpose, choices=list(KeyPurpose), metavar="PURPOSE")
        parser.add_argument("--now", action="store_true", help="carry the wraps over before returning")

    def handle(self, *, agency: str, purpose: KeyPurpose, now: bool, **_options: Any) -> None:
        rewrapping.rotate(by="System/cli", agency=agency_called(agency), purpose=purpose)
        if now:
            rewrapping.rewrap_all()
            legal.rewrap_all()
            drafts.rewrap_all()
        self.stdout.write(f"{agency}: new {purpose} key." + (" Wraps carried over." if now else ""))
