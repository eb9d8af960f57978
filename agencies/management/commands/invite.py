"""``manage.py invite``: an agency's first administrator, or anybody, by whoever has the shell of the host."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from agencies import inviting, mailing
from agencies.errors import AgencyError
from agencies.roles import Role
from agencies.services import agency_called
from audit.work import RecordedCommand


class Command(RecordedCommand):
    """Prints the link and mails nothing: hand it over as you see fit."""

    help = "Invite somebody to an agency, and print the link. It works once, for seven days."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--agency", required=True, help="the handle of the agency")
        parser.add_argument("--role", default=Role.AGENCY_ADMIN.value, choices=[role.value for role in Role])
        parser.add_argument("--name", required=True, help="what the person is called")

    def handle(self, *_args: Any, email: str, agency: str, role: str, name: str, **_options: Any) -> None:
        try:
            where = agency_called(agency)
            _row, token = inviting.invite_from_shell(agency=where, email=email, name=name, role=Role(role))
        except ValidationError as wrong:
            raise CommandError("\n".join(wrong.messages)) from None
        except AgencyError as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(mailing.link_of(token))
