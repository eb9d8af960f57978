"""What a signed consent says, and the addresses it is said with; ``consent`` builds and reads it as FHIR."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from fhir.content.issues import Issue, error

_OURS = "https://bhu.example.org/fhir"
AGENCY = f"{_OURS}/NamingSystem/agency"
COMPARTMENT = f"{_OURS}/CodeSystem/compartment"
RECIPIENT_CLASS = f"{_OURS}/CodeSystem/recipient-class"
EXTENSION = f"{_OURS}/StructureDefinition/consent-"
"""What the addresses of our extensions begin with; ``EVENT`` and the others are how they end."""

FORM_HASH, LANGUAGE, METHOD, WITNESS = "form-hash", "language", "method", "witness"
RELATIONSHIP, EVENT = "relationship", "expiry-event"
VALUES: Mapping[str, str] = MappingProxyType(
    {
        FORM_HASH: "valueString",
        LANGUAGE: "valueCode",
        METHOD: "valueCode",
        WITNESS: "valueString",
        RELATIONSHIP: "valueCode",
        EVENT: "valueCode",
    }
)
"""Each extension of ours and the element its value stands in."""

SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PART2 = "42CFRPart2"

PERMIT = "Consent.provision.provision[0]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signed: the client, or by ``relationship`` (a code of HL7 v3-RoleCode) somebody for the client."""

    relationship: str = ""
    name: str = ""


CLIENT = Signer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one Consent says, in the codes it says it in; what it does not say is empty.

    ``patient`` and ``source`` are references. ``discloser`` and ``recipients`` are agencies as they were named:
    ``Organization/<uuid>``, or the slug of our naming system. ``classes`` are recipients named by class. ``form``
    is the address of the form's version, ``form_hash`` the SHA-256 of its text. ``signed``, ``since`` and ``until``
    are FHIR dateTimes, ``event`` is what ends the consent in the place of a date. ``attachment`` is a signed paper
    that stands in the Consent itself. ``labels`` are labels no form of ours gives; ``faults`` what is not our shape.
    """

    status: str = ""
    patient: str = ""
    signed: str = ""
    signers: tuple[Signer, ...] = ()
    discloser: str = ""
    source: str = ""
    attachment: "Object | None" = None
    form: str = ""
    form_hash: str = ""
    language: str = ""
    method: str = ""
    witness: str = ""
    recipients: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    compartments: tuple[Compartment, ...] = ()
    since: str = ""
    until: str = ""
    event: str = ""
    labels: tuple[str, ...] = ()
    faults: tuple[Issue, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The names in ``ELEMENTS`` of everything a consent must say and this one does not."""
        return tuple(name for name, element in ELEMENTS.items() if not element.said(self))

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Everything that is wrong with the shape: the faults, then what is missing."""
        absent = (error("required", ELEMENTS[name].path, "is required") for name in self.missing)
        return (*self.faults, *absent)

    @property
    def grounds(self) -> bool:
        """Whether this is an active Consent of our shape at all; whether it holds is for its form to say."""
        return self.status == "active" and not self.issues


@dataclass(frozen=True, slots=True)
class Element:
    """Something every consent must say: where it stands, and whether it is said."""

    path: str
    said: Callable[[Facts], bool]


ELEMENTS: Mapping[str, Element] = MappingProxyType(
    {
        "patient": Element("Consent.patient", lambda facts: bool(facts.patient)),
        "date": Element("Consent.dateTime", lambda facts: bool(facts.signed)),
        "signer": Element("Consent.performer", lambda facts: bool(facts.signers)),
        "discloser": Element("Consent.organization", lambda facts: bool(facts.discloser)),
        "signature": Element("Consent.source", lambda facts: bool(facts.source or facts.attachment)),
        "form": Element("Consent.policy[0].uri", lambda facts: bool(facts.form)),
        "form-hash": Element("Consent.extension", lambda facts: bool(facts.form_hash)),
        "language": Element("Consent.extension", lambda facts: bool(facts.language)),
        "method": Element("Consent.extension", lambda facts: bool(facts.method)),
        "expiry": Element(f"{PERMIT}.period.end", lambda facts: bool(facts.until or facts.event)),
        "recipients": Element(f"{PERMIT}.actor", lambda facts: bool(facts.recipients or facts.classes)),
        "purpose": Element(f"{PERMIT}.purpose", lambda facts: bool(facts.purposes)),
        "description": Element(f"{PERMIT}.securityLabel", lambda facts: bool(facts.compartments)),
    }
)
"""What every consent of the network must say, by name."""
