"""Read, versions, history, and everything about one client: parse, one call, answer."""

from collections.abc import Iterable

from fhir.content.exact import Object
from fhir.content.types import Arrival, allowed
from referrals import resources
from referrals.errors import Refused
from referrals.services.versions import Version

from . import rendering
from .calls import Answer, Call, wrong
from .door import Caller

SEALED = allowed(Arrival.REFERRAL)


def read(call: Call) -> Answer:
    """The resource as it is now."""
    return _one(call, resources.read(call.actor, call.type, call.id))


def vread(call: Call) -> Answer:
    """One version of it."""
    return _one(call, resources.read(call.actor, call.type, call.id, version=call.version))


def _one(call: Call, version: Version) -> Answer:
    headers = rendering.headers(version)
    if headers["ETag"] in (each.strip() for each in call.if_none_match.split(",")):
        return Answer(status=304, headers=headers)
    return Answer(tree=rendering.resource(version), headers=headers)


def history(call: Call) -> Answer:
    """Every version, newest first, each with what made it."""
    versions = resources.history(call.actor, call.type, call.id)
    tree = rendering.bundle(
        "history",
        (rendering.past(call.base, version) for version in versions),
        links=[("self", f"{call.base}/{call.type}/{call.id}/_history")],
        total=rendering.number(len(versions)),
    )
    return Answer(tree=tree)


def everything(call: Call) -> Answer:
    """What of one client's referral opens to the caller. Task is not in R4's Patient compartment; here it is."""
    asked = [name for key, value in call.parameters if key == "_type" for name in value.split(",")]
    unknown = [key for key, _value in call.parameters if key not in ("_type", "_format")]
    if unknown and call.strict:
        raise wrong(400, "not-supported", "http", "Only _type is supported here.")
    types = [name for name in SEALED if (not asked or name in asked) and covers(call.let_in, name)]
    found = resources.everything(call.actor, call.id, types=types)
    tree = rendering.bundle(
        "searchset",
        _matches(call, found),
        links=[("self", f"{call.base}/Patient/{call.id}/$everything")],
        total=rendering.number(len(found)),
    )
    return Answer(tree=tree)


def covers(caller: Caller, type_: str, interaction: str = "search-type") -> bool:
    """Whether the caller's token covers ``type_``: what it does not cover is left out of what comes along."""
    try:
        caller.require(type_, interaction)
    except Refused:
        return False
    return True


def _matches(call: Call, found: Iterable[Version]) -> Iterable[Object]:
    return (rendering.entry(call.base, rendering.resource(version), "match") for version in found)
