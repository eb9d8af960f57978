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
from fhir.content.patch import same
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
from referrals.services import recording, showing
from referrals.services.versions import Version
from referrals.workflow import State, Step

Acts: TypeAlias = Sequence[Act]
STATUS_REASON = "http://hl7.org/fhir/StructureDefinition/request-statusReason"


def acts(actor: Actor, before: Version, *, shown: Object, sent: Object, version: int | None = None) -> Acts:
    """The acts that make of ``before`` what ``sent`` says; none if it says what is so already.

    ``shown`` is ``before`` as its reader was shown it, ``version`` the one it must still have, if the sender said so.
    Raises ``Stale``, ``Invalid``, ``Denied`` and ``NotFound``, each recorded.
    """
    with recording.refusals(actor, UPDATE, target=f"{before.type}/{before.id}"):
        if version is not None and version != before.number:
            raise Stale(f"It is now version {before.number}; you named another.")
        _require_valid(before, sent)
        return BY_TYPE.get(before.type, _section)(actor, before, shown, sent, version)


def _require_valid(before: Version, sent: Object) -> None:
    if (sent.get("resourceType"), sent.get("id")) != (before.type, str(before.id)):
        raise Invalid([error("value", f"{before.type}.id", "must be the type and the id that are addressed")])
    try:
        check(sent)
    except InvalidContent as refusal:
        raise Invalid(refusal.issues) from None


def _task(actor: Actor, before: Version, shown: Object, sent: Object, _version: int | None) -> Acts:
    task = ReferralTask.objects.select_related("requester", "owner").get(pk=before.id)
    view = showing.show(task, actor.agency_id, told=False)
    if view is None:
        raise NotFound
    if view.version != before.number:
        raise Stale(f"The task is now '{view.label}' (version {view.version}); you saw version {before.number}.")
    asked = difference.change(shown, sent, owner=f"Organization/{task.owner_id}")
    step = difference.step_of(asked, state=State(view.status), side=view.side)
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
    if before.cut:
        text = "was shown to you in part: a new version would lose the rest"
        raise Invalid([error("business-rule", before.type, text)])
    data = exact.dump(sent)
    return [CorrectSection(referral_id=newest.folder_id, resource_id=before.id, data=data, version=version)]


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


def _without_meta(tree: Object) -> Object:
    return {name: value for name, value in tree.items() if name != "meta"}


def _says_more(before: Tree, sent: Tree) -> bool:
    """Whether ``meta`` has a label, tag or profile that is not there yet; R4 lets an update add to them."""
    if not isinstance(sent, dict):
        return False
    had = before if isinstance(before, dict) else {}
    return any(
        each not in _list(had.get(name)) for name in ("profile", "security", "tag") for each in _list(sent.get(name))
    )


def _list(tree: Tree) -> list[Tree]:
    return tree if isinstance(tree, list) else []


BY_TYPE: Mapping[str, Callable[[Actor, Version, Object, Object, int | None], Acts]] = MappingProxyType(
    {"Task": _task, "ServiceRequest": _request, "Consent": _consent}
)
UPDATED = allowed(Arrival.REFERRAL)
"""The types that can be sent again."""
