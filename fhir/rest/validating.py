"""``$validate``: what is wrong with a resource, said of any type there is here; nothing is written."""

from fhir.content.exact import Object, Tree
from fhir.content.issues import Invalid as InvalidContent
from fhir.content.issues import Issue, error
from fhir.content.types import ARRIVALS
from fhir.content.validate import check
from referrals.services import recording

from . import bodies, outcomes
from .calls import Answer, Call, wrong

VALIDATED = tuple(ARRIVALS)
MODES = ("create", "update")
VALID = Issue("information", "informational", "", "It is valid FHIR R4, as far as it is judged here.")


def validate(call: Call) -> Answer:
    """The OperationOutcome of a resource, which comes by itself or as the parameter of that name."""
    tree, issues = _asked(call)
    try:
        check(tree)
    except InvalidContent as refusal:
        issues += refusal.issues
    if call.id and tree.get("id") != call.id:
        issues.append(error("value", f"{call.type}.id", "must be the id that is addressed"))
    recording.record(call.actor, "resource.validate", code=call.type)
    return outcomes.outcome(200, issues or [Issue(VALID.severity, VALID.code, call.type, VALID.text)])


def _asked(call: Call) -> tuple[Object, list[Issue]]:
    """The resource, and what was asked of it that is not judged here. Raises ``Unanswerable``."""
    sent = bodies.resource(call.data)
    given: dict[str, Tree] = {"resource": sent} if sent["resourceType"] != "Parameters" else _parameters(sent)
    given |= dict(call.parameters)
    tree = given.get("resource")
    if not isinstance(tree, dict):
        raise wrong(400, "required", "Parameters.parameter", "must hold the resource")
    if tree.get("resourceType") != call.type:
        raise wrong(400, "invalid", "resourceType", f"must be {call.type}, as in the address")
    if given.get("mode", MODES[0]) not in MODES:
        raise wrong(422, "not-supported", "http.mode", f"must be one of: {', '.join(MODES)}")
    unjudged = [name for name in ("profile",) if name in given]
    return tree, [Issue("warning", "not-supported", f"http.{name}", "is not judged here") for name in unjudged]


def _parameters(sent: Object) -> dict[str, Tree]:
    """The parameters by name: a resource, or a value of whatever kind."""
    listed = sent.get("parameter")
    given = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return {str(each.get("name")): _value(each) for each in given}


def _value(parameter: Object) -> Tree:
    values = (value for name, value in parameter.items() if name == "resource" or name.startswith("value"))
    return next(values, None)
