"""Starts sequencers one after another and kills each with -9 at a random moment; the last may finish.

A program of its own: ``python -m tests.audit.sequencers KILLS SEED``. Django is loaded once and each sequencer
is a fork, so that kills strike its work and not its start.
"""

import os
import random
import signal
import sys
import time

import django
from django.core.management import call_command


def main(kills: int, seed: int) -> None:
    django.setup()
    chance = random.Random(seed)
    for _ in range(kills):
        child = os.fork()
        if not child:
            call_command("audit_sequence", interval=0.005)
        time.sleep(chance.uniform(0.02, 0.25))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WTERMSIG(status) != signal.SIGKILL:
            raise SystemExit("a sequencer died before it was killed")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
