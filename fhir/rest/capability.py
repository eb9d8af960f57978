"""What this server says of itself, made from the routing table and the tables of search, so that it cannot lie."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from django.conf import settings

from fhir.content.exact import Object, Tree
from fhir.subscriptions import kinds as subscriptions
from referrals.workflow import STEPS, Side, State, Step

from .calls import Route
from .parameters import INCLUDES, MODIFIERS, PARAMETERS, REVINCLUDES, Kind, Parameter, Use

VERSION = "4.0.1"
SOFTWARE = "BHU"
SINCE = "2026-11-26"
SECURITY = "http://terminology.hl7.org/CodeSystem/restful-security-service"
OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
ENDPOINTS = ("token", "introspect", "revoke")
OPERATIONS = {
    "everything": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    "validate": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
    **subscriptions.OPERATIONS,
}
NUMBERED = frozenset({"Subscription"})
"""Types whose resources have a version and can be changed by it, though only the newest is kept."""


def statement(routes: Iterable[Route], *, base: str) -> Object:
    """The CapabilityStatement of these routes."""
    served = [route for route in routes if route.stated]
    types = dict.fromkeys(type_ for route in served for type_ in route.types)
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": SOFTWARE},
        "implementation": {"description": "Sealed behavioral-health referrals", "url": base},
        "fhirVersion": VERSION,
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(),
                "resource": [_resource(type_, served) for type_ in types],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def _security() -> Tree:
    """Where tokens are: smart-configuration says it, and clients that read only this statement find it here."""
    ends: list[Tree] = [{"url": name, "valueUri": f"{settings.BHU_BASE_URL}/auth/{name}"} for name in ENDPOINTS]
    service: Tree = [{"coding": [{"system": SECURITY, "code": "SMART-on-FHIR"}]}]
    return {"extension": [{"url": OAUTH_URIS, "extension": ends}], "service": service}


def _resource(type_: str, routes: Iterable[Route]) -> Tree:
    mine = [route for route in routes if type_ in route.types]
    codes = dict.fromkeys(route.interaction for route in mine if not route.operation)
    made: Object = {"extension": EXTENDED[type_](), "type": type_} if type_ in EXTENDED else {"type": type_}
    if type_ in DOCUMENTED:
        made["documentation"] = DOCUMENTED[type_]()
    made["interaction"] = [{"code": code} for code in codes]
    made["versioning"] = "versioned" if "vread" in codes or type_ in NUMBERED else "no-version"
    made["readHistory"] = "vread" in codes
    made["updateCreate"] = False
    if "search-type" in codes:
        made |= _search(type_)
    if "create" in codes:
        made["conditionalCreate"] = type_ not in NUMBERED
    names = dict.fromkeys(route.operation for route in mine if route.operation)
    operations: list[Tree] = [{"name": name, "definition": OPERATIONS[name]} for name in names]
    return made | {"operation": operations} if operations else made


def _search(type_: str) -> Object:
    table = PARAMETERS[type_]
    listed = (name for name in table if name.isidentifier() or "-" in name)
    made: Object = {}
    for name, along in (("searchInclude", INCLUDES), ("searchRevInclude", REVINCLUDES)):
        values: list[Tree] = [*along.get(type_, ())]
        made |= {name: values} if values else {}
    return made | {"searchParam": [_parameter(name, table) for name in listed]}


def _parameter(name: str, table: Mapping[str, Parameter]) -> Tree:
    parameter = table[name]
    made: Object = {"name": name, "type": (Kind.TOKEN if name == "_id" else parameter.kind).value}
    also = [other for other in table if other.startswith((f"{name}.", f"{name}:"))]
    also += [f"{name}:{modifier}" for modifier in sorted(_modifiers(parameter))]
    return made | {"documentation": f"Also: {', '.join(dict.fromkeys(also))}."} if also else made


def _modifiers(parameter: Parameter) -> set[str]:
    """What may stand behind the name of a parameter."""
    if parameter.use is Use.FILTER:
        return set(MODIFIERS[parameter.kind]) if parameter.field else set()
    own = {"missing"} if parameter.always else set()
    return own | ({"not"} if parameter.universe else set()) | ({parameter.target} if parameter.target else set())


def _states() -> str:
    """The states a task can be read in and how each side brings it on, from the one table of steps."""
    reached = {step.to for step in STEPS if step.to} | {state for step in STEPS for state in step.froms}
    states = ", ".join(state.value for state in State if state in reached)
    steps = "\n".join(f"- {_step(step)}" for step in STEPS if step.side is not Side.NETWORK)
    return f"Task.status is one of: {states}. By update or patch:\n{steps}"


def _attached() -> str:
    """Why there is no Binary: it says neither whose it is nor what kind of record, so no gate could judge it."""
    return (
        "What is attached stands in content.attachment.data and goes wherever the DocumentReference goes. "
        "Binary is not served: it names no client and has no place of its own among the parts of a referral."
    )


def _topics() -> list[Tree]:
    return [{"url": subscriptions.LISTS_TOPIC, "valueCanonical": url} for url in subscriptions.TOPICS]


def _subscribed() -> str:
    """What can be subscribed to, and how."""
    topics = "\n".join(
        f"- {topic.url}: {topic.type}, filtered by {', '.join(sorted(topic.filters))}"
        for topic in subscriptions.TOPICS.values()
    )
    contents = ", ".join(subscriptions.Content)
    return f"R4 backport, channel rest-hook, payload content {contents}. Topics:\n{topics}"


EXTENDED: Mapping[str, Callable[[], list[Tree]]] = MappingProxyType({"Subscription": _topics})
"""What is said of a type by an extension of its own guide."""

DOCUMENTED: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"Task": _states, "DocumentReference": _attached, "Subscription": _subscribed}
)
"""What is to be said of a type beside what its routes say."""


def _step(step: Step) -> str:
    """One row of the table, as a Task says it."""
    froms = ", ".join(state.value for state in State if state in step.froms)
    to = step.to.value if step.to else "the same"
    business = f", businessStatus {step.business.value}" if step.business else ""
    reason = ", with a statusReason" if step.needs_reason else ""
    return f"{step.name}: the {step.side.value}, from {froms}: status {to}{business}{reason}"
