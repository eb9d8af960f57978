"""Security labels, put on a resource when it is written (HL7 DS4P 1.0, FHIR R4 v3-ActCode).

Exactly one Confidentiality; the author's is kept where it is higher. Nothing an author wrote is taken away but a
lower Confidentiality, and no label of ours is put beside its like.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from fhir.content.compartments import Compartment, label_codes
from fhir.content.exact import Object, Tree
from fhir.content.systems import ACT_CODE, CONFIDENTIALITY

_HEIGHT: Mapping[str, int] = MappingProxyType({code: height for height, code in enumerate("ULMNRV")})
_CONFIDENTIALITY: Mapping[Compartment, str] = MappingProxyType(
    {
        Compartment.REQUEST: "N",
        Compartment.CONTACT: "N",
        Compartment.INCIDENT: "N",
        Compartment.CLINICAL: "R",
        Compartment.SUD: "R",
        Compartment.TRANSPORT: "N",
        Compartment.OUTCOME: "R",
    }
)
# Labels that make a resource more than normal wherever it lies.
_RESTRICTED = frozenset({"SUD", "ETH", "ETHUD", "OPIOIDUD", "MH", "PSY", "PSYTHPN", "BH", "SDV", "HIV", "42CFRPart2"})
_SUBSTANCE_USE = ("SUD", "ETH")
_PART2 = ("42CFRPart2", "NORDSCLCD")


def stamp(resource: Object, compartment: Compartment, *, part2: bool) -> Object:
    """A copy of ``resource`` with the labels of its compartment in ``meta.security``.

    ``part2`` says that it comes from a Part 2 program or one not known not to be; its author's own label
    ``42CFRPart2`` says the same. Only ``meta`` differs from what came in.
    """
    meta = resource.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    written = meta.get("security")
    labels = [each for each in written if isinstance(each, dict)] if isinstance(written, list) else []
    wanted = _sensitivities(resource, compartment, part2=part2)
    security = _confidential(labels, _least(compartment, label_codes(resource)))
    security += _missing(security, wanted)
    return _with_meta(resource, meta | {"security": security})


def _sensitivities(resource: Object, compartment: Compartment, *, part2: bool) -> tuple[str, ...]:
    if compartment is not Compartment.SUD:
        return ()
    program = part2 or "42CFRPart2" in label_codes(resource)
    return (*_SUBSTANCE_USE, *_PART2) if program else _SUBSTANCE_USE


def _least(compartment: Compartment, codes: Iterable[str]) -> str:
    own = _CONFIDENTIALITY[compartment]
    return own if _RESTRICTED.isdisjoint(codes) else max(own, "R", key=_HEIGHT.__getitem__)


def _confidential(labels: list[Object], least: str) -> list[Tree]:
    """The labels with one Confidentiality, where the author's first stood or else in front."""
    own = [each for each in labels if each.get("system") == CONFIDENTIALITY]
    highest = max(own, key=_height, default=None)
    kept: Object = {"system": CONFIDENTIALITY, "code": least}
    if highest is not None and _height(highest) >= _HEIGHT[least]:
        kept = highest
    if not own:
        return [kept, *labels]
    return [kept if each is own[0] else each for each in labels if each is own[0] or each not in own]


def _height(label: Object) -> int:
    # An unknown code is treated as the lowest, so ours replaces it.
    return _HEIGHT.get(str(label.get("code")), -1)


def _missing(security: list[Tree], wanted: Iterable[str]) -> list[Tree]:
    present = {each.get("code") for each in security if isinstance(each, dict) and each.get("system") == ACT_CODE}
    return [{"system": ACT_CODE, "code": code} for code in wanted if code not in present]


def _with_meta(resource: Object, meta: Object) -> Object:
    """The resource with ``meta`` where it stood, or else after the id, or else after the type."""
    if "meta" in resource:
        return resource | {"meta": meta}
    before = "id" if "id" in resource else "resourceType"
    made: Object = {}
    for key, value in resource.items():
        made[key] = value
        if key == before:
            made["meta"] = meta
    return made
