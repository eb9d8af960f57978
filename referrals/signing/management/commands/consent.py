"""``manage.py consent``: asking for a signature, filing a signed page, what waits, and how a consent stands.

A thin door, as ``manage.py referral`` is. The client's own side is the page behind the link.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from django.conf import settings

from agencies.actor import Actor
from agencies.services import agency_called
from fhir.content.issues import error
from referrals import listing
from referrals.acts import ResumeConsent, StopConsent
from referrals.consents.who_signs import Relationship
from referrals.errors import Invalid
from referrals.jobs import Job, JobCommand, day, referral_argument, uuid
from referrals.lines import as_text
from referrals.perform import perform
from referrals.policy.terms import Method
from referrals.signing import asking, links, standing
from referrals.signing.asking import OnPaper
from referrals.signing.documents import LARGEST
from referrals.signing.papers import PAPERS, Answers, Wanted
from referrals.signing.shelltext import hours, listed
from referrals.signing.web.printing import printed


def _wanted_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument("--paper", choices=list(PAPERS), default="named", help="which paper")
    job.add_argument("--to", action="append", default=[], metavar="AGENCY", help="an agency it names; may repeat")
    job.add_argument("--until", type=day, metavar="DAY", help="the last day; else as long as the state has it")
    job.add_argument("--language", default="en", help="of the form: en, es")
    job.add_argument(
        "--signed-by",
        action="append",
        default=[],
        choices=["client", *Relationship],
        help="the client, or what they are to the client; may repeat",
    )


def _wanted(given: argparse.Namespace) -> Wanted:
    signers = tuple("" if each == "client" else each for each in given.signed_by) or ("",)
    return Wanted(paper=given.paper, recipients=tuple(given.to), until=given.until, signers=signers)


def _ask_arguments(job: argparse.ArgumentParser) -> None:
    _wanted_arguments(job)
    job.add_argument("--on-screen", action="store_true", help="on our screen, not on the client's own phone")
    job.add_argument("--hours", type=hours, default=links.LASTS, metavar="N", help="how long the link lasts")
    job.add_argument(
        "--site",
        default=settings.BHU_BASE_URL,
        metavar="ADDRESS",
        help="what the address begins with, for the message (default: BHU_BASE_URL)",
    )


def _ask(actor: Actor, given: argparse.Namespace) -> object:
    return asking.ask_signature(
        actor,
        listing.find_referral(actor, given.referral),
        _wanted(given),
        method=Method.ON_SCREEN if given.on_screen else Method.OWN_PHONE,
        language=given.language,
        lasts=given.hours,
        site=given.site,
    )


def _paper(actor: Actor, given: argparse.Namespace) -> object:
    referral_id = listing.find_referral(actor, given.referral)
    return printed(asking.paper_to_print(actor, referral_id, _wanted(given), language=given.language))


def _file_arguments(job: argparse.ArgumentParser) -> None:
    _wanted_arguments(job)
    job.add_argument("image", metavar="IMAGE", help="the photographed or scanned page: JPEG, PNG or PDF")
    job.add_argument("--ticked", required=True, metavar="LIST", help="the boxes ticked: contact,clinical,TREAT,...")
    job.add_argument("--not-to", action="append", default=[], metavar="AGENCY", help="named on it, and not ticked")
    job.add_argument("--ending", default="", metavar="CODE", help="on the paper tpo: date, end-of-treatment, none")
    job.add_argument("--signer", action="append", required=True, metavar="NAME", help="as signed; may repeat; sealed")
    job.add_argument("--witness", default="", metavar="NAME", help="as signed, where the state asks for one; sealed")
    job.add_argument("--signed", required=True, type=day, metavar="DAY", help="the day on the page")


def _file(actor: Actor, given: argparse.Namespace) -> object:
    places = {f"Organization/{agency_called(slug).id}" for slug in given.to if slug not in given.not_to}
    answers = Answers(
        ticked=listed(given.ticked),
        places=frozenset(places),
        ending=given.ending,
        names=tuple(given.signer),
        witness=given.witness,
    )
    facts = OnPaper(wanted=_wanted(given), answers=answers, signed=given.signed, language=given.language)
    return asking.file_paper(actor, listing.find_referral(actor, given.referral), facts, _bytes(given.image))


def _bytes(name: str) -> bytes:
    """A file, one byte more than is taken at most. Raises ``Invalid`` if it cannot be read."""
    try:
        with Path(name).open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as problem:
        raise Invalid([error("not-found", "image", f"The file cannot be read: {problem.strerror}.")]) from None


def _todo_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument("--paper", choices=list(PAPERS), default="named", help="which paper the client said yes to")


def _todo(actor: Actor, given: argparse.Namespace) -> object:
    recorded = standing.record_oral(actor, listing.find_referral(actor, given.referral), paper=given.paper)
    return f"Waiting to be signed: {recorded}"


def _drop_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("waiting", type=uuid, metavar="ID", help="of the link or to-do, as `list` shows it")
    job.add_argument("--oral", action="store_true", help="it is a to-do, not a link")


def _drop(actor: Actor, given: argparse.Namespace) -> object:
    (standing.withdraw_oral if given.oral else asking.withdraw_link)(actor, given.waiting)
    return "Nobody will sign it."


def _consent_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument("consent", type=uuid, metavar="CONSENT", help="its id, as `list` shows it")


def _stop_arguments(job: argparse.ArgumentParser) -> None:
    _consent_arguments(job)
    job.add_argument("--written", action="store_true", help="there is a signature: it is over, not only held")


def _stop(actor: Actor, given: argparse.Namespace) -> object:
    referral_id = listing.find_referral(actor, given.referral)
    perform(actor, [StopConsent(referral_id=referral_id, consent_id=given.consent, written=given.written)])
    return standing.consents(actor, referral_id)


def _resume(actor: Actor, given: argparse.Namespace) -> object:
    referral_id = listing.find_referral(actor, given.referral)
    perform(actor, [ResumeConsent(referral_id=referral_id, consent_id=given.consent)])
    return standing.consents(actor, referral_id)


def _list(actor: Actor, given: argparse.Namespace) -> object:
    return standing.consents(actor, listing.find_referral(actor, given.referral))


class Command(JobCommand):
    """Ask for a signature, file a signed page, stop a consent, and see how they stand."""

    help = "Ask for a signature, file a signed page, stop a consent, and see how they stand."

    def as_text(self, value: object) -> str:
        return as_text(value)

    jobs: ClassVar[Mapping[str, Job]] = {
        "ask": ("make a one-time link to sign, and a code to say aloud", _ask_arguments, _ask),
        "paper": ("print a paper, filled with what is known, as HTML", _wanted_arguments, _paper),
        "file": ("file a page that was signed by hand", _file_arguments, _file),
        "todo": ("write down a yes that was only spoken", _todo_arguments, _todo),
        "drop": ("let a link or a to-do wait no longer", _drop_arguments, _drop),
        "stop": ("the client said stop: hold a consent, or end it", _stop_arguments, _stop),
        "resume": ("the client lets a held consent go on", _consent_arguments, _resume),
        "list": ("how the consents of a referral stand, and what waits", referral_argument, _list),
    }
