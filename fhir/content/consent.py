"""A signed consent as FHIR says it: one shape, built and read (docs/consent.md).

The shape satisfies Gravity SDOH-CC 3.0, BSeR 2.0 and IHE PCF Advanced at once: all is denied but what one nested
provision permits. Whatever else stands in a Consent might narrow what its client meant. So it is named as a fault,
and a Consent with a fault, or with an element missing, grounds nothing.
"""

import re
from collections.abc import Iterable
from uuid import UUID

from fhir.content.catalog import codings
from fhir.content.compartments import Compartment
from fhir.content.consent_facts import (
    ACT_REASON,
    AGENCY,
    CLIENT,
    COMPARTMENT,
    ELEMENTS,
    EVENT,
    EXTENSION,
    FORM_HASH,
    LANGUAGE,
    METHOD,
    PART2,
    PARTICIPATION,
    PERMIT,
    RECIPIENT_CLASS,
    RELATIONSHIP,
    SCOPE,
    VALUES,
    WITNESS,
    Facts,
    Signer,
)
from fhir.content.exact import Object, Tree
from fhir.content.issues import Issue, error
from fhir.content.references import target
from fhir.content.systems import ACT_CODE, LOINC

__all__ = ["CLIENT", "ELEMENTS", "Facts", "Signer", "build", "read"]

_SCOPE = ((SCOPE, "patient-privacy"),)
_CATEGORY = ((ACT_CODE, "IDSCL"), (LOINC, "59284-0"))
_ROLE = ((PARTICIPATION, "IRCP"),)


def build(facts: Facts, *, id_: UUID) -> Object:
    """The Consent that says ``facts``; ``read`` gives them back.

    Raises ``ValueError`` for facts read from a Consent of another shape: a fault is not mended by writing anew.
    """
    if facts.faults or facts.labels:
        raise ValueError("these facts come from a Consent that is not of our shape")
    said = {FORM_HASH: facts.form_hash, LANGUAGE: facts.language, METHOD: facts.method, WITNESS: facts.witness}
    return _filled(
        {
            "resourceType": "Consent",
            "id": str(id_),
            "extension": [_extension(name, value) for name, value in said.items() if value],
            "status": facts.status,
            "scope": _concept(_SCOPE),
            "category": [_concept(_CATEGORY)],
            "patient": _filled({"reference": facts.patient}),
            "dateTime": facts.signed,
            "performer": [_performer(facts.patient, signer) for signer in facts.signers],
            "organization": [_agency(facts.discloser)] if facts.discloser else [],
            "sourceReference": _filled({"reference": facts.source}),
            "sourceAttachment": facts.attachment,
            "policy": [{"uri": facts.form}] if facts.form else [],
            "provision": {"type": "deny", "provision": [_permit(facts)]},
        }
    )


def _filled(tree: Object) -> Object:
    """The elements that have something to say."""
    return {name: value for name, value in tree.items() if value}


# A member of an enumeration is no plain string, and only that is written: hence ``str``.
def _extension(name: str, value: str) -> Tree:
    return {"url": EXTENSION + name, VALUES[name]: str(value)}


def _concept(pairs: Iterable[tuple[str, str]]) -> Tree:
    return {"coding": [_coding(system, code) for system, code in pairs]}


def _coding(system: str, code: str) -> Tree:
    return {"system": system, "code": str(code)}


def _performer(patient: str, signer: Signer) -> Tree:
    if not signer.relationship:
        return _filled({"reference": patient, "display": signer.name})
    relationship: Tree = [_extension(RELATIONSHIP, signer.relationship)]
    return _filled({"extension": relationship, "type": "RelatedPerson", "display": signer.name})


def _agency(named: str) -> Tree:
    return {"reference": named} if "/" in named else _identified(AGENCY, named)


def _identified(system: str, value: str) -> Tree:
    return {"type": "Organization", "identifier": {"system": system, "value": str(value)}}


def _permit(facts: Facts) -> Tree:
    event: list[Tree] = [_extension(EVENT, facts.event)] if facts.event else []
    named = [_agency(named) for named in facts.recipients]
    classes = [_identified(RECIPIENT_CLASS, code) for code in facts.classes]
    label = [_coding(ACT_CODE, PART2)] if Compartment.SUD in facts.compartments else []
    return _filled(
        {
            "type": "permit",
            "period": _filled({"extension": event, "start": facts.since, "end": facts.until}),
            "actor": [{"role": _concept(_ROLE), "reference": actor} for actor in (*named, *classes)],
            "purpose": [_coding(ACT_REASON, code) for code in facts.purposes],
            "securityLabel": [*(_coding(COMPARTMENT, part) for part in facts.compartments), *label],
        }
    )


def read(tree: Object) -> Facts:
    """What a Consent says, and as ``faults`` whatever in it is not of our shape.

    Raises nothing for a Consent that passes ``validate.check``. One of another shape, good as it may be elsewhere,
    has faults and grounds nothing.
    """
    return _Reader().consent(tree)


def _with(names: str) -> frozenset[str]:
    return frozenset(names.split()) | {"id", "extension"}


# What may stand in each object.
_ROOT = _with(
    "resourceType meta language text contained identifier status scope category patient dateTime performer "
    "organization sourceReference sourceAttachment policy provision"
)
_POLICY = _with("uri authority")
_DENIAL = _with("type provision")
_PERMIT = _with("type period actor purpose securityLabel")
_PERIOD = _with("start end")
_ACTOR = _with("role reference")
_REFERENCE = _with("reference type identifier display")
_IDENTIFIER = _with("type system value")

_ELEMENT = re.compile(r"[A-Za-z]{1,64}")
_BY_ID = re.compile(r"Organization/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BY_SLUG = re.compile(r"[-A-Za-z0-9_]{1,50}")


class _Reader:
    """One reading. What it cannot use it leaves out, and says so in ``faults``."""

    def __init__(self) -> None:
        self.faults: list[Issue] = []

    def consent(self, tree: Object) -> Facts:
        self._only(tree, _ROOT, "Consent")
        self._concept(tree.get("scope"), _SCOPE, "Consent.scope")
        self._concept(self._one(tree.get("category"), "Consent.category"), _CATEGORY, "Consent.category")
        said = self._extensions(tree, {FORM_HASH, LANGUAGE, METHOD, WITNESS}, "Consent")
        policy = self._one(tree.get("policy"), "Consent.policy")
        self._only(policy, _POLICY, "Consent.policy[0]")
        patient = self._reference(tree.get("patient"), "Patient", "Consent.patient")
        permit = self._permit(tree.get("provision"))
        period = _object(permit.get("period"))
        self._only(period, _PERIOD, f"{PERMIT}.period")
        recipients, classes = self._actors(permit.get("actor"))
        return Facts(
            status=_text(tree.get("status")),
            patient=patient,
            signed=_text(tree.get("dateTime")),
            signers=self._signers(tree.get("performer"), patient),
            discloser=self._discloser(tree.get("organization")),
            source=self._reference(tree.get("sourceReference"), "DocumentReference", "Consent.source"),
            attachment=self._attachment(tree),
            form=_text(policy.get("uri")),
            form_hash=said.get(FORM_HASH, ""),
            language=said.get(LANGUAGE, ""),
            method=said.get(METHOD, ""),
            witness=said.get(WITNESS, ""),
            recipients=recipients,
            classes=classes,
            purposes=self._purposes(permit.get("purpose")),
            compartments=self._compartments(permit.get("securityLabel")),
            since=_text(period.get("start")),
            until=_text(period.get("end")),
            event=self._extensions(period, {EVENT}, f"{PERMIT}.period").get(EVENT, ""),
            labels=_labels(permit.get("securityLabel")),
            faults=tuple(self.faults),
        )

    def _wrong(self, at: str, text: str, code: str = "value") -> None:
        self.faults.append(error(code, at, text))

    def _only(self, tree: Object, allowed: frozenset[str], at: str) -> None:
        """An element we do not read may narrow or lift the rest, so it must not be there."""
        for name in tree:
            if name.removeprefix("_") not in allowed:
                here = f"{at}.{name}" if _ELEMENT.fullmatch(name) else at
                self._wrong(here, "has no place in a consent of this network", "not-supported")

    def _one(self, value: Tree, at: str) -> Object:
        """The only object of an array; of an absent one nothing."""
        objects = _objects(value)
        if value is not None and len(objects) != 1:
            self._wrong(at, "must be exactly one")
        return objects[0] if len(objects) == 1 else {}

    def _concept(self, value: Tree, wanted: Iterable[tuple[str, str]], at: str) -> None:
        if set(codings(value)) != set(wanted):
            listed = " and ".join(f"{system}#{code}" for system, code in wanted)
            self._wrong(at, f"must be coded {listed}, and nothing else", "value" if value else "required")

    def _extensions(self, holder: Object, names: Iterable[str], at: str) -> dict[str, str]:
        """The values of those extensions of ours that may stand here. Others' extensions change nothing (R4 2.4)."""
        ours = [each for each in _objects(holder.get("extension")) if _text(each.get("url")).startswith(EXTENSION)]
        found: dict[str, str] = {}
        for each in ours:
            name = _text(each.get("url")).removeprefix(EXTENSION)
            value = _text(each.get(VALUES[name])) if name in names else ""
            if not value or name in found:
                self._wrong(f"{at}.extension", "holds one of our extensions twice, empty, or where it has no place")
            found[name] = value
        return found

    def _reference(self, value: Tree, type_: str, at: str) -> str:
        text = _text(_object(value).get("reference"))
        named = target(text)
        if value is not None and (named is None or (named.type != type_ and not named.urn)):
            self._wrong(at, f"must be a reference to a {type_}")
            return ""
        return text

    def _attachment(self, tree: Object) -> "Object | None":
        attached = _object(tree.get("sourceAttachment"))
        if attached and "sourceReference" in tree:
            self._wrong("Consent.source", "must be exactly one")
        return attached if {"data", "url", "title"} & attached.keys() else None

    def _signers(self, value: Tree, patient: str) -> tuple[Signer, ...]:
        found = (self._signer(each, patient, f"Consent.performer[{at}]") for at, each in enumerate(_objects(value)))
        return tuple(signer for signer in found if signer)

    def _signer(self, performer: Object, patient: str, at: str) -> Signer | None:
        reference, name = _text(performer.get("reference")), _text(performer.get("display"))
        if reference and reference == patient:
            return Signer(name=name)
        relationship = self._extensions(performer, {RELATIONSHIP}, at).get(RELATIONSHIP, "")
        named = target(reference)
        if relationship and (named.type if named else performer.get("type")) == "RelatedPerson":
            return Signer(relationship=relationship, name=name)
        self._wrong(at, "must be the client, or a RelatedPerson with the extension that says what they are to them")
        return None

    def _permit(self, value: Tree) -> Object:
        """The one provision that permits, inside the one that denies."""
        denial = _object(value)
        self._only(denial, _DENIAL, "Consent.provision")
        permit = self._one(denial.get("provision"), "Consent.provision.provision")
        self._only(permit, _PERMIT, PERMIT)
        for tree, type_, at in ((denial, "deny", "Consent.provision"), (permit, "permit", PERMIT)):
            if tree.get("type") != type_:
                self._wrong(f"{at}.type", f"must be {type_}: nothing goes but what the one provision inside permits")
        return permit

    def _discloser(self, value: Tree) -> str:
        one = self._one(value, "Consent.organization")
        return self._named(one, {AGENCY}, "Consent.organization[0]")[1] if one else ""

    def _actors(self, value: Tree) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The recipients: agencies as they are named, and classes."""
        named: list[tuple[str, str]] = []
        for index, actor in enumerate(_objects(value)):
            at = f"{PERMIT}.actor[{index}]"
            self._only(actor, _ACTOR, at)
            self._concept(actor.get("role"), _ROLE, f"{at}.role")
            reference = _object(actor.get("reference"))
            named.append(self._named(reference, {AGENCY, RECIPIENT_CLASS}, f"{at}.reference"))
        found = {each: None for each in named if each[1]}
        agencies = (value for system, value in found if system != RECIPIENT_CLASS)
        return tuple(agencies), tuple(value for system, value in found if system == RECIPIENT_CLASS)

    def _named(self, reference: Object, systems: set[str], at: str) -> tuple[str, str]:
        """Whom a Reference names: by its identifier's system and value, or as ("", Organization/id).

        By exactly one of the two; a display names nobody.
        """
        self._only(reference, _REFERENCE, at)
        identifier = _object(reference.get("identifier"))
        self._only(identifier, _IDENTIFIER, f"{at}.identifier")
        by_id, by_slug = _text(reference.get("reference")), _text(identifier.get("value"))
        system = _text(identifier.get("system"))
        if _BY_ID.fullmatch(by_id) and not identifier:
            return "", by_id
        if _BY_SLUG.fullmatch(by_slug) and system in systems and "reference" not in reference:
            return system, by_slug
        allowed = " or ".join(sorted(systems))
        self._wrong(at, f"must be Organization/ and the id of an agency, or an identifier of {allowed}")
        return "", ""

    def _purposes(self, value: Tree) -> tuple[str, ...]:
        found = dict.fromkeys(codings({"coding": value}))
        if any(system != ACT_REASON for system, _code in found):
            self._wrong(f"{PERMIT}.purpose", f"must be codes of {ACT_REASON}")
        return tuple(code for system, code in found if system == ACT_REASON)

    def _compartments(self, value: Tree) -> tuple[Compartment, ...]:
        found = dict.fromkeys(codings({"coding": value}))
        parts = [code for system, code in found if system == COMPARTMENT]
        at = f"{PERMIT}.securityLabel"
        if not set(parts) <= set(Compartment) or any(system not in (COMPARTMENT, ACT_CODE) for system, _code in found):
            self._wrong(at, f"must be codes of {COMPARTMENT}: {', '.join(Compartment)}")
        if ((ACT_CODE, PART2) in found) is not (Compartment.SUD in parts):
            self._wrong(at, f"must have {PART2} of {ACT_CODE} beside {Compartment.SUD}, and never without it")
        return tuple(Compartment(part) for part in parts if part in set(Compartment))


def _labels(value: Tree) -> tuple[str, ...]:
    """Labels of ActCode that are none of ours."""
    found = dict.fromkeys(codings({"coding": value}))
    return tuple(code for system, code in found if system == ACT_CODE and code != PART2)


def _text(value: Tree) -> str:
    return value if isinstance(value, str) and value.strip() else ""


def _object(value: Tree) -> Object:
    return value if isinstance(value, dict) else {}


def _objects(value: Tree) -> list[Object]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
