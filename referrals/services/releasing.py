"""What opens when an offer is accepted: the requester's signed release is carried out, the siblings lapse."""

from uuid import UUID

from agencies.days import local_day
from agencies.vault.errors import Forged
from fhir.content.compartments import Compartment
from referrals.models import ReferralTask
from referrals.policy.bases import CONSENTS, Basis
from referrals.policy.terms import lapsed
from referrals.workflow import BY_NAME, State

from . import clients, consenting, moving, wrapping
from .facts import Exchange, Partners
from .work import Work


def take_up(work: Work, task: ReferralTask) -> None:
    """Give the owner who accepted what the requester released to it, and close the offer to the others.

    The gate is asked again: an agreement that ended since the offer releases nothing. The requester's key opens the
    data keys, which the caller logs as delegated. Raises ``Denied``.
    """
    _lapse_siblings(work, task)
    released = _redeemed(work, task)
    if _is_anonymous_now(work, task) or not released:
        return
    keys = wrapping.keys_released(work.state, task)  # before the gate, which would believe a forged requester
    place = work.participations[task.owner_id]
    Exchange(
        discloser=task.requester,
        recipient=task.owner,
        basis=Basis(place.basis),
        role=None,  # the promise was somebody's act, gated when it was made
        at=work.now,
        terms=work.consents.get(place.consent) if place.consent else None,
        accepted=True,
        kept_local=False,  # asked when it was offered: the owner cannot open what says so
        restricted=work.restricted,
        partners=Partners(task.requester_id, on=local_day(task.requester, work.now)),
    ).require(released)
    work.take_part(task.owner_id, None, released)
    work.hand_over(task.owner_id, keys, delegated_by=task.requester_id)
    if task.owner.connected:  # one off the network keeps no clients here, and has no key to find them by
        clients.know_from_contact(work, task.owner, keys)


def _is_anonymous_now(work: Work, task: ReferralTask) -> bool:
    """Whether the consent ended by itself since the offer: it is taken without a name then, and who asked is told.

    As after a stop (R-P2-13): a yes that opens nothing is worth more than one refused for ever.
    """
    place = work.participations[task.owner_id]
    terms = work.consents.get(place.consent) if place.consent and Basis(place.basis) in CONSENTS else None
    if terms is None or lapsed(terms, at=work.now) is None:
        return False
    consenting.make_anonymous(work, place)
    work.notify(task.requester, "accepted-anonymous", task)
    return True


def call_off(work: Work) -> None:
    """End the waiting offers of every agency whose part this work closed: what it promised nobody can give any more.

    Each agency that was asked is told, so that none accepts an offer that opens nothing.
    """
    if not work.closed:
        return
    asked = ReferralTask.objects.filter(
        referral_id=work.referral.pk, requester_id__in=work.closed, status=State.REQUESTED.value
    )
    for task_id in list(asked.order_by("id").values_list("id", flat=True)):
        task = work.task(task_id)
        if State(task.status) is State.REQUESTED:  # this work may have ended it already
            moving.move(work, task, BY_NAME["withdraw"])
            work.close(task.owner_id)
            work.notify(task.owner, "withdraw", task)


def _lapse_siblings(work: Work, task: ReferralTask) -> None:
    """Cancel the offer's other tasks. Raises ``CannotOpen`` if one that has a promise is not among them."""
    siblings = _siblings(task)
    rivals = {release.task_id for release in work.state.releases if release.group == task.offer_group}
    if not rivals <= {task.id, *siblings}:
        raise Forged("offer group")
    for sibling_id in siblings:
        sibling = work.task(sibling_id)
        moving.move(work, sibling, BY_NAME["lapse"])
        work.close(sibling.owner_id)
        work.notify(sibling.owner, "lapse", sibling)


def _siblings(task: ReferralTask) -> list[UUID]:
    if task.offer_group is None:
        return []
    asked = ReferralTask.objects.filter(referral_id=task.referral_id, offer_group=task.offer_group)
    waiting = asked.filter(status=State.REQUESTED.value).exclude(pk=task.pk)
    return list(waiting.order_by("id").values_list("id", flat=True))


def _redeemed(work: Work, task: ReferralTask) -> frozenset[Compartment]:
    """Take up what was promised for the task. Raises ``CannotOpen`` if that was in another offer group."""
    promised = {place: opens for place, opens in work.releases.items() if place[0] == task.id}
    if any(group != task.offer_group for _task, _agency, group in promised):
        raise Forged("offer group")
    work.releases = {place: opens for place, opens in work.releases.items() if place not in promised}
    opened = (opens for (_task, agency_id, _group), opens in promised.items() if agency_id == task.owner_id)
    return next(opened, frozenset())
