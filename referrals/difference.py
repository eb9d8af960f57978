"""What a Task that was sent says otherwise than the one its sender was shown, and the one step that means. Pure.

Compared with what *this* sender is shown, so that neither a difference nor a refusal tells anybody more than reading
does. ``meta`` and ``lastModified`` are the server's own and are not compared; numbers are equal by value.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fhir.content.catalog import codings
from fhir.content.exact import Object, Tree
from fhir.content.issues import Issue, error
from fhir.content.patch import same
from fhir.content.systems import BSER_STATUS

from .errors import IllegalStep, Invalid
from .reasons import REASONS, reasons_for
from .workflow import BY_NAME, Business, Side, State, Step, steps_from

GONE = frozenset({State.CANCELLED, State.ENTERED_IN_ERROR})
OURS = frozenset({"meta", "lastModified"})
FREE = frozenset({"status", "businessStatus", "statusReason", "owner", "note", "output", "identifier"})
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
FILLER = "FILL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to change. ``business`` and ``reason`` are codes, "" where nothing new is said; ``same_reason`` is the
    code that stands there already and is sent again.

    ``words`` are people's, to be sealed: of the reason and of each new note. ``outputs`` are Task.output elements and
    ``numbers`` the recipient's own identifiers, as they were sent.
    """

    status: str
    business: str = ""
    reason: str = ""
    same_reason: str = ""
    words: tuple[str, ...] = ()
    outputs: tuple[Object, ...] = ()
    numbers: tuple[Object, ...] = ()

    @property
    def adds(self) -> bool:
        """Whether something is added that is no step."""
        return bool(self.words or self.outputs or self.numbers)


def change(shown: Object, sent: Object, *, owner: str) -> Change:
    """What ``sent``, a valid Task, asks to change of ``shown``; ``owner`` is the owner's own reference.

    Raises ``Invalid`` naming each element that may not differ, or says what nobody knows.
    """
    if _late(shown, sent):
        return Change(status=State.ACCEPTED.value)
    issues = [*_frozen(shown, sent), *_owner(shown, sent, owner), *_taken_away(shown, sent)]
    business, reason = _business(shown, sent, issues), _Reason.of(shown, sent, issues)
    numbers = tuple(_added(shown, sent, "identifier"))
    if any(not _is_filler(number) for number in numbers):
        text = f"may only gain the recipient's own, of type {IDENTIFIER_TYPE}|{FILLER}"
        issues.append(error("business-rule", "Task.identifier", text))
    if issues:
        raise Invalid(issues)
    return Change(
        status=str(sent["status"]),
        business=business,
        reason=reason.code,
        same_reason=reason.kept,
        words=tuple(filter(None, (reason.words, *map(_said, _added(shown, sent, "note"))))),
        outputs=tuple(_added(shown, sent, "output")),
        numbers=numbers,
    )


def _late(shown: Object, sent: Object) -> bool:
    """Whether an offer that is over is accepted, as who read it a moment ago does. Less is shown of it than was, so the
    rest is not compared; nothing comes of it but the answer what became of it.
    """
    return shown.get("status") in GONE and sent.get("status") == State.ACCEPTED.value


def step_of(asked: Change, *, state: State, side: Side, steps: Sequence[Step] | None = None) -> Step | None:
    """The step of STEPS that ``side`` asks for, being shown ``state``; ``None`` if the change is no step.

    ``steps`` are those it is offered, where they are not all the table has for it. Raises ``Invalid`` naming them. Who
    accepts what is over is let through to the service, which knows what became of it.
    """
    _require_owner(asked, side)
    offered = steps_from(state, side) if steps is None else steps
    if asked.status == state.value and not asked.business:
        if asked.reason:
            raise _wrong("statusReason", "is given with a change of status or business status", state, offered)
        return None
    if side is Side.OWNER and asked.status == State.ACCEPTED.value and state in GONE:
        return BY_NAME["accept"]
    meant = [step for step in offered if _fits(step, asked, state)]
    if len(meant) != 1:
        at = "status" if asked.status != state.value else "businessStatus"
        raise _wrong(at, "is not reached from here by you", state, offered)
    _require_reason(asked, meant[0])
    return meant[0]


def reason_for(asked: Change, step: Step) -> str:
    """The code of the reason that ``step`` is taken with, "" for none: what stands there may serve again."""
    return asked.reason or (asked.same_reason if step.needs_reason else "")


def _fits(step: Step, asked: Change, state: State) -> bool:
    if step.lands_on(state).value != asked.status:
        return False
    if asked.business:
        return step.business is not None and step.business.value == asked.business
    return asked.status != state.value


def _require_reason(asked: Change, step: Step) -> None:
    known = [reason.code for reason in reasons_for(step.name)]
    if reason_for(asked, step) not in known and (step.needs_reason or asked.reason):
        text = f"must be a coded reason, one of: {', '.join(known)}" if known else "is not given for this"
        raise Invalid([error("required", "Task.statusReason", text)], code="REASON_REQUIRED")


def _require_owner(asked: Change, side: Side) -> None:
    given = {"output": asked.outputs, "identifier": asked.numbers}
    issues = [
        error("business-rule", f"Task.{name}", "is given by the agency that was asked")
        for name, values in given.items()
        if values and side is not Side.OWNER
    ]
    if issues:
        raise Invalid(issues)


def _wrong(element: str, text: str, state: State, offered: Sequence[Step]) -> Invalid:
    allowed = "; ".join(_words(step, state) for step in offered) or "nothing"
    return Invalid([error("business-rule", f"Task.{element}", f"{text}. Allowed: {allowed}.")], code=IllegalStep.code)


def _words(step: Step, state: State) -> str:
    """A step as a Task says it."""
    business = f" with businessStatus {step.business.value}" if step.business else ""
    reason = " and a statusReason" if step.needs_reason else ""
    return f"{step.name}: status {step.lands_on(state).value}{business}{reason}"


def _frozen(shown: Object, sent: Object) -> Iterator[Issue]:
    for name in dict.fromkeys((*shown, *sent)):
        if name not in FREE | OURS and not same(shown.get(name), sent.get(name)):
            yield error("business-rule", f"Task.{name.lstrip('_')}", f"must not change; only {_free()} may")


def _free() -> str:
    return ", ".join(sorted(FREE))


def _owner(shown: Object, sent: Object, owner: str) -> Iterator[Issue]:
    said = sent.get("owner")
    if said is None or same(said, shown.get("owner")):
        return
    reference = said.get("reference") if isinstance(said, dict) else None
    if not isinstance(reference, str) or not f"/{reference}".endswith(f"/{owner}"):
        text = "must stay who it is: put the referral to another agency by a Task of its own"
        yield error("business-rule", "Task.owner", text)


def _taken_away(shown: Object, sent: Object) -> Iterator[Issue]:
    for name in ("note", "output", "identifier"):
        if any(not _among(each, sent.get(name)) for each in _list(shown.get(name))):
            yield error("business-rule", f"Task.{name}", "may gain something and lose nothing")


def _added(shown: Object, sent: Object, name: str) -> Iterator[Object]:
    for each in _list(sent.get(name)):
        if isinstance(each, dict) and not _among(each, shown.get(name)):
            yield each


def _among(element: Tree, others: Tree) -> bool:
    return any(same(element, other) for other in _list(others))


def _business(shown: Object, sent: Object, issues: list[Issue]) -> str:
    said = sent.get("businessStatus")
    if said is None or same(said, shown.get("businessStatus")):
        return ""
    found = {code for system, code in codings(said) if system == BSER_STATUS}
    if len(found) != 1 or not found <= set(Business):
        text = f"must have one coding of {BSER_STATUS}, one of: {', '.join(Business)}"
        issues.append(error("code-invalid", "Task.businessStatus", text))
        return ""
    (code,) = found
    before = {code for system, code in codings(shown.get("businessStatus")) if system == BSER_STATUS}
    return "" if code in before else code


@dataclass(frozen=True, slots=True)
class _Reason:
    """A new ``code``, or the one ``kept``; ``words`` that are not the code's own."""

    code: str = ""
    kept: str = ""
    words: str = ""

    @classmethod
    def of(cls, shown: Object, sent: Object, issues: list[Issue]) -> "_Reason":
        said, before = sent.get("statusReason"), shown.get("statusReason")
        if not isinstance(said, dict):
            return cls()
        if same(said, before):
            return cls(kept=next(iter(_reasons(said)), ""))
        found = _reasons(said)
        if len(found) != 1:
            text = f"must have one coding that is known here: {_known_reasons()}"
            issues.append(error("code-invalid", "Task.statusReason", text))
            return cls()
        (code,) = found
        spoken = said.get("text")
        words = spoken if isinstance(spoken, str) and spoken != REASONS[code].text else ""
        return cls(code=code, words=words) if words or code not in _reasons(before) else cls(kept=code)


def _reasons(concept: Tree) -> set[str]:
    return {code for system, code in codings(concept) if code in REASONS and REASONS[code].system == system}


def _known_reasons() -> str:
    return ", ".join(REASONS)


def _said(note: Object) -> str:
    """The words of an Annotation; who and when are the request's own, but a name in it is kept."""
    author = note.get("authorString")
    text = str(note.get("text", ""))
    return f"{author}: {text}" if isinstance(author, str) else text


def _is_filler(identifier: Object) -> bool:
    return (IDENTIFIER_TYPE, FILLER) in codings(identifier.get("type"))


def _list(tree: Tree) -> list[Tree]:
    return tree if isinstance(tree, list) else []
