"""Whether a signed consent holds: the elements of 42 CFR 2.31 one by one, then what its paper and the state ask. Pure.

``check`` names what is wrong; ``terms`` gives what the consent lets through, and raises unless nothing is.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from types import MappingProxyType
from uuid import UUID

from agencies.kinds import Purpose
from fhir.content import consent_times
from fhir.content.compartments import Compartment
from fhir.content.consent_facts import ELEMENTS, PERMIT, Facts
from fhir.content.issues import Issue
from referrals.errors import Invalid
from referrals.packs.packs import Pack
from referrals.policy.codes import DenyCode
from referrals.policy.terms import Method, Recipients, Standing, Terms

from . import who_signs
from .forms import FormVersion, refused


@dataclass(frozen=True, slots=True)
class Fault(Issue):
    """One thing that keeps a consent from being a ground; ``deny`` is the code a gate would say no with."""

    deny: DenyCode = DenyCode.CONSENT_INCOMPLETE


@dataclass(frozen=True, slots=True)
class Named:
    """An agency of the network that a consent names, and whether it is police."""

    id: UUID
    sworn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known besides the consent.

    ``client`` is the reference of the client of this referral, ``client_named`` says that they have a name there,
    ``client_born`` is their FHIR date of birth, a year at least, "" if unknown. ``agencies`` are those of the
    network among the agencies named, each as it was named. ``findings`` are what is documented about a minor, in
    the words of the state's pack. Days are counted in ``zone``; ``at`` is now.
    """

    client: str
    client_named: bool
    client_born: str
    agencies: Mapping[str, Named]
    zone: tzinfo
    at: datetime
    findings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Case:
    facts: Facts
    form: FormVersion
    pack: Pack
    known: Known

    @property
    def signed(self) -> datetime | None:
        return consent_times.begins(self.facts.signed, self.known.zone)

    @property
    def since(self) -> datetime | None:
        """When it begins: nothing goes before it was signed."""
        began = [consent_times.begins(text, self.known.zone) for text in (self.facts.signed, self.facts.since) if text]
        moments = [each for each in began if each]
        return max(moments) if moments and len(moments) == len(began) else None

    @property
    def until(self) -> datetime | None:
        return consent_times.ends(self.facts.until, self.known.zone)

    @property
    def day(self) -> date:
        """The day it was signed; today, for one that does not say."""
        return (self.signed or self.known.at).astimezone(self.known.zone).date()

    @property
    def longest(self) -> datetime | None:
        """The moment past which the state's rules let no such paper reach."""
        days = self.pack.lengths[self.form.paper.slug].longest_days
        return None if days is None else consent_times.end_of(self.day + timedelta(days), self.known.zone)


Faults = Iterator[Fault]
PERIOD = f"{PERMIT}.period"
ACTOR, LABEL, PURPOSE = f"{PERMIT}.actor", f"{PERMIT}.securityLabel", f"{PERMIT}.purpose"
FORM, EXTENSION = "Consent.policy[0].uri", "Consent.extension"

OF_LAW: Mapping[str, str] = MappingProxyType(
    {
        "patient": "R-P2-04 (1): who the client is",
        "discloser": "R-P2-04 (2): who may share",
        "description": "R-P2-04 (3): what may be shared",
        "recipients": "R-P2-04 (4): with whom it may be shared",
        "redisclosure": "R-P2-04 (4)(iii): what health providers may do with it, and that it is not for use in a case",
        "purpose": "R-P2-04 (5): what it may be shared for",
        "revoke": "R-P2-04 (6): that and how the client can stop it, also in writing",
        "relied": "R-P2-04 (6): that what was shared before stays shared",
        "expiry": "R-P2-04 (7): the day or the event that ends it",
        "signer": "R-P2-04 (8): who signed",
        "signature": "R-P2-04 (8): the signed paper",
        "date": "R-P2-04 (9): the day it was signed",
        "risk": "R-P2-04 (10): that it may be passed on and lose its protection",
        "refusal": "R-P2-04 (10): what follows when the client says no",
        "form": "the form that was signed",
        "form-hash": "the hash of the form's text",
        "language": "the language it was read in",
        "method": "how it was signed",
    }
)
"""What a consent says or its text states, by name, as the law counts it."""

COUNSELING = frozenset({"PSYTHPN", "HIPAAPsyNotes"})
PROCEEDINGS = frozenset({"LEGAL", "HLEGAL"})


def check(facts: Facts, form: FormVersion | None, pack: Pack, known: Known) -> tuple[Fault, ...]:
    """Everything that keeps a consent from being a ground; empty if it is one now.

    ``form`` is the one ``facts.form`` names, ``None`` if there is none.
    """
    if form is None or form.uri != facts.form:
        return (*_shape(facts), *_absent(facts), _business(FORM, refused(facts.form)))
    case = _Case(facts, form, pack, known)
    return tuple(fault for rule in RULES for fault in rule(case))


def terms(facts: Facts, form: FormVersion | None, pack: Pack, known: Known, *, consent: UUID, version: int) -> Terms:
    """What a consent lets through. Raises ``Invalid`` with the faults of one that is no ground.

    The agencies are those named, and the one that shares where the paper says that it may be answered. That the
    client asks for it is a purpose that stands for all of its paper's.
    """
    faults = check(facts, form, pack, known)
    case = _Case(facts, form, pack, known) if form else None
    if faults or case is None or case.since is None:
        raise Invalid(faults)
    paper = case.form.paper
    asked = paper.purposes if Purpose.PATIENT_REQUEST in facts.purposes else frozenset(facts.purposes)
    return Terms(
        consent=consent,
        version=version,
        form=paper.kind,
        form_version=case.form.uri,
        form_hash=case.form.sha256,
        method=Method(facts.method),
        standing=Standing.ACTIVE,
        holder=known.agencies[facts.discloser].id,
        answers=paper.answers,
        agencies=frozenset(_agencies(case)),
        classes=frozenset(map(Recipients, facts.classes)),
        compartments=frozenset(facts.compartments),
        purposes=frozenset(purpose for purpose in Purpose if purpose in asked),
        since=case.since,
        until=_ends(case),
        papers=frozenset(_papers(facts.source)),
    )


def _papers(source: str) -> Iterator[UUID]:
    """The document that was signed, if it lies in the referral."""
    with suppress(ValueError):
        yield UUID(source.removeprefix("DocumentReference/"))


def _agencies(case: _Case) -> Iterator[UUID]:
    yield from (case.known.agencies[named].id for named in case.facts.recipients)
    if case.form.paper.answers:
        yield case.known.agencies[case.facts.discloser].id


def _ends(case: _Case) -> datetime | None:
    """The moment it ends; ``None`` only for a paper that an event may end, where the state sets no longest time."""
    if case.facts.until:
        return case.until
    return case.longest if case.facts.event else consent_times.end_of(case.day, case.known.zone)


def _fault(code: str, at: str, text: str, deny: DenyCode = DenyCode.CONSENT_INCOMPLETE) -> Fault:
    return Fault("error", code, at, text, deny)


def _business(at: str, text: str, deny: DenyCode = DenyCode.CONSENT_INCOMPLETE) -> Fault:
    return _fault("business-rule", at, text, deny)


def _shape(facts: Facts) -> Faults:
    for issue in facts.faults:
        yield _fault(issue.code, issue.expression, issue.text)


def _absent(facts: Facts, allowed: frozenset[str] = frozenset()) -> Faults:
    for name in facts.missing:
        if name not in allowed:
            yield _fault("required", ELEMENTS[name].path, f"{OF_LAW[name]} is missing")


def _elements(case: _Case) -> Faults:
    yield from _shape(case.facts)
    undated = case.pack.undated_day and not case.form.paper.police and Compartment.SUD not in case.facts.compartments
    yield from _absent(case.facts, frozenset({"expiry"}) if undated else frozenset())
    for name in sorted((case.form.paper.states | case.pack.statements) - case.form.stated):
        yield _fault("required", FORM, f"{OF_LAW.get(name, name)} is not stated in the text of the form")


def _status(case: _Case) -> Faults:
    deny = DenyCode.CONSENT_REVOKED if case.facts.status == "inactive" else DenyCode.CONSENT_INCOMPLETE
    if case.facts.status != "active":
        yield _business("Consent.status", "must be active: any other grounds nothing", deny)


def _form(case: _Case) -> Faults:
    facts, form = case.facts, case.form
    if form.unreviewed:
        yield _business(FORM, "is in a language in which nobody has reviewed the text yet, so it cannot be signed")
    if facts.form_hash and facts.form_hash != form.sha256:
        yield _business(EXTENSION, "must hold the SHA-256 of the form's text: another text was signed")
    if facts.language and facts.language != form.language:
        yield _business(EXTENSION, "must hold the language of the form that was signed")


def _client(case: _Case) -> Faults:
    if case.facts.patient and case.facts.patient != case.known.client:
        yield _business("Consent.patient", "R-P2-04 (1): must be the client of this referral")
    if not case.known.client_named:
        yield _fault("required", "Consent.patient", "R-P2-04 (1): the client's name is missing")


def _recipients(case: _Case) -> Faults:
    facts, known = case.facts, case.known.agencies
    if facts.discloser and facts.discloser not in known:
        yield _business("Consent.organization", "R-P2-04 (2): must be an agency of this network")
    elif facts.discloser and known[facts.discloser].sworn:
        # Its place among those who may be answered would make it a recipient.
        yield _business("Consent.organization", "R-P2-06: must be an agency that helps; police share on other grounds")
    if not known.keys() >= set(facts.recipients):
        yield _business(ACTOR, "R-P2-04 (4): must be agencies of this network", DenyCode.RECIPIENT_NOT_COVERED)
    if not case.form.paper.classes >= set(facts.classes):
        text = "R-P2-04 (4): names a class of recipients that this form does not have"
        yield _business(ACTOR, text, DenyCode.RECIPIENT_NOT_COVERED)
    if facts.classes and not case.pack.classes:
        yield _business(ACTOR, "R-ST-01: in this state each recipient must be named", DenyCode.STATE_PACK)


def _police(case: _Case) -> Faults:
    """A police department hears only on a paper of its own, that names it alone and ends on a day (R-P2-06)."""
    facts, known = case.facts, case.known.agencies
    named = {known[each] for each in facts.recipients if each in known}
    if not case.form.paper.police:
        if any(agency.sworn for agency in named):
            text = "R-P2-06: this form never names police; that takes a form of its own"
            yield _business(ACTOR, text, DenyCode.RECIPIENT_NOT_COVERED)
        return
    if len(named) != 1 or facts.classes or not all(agency.sworn for agency in named):
        text = "R-P2-06: must name one police department, and nobody else"
        yield _business(ACTOR, text, DenyCode.RECIPIENT_NOT_COVERED)
    if not facts.until:
        yield _business(f"{PERIOD}.end", "R-P2-06: must be the day on which it ends")


def _description(case: _Case) -> Faults:
    facts, allowed = case.facts, case.form.paper.compartments
    if not allowed >= set(facts.compartments):
        listed = ", ".join(part for part in Compartment if part in allowed)
        yield _business(LABEL, f"R-P2-04 (3): this form covers only: {listed}", DenyCode.CONSENT_SCOPE)
    if COUNSELING & set(facts.labels):
        text = "R-P2-08: counseling notes are not stored here, and their consent cannot stand with another"
        yield _business(LABEL, text, DenyCode.CONSENT_SCOPE)
    elif facts.labels:
        yield _business(LABEL, "R-P2-04 (3): says what is covered in codes this form does not have")


def _purposes(case: _Case) -> Faults:
    facts, allowed = case.facts, case.form.paper.purposes
    if PROCEEDINGS & set(facts.purposes):
        text = "R-P2-08: a consent for use in a case against the client cannot stand with another"
        yield _business(PURPOSE, text, DenyCode.CONSENT_PURPOSE)
    elif not allowed >= set(facts.purposes):
        listed = ", ".join(sorted(allowed))
        yield _business(PURPOSE, f"R-P2-04 (5): this form serves only: {listed}", DenyCode.CONSENT_PURPOSE)


def _times(case: _Case) -> Faults:
    facts, at = case.facts, case.known.at
    places = {"Consent.dateTime": facts.signed, f"{PERIOD}.start": facts.since, f"{PERIOD}.end": facts.until}
    for path, text in places.items():
        if text and not consent_times.begins(text, case.known.zone):
            yield _fault("value", path, consent_times.ALLOWED)
    if case.signed and case.signed > at:
        yield _business("Consent.dateTime", "R-P2-04 (9): must not be in the future")
    if case.until and case.since and case.until <= case.since:
        yield _business(PERIOD, "R-P2-04 (7): must not end before it begins")
    elif (facts.until or case.pack.undated_day) and (ends := _ends(case)) and ends <= at:
        yield _business(f"{PERIOD}.end", "R-P2-04 (7): is over", DenyCode.CONSENT_EXPIRED)


def _ending(case: _Case) -> Faults:
    facts = case.facts
    at = f"{PERIOD}.extension"
    if facts.event and facts.until:
        yield _business(PERIOD, "R-P2-04 (7): ends on a day or by an event, not both")
    if facts.event and case.pack.dated_only:
        yield _business(at, "R-ST-01: in this state only a calendar date ends a consent", DenyCode.STATE_PACK)
    elif facts.event and facts.event not in case.form.paper.events:
        yield _business(at, "R-P2-04 (7): this form ends on a day; an event, or none, is for the one for treatment")
    if case.until and case.longest and case.until > case.longest:
        yield _business(f"{PERIOD}.end", "R-ST-01: is later than such a form may last", DenyCode.STATE_PACK)


def _method(case: _Case) -> Faults:
    facts = case.facts
    if facts.method and facts.method not in set(Method):
        yield _business(EXTENSION, f"must hold how it was signed: {', '.join(Method)}")
    if facts.method != Method.ORAL:
        return
    if Compartment.SUD in facts.compartments:
        yield _business(EXTENSION, "R-P2-05: an oral yes is no ground for substance-use records")
    if case.form.paper.police:
        yield _business(EXTENSION, "R-H-01: police are told nothing on an oral yes")
    if case.pack.written_only:
        yield _business(EXTENSION, "R-ST-01: in this state a consent is written", DenyCode.STATE_PACK)


def _signatures(case: _Case) -> Faults:
    facts, known = case.facts, case.known
    wrong = who_signs.wrong(
        facts.signers,
        facts.compartments,
        born=known.client_born,
        on=case.day,
        pack=case.pack,
        findings=known.findings,
    )
    if wrong and facts.signers:
        yield _business("Consent.performer", wrong[1], wrong[0])
    if case.pack.witness and not facts.witness:
        yield _fault("required", EXTENSION, "R-ST-01: in this state a witness signs too", DenyCode.STATE_PACK)
    if facts.witness and facts.witness.casefold() in {signer.name.casefold() for signer in facts.signers}:
        yield _business(EXTENSION, "R-ST-01: nobody is a witness to their own signature", DenyCode.STATE_PACK)


RULES: tuple[Callable[[_Case], Faults], ...] = (
    _elements,
    _status,
    _form,
    _client,
    _recipients,
    _police,
    _description,
    _purposes,
    _times,
    _ending,
    _method,
    _signatures,
)
"""Everything a consent is held against, in the order a person reads it."""
