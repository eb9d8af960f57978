"""The sequencer as a process: any number may run, one leads at a time."""

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from audit.sequencer import sequence


class Command(BaseCommand):
    help = "Give recorded events their place in the log and sign checkpoints, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="sequence what is pending, then stop")
        parser.add_argument("--interval", type=float, default=0.5, help="seconds to wait when nothing is pending")

    def handle(self, *, once: bool, interval: float, **_options: object) -> None:
        while True:
            done = sequence()
            if once and not done:
                return
            if not done:
                time.sleep(interval)
