"""Warning of a serious and imminent threat: the least that lets somebody prevent it (45 CFR 164.512(j), R-WARN-01).

It is a referral of its own: nothing ties it to the one the clinician learned it in, and nothing of that one goes along.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Self
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.models import Agency
from agencies.roles import Role
from agencies.vault import contexts, manifests
from agencies.vault.shred import secrets as shred_secrets
from audit.uuid7 import uuid7
from fhir.content import builders
from fhir.content.builders import NoteKind
from fhir.content.bundle import Resource
from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from fhir.content.issues import Issue, error
from referrals.errors import Invalid
from referrals.models import Folder, FolderKind, Priority, Referral
from referrals.policy.bases import RULES, Basis
from referrals.policy.codes import DenyCode, denied
from referrals.policy.words import implied
from referrals.services.recipients import active
from referrals.services.rows import insert
from referrals.services.work import Work

from .sending import admit_origin
from .tasking import built_task, new_task

STAT = Priority.STAT.value
SHORTEST = 20
"""Letters that say on what the warning rests; fewer say nothing (R-H-04)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """What is said: who threatens, what, whom, by what means, when. ``name`` and ``born`` identify who threatens."""

    name: str
    threat: str
    victim: str
    means: str
    when: str
    born: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnOfThreat:
    """Warn the agency ``to``. A clinician's act alone; never substance use; the privacy officers are told at once."""

    to: UUID
    threat: Threat

    @property
    def name(self) -> str:
        return "threat.warn"

    @property
    def target(self) -> str:
        return ""

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.to, *(getattr(self.threat, field.name) for field in fields(self.threat)))

    def prepare(self, actor: Actor) -> Self:  # noqa: ARG002  # the same for everybody
        issues = list(_issues(self.threat))
        if issues:
            raise Invalid(issues)
        return self

    def referral(self) -> None:
        return None

    def begin(self, actor: Actor) -> Work:
        if not actor.may(Capability.SEND_REFERRALS) or actor.role not in RULES[Basis.HIPAA_512J].roles:
            raise denied(DenyCode.ROLE)
        now, agency = timezone.now(), Agency.objects.get(pk=actor.agency_id)
        folder = Folder(id=uuid7(), kind=FolderKind.REFERRAL.value, agency=agency, patient_id=uuid7(), created_at=now)
        return Work(
            actor=actor,
            agency=agency,
            now=now,
            folder=folder,
            referral=Referral(folder=folder, origin=agency, priority=STAT, said_priority=STAT, created_at=now),
            shred_secret=b"",  # until ``run`` knows that nothing refuses it
            state=manifests.State(folder_id=folder.id),
            parties={},
            releases={},
            participations={},
        )

    def run(self, work: Work) -> None:
        (agency,) = active([self.to], other_than=work.agency)
        goes = RULES[Basis.HIPAA_512J].opens
        work.exchange(agency, basis=Basis.HIPAA_512J, consent=None).require(goes)
        work.shred_secret = shred_secrets.create(work.folder.id)
        insert([work.folder])
        insert([work.referral])
        admit_origin(work)
        task = new_task(work, agency)
        work.admit(agency, task=task, basis=Basis.HIPAA_512J, receives=goes)
        work.add(built_task(work, task, focus=work.folder.id), Compartment.INCIDENT, task=None)
        work.add(Resource("Patient", work.folder.patient_id, self._patient(work), ""), Compartment.CONTACT, task=None)
        work.add(self._message(work), Compartment.INCIDENT, task=None)
        work.notify(agency, "threat-warning", task)
        for side in (work.agency, agency):
            work.notify(side, "threat-warning", task, role=Role.PRIVACY_OFFICER)
        work.did(self.name)

    def _patient(self, work: Work) -> Object:
        """Name, and date of birth if it is known: who to look for, nothing else."""
        id_, said = str(work.folder.patient_id), self.threat
        made: Object = {"resourceType": "Patient", "id": id_, "name": [{"text": said.name}]}
        return made | ({"birthDate": said.born} if said.born else {})

    def _message(self, work: Work) -> Resource:
        said = self.threat
        words = f"Threat: {said.threat}\nAgainst: {said.victim}\nBy: {said.means}\nWhen: {said.when}"
        id_, at = uuid7(), work.now.isoformat(timespec="seconds")
        about, sender = f"Patient/{work.folder.patient_id}", f"Organization/{work.agency.id}"
        tree = builders.note(words, id_=id_, about=about, kind=NoteKind.NOTE, sender=sender, sent=at)
        return Resource("Communication", id_, tree, "")


def _issues(threat: Threat) -> Iterator[Issue]:
    """What is wrong with what was typed, field by field."""
    for field in fields(threat):
        text = getattr(threat, field.name)
        if not text.strip() and field.name != "born":
            yield error("required", field.name, "is required")
        for word, why in implied(text):
            yield error("business-rule", field.name, f"'{word}' {why} (R-WARN-01)")
    if 0 < len(threat.threat.strip()) < SHORTEST:
        yield error("value", "threat", f"must have at least {SHORTEST} characters: what was said or done")
