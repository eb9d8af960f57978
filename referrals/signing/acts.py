"""Filing a signed consent: the paper, the Consent it makes, and the link it was signed by, in one act."""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from agencies.actor import Actor
from agencies.vault import contexts
from fhir.content import consent, validate
from fhir.content.bundle import Resource
from fhir.content.compartments import RANKED, Compartment, place
from fhir.content.consent_facts import Facts
from fhir.content.exact import Object, Tree
from fhir.content.issues import Invalid as InvalidContent
from referrals.acts.base import OnReferral
from referrals.acts.sections import audience_of
from referrals.errors import Invalid, Stale
from referrals.policy.matrix import Action
from referrals.services import consenting, recording
from referrals.services.work import Work

from . import links
from .documents import Signed, reference
from .errors import LinkDead
from .models import OralYes


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The client as the record had them when the link was made: a name, a FHIR date of birth, the record's version."""

    name: str
    born: str
    version: int

    @property
    def tree(self) -> Object:
        """As much of a Patient as a consent is judged by."""
        named: list[Tree] = [{"text": self.name}] if self.name else []
        return {"resourceType": "Patient", "name": named, "birthDate": self.born}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConsent(OnReferral):
    """Record a consent that somebody signed, with what they signed.

    By a link (``request_id``) nobody of the agency is there, so none of its keys is used: ``known`` is what was sealed
    for the link, and filing is refused if the client's record has a newer version. Without a link the actor is there,
    and the actor's own keys open who the client is.
    """

    consent_id: UUID
    document_id: UUID
    facts: Facts
    signed: Signed
    paper: str
    known: Known | None = None
    request_id: UUID | None = None
    tree: "Object | None" = None

    @property
    def name(self) -> str:
        return "consent.sign"

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.referral_id, str(self.request_id), self.signed.sha256)

    def prepare(self, actor: Actor) -> Self:  # noqa: ARG002  # the same for everybody
        tree = consent.build(self.facts, id_=self.consent_id)
        try:
            validate.check(tree)
        except InvalidContent as refusal:
            raise Invalid(refusal.issues) from None
        return replace(self, tree=tree)

    def run(self, work: Work) -> None:
        self.check(work)
        self._use_link(work)
        for resource, compartment in self._placed(work):
            work.add(resource, compartment, task=audience_of(work))
        ended = OralYes.objects.filter(referral_id=self.referral_id, agency=work.agency, paper=self.paper)
        ended.filter(ended_at=None).update(ended_at=work.now, consent=self.consent_id)
        work.notify(work.agency, "consent-signed")
        work.did(self.name, f"Consent/{self.consent_id}")

    def check(self, work: Work) -> None:
        """Everything that could refuse it but the link itself; writes nothing. Raises what ``run`` raises."""
        if self.known is not None and self.known.version != newest_client(work):
            raise Stale("The client's record changed after the link was made: make a new one.")
        placed = self._placed(work)
        for _resource, compartment in placed:
            work.require_write(compartment, Action.CREATE)
        resource, _compartment = placed[-1]
        consenting.record(work, resource, version=1, patient=self.known.tree if self.known else None)

    def _placed(self, work: Work) -> list[tuple[Resource, Compartment]]:
        """The paper and the Consent. The paper says what the Consent says, so it lies at least as deep."""
        if self.tree is None:
            raise TypeError("prepare comes first: it builds the Consent.")
        made = Resource("Consent", self.consent_id, self.tree, "Consent")
        there = place(made.tree, source=work.source)
        document = reference(
            self.signed,
            id_=self.document_id,
            patient=self.facts.patient,
            author=f"Organization/{work.agency.id}",
            at=work.now.isoformat(timespec="seconds"),
        )
        beside = place(document, source=work.source, at_least=there if there in RANKED else None)
        return [(Resource("DocumentReference", self.document_id, document, "DocumentReference"), beside), (made, there)]

    def _use_link(self, work: Work) -> None:
        if self.request_id is None:
            return
        if not links.claim(self.request_id, consent=self.consent_id, at=work.now):
            raise LinkDead
        target = f"SigningRequest/{self.request_id}"
        recording.record(work.actor, "consent.link-used", target=target, code=f"Consent/{self.consent_id}")


def newest_client(work: Work) -> int:
    """The version of the client's record that the signed chain names last; 0 if there is none."""
    found = (line.version for line in work.state.sections.values() if line.resource_type == "Patient")
    return max(found, default=0)
