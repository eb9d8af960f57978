"""``manage.py sso``: let an agency's own directory vouch for its members, or no more."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.urls import reverse

from agencies.errors import AgencyError
from agencies.services import agency_called
from audit.work import RecordedCommand
from bhu.signin.sso import services


class Command(RecordedCommand):
    """The secret is read from a file, so that it stands in no history of commands."""

    help = "Let members of an agency sign in by its own directory (OpenID Connect), or switch that off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("agency", help="the handle of the agency")
        parser.add_argument("--issuer", help="the address the directory calls itself, https://...")
        parser.add_argument("--client-id", help="what the directory calls us")
        parser.add_argument("--secret-file", type=Path, help="a file with the secret it gave us")
        parser.add_argument("--off", action="store_true", help="believe it no more")

    def handle(self, *_args: Any, agency: str, off: bool, **options: Any) -> None:
        try:
            where = agency_called(agency)
        except AgencyError as refused:
            raise CommandError(str(refused)) from None
        if off:
            self.stdout.write("Off." if services.switch_off(agency=where) else "It was off.")
            return
        issuer, client_id, file = options["issuer"], options["client_id"], options["secret_file"]
        if not (issuer and client_id and file):
            raise CommandError("--issuer, --client-id and --secret-file go together.")
        if settings.PRODUCTION and not issuer.startswith("https://"):
            raise CommandError("The issuer must be an https address.")
        services.set_up(agency=where, issuer=issuer, client_id=client_id, secret=file.read_text("utf-8").strip())
        back = f"{settings.BHU_BASE_URL}{reverse('openid_connect_callback', args=[agency])}"
        self.stdout.write(f"On. Tell the directory this redirect address: {back}")
