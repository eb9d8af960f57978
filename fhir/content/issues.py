"""What is wrong with a content, said so that its sender can mend it: the issues of a FHIR OperationOutcome."""

from collections.abc import Iterable
from dataclasses import dataclass

from fhir.content.exact import Object, Tree


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong.

    ``severity`` and ``code`` are the R4 codes (issue-severity, issue-type), ``expression`` is the element in
    FHIRPath ("" for the content as a whole), ``text`` says what is allowed. No issue repeats a value of the
    content: refusals are logged, and a client's name typed into the wrong element is still a name.
    """

    severity: str
    code: str
    expression: str
    text: str

    def __str__(self) -> str:
        return f"{self.expression}: {self.text}" if self.expression else self.text


def error(code: str, expression: str, text: str) -> Issue:
    """An issue of severity ``error``, which is nearly all of them."""
    return Issue("error", code, expression, text)


class Invalid(ValueError):
    """A content that is refused. ``issues`` holds every reason that was found, in the content's order."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("\n".join(str(issue) for issue in self.issues))


def operation_outcome(issues: Iterable[Issue], *, source: str = "") -> Object:
    """The issues as a FHIR R4 OperationOutcome; ``source`` is the file they were found in."""
    return {"resourceType": "OperationOutcome", "issue": [_outcome_issue(issue, source) for issue in issues]}


def _outcome_issue(issue: Issue, source: str) -> Tree:
    written: Object = {"severity": issue.severity, "code": issue.code, "details": {"text": issue.text}}
    if issue.expression:
        written["expression"] = [issue.expression]
    if source:
        written["diagnostics"] = source
    return written
