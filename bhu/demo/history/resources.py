"""The FHIR resources of the history: what was found and signed, as their authors write it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from bhu.demo.county import STATE, TOWNS, ZIP
from fhir.content import consent
from fhir.content.catalog import CATEGORIES, LANGUAGES
from fhir.content.compartments import Compartment
from fhir.content.consent import CLIENT as THEMSELVES
from fhir.content.consent import Facts, Signer
from fhir.content.questionnaires import c_ssrs, response
from fhir.content.systems import ACT_CODE, BCP47, CONFIDENTIALITY, SERVICE_CATEGORY, SERVICE_TYPE, SNOMED
from referrals.consents import forms

from . import shares, words
from .cases import POLICE, UNIT, Case
from .times import ZONE

Tree = dict[str, Any]
NOBODY = UUID("00000000-0000-4000-8000-000000000000")
CLIENT = f"urn:uuid:{NOBODY}"
"""How a resource calls the client, whose id is not known before the referral is sent."""

DAYS_SIGNED = 180
SHARED = (Compartment.CONTACT, Compartment.CLINICAL, Compartment.SUD, Compartment.OUTCOME)
POLICE_DAYS = 60

# What is asked for, by what is wrong: a category and a code of the catalog, and words.
_HELP: Mapping[str, tuple[str, tuple[str, str], str]] = {
    shares.SUICIDAL: ("22", (SERVICE_TYPE, "308"), "Crisis assessment"),
    shares.LOW: ("22", (SERVICE_TYPE, "490"), "Somebody to talk to"),
    shares.USE: ("12", (SERVICE_TYPE, "317"), "Withdrawal management or treatment"),
    shares.OVERDOSE: ("12", (SNOMED, "792902005"), "Medication and a visit after an overdose"),
    shares.PSYCHOSIS: ("22", (SERVICE_TYPE, "135"), "Assessment by a clinician"),
    shares.FAMILY: ("8", (SERVICE_TYPE, "305"), "Help for a family"),
    shares.DEMENTIA: ("22", (SERVICE_TYPE, "136"), "Case management"),
    shares.DEVELOPMENTAL: ("22", (SERVICE_TYPE, "136"), "Case management"),
    shares.HOUSING: ("18", (SERVICE_TYPE, "127"), "A place to stay"),
}
_CALLS: Mapping[str, str] = {
    shares.SUICIDAL: "suicidal person", shares.LOW: "wellness check", shares.USE: "welfare",
    shares.OVERDOSE: "overdose",
    shares.PSYCHOSIS: "disturbance", shares.FAMILY: "family", shares.DEMENTIA: "wellness check",
    shares.DEVELOPMENTAL: "disturbance", shares.HOUSING: "homeless",
}  # fmt: skip
# The answers that come to each level of the C-SSRS screener; what has no answer is left out.
_ANSWERS: Mapping[str, Mapping[str, bool]] = {
    level: dict(zip((c_ssrs.WISH, c_ssrs.THOUGHTS, c_ssrs.EVER), general, strict=False)) | more
    for level, general, more in (
        ("none", (False, False, False), {}),
        ("low", (True, False, False), {}),
        ("moderate", (True, True, False), {c_ssrs.METHOD: True, c_ssrs.INTENT: False, c_ssrs.PLAN: False}),
        (
            "high",
            (True, True, True),
            {c_ssrs.METHOD: True, c_ssrs.INTENT: True, c_ssrs.PLAN: False, c_ssrs.RECENT: False},
        ),
        ("incomplete", (True, False), {}),
    )
}


def local(at: datetime) -> str:
    """A moment as its author's clock shows it."""
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def bundle(resources: Iterable[Tree]) -> Tree:
    """A transaction of the client and what else is given."""
    entries = [
        {
            "fullUrl": CLIENT if tree["resourceType"] == "Patient" else f"urn:uuid:{UUID(int=NOBODY.int + number)}",
            "resource": tree,
            "request": {"method": "POST", "url": tree["resourceType"]},
        }
        for number, tree in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def patient(case: Case, agency: str) -> Tree:
    """The client as ``agency`` knows them, by a number of its own."""
    who = case.client
    language = (
        {"coding": [{"system": BCP47, "code": who.language}]} if who.language in LANGUAGES else {"text": "Another"}
    )
    return {
        "resourceType": "Patient",
        "identifier": [{"system": f"https://{agency}.example.org/persons", "value": f"P-{who.number:06}"}],
        "active": True,
        "name": [{"use": "official", "family": who.family, "given": [who.given]}],
        "telecom": [{"system": "phone", "value": who.phone, "use": "mobile"}],
        "gender": who.sex,
        "birthDate": case.born.isoformat(),
        "address": [{
            "use": "temp" if who.unhoused else "home", "line": [who.street], "city": TOWNS[who.town], "state": STATE,
            "postalCode": ZIP[who.town],
        }],
        "communication": [{"language": language, "preferred": True}],
    }  # fmt: skip


def request(case: Case, chance: Random) -> Tree:
    """What is asked for."""
    category, (system, code), text = _HELP[case.client.problem]
    kind = {"system": SERVICE_CATEGORY, "code": category, "display": CATEGORIES[SERVICE_CATEGORY][category]}
    made: Tree = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [{"coding": [kind]}],
        "priority": "urgent" if case.urgent else "routine",
        "code": {"coding": [{"system": system, "code": code}], "text": text},
        "subject": {"reference": CLIENT},
        "authoredOn": local(case.at),
        "reasonCode": [{"text": chance.choice(words.ASKED[case.client.problem])}],
    }
    if case.began == POLICE:
        made["note"] = [{"time": local(case.at), "text": chance.choice(words.SEEN)}]
    return made if case.began == POLICE else _labelled(made, case)


def encounter(case: Case, chance: Random) -> Tree:
    """What was found and how it ended, coded as the desk's form has it."""
    facts: dict[str, str | int | bool] = {
        "Town of incident": TOWNS[case.incident],
        "Town of residence": TOWNS[case.client.town],
        "Kind of call": _CALLS[case.client.problem],
        "Presenting problem": case.client.problem,
        "Housing": "unstable" if case.client.unhoused else "stable",
        "Veteran": case.client.veteran,
        "Disposition": case.disposition,
    }
    if case.began == POLICE:
        facts |= {
            "Weapons": "none",
            "Force used": chance.choice(("hands", "restraint")) if case.force else "none",
            "Injury": "first aid" if case.injury else "none",
            "Minutes on scene": chance.randint(12, 75),
        }
    name = "Police encounter" if case.began == POLICE else "First contact"
    made = observed(name, facts, case.at - timedelta(minutes=5))
    return made if case.began == POLICE else _labelled(made, case)


def screen(case: Case) -> Tree:
    """The suicide screen."""
    answers = {name: "LA33-6" if yes else "LA32-8" for name, yes in _ANSWERS[case.risk].items()}
    made: Tree = dict(
        response(
            c_ssrs.C_SSRS.url, answers, id_=NOBODY, patient_id=NOBODY, authored=local(case.at - timedelta(minutes=9))
        )
    )
    del made["id"]
    return made | {"subject": {"reference": CLIENT}}


def observed(name: str, facts: Mapping[str, str | int | bool], at: datetime) -> Tree:
    """Facts by the names a form gives them."""
    kinds: Mapping[type, str] = {str: "valueString", int: "valueInteger", bool: "valueBoolean"}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": name},
        "subject": {"reference": CLIENT},
        "effectiveDateTime": local(at),
        "component": [{"code": {"text": fact}, kinds[type(value)]: value} for fact, value in facts.items()],
    }


def noted(case: Case, name: str, facts: Mapping[str, str | int | bool], at: datetime) -> Tree:
    """Facts that a helping unit found: where they have to do with substances it says so."""
    return _labelled(observed(name, facts, at), case)


def _labelled(tree: Tree, case: Case) -> Tree:
    label = "SUD" if case.substances else "MH"
    codings: Sequence[Tree] = ({"system": CONFIDENTIALITY, "code": "R"}, {"system": ACT_CODE, "code": label})
    return tree | {"meta": {"security": list(codings)}}


def signed(case: Case, paper: str, *, at: datetime, by: str = UNIT, to: Sequence[str] = ()) -> Tree:
    """A paper signed in front of the agency ``by`` for the agencies ``to``; the one for care also for classes."""
    return _consent(case, paper, at=at, discloser=by, recipients=tuple(to), status="active")


def refused(case: Case, *, at: datetime) -> Tree:
    """The paper that the client was read and did not sign: it lets nothing through."""
    return _consent(case, "tpo", at=at, discloser=UNIT, recipients=(), status="rejected")


def _consent(case: Case, paper: str, *, at: datetime, discloser: str, recipients: tuple[str, ...], status: str) -> Tree:
    language, day, police = (
        _language(paper, case.client.language),
        at.astimezone(ZONE).date(),
        paper == "police-outcome",
    )
    uri = f"{forms.BASE}/{paper}/v1/{language}"
    facts = Facts(
        status=status,
        patient=CLIENT,
        signed=day.isoformat(),
        signers=_signers(case),
        discloser=discloser,
        attachment={"contentType": "application/pdf", "title": "Signed paper, kept at the unit"},
        form=uri,
        form_hash=forms.registry()[uri].sha256,
        language=language,
        method="paper",
        recipients=recipients,
        classes=("treating_providers", "program_helpers") if paper == "tpo" else (),
        purposes=("COC",) if police else ("TREAT", "COC"),
        compartments=(Compartment.OUTCOME,) if police else SHARED,
        since=day.isoformat(),
        until=(day + timedelta(days=POLICE_DAYS if police else DAYS_SIGNED)).isoformat(),
    )
    made: Tree = dict(consent.build(facts, id_=NOBODY))
    del made["id"]
    return made


def _signers(case: Case) -> tuple[Signer, ...]:
    """For a child a parent signs as well, whatever the child's age lets alone."""
    return (THEMSELVES, Signer(relationship="PRN", name="A parent")) if case.client.minor else (THEMSELVES,)


def _language(paper: str, spoken: str) -> str:
    """The language it was signed in: English, where nobody has checked the other text yet."""
    form = forms.find(f"{forms.BASE}/{paper}/v1/{spoken}")
    return "en" if form is None or form.unreviewed else spoken
