"""``manage.py keys_init``: the keys of the network itself, made once and never overwritten."""

import secrets
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from agencies.vault import keyfiles, kms, roots


class Command(BaseCommand):
    """Run once per installation, before the first agency. Running it again changes nothing."""

    help = "Make the KMS's key file (local provider), the network root key and the audit log's key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--origin", help="the log's name for ever, such as example.org/bhu (default: a random one)")

    def handle(self, *_args: Any, origin: str | None, verbosity: int, **_options: Any) -> None:
        if settings.BHU_KMS == "local":
            with suppress(FileExistsError):
                kms.local().create()
        kms.provider().health()
        made = {
            "network root": roots.create_network_root(),
            "audit log key": roots.create_log_key(origin or f"localhost/bhu-{secrets.token_hex(4)}"),
        }
        if verbosity:
            for name, new in made.items():
                self.stdout.write(f"{name}: {'made' if new else 'already there, left alone'}")
            self.stdout.write(f"Pin the network root in production: BHU_NETWORK_ROOT={roots.network_root_text()}")
            self.stdout.write(f"Keep a copy of {keyfiles.folder()} apart from every database backup.")
