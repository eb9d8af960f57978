"""Exceptions become answers here and nowhere else: status, issue code, words; never a value, never a stack."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import structlog
from django.db import OperationalError

from fhir.content.exact import Object, Tree
from fhir.content.issues import Issue, error
from referrals import errors
from referrals.policy.codes import DenyCode
from referrals.policy.outbound import NoticeMissing

from .calls import NOTHING, Answer, Unanswerable

REFUSAL = "https://bhu.example.org/fhir/CodeSystem/refusal"

# The first row that fits; a subclass stands before its parent.
TABLE: Mapping[type[Exception], tuple[int, str]] = MappingProxyType(
    {
        errors.Invalid: (422, "invalid"),
        errors.NotFound: (404, "not-found"),
        errors.Denied: (403, "forbidden"),
        errors.IllegalStep: (422, "business-rule"),
        errors.ReasonRequired: (422, "required"),
        errors.TooEarly: (422, "business-rule"),
        errors.PreviewChanged: (409, "conflict"),
        errors.Stale: (412, "conflict"),
        errors.Gone: (409, "conflict"),
        errors.KeyReused: (409, "duplicate"),
        errors.Unavailable: (503, "transient"),
        errors.Broken: (500, "exception"),
        NoticeMissing: (500, "exception"),
        OperationalError: (503, "transient"),
    }
)
SUPPRESSED = frozenset(code for code in DenyCode if code.value.startswith("CONSENT_"))
"""The client's word stands in the way: FHIR has a code of its own for that."""

WAITING = frozenset({DenyCode.RESTRICTION_OPEN, DenyCode.NOT_NOW})
"""Another time it may go."""

ABSENT = "There is nothing by that name for you."
AWAY = "The database is away or too slow. Nothing was done; try again later."
FAILED = "Something went wrong on this server. Nothing of it is shown here; the request's id is in X-Request-ID."

log = structlog.stdlib.get_logger("fhir.rest")


@runtime_checkable
class Turned(Protocol):
    """A refusal at the door that says itself how HTTP answers it."""

    status: int
    issue: str
    challenge: str


def answer(problem: Exception, *, about: str) -> Answer:
    """The OperationOutcome of ``problem``; ``about`` is the type that was asked for, the element it is said of."""
    if isinstance(problem, Unanswerable):
        return outcome(problem.status, problem.issues, headers=problem.headers)
    if isinstance(problem, errors.Invalid):
        return outcome(422, problem.issues, refusal=problem.code)
    status, code = _row(problem)
    headers = {"WWW-Authenticate": problem.challenge} if isinstance(problem, Turned) and problem.challenge else {}
    if status in (429, 503):
        headers["Retry-After"] = str(getattr(problem, "after", 5))
    refusal = problem.code if isinstance(problem, errors.Refused) else ""
    return outcome(status, [error(code, about or "http", _words(problem))], refusal=refusal, headers=headers)


def outcome(status: int, issues: Iterable[Issue], *, refusal: str = "", headers: Mapping[str, str] = NOTHING) -> Answer:
    """An answer that holds these issues; ``refusal`` is the house's own code of the reason."""
    return Answer(status=status, tree=tree_of(issues, refusal=refusal), headers=headers)


def tree_of(issues: Iterable[Issue], *, refusal: str = "") -> Object:
    """The issues as an OperationOutcome, each with an expression."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(each, refusal) for each in issues]}


def _issue(issue: Issue, refusal: str) -> Tree:
    details: Object = {"text": issue.text}
    if refusal:
        details = {"coding": [{"system": REFUSAL, "code": refusal}], **details}
    return {
        "severity": issue.severity,
        "code": issue.code,
        "details": details,
        "expression": [issue.expression or "http"],
    }


def _row(problem: Exception) -> tuple[int, str]:
    if isinstance(problem, Turned):
        return problem.status, problem.issue
    if isinstance(problem, errors.Denied) and problem.code in SUPPRESSED:
        return 403, "suppressed"
    if isinstance(problem, errors.Denied) and problem.code in WAITING:
        return 409, "conflict"
    found = next((row for kind, row in TABLE.items() if isinstance(problem, kind)), None)
    if found is None:
        log.error("request not answered", exc_info=problem)
        return 500, "exception"
    return found


def _words(problem: Exception) -> str:
    if isinstance(problem, errors.NotFound):
        return ABSENT  # of every type, not there or not yours
    if isinstance(problem, errors.Refused):
        return str(problem)
    return AWAY if isinstance(problem, OperationalError) else FAILED
