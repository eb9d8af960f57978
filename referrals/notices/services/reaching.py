"""How people and agencies want to be reached: mailbox, hours, rota and webhooks of an agency; wishes of a person."""

from collections.abc import Mapping
from datetime import time
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.models import Membership, User
from agencies.outside import CannotFetch, place_of
from audit import log
from referrals.errors import NotFound
from referrals.models import Priority
from referrals.notices.channels import webhook
from referrals.notices.kinds import Wish
from referrals.notices.models import AgencyTimer, Preference, Reach, Shift, Webhook
from referrals.notices.timers import Rung
from referrals.policy.codes import DenyCode, denied
from referrals.services import recording


def may_set(actor: Actor) -> bool:
    """Whether this actor says how its agency is reached."""
    return actor.may(Capability.MANAGE_MEMBERS)


def reach_of(agency_id: UUID) -> Reach:
    """How the agency is reached; as it is where nothing was said, not saved."""
    return Reach.objects.filter(agency_id=agency_id).first() or Reach(
        agency_id=agency_id, opens=time(8), closes=time(17)
    )


def rota_of(agency_id: UUID) -> list[Shift]:
    """Every turn on an agency's rota, who is called first in front."""
    return list(
        Shift.objects.filter(agency_id=agency_id).select_related("membership__user").order_by("place", "begins")
    )


def staff_of(agency_id: UUID) -> list[Membership]:
    """Who may be put on an agency's rota: its people now, by name."""
    live = Membership.objects.live(timezone.now()).filter(agency_id=agency_id, user__isnull=False)
    return list(live.select_related("user").order_by("user__name", "id"))


def webhooks_of(agency_id: UUID) -> list[Webhook]:
    """The systems of an agency that hear of notices now."""
    return list(Webhook.objects.filter(agency_id=agency_id, ended_at=None).order_by("id"))


def set_reach(actor: Actor, *, mailbox: str, days: int, opens: time, closes: time) -> None:
    """Say how the actor's agency is reached and when it works. Raises ``Denied``, ``ValidationError`` for the hours."""
    if opens >= closes:
        raise ValidationError({"closes": gettext("Must be later than when you open.")})
    with recording.one_act(actor, "reach.set"):
        _require(actor)
        said = {"mailbox": mailbox, "days": days, "opens": opens, "closes": closes}
        Reach.objects.update_or_create(agency_id=actor.agency_id, defaults=said)
        recording.record(actor, "reach.set")


def timers_of(agency_id: UUID) -> dict[tuple[str, str], int]:
    """The times an agency set for itself in place of the network's, in minutes, by rung and urgency."""
    rows = AgencyTimer.objects.filter(agency_id=agency_id).values_list("rung", "urgency", "minutes")
    return {(rung, urgency): minutes for rung, urgency, minutes in rows}


def set_timers(actor: Actor, minutes: Mapping[tuple[str, str], int]) -> None:
    """Set the agency's own times, these and no others. Raises ``Denied``; ``ValueError`` for a rung nobody knows."""
    with recording.one_act(actor, "timers.set"):
        _require(actor)
        AgencyTimer.objects.filter(agency_id=actor.agency_id).delete()
        AgencyTimer.objects.bulk_create(
            AgencyTimer(agency_id=actor.agency_id, rung=Rung(rung).value, urgency=Priority(urgency).value, minutes=n)
            for (rung, urgency), n in minutes.items()
        )
        recording.record(actor, "timers.set")


def add_shift(actor: Actor, *, membership_id: UUID, place: int, days: int, begins: time, ends: time) -> None:
    """Put somebody on the rota. Raises ``Denied``; ``NotFound`` for who is no member of the actor's agency now."""
    with recording.one_act(actor, "rota.add"):
        _require(actor)
        live = Membership.objects.live(timezone.now()).filter(agency_id=actor.agency_id, user__isnull=False)
        if not live.filter(pk=membership_id).exists():
            raise NotFound
        row = Shift.objects.create(
            agency_id=actor.agency_id, membership_id=membership_id, place=place, days=days, begins=begins, ends=ends
        )
        recording.record(actor, "rota.add", target=f"Shift/{row.pk}", code=f"Membership/{membership_id}")


def end_shift(actor: Actor, shift_id: UUID) -> None:
    """Take a turn off the rota. Raises ``Denied``; ``NotFound`` for none of the actor's agency."""
    with recording.one_act(actor, "rota.end", target=f"Shift/{shift_id}"):
        _require(actor)
        if not Shift.objects.filter(pk=shift_id, agency_id=actor.agency_id).delete()[0]:
            raise NotFound
        recording.record(actor, "rota.end", target=f"Shift/{shift_id}")


def add_webhook(actor: Actor, *, url: str) -> str:
    """Let the agency's own system hear of notices. Returns the secret it checks signatures with; nobody sees it again.

    Raises ``Denied``; ``ValidationError`` for anything but a plain https address.
    """
    try:
        place_of(url)
    except CannotFetch as problem:
        raise ValidationError({"url": str(problem)}) from None
    with recording.one_act(actor, "webhook.add"):
        _require(actor)
        row, secret = Webhook(agency_id=actor.agency_id, url=url), webhook.new_secret()
        row.sealed_secret = webhook.seal(secret, webhook_id=row.pk)
        row.save(force_insert=True)
        recording.record(actor, "webhook.add", target=f"Webhook/{row.pk}")
    return secret


def end_webhook(actor: Actor, webhook_id: UUID) -> None:
    """Let it hear of nothing more. Raises ``Denied``; ``NotFound`` for none of the actor's agency."""
    with recording.one_act(actor, "webhook.end", target=f"Webhook/{webhook_id}"):
        _require(actor)
        live = Webhook.objects.filter(pk=webhook_id, agency_id=actor.agency_id, ended_at=None)
        if not live.update(ended_at=timezone.now()):
            raise NotFound
        recording.record(actor, "webhook.end", target=f"Webhook/{webhook_id}")


def preference_of(user: User) -> Preference:
    """How this person wants to hear of notices; as it is where they said nothing, not saved."""
    return Preference.objects.filter(user=user).first() or Preference(user=user, text=Wish.NONE.value)


@transaction.atomic
def prefer(user: User, *, mail: str, text: str, phone: str, quiet_begins: time | None, quiet_ends: time | None) -> None:
    """Say how one wants to hear of notices."""
    said = {"mail": mail, "text": text, "phone": phone, "quiet_begins": quiet_begins, "quiet_ends": quiet_ends}
    Preference.objects.update_or_create(user=user, defaults=said)
    log.record(action="notice.prefer", target=f"Person/{user.pk}", actor=f"Person/{user.pk}")


def _require(actor: Actor) -> None:
    if not may_set(actor):
        raise denied(DenyCode.ROLE)
