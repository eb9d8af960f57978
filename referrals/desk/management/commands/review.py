"""``manage.py review``: ask to see content of one referral, answer as the second person, look, end it."""

import argparse
from typing import Any

from agencies.actor import Actor
from referrals.desk.services import review_content, reviews, searching
from referrals.jobs import Job, JobCommand, compartments, nothing, referral_argument, uuid
from referrals.lines import time_in_words
from referrals.opening import OpenReferral
from referrals.policy.reviewing import HOURS, Reason


def _ask_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument(
        "--reason", type=Reason, choices=list(Reason), required=True, help="why the log does not answer it"
    )
    job.add_argument("--parts", required=True, metavar="LIST", help="which parts, with commas between")
    job.add_argument("--hours", type=int, choices=HOURS, required=True, help="open for how long")
    job.add_argument("--words", default="", help="what the log does not answer; sealed")


def _ask(actor: Actor, given: argparse.Namespace) -> object:
    case = reviews.ask(
        actor,
        searching.referral_named(actor, given.referral),
        reason=given.reason,
        parts=compartments(given.parts),
        hours=given.hours,
        words=given.words,
    )
    return {"review": [case]}


def _case(job: argparse.ArgumentParser) -> None:
    job.add_argument("review", type=uuid, metavar="ID", help="the review's id, as `list` shows it")


def _answer_arguments(job: argparse.ArgumentParser) -> None:
    _case(job)
    verdict = job.add_mutually_exclusive_group(required=True)
    verdict.add_argument("--agree", action="store_true", help="let it be opened")
    verdict.add_argument("--refuse", action="store_true", help="do not")


def _answer(actor: Actor, given: argparse.Namespace) -> object:
    reviews.answer(actor, given.review, agree=given.agree)
    return {"agreed" if given.agree else "refused": [given.review]}


def _end(actor: Actor, given: argparse.Namespace) -> object:
    reviews.end(actor, given.review)
    return {"ended": [given.review]}


def _open(actor: Actor, given: argparse.Namespace) -> OpenReferral:
    return review_content.open_in_review(actor, given.review)


def _read(actor: Actor, given: argparse.Namespace) -> object:
    case, words = reviews.one(actor, given.review)
    return {"review": [case.id], "state": [case.standing], "reason": [case.reason], "words": [words]}


def _list(actor: Actor, given: argparse.Namespace) -> object:  # noqa: ARG001  # every job is given its arguments
    return reviews.all_of(actor)


JOBS: dict[str, Job] = {
    "ask": ("ask as privacy officer to see parts of a referral", _ask_arguments, _ask),
    "list": ("the agency's reviews, newest first", nothing, _list),
    "read": ("one of them, with its words for a privacy officer", _case, _read),
    "answer": ("agree or refuse as the second person", _answer_arguments, _answer),
    "open": ("see the content while it is open, as who asked", _case, _open),
    "end": ("end it before its time", _case, _end),
}


class Command(JobCommand):
    """Content opens to a privacy officer in a review case, with a second person's yes, for hours."""

    help = "Review cases: ask to see content of one referral, answer as the second person, look, end it."
    jobs = JOBS

    def as_text(self, value: Any) -> str:
        """A line for each review; of other jobs as ever."""
        listed = value if isinstance(value, list) else []
        return "\n".join(map(_line, listed)) or super().as_text(value)


def _line(case: reviews.ShownCase) -> str:
    number = case.referral[1] if case.referral else "-"
    until = f"until {time_in_words(case.until)}" if case.until else f"asked {time_in_words(case.asked_at)}"
    return "  ".join([str(case.id), number, case.standing, case.reason, "+".join(case.parts), f"{case.hours} h", until])
