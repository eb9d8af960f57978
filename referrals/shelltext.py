"""What the shell prints: the same values as aligned text or as JSON. Number lexemes of FHIR content stay verbatim."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from agencies.errors import AgencyError
from fhir.content import exact
from fhir.content.issues import error, operation_outcome

from .emergencies.services import Shown as Emergency
from .errors import Invalid, Refused, Unavailable
from .explaining import Explanation
from .later.services import Waiting
from .lines import time_in_words
from .listing import InboxRow
from .opening import OpenReferral
from .perform import Done
from .policy.codes import DENIALS, DenyCode
from .policy.outbound import Scope
from .services.planning import Cover, Plan, Recipient
from .services.showing import ShownStep, ShownTask

REMEDIED = frozenset(DenyCode)
"""The codes that come with what would open the gate, whoever says them."""


def as_json(value: object) -> str:
    """One line of JSON."""
    return exact.dump(_tree(value)).decode()


def as_text(value: Any) -> str:
    """Lines for a person."""
    for kind, write in TEXTS:
        if isinstance(value, kind):
            return write(value)
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {', '.join(map(str, found)) or 'none'}" for name, found in value.items())
    rows = [_line(row) for row in value]
    return "\n".join(rows) if rows else "Nothing here."


def outcome(refusal: Refused | AgencyError, *, source: str | None) -> exact.Object:
    """A refusal as OperationOutcome: its stable code as ``id``, the file as ``diagnostics`` of each fault in it."""
    kind = "no-store" if isinstance(refusal, Unavailable) else "business-rule"
    issues = refusal.issues if isinstance(refusal, Invalid) else [error(kind, "", str(refusal))]
    found_in = _printable(source) if source and isinstance(refusal, Invalid) else ""
    tree = operation_outcome(issues, source=found_in)
    return tree | {"id": refusal.code.lower().replace("_", "-")}


def _printable(source: str) -> str:
    """A file's name may be any bytes; what is printed is text."""
    return source.encode(errors="replace").decode()


def sentence(refusal: Refused | AgencyError, *, source: str | None) -> str:
    """A refusal as one line per issue: file, element, what is allowed. A denial is followed by what would open it."""
    if not isinstance(refusal, Invalid):
        denial = DENIALS[DenyCode(refusal.code)] if refusal.code in REMEDIED else None
        remedy = f"\n{denial.remedy}" if denial else ""
        return f"{refusal.code}: {refusal}{remedy}"
    where = f"{source}: " if source else ""
    return "\n".join(f"{where}{issue}" for issue in refusal.issues)


def _tree(value: Any) -> exact.Tree:
    for kinds, write in WRITERS:
        if isinstance(value, kinds):
            return write(value)
    if is_dataclass(value):
        return _object(_fields(value))
    raise TypeError(f"no JSON for {type(value).__name__}")


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _object(value: Mapping[Any, Any]) -> exact.Tree:
    return {str(name): _tree(part) for name, part in value.items()}


WRITERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], exact.Tree]], ...] = (
    ((bool, type(None), exact.Lexeme), lambda value: value),
    ((str, UUID), str),
    (int, lambda value: exact.Lexeme(str(value))),
    (datetime, datetime.isoformat),
    (Done, lambda value: _object(value.as_json())),
    (Plan, lambda value: _object({**_fields(value), "digest": value.digest})),
    (Mapping, _object),
    ((list, tuple), lambda value: [_tree(part) for part in value]),
)
"""The first row whose type fits says how; a bool is asked for before an int."""


def _done(done: Done) -> str:
    return "\n".join([f"{done.reference}  {done.referral_id}", *_done_tasks(done)])


def _done_tasks(done: Done) -> list[str]:
    return [f"  task {task}  {status}" for task, status in done.tasks.items()]


def _referral(shown: OpenReferral) -> str:
    lines = [
        f"{shown.reference}  {shown.priority}  from {shown.sender}  {time_in_words(shown.created_at)}",
        *(_line(task) for task in shown.tasks),
    ]
    for section in shown.sections:
        lines.append(f"[{section.compartment}] {section.type}/{section.resource_id} version {section.version}")
        lines.append(f"  {exact.dump(section.tree).decode()}")
    for score in shown.scores:
        lines.append(f"Screen {score.instrument}: {score.level}{'' if score.complete else ' (incomplete)'}")
        lines += [f"  {words}" for words in score.advice]
    lines += [f"Shared on consent {scope.consent}: {_scope(scope)}" for scope in shown.scopes]
    lines += [notice.text for notice in shown.notices]
    return "\n".join(lines)


def _scope(scope: Scope) -> str:
    until = time_in_words(scope.until) if scope.until else "no set end"
    return f"{', '.join(scope.compartments)}; for {', '.join(scope.purposes)}; until {until}"


def _plan(plan: Plan) -> str:
    """Who would see what, who would not, and the digest that says so to the act."""
    lines = [_planned(row) for row in plan.recipients]
    lines += [f"if nobody answers: {_planned(row)}" for row in plan.then]
    lines.append(f"learn nothing of this: {_list(plan.others)}")
    lines.append("police are in this referral" if plan.police else "no police are in this referral")
    return "\n".join([*lines, *plan.advice, f"digest {plan.digest}"])


def _planned(row: Recipient) -> str:
    until = f", until {time_in_words(row.until)}" if row.until else ""
    said = [f"{row.agency}{'' if row.connected else ' (off the network)'}: now {_list(row.now)}"]
    said += [f"on accepting {_list(row.on_accept)}"] if row.on_accept else []
    line = f"{'; '.join(said)}; never {_list(row.never)}; ground {row.basis} for {row.purpose}{until}"
    return "\n".join([line, *map(_covered, row.covers)])


def _covered(cover: Cover) -> str:
    goes = cover.covering_name if cover.routed else f"{cover.covered_name} itself"
    until = time_in_words(cover.until)
    return f"  {cover.covering_name} covers {cover.covered_name} until {until} ({cover.agreement}): it goes to {goes}"


def _explanation(said: Explanation) -> str:
    verdict = "permitted" if said.permitted else f"denied: {said.code}"
    lines = [f"{verdict} (tables {said.version})"]
    lines += [f"  {'open' if gate.open else 'SHUT'}  {gate.name}: {gate.told} [{gate.rule}]" for gate in said.gates]
    lines += [f"{said.words} {said.remedy} (45 CFR {said.exception})"] if said.words else []
    return "\n".join(lines)


def _line(row: object) -> str:
    if isinstance(row, InboxRow):
        return "  ".join(
            [row.reference, f"{row.priority:8}", f"from {row.sender}", time_in_words(row.at), _label(row.task)]
        )
    if isinstance(row, Emergency):
        return _emergency(row)
    if isinstance(row, Waiting):
        return "  ".join([str(row.id), row.referral, row.act, f"→ {_list(row.to)}", time_in_words(row.not_before)])
    if isinstance(row, ShownTask):
        return f"  task {row.id}  {row.requester} → {row.owner}  {_label(row)}  v{row.version}  can: {_list(row.steps)}"
    if isinstance(row, ShownStep):
        return "  ".join(filter(None, [time_in_words(row.at), row.by, row.name, row.status, row.reason, row.how]))
    raise TypeError(f"no line for {type(row).__name__}")


def _emergency(row: Emergency) -> str:
    words = "documented" if row.documented else f"WORDS DUE {time_in_words(row.words_due)}"
    looked = "reviewed" if row.reviewed else f"review due {time_in_words(row.review_due)}"
    return "  ".join(
        [str(row.id), row.referral, row.nature, f"→ {row.recipient}", time_in_words(row.opened_at), words, looked]
    )


def _label(task: ShownTask | None) -> str:
    if task is None:
        return ""
    return f"{task.label} ({task.reason_text})" if task.reason_text else task.label


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


TEXTS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (Done, _done),
    (OpenReferral, _referral),
    (Plan, _plan),
    (Explanation, _explanation),
)
"""How a whole value is written; a list is written row by row."""
