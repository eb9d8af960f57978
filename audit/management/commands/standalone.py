"""Prints one of the programs that need no hub as one file, to be carried to whoever runs it."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from audit.standalone import single


class Command(BaseCommand):
    help = "Print the verifier or the witness as one file that needs Python and cryptography alone."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("program", choices=list(single.PROGRAMS))

    def handle(self, *, program: str, **_options: object) -> None:
        self.stdout.write(single.file_of(program), ending="")
