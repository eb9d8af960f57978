"""What is opened first and filtered then: the few referrals that a search is bounded by, each opening recorded."""

from collections.abc import Collection, Mapping
from uuid import UUID

from fhir.content.issues import Issue
from referrals import finding, resources
from referrals.errors import Denied
from referrals.services import recording
from referrals.services.versions import Version

from . import asking, blinds, provenances, rendering
from .asking import Search
from .calls import Answer, Call, wrong
from .matching import matches
from .pages import page
from .reading import covers
from .values import Span, within

MOST_FOLDERS = 50


def opened(call: Call, asked: Search) -> Answer:
    """One page of what of the few referrals that the bounds leave fits."""
    bounds = asking.bounding(asked) or _blind(call, asked)
    signed = bool(asked.includes) and covers(call.let_in, "Provenance")
    found, withheld = open_all(call, bounds, [call.type], signed=signed)
    fitting = [version for version in found if _fits(version, asked)]
    start = int(asked.place or 0)
    shown = [] if asked.only_count else fitting[start : start + asked.count]
    more = str(start + asked.count) if shown and start + asked.count < len(fitting) else ""
    along = map(provenances.tree, shown) if signed else ()
    return page(call, asked, map(rendering.resource, shown), along, total=len(fitting), place=more, notes=withheld)


def _blind(call: Call, asked: Search) -> dict[str, frozenset[UUID]]:
    """The referrals of the agency's own clients who are asked for by what points at a person.

    Raises ``Unanswerable`` for a search that nothing bounds, and for one that stands in an address.
    """
    if call.type != "Patient":
        raise wrong(
            400, "not-supported", call.type, "is found only by patient, _id or based-on; nothing else bounds it"
        )
    wanted = blinds.lookups(asked.filters)
    if not (wanted and asked.posted):
        raise wrong(400, "not-supported", call.type, blinds.HOW)
    return {"requests": finding.referrals_of_clients(call.actor, wanted)}


def open_all(
    call: Call, bounds: Mapping[str, Collection[UUID]], types: Collection[str], *, signed: bool
) -> tuple[list[Version], list[Issue]]:
    """The resources of these types in the few referrals that the bounds leave, opened one by one, each recorded.

    What a client's word keeps back is not found but said. Raises ``Unanswerable`` for more than a few.
    """
    folders = finding.folders(call.actor, **bounds)
    if len(folders) > MOST_FOLDERS:
        raise wrong(400, "too-costly", call.type, f"lies in more than {MOST_FOLDERS} referrals; ask for fewer")
    recording.record(call.actor, finding.LIST, code=call.type)
    ids, found, withheld = bounds.get("resources"), list[Version](), list[Issue]()
    for folder_id in folders:
        try:
            found += resources.opened_in(
                call.actor, folder_id, types=types, action=resources.SEARCH, ids=ids, signed=signed
            )
        except Denied as denied:
            withheld.append(Issue("warning", "suppressed", call.type, str(denied)))
    return found, withheld


def _fits(version: Version, asked: Search) -> bool:
    moment = Span(version.at, version.at)
    tree = version.tree or {}
    return all(within(moment, each) for each in asking.changed(asked)) and all(
        matches(tree, each) for each in asked.filters if each.parameter.field
    )
