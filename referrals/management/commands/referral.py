"""``manage.py referral``: the main job from a shell. A thin door: arguments in, one service call, text or JSON out."""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields

from agencies.actor import Actor
from agencies.services import agency_called
from fhir.content.builders import Agreed, Origin, Pathway
from fhir.content.issues import error
from referrals import acts, listing, restricting
from referrals.blind import Lookup, by_name, by_phone
from referrals.errors import Invalid
from referrals.jobs import (
    Job,
    JobCommand,
    agencies,
    compartments,
    day,
    file_bytes,
    key_argument,
    moment,
    nothing,
    referral_argument,
    uuid,
)
from referrals.later.services import call_back, put_off, waiting
from referrals.opening import open_own, open_referral
from referrals.perform import Done, perform
from referrals.policy.bases import RULES, Basis
from referrals.previewing import preview
from referrals.reasons import REASONS
from referrals.safety import safety_facts
from referrals.services import clients
from referrals.services.planning import Plan
from referrals.workflow import STEPS

THREAT = tuple(field.name for field in fields(acts.Threat))


def _file(job: argparse.ArgumentParser) -> None:
    job.add_argument("file", metavar="FILE", help="a FHIR R4 Bundle (transaction or collection), or - for stdin")
    key_argument(job)
    job.add_argument("--to", action="append", required=True, metavar="AGENCY", help="a receiving agency; may repeat")
    job.add_argument(
        "--itself", action="append", default=[], metavar="AGENCY", help="one of them, though another covers it now"
    )
    job.add_argument(
        "--then", action="append", default=[], metavar="AGENCY", help="whom to ask if nobody answers; may repeat"
    )
    _basis(job)
    job.add_argument("--pathway", type=Pathway, choices=list(Pathway), help="the deflection pathway")
    job.add_argument("--source", type=Origin, choices=list(Origin), default=Origin.OTHER, help="who brought it about")
    job.add_argument(
        "--agreed",
        type=Agreed,
        choices=list(Agreed),
        default=Agreed.UNABLE,
        help="what the client said to being contacted",
    )
    _preview(job)


def _basis(job: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Every ground can be named, and is refused with its code; the help lists those that can let something go."""
    usable = ", ".join(
        basis for basis, rule in RULES.items() if rule.opens and rule.shut is None and not rule.emergency
    )
    text = f"the legal ground, one of: {usable}" + ("" if required else "; else the likely one")
    job.add_argument("--basis", type=Basis, choices=list(Basis), metavar="BASIS", required=required, help=text)


def _preview(job: argparse.ArgumentParser) -> None:
    job.add_argument("--preview", action="store_true", help="only show who would see what, and until when")
    job.add_argument("--previewed", default="", metavar="DIGEST", help="refuse if it is not what was shown")


def _send(actor: Actor, given: argparse.Namespace) -> Done | Plan:
    send = acts.Send(
        data=file_bytes(given.file),
        to=agencies(given.to),
        basis=given.basis,
        pathway=given.pathway,
        brought_by=given.source,
        agreed=given.agreed,
        itself=frozenset(agencies(given.itself)),
        then=agencies(given.then),
        previewed=given.previewed,
    )
    return preview(actor, send) if given.preview else perform(actor, [send], key=given.key)


def _offer_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    key_argument(job)
    job.add_argument("--to", action="append", required=True, metavar="AGENCY", help="an agency to ask; may repeat")
    job.add_argument("--release", default="", metavar="LIST", help="what opens on accept: contact,clinical,...")
    _basis(job)
    job.add_argument("--consent", type=uuid, metavar="ID", help="the consent it stands on; else the newest that fits")
    job.add_argument("--at", type=moment, metavar="TIME", help="not before 2026-11-27T07:00-05:00; gated again then")
    _preview(job)


def _offer(actor: Actor, given: argparse.Namespace) -> object:
    offer = acts.Offer(
        referral_id=listing.find_referral(actor, given.referral),
        to=agencies(given.to),
        release=compartments(given.release, field="release"),
        basis=given.basis,
        consent=given.consent,
        previewed=given.previewed,
    )
    if given.at is not None:
        return {"waiting": [put_off(actor, offer, not_before=given.at)]}
    return preview(actor, offer) if given.preview else perform(actor, [offer], key=given.key)


def _waiting(actor: Actor, given: argparse.Namespace) -> object:  # noqa: ARG001  # every job is given its arguments
    return waiting(actor)


def _call_back_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("waiting", type=uuid, metavar="ID", help="its id, as `waiting` shows it")


def _call_back(actor: Actor, given: argparse.Namespace) -> object:
    call_back(actor, given.waiting)
    return {"called back": [given.waiting]}


def _inbox_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("--waiting", action="store_true", help="only what waits for an answer")


def _inbox(actor: Actor, given: argparse.Namespace) -> Sequence[listing.InboxRow]:
    return listing.inbox(actor, waiting=given.waiting)


def _open_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    only = job.add_mutually_exclusive_group()
    only.add_argument("--part", default="", metavar="LIST", help="only these parts: request,contact,...")
    only.add_argument("--own", action="store_true", help="what your agency wrote itself, also after its part has ended")


def _open(actor: Actor, given: argparse.Namespace) -> object:
    if given.own:
        return open_own(actor, listing.find_referral(actor, given.referral))
    parts = compartments(given.part, field="part") or None
    return open_referral(actor, listing.find_referral(actor, given.referral), compartments=parts)


def _step_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("task", type=uuid, metavar="TASK", help="the task's id, as `open` shows it")
    job.add_argument("step", choices=[step.name for step in STEPS], metavar="STEP", help="one of the workflow's steps")
    key_argument(job)
    job.add_argument("--reason", default="", choices=["", *REASONS], metavar="CODE", help=", ".join(REASONS))
    job.add_argument("--note", default="", help="words for the other side; sealed")
    job.add_argument("--version", type=int, help="refuse if the task moved on since this version")
    job.add_argument("--how", default="", help="for an agency off the network: phone, fax, e-mail, in person")
    job.add_argument("--said-by", default="", help="for an agency off the network: who said it; sealed")


def _step(actor: Actor, given: argparse.Namespace) -> Done:
    step = acts.TakeStep(
        task_id=given.task,
        step=given.step,
        reason=given.reason,
        note=given.note,
        version=given.version,
        how=given.how,
        said_by=given.said_by,
    )
    return perform(actor, [step], key=given.key)


def _history(actor: Actor, given: argparse.Namespace) -> object:
    return listing.history(actor, listing.find_referral(actor, given.referral))


def _add_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument("file", metavar="FILE", help="one FHIR R4 resource, or - for stdin")
    key_argument(job)
    job.add_argument("--corrects", type=uuid, metavar="ID", help="the resource of yours this is a new version of")


def _add(actor: Actor, given: argparse.Namespace) -> Done:
    referral_id, data = listing.find_referral(actor, given.referral), file_bytes(given.file)
    act: acts.Act = acts.AddSection(referral_id=referral_id, data=data)
    if given.corrects:
        act = acts.CorrectSection(referral_id=referral_id, resource_id=given.corrects, data=data)
    return perform(actor, [act], key=given.key)


def _party_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument("other", metavar="AGENCY")
    job.add_argument("--parts", required=True, metavar="LIST", help="what it may open: contact,clinical,...")
    _basis(job, required=True)


def _add_agency(actor: Actor, given: argparse.Namespace) -> Done:
    act = acts.AddAgency(
        referral_id=listing.find_referral(actor, given.referral),
        agency_id=agency_called(given.other).id,
        compartments=compartments(given.parts),
        basis=given.basis,
    )
    return perform(actor, [act])


def _withdraw_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument("other", metavar="AGENCY")
    job.add_argument("--consent-revoked", action="store_true", help="because the client withdrew consent")


def _withdraw(actor: Actor, given: argparse.Namespace) -> Done:
    act = acts.WithdrawAgency(
        referral_id=listing.find_referral(actor, given.referral),
        agency_id=agency_called(given.other).id,
        consent_revoked=given.consent_revoked,
    )
    return perform(actor, [act])


def _find_arguments(job: argparse.ArgumentParser) -> None:
    for name in ("family", "given", "phone"):
        job.add_argument(f"--{name}", default="")
    job.add_argument("--born", required=True, type=day, metavar="YYYY-MM-DD", help="date of birth")


def _lookups(given: argparse.Namespace) -> list[Lookup]:
    born = given.born.isoformat()
    return [
        *by_name(family=given.family, given=given.given, born=born),
        *by_phone(phone=given.phone, born=born),
    ]


def _find(actor: Actor, given: argparse.Namespace) -> object:
    found = clients.find(actor, _lookups(given))
    return {"clients": found, "referrals": clients.referrals_of(actor, found)}


def _safety(actor: Actor, given: argparse.Namespace) -> object:
    return {f"{fact.code} ({fact.on})": [fact.words or fact.text] for fact in safety_facts(actor, _lookups(given))}


def _warn_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("file", metavar="FILE", help=f"JSON with {', '.join(THREAT)}; or - for stdin")
    job.add_argument("--to", required=True, metavar="AGENCY", help="who can prevent it")


def _warn(actor: Actor, given: argparse.Namespace) -> Done:
    act = acts.WarnOfThreat(to=agency_called(given.to).id, threat=acts.Threat(**_texts(given.file, THREAT)))
    return perform(actor, [act])


def _texts(source: str, names: Sequence[str]) -> dict[str, str]:
    """The texts of a JSON object: what identifies somebody is not typed where a shell remembers it.

    Raises ``Invalid`` naming the field.
    """
    try:
        given = json.loads(file_bytes(source))
    except ValueError:
        raise Invalid([error("structure", "", "must be JSON")]) from None
    if not isinstance(given, dict):
        raise Invalid([error("structure", "", "must be a JSON object")])
    wrong = [name for name, text in given.items() if name not in names or not isinstance(text, str)]
    if wrong:
        raise Invalid([error("value", name, f"must be text, one of: {', '.join(names)}") for name in wrong])
    return {name: given.get(name, "") for name in names}


def _restrict(actor: Actor, given: argparse.Namespace) -> object:
    return {"restriction": [restricting.ask(actor, listing.find_referral(actor, given.referral))]}


def _review_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("restriction", type=uuid, metavar="ID", help="the request's id")
    verdict = job.add_mutually_exclusive_group(required=True)
    verdict.add_argument("--agree", action="store_true", help="it is shared no further")
    verdict.add_argument("--decline", action="store_true", help="sharing goes on")


def _review(actor: Actor, given: argparse.Namespace) -> object:
    restricting.review(actor, given.restriction, agreed=given.agree)
    return {"reviewed": [given.restriction]}


JOBS: Mapping[str, Job] = {
    "send": ("send a bundle to one or more agencies", _file, _send),
    "offer": ("ask several agencies; the first to accept gets what is released", _offer_arguments, _offer),
    "waiting": ("what your agency put off, and when it is done", nothing, _waiting),
    "call-back": ("do not do after all what waits", _call_back_arguments, _call_back),
    "inbox": ("what is before your agency", _inbox_arguments, _inbox),
    "open": ("open a referral", _open_arguments, _open),
    "step": ("take a step: accept, reject, start, complete ...", _step_arguments, _step),
    "history": ("what happened, as far as you may see it", referral_argument, _history),
    "add": ("add one resource, or correct one of yours", _add_arguments, _add),
    "add-agency": ("let another agency open parts of a referral", _party_arguments, _add_agency),
    "withdraw": ("end an agency's part", _withdraw_arguments, _withdraw),
    "find": ("find your own clients by name or phone and date of birth", _find_arguments, _find),
    "safety": ("safety facts of your department's own earlier contacts", _find_arguments, _safety),
    "warn": ("warn of a serious and imminent threat, as a clinician", _warn_arguments, _warn),
    "restrict": ("the client asks that it be shared no further", referral_argument, _restrict),
    "review-restriction": ("say as privacy officer whether it stands", _review_arguments, _review),
}


class Command(JobCommand):
    """Send, offer, list, open, step and follow referrals as one person of one agency."""

    help = "Send, offer, list, open, step and follow referrals from the shell."
    jobs = JOBS
