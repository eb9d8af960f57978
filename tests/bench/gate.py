"""The gate: one decision of the pure policy, its question asked anew each time."""

from collections.abc import Callable, Iterator
from itertools import product
from statistics import median
from timeit import repeat

from agencies.kinds import AgencyKind
from agencies.roles import Role
from fhir.content.compartments import Compartment
from referrals.policy.bases import Basis
from referrals.policy.gate import Access, Crossing, Decision, Unit, decide
from referrals.policy.matrix import Action
from tests.bench.figures import Figure
from tests.bench.suites import Run


def measure(run: Run) -> Iterator[Figure]:
    """Time every kind of question: who may read what, and what may go where on which ground."""
    questions = [*_accesses(), *_crossings()]
    rounds = run.times(50)

    def ask_all() -> None:
        for question in questions:
            question()

    seconds = median(repeat(ask_all, number=1, repeat=rounds)) / len(questions)
    yield Figure(name="gate: one decision", value=seconds * 1e6, unit="µs", n=rounds * len(questions))


def _accesses() -> Iterator[Callable[[], Decision]]:
    for role, compartment, action in product(Role, Compartment, Action):
        yield lambda role=role, compartment=compartment, action=action: decide(  # type: ignore[misc]  # bound now
            Access(
                role=role,
                granted=True,
                action=action,
                compartment=compartment,
                takes_part=True,
                holds_compartment=True,
            )
        )


def _crossings() -> Iterator[Callable[[], Decision]]:
    for here, there, basis, compartment in product(AgencyKind, AgencyKind, Basis, Compartment):
        yield lambda here=here, there=there, basis=basis, compartment=compartment: decide(  # type: ignore[misc]  # too
            Crossing(
                compartment=compartment,
                discloser=Unit(kind=here, part2=False, covered=True, treating=True),
                recipient=Unit(kind=there, part2=False, covered=True, treating=True),
                basis=basis,
                agreement=True,
                consent=True,
                switched_on=True,
            )
        )
