"""Send: validate a bundle, seal four compartments to three recipients, persist and audit in one transaction."""

from collections.abc import Iterator

from referrals.models import Disclosure, Section
from tests.bench import clocks
from tests.bench.backends import Backends
from tests.bench.figures import Figure
from tests.bench.suites import Run
from tests.bench.traffic import COMPARTMENTS, make_network


def measure(run: Run) -> Iterator[Figure]:
    """Time sends of one bundle, each a referral of its own."""
    network = make_network()
    done = network.send()
    sealed = set(Section.objects.filter(folder_id=done.referral_id).values_list("compartment", flat=True))
    if sealed != COMPARTMENTS or Disclosure.objects.filter(referral_id=done.referral_id).count() != 3:
        raise RuntimeError(f"This is not the send the budget is for: {sealed}")
    yield from clocks.figures(
        "send", clocks.timed(network.send, n=run.times(500), warm=30, backends=Backends(run.pair))
    )
