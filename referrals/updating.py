"""What a resource that was sent again comes to: the acts that make of it what its sender says. Nothing is done here.

Whoever asks was shown the resource (``resources.read`` with ``UPDATE``); it is compared with just that. What cannot be
changed this way is refused by name, and the refusal recorded; whether the actor may is asked by the acts.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from agencies.actor import Actor
from fhir.content import exact
from fhir.content.catalog import codings
from fhir.content.exact import Object, Tree
from fhir.content.issues import Invalid as InvalidContent
from fhir.content.issues import error
from fhir.content.patch import NotApplied, apply, same
from fhir.content.types import Arrival, allowed
from fhir.content.validate import check
from referrals import difference
from referrals.acts import Act, AddToTask, CloseRequest, CorrectSection, ResumeConsent, StopConsent, TakeStep
from referrals.consents.models import ConsentTerms
from referrals.difference import Change
from referrals.errors import Denied, Invalid, NotFound, Stale
from referrals.models import ReferralTask, Section
from referrals.policy.codes import DenyCode
from referrals.reasons import REASONS
from referrals.resources import UPDATE
from referrals.services import fetching, recording, showing
from referrals.services.showing import ShownTask
from referrals.services.versions import Version
from referrals.workflow import State, Step

Acts: TypeAlias = Sequence[Act]
ADDED = ("profile", "security", "tag")
STATUS_REASON = "http://hl7.org/fhir/StructureDefinition/request-statusReason"


def acts(
    actor: Actor, before: Version, *, shown: Object, sent: Callable[[Object], Object], version: int | None = None
) -> Acts:
    """The acts that make of ``before`` what was sent; none if it says what is so already.

    ``shown`` is ``before`` as its reader was shown it, ``sent`` makes of that what it is to be, ``version`` is the one
    it must still have, if the sender said so. Raises ``Stale``, ``Invalid``, ``Denied``, ``NotFound``, each recorded.
    """
    with recording.refusals(actor, UPDATE, target=f"{before.type}/{before.id}"):
        _require_seen(actor, before, version)
        tree = sent(shown)
        _require_valid(before, tree)
        return BY_TYPE.get(before.type, _section)(actor, before, shown, tree, version)


def patched(shown: Object, operations: Tree) -> Object:
    """``shown`` with a JSON Patch applied. Raises ``Invalid`` if it does not fit; ``NotAPatch`` for what is none."""
    try:
        made = apply(shown, operations)
    except NotApplied as refusal:
        raise Invalid(refusal.issues) from None
    if not isinstance(made, dict):
        raise Invalid([error("structure", "http.body", "must leave a resource")])
    return made


def _require_seen(actor: Actor, before: Version, version: int | None) -> None:
    if version is not None and version != before.number:
        label = f"'{_view(actor, fetching.task(before.id)).label}', " if before.type == "Task" else ""
        raise Stale(f"It is now {label}version {before.number}; you named another.")


def _require_valid(before: Version, sent: Object) -> None:
    if (sent.get("resourceType"), sent.get("id")) != (before.type, str(before.id)):
        raise Invalid([error("value", f"{before.type}.id", "must be the type and the id that are addressed")])
    try:
        check(sent)
    except InvalidContent as refusal:
        raise Invalid(refusal.issues) from None


def _view(actor: Actor, task: ReferralTask) -> ShownTask:
    view = showing.show(task, actor.agency_id, told=False)
    if view is None:
        raise NotFound
    return view


def _task(actor: Actor, before: Version, shown: Object, sent: Object, _version: int | None) -> Acts:
    task = fetching.task(before.id)
    view = _view(actor, task)
    if view.version != before.number:
        raise Stale(f"It is now '{view.label}', version {view.version}; it was version {before.number} a moment ago.")
    asked = difference.change(shown, sent, owner=f"Organization/{task.owner_id}")
    offered = showing.steps_shown(task, view.side)
    step = difference.step_of(asked, state=State(view.status), side=view.side, steps=offered)
    return [*_step(before, asked, step), *_rest(before, asked, step)]


def _step(before: Version, asked: Change, step: Step | None) -> Acts:
    if step is None:
        return []
    reason, note = difference.reason_for(asked, step), "\n".join(asked.words)
    return [TakeStep(task_id=before.id, step=step.name, reason=reason, note=note, version=before.number)]


def _rest(before: Version, asked: Change, step: Step | None) -> Acts:
    """What is added beside the step; its words have gone with it, and its version, if there is one."""
    note, version = ("\n".join(asked.words), before.number) if step is None else ("", None)
    if not (note or asked.outputs or asked.numbers):
        return []
    given = AddToTask(task_id=before.id, note=note, outputs=asked.outputs, numbers=asked.numbers, version=version)
    return [given]


def _request(_actor: Actor, before: Version, shown: Object, sent: Object, _version: int | None) -> Acts:
    folder = _newest(before).folder_id
    if before.id != folder:
        raise Invalid(
            [error("not-supported", "ServiceRequest", "is the anonymous ask: the server's own, never changed")]
        )
    rest, reason = _reason_taken_out(sent)
    _require_only(shown, rest, "status")
    if same(shown["status"], sent["status"]):
        return []
    return [CloseRequest(referral_id=folder, status=str(sent["status"]), reason=reason)]


def _reason_taken_out(sent: Object) -> tuple[Object, str]:
    """A request without R4's own extension for the reason of its status, and the code in that, "" for none."""
    given = _list(sent.get("extension"))
    said = [each for each in given if isinstance(each, dict) and each.get("url") == STATUS_REASON]
    rest: list[Tree] = [each for each in given if each not in said]
    concepts: list[Tree] = [each.get("valueCodeableConcept") for each in said]
    codes = (code for system, code in codings(concepts) if code in REASONS and REASONS[code].system == system)
    without = {name: value for name, value in sent.items() if name != "extension"}
    return without | ({"extension": rest} if rest else {}), next(codes, "")


def _consent(actor: Actor, before: Version, shown: Object, sent: Object, version: int | None) -> Acts:
    folder = _newest(before).folder_id
    recorded = ConsentTerms.objects.filter(folder_id=folder, consent=before.id).exists()
    status = (shown["status"], sent["status"])
    if not recorded or same(*status) or not _same_but(shown, sent, "status"):
        return _section(actor, before, shown, sent, version)
    if status == ("active", "inactive"):
        return [StopConsent(referral_id=folder, consent_id=before.id)]
    if status == ("inactive", "active"):
        return [ResumeConsent(referral_id=folder, consent_id=before.id)]
    raise Invalid(
        [error("business-rule", "Consent.status", "may become inactive, or active again while it is on hold")]
    )


def _section(actor: Actor, before: Version, shown: Object, sent: Object, version: int | None) -> Acts:
    if not _says_more(shown.get("meta"), sent.get("meta")) and _without_meta(shown) == _without_meta(sent):
        return []
    newest = _newest(before)
    if newest.agency_id != actor.agency_id:
        raise Denied("Only the agency that wrote it may correct it.", code=DenyCode.ROLE)
    if before.cut or _is_part(sent):
        text = "is here in part: a new version of it would lose the rest"
        raise Invalid([error("business-rule", before.type, text)])
    data = exact.dump(_with_labels(sent, before.tree or {}))
    return [CorrectSection(referral_id=newest.folder_id, resource_id=before.id, data=data, version=version)]


def _is_part(sent: Object) -> bool:
    meta = sent.get("meta")
    tags = _list(meta.get("tag")) if isinstance(meta, dict) else []
    return any(isinstance(tag, dict) and tag.get("code") == "SUBSETTED" for tag in tags)


def _newest(before: Version) -> Section:
    return Section.objects.filter(resource_id=before.id, type=before.type).order_by("-version")[:1].get()


def _require_only(shown: Object, sent: Object, *free: str) -> None:
    issues = [
        error("business-rule", f"ServiceRequest.{name.lstrip('_')}", "must not change once it was sent")
        for name in dict.fromkeys((*shown, *sent))
        if name not in ("meta", *free) and not same(shown.get(name), sent.get(name))
    ]
    if issues:
        raise Invalid(issues)


def _same_but(shown: Object, sent: Object, *free: str) -> bool:
    names = {*shown, *sent} - {"meta", *free}
    return all(shown.get(name) == sent.get(name) for name in names)


def _with_labels(sent: Object, before: Object) -> Object:
    """``sent`` with what its ``meta`` said before: an update adds labels, tags and profiles, and takes none away."""
    meta, had = sent.get("meta"), before.get("meta")
    said, kept = meta if isinstance(meta, dict) else {}, had if isinstance(had, dict) else {}
    merged: Object = {
        name: [*_list(kept.get(name)), *(each for each in _list(said.get(name)) if each not in _list(kept.get(name)))]
        for name in ADDED
    }
    return sent | {"meta": said | {name: values for name, values in merged.items() if values}}


def _without_meta(tree: Object) -> Object:
    return {name: value for name, value in tree.items() if name != "meta"}


def _says_more(before: Tree, sent: Tree) -> bool:
    """Whether ``meta`` has a label, tag or profile that is not there yet; R4 lets an update add to them."""
    if not isinstance(sent, dict):
        return False
    had = before if isinstance(before, dict) else {}
    return any(each not in _list(had.get(name)) for name in ADDED for each in _list(sent.get(name)))


def _list(tree: Tree) -> list[Tree]:
    return tree if isinstance(tree, list) else []


BY_TYPE: Mapping[str, Callable[[Actor, Version, Object, Object, int | None], Acts]] = MappingProxyType(
    {"Task": _task, "ServiceRequest": _request, "Consent": _consent}
)
UPDATED = allowed(Arrival.REFERRAL)
"""The types that can be sent again."""
