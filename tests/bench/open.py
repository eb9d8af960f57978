"""Open: everything a recipient may read of a referral, gated twice, recorded, unwrapped, verified and unsealed."""

from collections.abc import Iterator
from itertools import cycle

from referrals.opening import OpenReferral, open_referral
from tests.bench import clocks
from tests.bench.backends import Backends
from tests.bench.figures import Figure
from tests.bench.suites import Run
from tests.bench.traffic import COMPARTMENTS, make_network

REFERRALS = 100


def measure(run: Run) -> Iterator[Figure]:
    """Time openings by one person of one recipient, going round a hundred referrals."""
    network = make_network()
    ids = cycle([network.send().referral_id for _ in range(REFERRALS)])

    def open_next() -> OpenReferral:
        return open_referral(network.reader, next(ids))

    opened = {section.compartment for section in open_next().sections}
    if opened != COMPARTMENTS:
        raise RuntimeError(f"This is not the opening the budget is for: {opened}")
    yield from clocks.figures("open", clocks.timed(open_next, n=run.times(1000), warm=30, backends=Backends(run.pair)))
