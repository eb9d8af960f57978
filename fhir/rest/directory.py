"""What is read and searched of the directory: parse, one call, answer.

Agencies, what they offer and where they are is everybody's on the network; members are their own agency's.
"""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from uuid import UUID

from agencies import directory
from fhir.content.exact import Object
from fhir.content.questionnaires import QUESTIONNAIRES
from referrals.errors import NotFound
from referrals.services import recording
from referrals.services.recording import refusals

from . import listed, pages
from .asking import Search
from .calls import Answer, Call
from .matching import elements_at, matches
from .parameters import DIRECTORY
from .reading import covers

READ, LIST = "directory.read", "directory.list"

Ids = Collection[UUID] | None
Rows = Callable[[Call, Ids], list[Object]]


def _present(trees: "list[Object | None]") -> list[Object]:
    return [tree for tree in trees if tree is not None]


def _organizations(call: Call, ids: Ids) -> list[Object]:
    return [listed.organization(each, base=call.base) for each in directory.agencies(ids)]


ROWS: Mapping[str, Rows] = MappingProxyType(
    {
        "Organization": _organizations,
        "Practitioner": lambda call, ids: [listed.practitioner(each) for each in directory.people(call.actor, ids)],
        "PractitionerRole": lambda call, ids: [
            listed.practitioner_role(each) for each in directory.members(call.actor, ids)
        ],
        "HealthcareService": lambda _call, ids: _present([listed.service(each) for each in directory.agencies(ids)]),
        "Location": lambda _call, ids: _present([listed.location(each) for each in directory.agencies(ids)]),
    }
)
"""By type, the rows the caller may see, all or those with these ids."""


def read(call: Call) -> Answer:
    """One row of the directory. Raises ``NotFound``, recorded."""
    id_ = _id(call.id)
    with refusals(call.actor, READ, target=f"{call.type}/{id_ or 'unknown'}"):
        found = ROWS[call.type](call, [id_]) if id_ else []
        if not found:
            raise NotFound
        recording.record(call.actor, READ, target=f"{call.type}/{id_}")
    return Answer(tree=found[0])


def questionnaire(call: Call) -> Answer:
    """One of the house's instruments; the same for everybody, and nobody's secret. Raises ``NotFound``, recorded."""
    found = next((tree for tree in QUESTIONNAIRES.values() if tree["id"] == call.id), None)
    with refusals(call.actor, READ, target="Questionnaire/unknown"):
        if found is None:
            raise NotFound
    recording.record(call.actor, READ, target=f"Questionnaire/{call.id}")
    return Answer(tree=found)


def search(call: Call, asked: Search) -> Answer:
    """One page of the rows that fit, with what is to come along as far as the caller's token covers it. One event."""
    recording.record(call.actor, LIST, code=call.type)
    found = [tree for tree in ROWS[call.type](call, None) if all(matches(tree, each) for each in asked.filters)]
    return pages.cut(call, asked, found, lambda shown: _along(call, asked, shown))


def _along(call: Call, asked: Search, shown: list[Object]) -> list[Object]:
    """The rows that those shown refer to, and those that refer to them, each once."""
    found: dict[str, Object] = {}
    for include in asked.includes:
        source, _, name = include.partition(":")
        parameter = DIRECTORY[source][name]
        other = parameter.target if source == call.type else source
        if covers(call.let_in, other):
            listed_there = ROWS[other](call, None)
            pairs = ((mine, theirs) for mine in shown for theirs in listed_there)
            near = (
                theirs
                for mine, theirs in pairs
                if _refers(parameter.field, mine, theirs) or _refers(parameter.field, theirs, mine)
            )
            found |= {f"{other}/{tree['id']}": tree for tree in near}
    return list(found.values())


def _refers(path: str, one: Object, other: Object) -> bool:
    named = f"{other['resourceType']}/{other['id']}"
    return any(said == named for said in elements_at(one, f"{path}.reference"))


def _id(spoken: str) -> UUID | None:
    try:
        return UUID(spoken)
    except ValueError:
        return None
