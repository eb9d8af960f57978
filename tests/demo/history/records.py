"""What the records of a history say, as those who may open them read it; nothing is asked of the generator."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from bhu.demo.cast import Part
from fhir.content import exact
from fhir.content.screens import risk
from referrals.consents.models import ConsentTerms
from referrals.models import Referral, ReferralTask, StepTaken
from referrals.opening import open_referral

HERE = ZoneInfo("America/New_York")
UNIT, CRISIS = "merrow-bhu", "northfield-cbhc"
CLINICIAN = Part(who="Clinician", email="clinician1.bhu@example.org", agency=UNIT)
CRISIS_CLINICIAN = Part(who="Clinician", email="clinician3.bhu@example.org", agency=CRISIS)


def reader(referral: Referral, kept: frozenset[UUID]) -> Part:
    """Somebody who may open it: of the unit while it holds it, else of where it began."""
    origin = referral.origin.slug
    if origin == CRISIS:
        return CRISIS_CLINICIAN
    if referral.pk in kept:
        return CLINICIAN
    town = origin.removesuffix("-pd")
    return Part(who="Outreach", email=f"outreach1.{town}@example.org", agency=origin)


@dataclass(frozen=True)
class Record:
    """One referral as it was opened: its resources as plain JSON, and its steps with the agencies they are between."""

    referral: Referral
    trees: list[Any]
    steps: list[tuple[str, str, str, datetime]]
    stopped: bool

    def of(self, type_: str) -> list[Any]:
        """Its resources of a type."""
        return [tree for tree in self.trees if tree["resourceType"] == type_]

    def named(self, name: str) -> list[Any]:
        """Its observations whose code has this text."""
        return [tree for tree in self.of("Observation") if tree["code"].get("text") == name]

    @property
    def patient(self) -> Any:
        """The client."""
        return self.of("Patient")[-1]

    @property
    def facts(self) -> Mapping[str, Any]:
        """What was found first."""
        (first,) = self.named("Police encounter") + self.named("First contact")
        return facts_of(first)

    @property
    def age(self) -> int:
        """How old the client was."""
        born, day = date.fromisoformat(self.patient["birthDate"]), self.referral.created_at.astimezone(HERE).date()
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    @property
    def pathway(self) -> str:
        """The way it came."""
        ours = [tree for tree in self.of("Observation") if coded(tree["code"]) == "pathway"]
        return coded(ours[0]["valueCodeableConcept"])

    @property
    def risk(self) -> str:
        """What the suicide screen came to, "" without one: where the answers do not open, as the ask has it."""
        ask = [coded(each) for tree in self.of("ServiceRequest") for each in tree.get("orderDetail", ())]
        stated = [code.removeprefix("risk-") for code in ask if code.startswith("risk-")]
        return str(risk(self.of("QuestionnaireResponse")) or next(iter(stated), ""))

    @property
    def consent(self) -> str:
        """What the client signed when asked, "" where nobody asked; what was stopped later was signed as well."""
        papers = {form_of(tree) for tree in self.of("Consent") if tree["status"] != "rejected"}
        if "tpo" in papers:
            return "tpo and police outcome" if "police-outcome" in papers else "tpo"
        return "named" if "named" in papers else "refused" if self.of("Consent") else ""

    @property
    def asked(self) -> list[tuple[str, str, str, datetime]]:
        """The steps of the tasks by which the unit looked for a place."""
        return [step for step in self.steps if step[0] == UNIT]

    def first(self, name: str, *, owner: str = "") -> datetime | None:
        """When a step was first taken: of a task put to ``owner``, else while a place was looked for."""
        steps = [step for step in self.steps if step[1] == owner] if owner else self.asked
        return min((at for _from, _to, step, at in steps if step == name), default=None)


def coded(concept: Any) -> str:
    """The first code of a concept, "" without one."""
    return str(concept["coding"][0]["code"]) if concept.get("coding") else ""


def facts_of(observation: Any) -> dict[str, Any]:
    """The components of an observation by their names."""
    return {
        part["code"]["text"]: next(value for name, value in part.items() if name.startswith("value"))
        for part in observation["component"]
    }


def form_of(consent: Any) -> str:
    """Which paper it is on."""
    return str(consent["policy"][0]["uri"]).split("/")[-3]


def records(referrals: Iterable[Referral]) -> Iterator[Record]:
    """Every referral, opened."""
    steps = _steps()
    stopped = set(ConsentTerms.objects.filter(standing="revoked").values_list("folder_id", flat=True))
    held = ReferralTask.objects.filter(owner__slug=UNIT).exclude(status__in=("rejected", "cancelled"))
    kept = frozenset(held.values_list("referral_id", flat=True)) | _begun_by_unit()
    actors: dict[Part, Any] = {}
    for referral in referrals:
        part = reader(referral, kept)
        actor = actors.setdefault(part, part.actor())
        opened = open_referral(actor, referral.pk)
        trees = [json.loads(exact.dump(section.tree)) for section in opened.sections]
        yield Record(referral, trees, steps[referral.pk], referral.pk in stopped)


def _begun_by_unit() -> frozenset[UUID]:
    return frozenset(Referral.objects.filter(origin__slug=UNIT).values_list("pk", flat=True))


def _steps() -> dict[UUID, list[tuple[str, str, str, datetime]]]:
    """By referral: who asked, who was asked, the step, when."""
    found: dict[UUID, list[tuple[str, str, str, datetime]]] = {}
    names = ("task__referral_id", "task__requester__slug", "task__owner__slug", "name", "at")
    for referral_id, *step in StepTaken.objects.order_by("at").values_list(*names):
        found.setdefault(referral_id, []).append(tuple(step))
    return found


def shares(values: Iterable[Any]) -> dict[Any, float]:
    """How many hundredths of the values each one is."""
    found = Counter(values)
    return {value: 100 * count / found.total() for value, count in found.items()}


def hundredths(found: Iterable[Record], of: Callable[[Record], bool]) -> float:
    """How many hundredths of these records something is so of."""
    return shares(map(bool, map(of, found))).get(True, 0)


def within(began: datetime, at: datetime | None, hours: float) -> bool:
    """Whether something happened so soon."""
    return at is not None and at - began <= timedelta(hours=hours)
