"""What opens when an offer is accepted: the requester's signed release is carried out, the siblings lapse."""

from fhir.content.compartments import Compartment
from referrals.models import ReferralTask
from referrals.policy.bases import Basis
from referrals.workflow import BY_NAME, State

from . import clients, moving, wrapping
from .facts import Exchange, Partners
from .work import Work


def take_up(work: Work, task: ReferralTask) -> None:
    """Give the owner who accepted what the requester released to it, and close the offer to the others.

    The gate is asked again: an agreement that ended since the offer releases nothing. The requester's key opens the
    data keys, which the caller logs as delegated. Raises ``Denied``.
    """
    _lapse_siblings(work, task)
    released = work.releases.pop((task.id, task.owner_id), frozenset[Compartment]())
    if not released:
        return
    place = work.participations[task.owner_id]
    Exchange(
        discloser=task.requester,
        recipient=task.owner,
        basis=Basis(place.basis),
        consent=place.consent,
        partners=Partners(task.requester_id, on=work.now.date()),
    ).require(released)
    keys = wrapping.keys_released(work.state, task)
    work.take_part(task.owner_id, None, released)
    work.hand_over(task.owner_id, keys, delegated_by=task.requester_id)
    clients.know_from_contact(work, task.owner, keys)


def _lapse_siblings(work: Work, task: ReferralTask) -> None:
    if task.offer_group is None:
        return
    siblings = ReferralTask.objects.filter(
        referral_id=task.referral_id, offer_group=task.offer_group, status=State.REQUESTED.value
    ).exclude(pk=task.pk)
    for sibling_id in siblings.order_by("id").values_list("id", flat=True):
        sibling = work.task(sibling_id)
        moving.move(work, sibling, BY_NAME["lapse"])
        work.releases.pop((sibling.id, sibling.owner_id), None)
        work.close(sibling.owner_id)
        work.notify(sibling.owner, "lapse", sibling)
