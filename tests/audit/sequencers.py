"""Starts sequencers one after another and kills each with -9 at a random moment of its work.

A program of its own: ``python -m tests.audit.sequencers KILLS SEED``. Django is loaded once and each sequencer
is a fork; it is killed only after it says that it has begun, so that kills strike batches and not imports.
"""

import os
import random
import signal
import sys
import time

import django


def main(kills: int, seed: int) -> None:
    django.setup()
    from audit import sequencer, signer

    signer.load()
    chance = random.Random(seed)
    for _ in range(kills):
        told, tell = os.pipe()
        child = os.fork()
        while not child:
            sequencer.sequence()
            os.write(tell, b".")
        os.close(tell)
        if os.read(told, 1):  # nothing: it died of itself
            time.sleep(chance.uniform(0, 0.1))
            os.kill(child, signal.SIGKILL)
        os.close(told)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            raise SystemExit("a sequencer died before it was killed")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
