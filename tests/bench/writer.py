"""``python -m tests.bench.writer SECONDS PER_SECOND``: one process that writes a light row and its audit event.

Waits for a line on standard input, so that several begin together. Prints how many it committed and its CPU seconds.
``PER_SECOND`` 0 means as fast as it goes.
"""

import json
import sys
import time

import django
from django.db import transaction


def main(seconds: float, per_second: float) -> None:
    """Write until the time is over."""
    django.setup()
    from agencies.models import Agency
    from audit import log
    from audit.uuid7 import uuid7
    from referrals.models import Idempotency

    agency = Agency.objects.get()
    print("ready", flush=True)
    sys.stdin.readline()
    began, used, done = time.monotonic(), time.process_time(), 0
    while (now := time.monotonic()) < began + seconds:
        if per_second and now < began + done / per_second:
            time.sleep(began + done / per_second - now)
        with transaction.atomic():
            Idempotency(agency=agency, key=str(uuid7()), digest=bytes(32)).save(force_insert=True)
            log.record(action="bench.append", target=f"Agency/{agency.id}", actor="System/bench", agency=str(agency.id))
        done += 1
    print(json.dumps({"done": done, "wall": time.monotonic() - began, "cpu": time.process_time() - used}))


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
