"""The gate: one decision of the pure policy over facts already brought."""

from collections.abc import Iterator
from itertools import product
from statistics import median
from timeit import repeat

from agencies.roles import Role
from fhir.content.compartments import Compartment
from referrals.policy.bases import Basis
from referrals.policy.gate import Access, Crossing, decide
from referrals.policy.matrix import Action
from tests.bench.figures import Figure
from tests.bench.suites import Run
from tests.referrals.law import UNITS, crossing, reading


def measure(run: Run) -> Iterator[Figure]:
    """Time every kind of question: who may do what to what, and what may go where on which ground."""
    questions = [*_accesses(), *_crossings()]
    rounds = run.times(50)

    def ask_all() -> None:
        for question in questions:
            decide(question)

    seconds = median(repeat(ask_all, number=1, repeat=rounds)) / len(questions)
    yield Figure(name="gate: one decision", value=seconds * 1e6, unit="µs", n=rounds * len(questions))


def _accesses() -> Iterator[Access]:
    for role, part, action in product(Role, Compartment, Action):
        yield reading(role, part, action)


def _crossings() -> Iterator[Crossing]:
    for basis, here, there, part in product(Basis, UNITS, UNITS, Compartment):
        yield crossing(basis, here, there, part)
