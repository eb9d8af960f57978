"""``manage.py emergency``: open a referral to medical personnel, write the words, look at what was opened."""

import argparse
from typing import Any

from agencies.actor import Actor
from agencies.services import agency_called
from referrals import acts, listing
from referrals.acts.ambulance import AmbulanceOutcome
from referrals.emergencies import services
from referrals.emergencies.natures import Nature
from referrals.jobs import Job, JobCommand, nothing, referral_argument, uuid
from referrals.lines import time_in_words
from referrals.perform import Done, perform


def _open_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument("--to", required=True, metavar="AGENCY", help="the medical facility")
    job.add_argument("--nature", type=Nature, choices=list(Nature), required=True, help="what the emergency is")


def _open(actor: Actor, given: argparse.Namespace) -> services.Shown:
    referral_id = listing.find_referral(actor, given.referral)
    act = acts.OpenInEmergency(referral_id=referral_id, agency_id=agency_called(given.to).id, nature=given.nature)
    perform(actor, [act])
    return services.opened(actor, referral_id)


def _access(job: argparse.ArgumentParser) -> None:
    job.add_argument("access", type=uuid, metavar="ID", help="the emergency's id, as `list` shows it")


def _document_arguments(job: argparse.ArgumentParser) -> None:
    _access(job)
    job.add_argument("--recipient", default="", help="the name of who received it; sealed")
    job.add_argument("--words", default="", help="what the emergency was; sealed")


def _document(actor: Actor, given: argparse.Namespace) -> object:
    services.document(actor, given.access, recipient=given.recipient, words=given.words)
    return {"documented": [given.access]}


def _review_arguments(job: argparse.ArgumentParser) -> None:
    _access(job)
    verdict = job.add_mutually_exclusive_group(required=True)
    verdict.add_argument("--justified", action="store_true", help="it was right to open it")
    verdict.add_argument("--not-justified", action="store_true", help="it was not")


def _review(actor: Actor, given: argparse.Namespace) -> object:
    services.review(actor, given.access, justified=given.justified)
    return {"reviewed": [given.access]}


def _read(actor: Actor, given: argparse.Namespace) -> object:
    return {name: [words] for name, words in services.read_words(actor, given.access).items()}


def _list(actor: Actor, given: argparse.Namespace) -> object:  # noqa: ARG001  # every job is given its arguments
    return services.open_list(actor)


def _ambulance_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument("--outcome", type=AmbulanceOutcome, choices=list(AmbulanceOutcome), required=True)
    job.add_argument("--where", default="", help="which hospital; sealed")


def _ambulance(actor: Actor, given: argparse.Namespace) -> Done:
    act = acts.RecordAmbulance(
        referral_id=listing.find_referral(actor, given.referral), outcome=given.outcome, where=given.where
    )
    return perform(actor, [act])


JOBS: dict[str, Job] = {
    "open": ("let a medical facility open a referral for sixty minutes", _open_arguments, _open),
    "document": ("write down who received it and what it was; due within the hour", _document_arguments, _document),
    "list": ("what still wants words or a second person's look", nothing, _list),
    "read": ("read the words of one", _access, _read),
    "review": ("say as privacy officer whether it was right", _review_arguments, _review),
    "ambulance": ("record how a call for an ambulance ended", _ambulance_arguments, _ambulance),
}


class Command(JobCommand):
    """Open in an emergency first, document after, review in the end."""

    help = "Open a referral in an emergency, document it, review it, record an ambulance's outcome."
    jobs = JOBS

    def as_text(self, value: Any) -> str:
        """What was opened: until when, its id, and what is to be done next; of other jobs as ever."""
        return _next(value) if isinstance(value, services.Shown) else super().as_text(value)


def _next(shown: services.Shown) -> str:
    return "\n".join(
        [
            f"{shown.referral}  open to {shown.recipient} until {time_in_words(shown.until)}",
            f"  emergency {shown.id}  words due {time_in_words(shown.words_due)}",
            f"  next: python3 manage.py emergency document {shown.id} --recipient NAME --words TEXT --as EMAIL",
        ]
    )
