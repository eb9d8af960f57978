"""Merrow County as the vignettes play it: its agencies and people, what they say, and what is left of it outside."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from agencies.actor import Actor
from agencies.agreements import sign
from agencies.kinds import AgencyKind, Answer, Purpose
from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import actor_for, add_member, open_agency
from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from referrals.acts import Act, AddSection, TakeStep
from referrals.errors import Refused
from referrals.listing import history, inbox
from referrals.models import Disclosure, Notice, ReferralTask
from referrals.opening import OpenReferral, open_referral
from referrals.perform import Done, perform
from referrals.shelltext import as_json
from tests.county import CANARIES, PATIENT, SETUP, bundle_of, consent_in

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN

# slug: kind, under Part 2, covered by HIPAA. Those covered treat.
AGENCIES: dict[str, tuple[AgencyKind, Answer, Answer]] = {
    "alder-pd": (AgencyKind.POLICE, NO, NO),
    "brindle-pd": (AgencyKind.POLICE, NO, NO),
    "cobbs-pd": (AgencyKind.POLICE, NO, NO),
    "dunmere-pd": (AgencyKind.POLICE, NO, NO),
    "eastgrove-pd": (AgencyKind.POLICE, NO, NO),
    "bhu": (AgencyKind.BHU, UNKNOWN, YES),
    "detox": (AgencyKind.PROVIDER, YES, YES),
    "clinic": (AgencyKind.PROVIDER, YES, YES),
    "willow": (AgencyKind.PROVIDER, UNKNOWN, YES),
    "hospital": (AgencyKind.HOSPITAL, NO, YES),
    "elder": (AgencyKind.SOCIAL_SERVICE, NO, NO),
    "rides": (AgencyKind.TRANSPORT, NO, NO),
    "outside": (AgencyKind.PROVIDER, YES, YES),
}
NO_PARTY = "outside"  # the one agency that signed no agreement

PEOPLE: dict[str, tuple[str, Role]] = {
    "alder officer": ("alder-pd", Role.OFFICER),
    "alder night officer": ("alder-pd", Role.OFFICER),
    "alder outreach": ("alder-pd", Role.BHU_OFFICER),
    "alder chief": ("alder-pd", Role.CHIEF),
    "alder privacy": ("alder-pd", Role.PRIVACY_OFFICER),
    "brindle officer": ("brindle-pd", Role.OFFICER),
    "brindle outreach": ("brindle-pd", Role.BHU_OFFICER),
    "cobbs officer": ("cobbs-pd", Role.OFFICER),
    "cobbs outreach": ("cobbs-pd", Role.BHU_OFFICER),
    "dunmere officer": ("dunmere-pd", Role.OFFICER),
    "eastgrove officer": ("eastgrove-pd", Role.OFFICER),
    "eastgrove outreach": ("eastgrove-pd", Role.BHU_OFFICER),
    "clinician": ("bhu", Role.CLINICIAN),
    "coordinator": ("bhu", Role.COORDINATOR),
    "coach": ("bhu", Role.COACH),
    "bhu privacy": ("bhu", Role.PRIVACY_OFFICER),
    "bhu admin": ("bhu", Role.AGENCY_ADMIN),
    "parent": ("bhu", Role.CLIENT),
    "detox intake": ("detox", Role.INTAKE),
    "detox driver": ("detox", Role.DRIVER),
    "detox coach": ("detox", Role.COACH),
    "detox privacy": ("detox", Role.PRIVACY_OFFICER),
    "clinic intake": ("clinic", Role.INTAKE),
    "willow intake": ("willow", Role.INTAKE),
    "ED nurse": ("hospital", Role.INTAKE),
    "ED doctor": ("hospital", Role.CLINICIAN),
    "hospital coordinator": ("hospital", Role.COORDINATOR),
    "hospital coach": ("hospital", Role.COACH),
    "hospital admin": ("hospital", Role.AGENCY_ADMIN),
    "hospital privacy": ("hospital", Role.PRIVACY_OFFICER),
    "elder intake": ("elder", Role.INTAKE),
    "driver": ("rides", Role.DRIVER),
    "stranger": ("outside", Role.CLINICIAN),
}

GIVEN = {"female": CANARIES[1], "male": "Anselm"}
IDENTIFYING = (CANARIES[0], *GIVEN.values(), CANARIES[2], "AF-1188", CANARIES[3])
"""What the bundles say of who the client is, and what was seen of them."""

BITS = {1: "request", 2: "contact", 4: "incident", 8: "clinical", 16: "sud", 32: "transport", 64: "outcome"}
"""The numbers of the parts, as they stand in rows for ever."""


class Entry(NamedTuple):
    """One row of the ledger: from whom, to whom, what, on which ground, what for, and the papers that go along."""

    discloser: str
    recipient: str
    parts: str
    basis: str
    purpose: str
    consent: UUID | None = None
    version: int | None = None
    notice: str = ""


class Event(NamedTuple):
    """One event of the log about a referral, by the name of who did it."""

    who: str
    action: str
    outcome: str
    code: str


@dataclass(frozen=True)
class Merrow:
    """The county. People are called by the names of ``PEOPLE``, agencies by those of ``AGENCIES``."""

    agencies: Mapping[str, Agency]
    people: Mapping[str, Actor]

    def at(self, *slugs: str) -> tuple[UUID, ...]:
        """The ids of these agencies."""
        return tuple(self.agencies[slug].id for slug in slugs)

    def do(self, who: str, *acts: Act) -> Done:
        """Somebody does something."""
        return perform(self.people[who], acts)

    def step(self, who: str, task_id: UUID, *steps: str, reason: str = "") -> None:
        """Somebody takes steps of one task, one after the other."""
        for step in steps:
            self.do(who, TakeStep(task_id=task_id, step=step, reason=reason))

    def add(
        self, who: str, referral_id: UUID, resource: Mapping[str, Any], at_least: Compartment | None = None
    ) -> Done:
        """Somebody adds a resource."""
        return self.do(who, AddSection(referral_id=referral_id, data=json.dumps(resource).encode(), at_least=at_least))

    def sign(self, who: str, referral_id: UUID, **said: Any) -> UUID:
        """The client signs a consent in front of somebody, who records it. Returns the id of the Consent."""
        known = set(consents(referral_id))
        self.do(who, AddSection(referral_id=referral_id, data=consent_in(referral_id, **said)))
        (made,) = set(consents(referral_id)) - known
        return made

    def refused(self, who: str, *acts: Act) -> Refused:
        """What somebody's acts are refused with."""
        with pytest.raises(Refused) as refusal:
            self.do(who, *acts)
        return refusal.value

    def open(self, who: str, referral_id: UUID) -> OpenReferral:
        """All that somebody may open of a referral."""
        return open_referral(self.people[who], referral_id)

    def turned_away(self, who: str, referral_id: UUID, *parts: Compartment) -> str:
        """The code with which somebody who opens a referral is refused."""
        with pytest.raises(Refused) as refusal:
            open_referral(self.people[who], referral_id, compartments=parts or None)
        return refusal.value.code

    def parts(self, who: str, referral_id: UUID) -> set[str]:
        """The parts somebody can open of a referral."""
        return {section.compartment.value for section in self.open(who, referral_id).sections}

    def screen(self, who: str, referral_id: UUID) -> bytes:
        """Every byte somebody gets of a referral: the whole of it, its history, and the list it stands in."""
        actor = self.people[who]
        seen = (open_referral(actor, referral_id), history(actor, referral_id), inbox(actor))
        return "\n".join(map(as_json, seen)).encode()

    def label(self, who: str, referral_id: UUID) -> str:
        """The word in somebody's list beside a referral."""
        (row,) = [row for row in inbox(self.people[who]) if row.referral_id == referral_id]
        return row.task.label if row.task else ""

    def task(self, referral_id: UUID, owner: str) -> UUID:
        """The newest task of a referral that was put to this agency."""
        return ReferralTask.objects.filter(referral_id=referral_id, owner__slug=owner).order_by("id").last().id

    def events(self, referral_id: UUID) -> list[Event]:
        """What the log says of a referral, oldest first."""
        names = {actor.name: who for who, actor in self.people.items()}
        rows = AuditEvent.objects.filter(target=f"Referral/{referral_id}").order_by("id")
        return [Event(names[row.actor], row.action, row.outcome, row.code) for row in rows]


def make_merrow() -> Merrow:
    """Everybody, and one agreement between all agencies but ``NO_PARTY``."""
    agencies = {
        slug: open_agency(
            by=SETUP,
            slug=slug,
            name=f"Merrow {slug}",
            kind=kind.value,
            part2_status=part2.value,
            hipaa_status=hipaa.value,
            treating_provider=hipaa is YES,
        )
        for slug, (kind, part2, hipaa) in AGENCIES.items()
    }
    sign(
        by=SETUP,
        title="Merrow County",
        document_sha256="0" * 64,
        parties=[agency for slug, agency in agencies.items() if slug != NO_PARTY],
        purposes=[Purpose.TREATMENT, Purpose.COORDINATION],
        effective_on=date(2026, 1, 1),
    )
    people = {}
    for who, (slug, role) in PEOPLE.items():
        user = User.objects.create_user(f"{who.replace(' ', '.')}@{slug}.example.org")
        people[who] = actor_for(add_member(by=SETUP, agency=agencies[slug], role=role, user=user))
    return Merrow(agencies=agencies, people=people)


def call(*more: Mapping[str, Any], born: str = "1997-04-30", gender: str = "male", priority: str = "routine") -> bytes:
    """What is sent of one call: the client, the request, and what else is given."""
    bundle = json.loads(bundle_of(*map(dict, more), request={"priority": priority}))
    patient = bundle["entry"][0]["resource"]
    patient |= {"birthDate": born, "gender": gender, "name": [{"family": CANARIES[0], "given": [GIVEN[gender]]}]}
    return json.dumps(bundle).encode()


LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
C_SSRS = {
    "wish": "93246-7",
    "thoughts": "93247-5",
    "method": "93248-3",
    "intent": "93249-1",
    "plan": "93250-9",
    "ever": "93267-3",
    "recent": "93269-9",
}


def c_ssrs(**answers: bool) -> dict[str, Any]:
    """The C-SSRS screener, recent, with these answers."""
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": "http://loinc.org/q/93373-9",
        "status": "completed",
        "authored": "2026-11-22T10:40:00Z",
        "item": [
            {
                "linkId": f"/{C_SSRS[name]}",
                "answer": [{"valueCoding": {"system": LOINC, "code": "LA33-6" if yes else "LA32-8"}}],
            }
            for name, yes in answers.items()
        ],
    }


def seen(code: str, text: str, *, system: str = SNOMED, value: str = "") -> dict[str, Any]:
    """An Observation of something seen or done; ``value`` in somebody's own words."""
    made = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": system, "code": code, "display": text}], "text": text},
        "subject": {"reference": PATIENT},
    }
    return made | ({"valueString": value} if value else {})


def said(words: str) -> dict[str, Any]:
    """A note in somebody's own words."""
    return {"resourceType": "Communication", "status": "completed", "payload": [{"contentString": words}]}


def of(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource without its subject, to be added to a referral that is there already."""
    return {name: value for name, value in resource.items() if name != "subject"}


def consents(referral_id: UUID) -> list[UUID]:
    """The Consents of a referral."""
    from referrals.models import Section

    rows = Section.objects.filter(folder_id=referral_id, type="Consent").order_by("id")
    return list(rows.values_list("resource_id", flat=True))


def ledger(referral_id: UUID) -> list[Entry]:
    """What left which agency for which, act by act."""
    rows = Disclosure.objects.filter(referral_id=referral_id)
    return [
        Entry(
            row.discloser.slug,
            row.recipient.slug,
            parts_in(row.mask),
            row.basis,
            row.purpose,
            row.consent,
            row.consent_version,
            row.notice_version,
        )
        for row in rows.order_by("manifest", "discloser__slug", "recipient__slug")
    ]


def parts_in(mask: int) -> str:
    """The names of the parts in a number."""
    return "+".join(name for bit, name in BITS.items() if mask & bit)


def told(referral_id: UUID) -> list[tuple[str, str, str]]:
    """Whom the network tells what: agency, for whom there ("" for whoever works on it), code; oldest first."""
    rows = Notice.objects.filter(referral_id=referral_id).order_by("id")
    return list(rows.values_list("agency__slug", "role", "code"))


def words_in(shown: object) -> list[str]:
    """Which words about the client are in what somebody is shown."""
    text = shown if isinstance(shown, str) else as_json(shown)
    return [word for word in IDENTIFYING if word in text]
