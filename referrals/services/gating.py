"""The first three gates of reading: grant, participation, policy. The list filter ``visible_to`` agrees with them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import OPEN, Capability
from agencies.compiled import ask
from fhir.content.compartments import Compartment
from referrals.errors import Denied, NotFound
from referrals.masks import BIT
from referrals.models import Participation, ReferralGroupPermission
from referrals.policy.bases import EVERYTHING, MEDICAL_ROLES, RULES, Basis
from referrals.policy.codes import WORDS, DenyCode, denied
from referrals.policy.gate import Access, Decision, Deny, Permit, decide
from referrals.policy.limits import NOTHING, OWN_ONLY, limit_of
from referrals.policy.matrix import Action
from referrals.policy.purposes import purpose_of, working_for

from .rows import select

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Fields(NamedTuple):
    """What an actor may see of a resource: somebody else's, and one it wrote itself."""

    read: frozenset[str]
    own: frozenset[str]


def may(actor: Actor, mine: Participation | None, compartment: Compartment, *, at: datetime) -> bool:
    """Whether this actor may read ``compartment`` of the referral in which ``mine`` is its agency's place."""
    return isinstance(answer(actor, mine, compartment, at=at), Permit)


def answer(
    actor: Actor,
    mine: Participation | None,
    compartment: Compartment,
    *,
    at: datetime,
    action: Action = Action.READ,
) -> Decision:
    """The gate's answer to reading ``compartment``, or to another action, with its reason."""
    reads = action is Action.READ
    if mine is None or (reads and not actor.may(Capability.VIEW_INBOX)):
        return Deny(DenyCode.NO_RELATIONSHIP)
    live = mine.since <= at and (mine.until is None or mine.until > at)
    return decide(
        Access(
            role=actor.role,
            granted=_granted(actor, mine, compartment, action, at=at),
            action=action,
            compartment=compartment,
            takes_part=live and mine.agency_id == actor.agency_id,
            holds_compartment=not reads or bool(mine.mask & BIT[compartment]),
            purpose=working_for(actor),
            own=is_own(actor, mine),
            age=at - mine.since,
            helped=mine.helpers_until is not None and mine.helpers_until > at,
            lapsed=lapsed(mine, at=at) if reads and not _is_the_ask(mine, compartment) else None,
        )
    )


def as_author(mine: Participation) -> Participation:
    """The place of an agency as the author of what it wrote, whatever became of its part since; never saved.

    Role, grant and the hours of a role hold as ever: an agency's own record is not open to everybody in it.
    """
    return Participation(
        referral_id=mine.referral_id,
        agency_id=mine.agency_id,
        mask=sum(BIT.values()),
        basis=Basis.INTERNAL_UNIT.value,
        purpose=mine.purpose,
        helpers_until=mine.helpers_until,
        member_id=mine.member_id,
        since=mine.since,
    )


def fields_of(
    actor: Actor, mine: Participation, compartments: Iterable[Compartment], *, at: datetime
) -> Mapping[Compartment, Fields]:
    """By compartment, the fields the gate names to this actor; denied: none.

    What the ground of a place is limited to, the place stays limited to.
    """
    found = {}
    ground = RULES[Basis(mine.basis)].fields
    for compartment in compartments:
        said = answer(actor, mine, compartment, at=at)
        allowed = NOTHING if isinstance(said, Deny) else said.fields
        read = allowed if ground >= EVERYTHING else ground if allowed >= EVERYTHING else ground & allowed
        own = EVERYTHING if read and limit_of(actor.role, compartment).but_own else read
        found[compartment] = Fields(read, own)
    return found


def beginning(actor: Actor, *, at: datetime) -> Participation:
    """The place of whoever begins a referral, before it is one: its own, from now on, holding nothing yet."""
    return Participation(
        agency_id=actor.agency_id,
        member_id=actor.membership_id,
        mask=0,
        since=at,
        basis=Basis.INTERNAL_UNIT.value,
    )


def is_own(actor: Actor, mine: Participation) -> bool:
    """Whether the actor began this referral."""
    return mine.member_id is not None and mine.member_id == actor.membership_id


def lapsed(mine: Participation, *, at: datetime) -> DenyCode | None:
    """Why the consent that a place stands on is no ground any more; ``None`` if it is, or if it stands on none."""
    if mine.consent_until is None or mine.consent_until > at:
        return None
    return DenyCode(mine.ended_as or DenyCode.CONSENT_EXPIRED)


def _is_the_ask(mine: Participation, compartment: Compartment) -> bool:
    """Whether this is the ask of a place that holds nothing else: it identifies nobody, with or without a consent."""
    return compartment is Compartment.REQUEST and mine.mask == BIT[Compartment.REQUEST]


def _granted(actor: Actor, mine: Participation, compartment: Compartment, action: Action, *, at: datetime) -> bool:
    """Gate 1: to read, the capability of the part and an emergency's own grant; to write, that of taking part."""
    if action is Action.READ:
        return actor.may(OPEN[compartment]) and granted_now(actor, mine, at=at)
    return works(actor)


def works(actor: Actor) -> bool:
    """Whether this role works on referrals at all: it sends them, or answers them."""
    return actor.may(Capability.SEND_REFERRALS) or actor.may(Capability.ANSWER_REFERRALS)


def require_work(actor: Actor) -> None:
    """Raise ``Denied`` for a role that neither sends referrals nor answers them."""
    if not works(actor):
        raise denied(DenyCode.ROLE)


def granted_now(actor: Actor, mine: Participation, *, at: datetime) -> bool:
    """A place of an emergency is open to the roles it was opened for, while its hour lasts (R-P2-14)."""
    if mine.basis != Basis.MEDICAL_EMERGENCY:
        return True
    return ReferralGroupPermission.objects.live(actor, at=at).filter(content_object=mine.referral_id).exists()


def authorship_of(actor: Actor, referral_id: UUID) -> Participation:
    """The actor's agency's place in the referral as author, also when it ended. Raises ``NotFound``,
    and ``Denied`` for a role that an emergency was not opened to.
    """
    mine = next(iter(select(Participation, referral_id=referral_id, agency_id=actor.agency_id)), None)
    if mine is None or not works_with(actor, mine):
        raise NotFound
    if mine.basis == Basis.MEDICAL_EMERGENCY and actor.role not in MEDICAL_ROLES:
        raise denied(DenyCode.ROLE)
    return as_author(mine)


def place_of(actor: Actor, referral_id: UUID) -> Participation:
    """The actor's agency's place in the referral; one indexed look-up for yours, foreign and absent alike.

    Raises ``NotFound``, or ``Denied`` if that place has ended, or was opened in an emergency and not for this role.
    """
    return _open_place(actor, select(Participation, referral_id=referral_id, agency_id=actor.agency_id))


def whole_place_of(actor: Actor, referral_id: UUID) -> Participation:
    """The same, with the referral and its folder, and who asked."""
    return _open_place(actor, ask(_whole_places, referral_id=referral_id, agency_id=actor.agency_id))


def _whole_places(*, referral_id: UUID, agency_id: UUID) -> "QuerySet[Participation]":
    found = Participation.objects.select_related("referral__folder", "task__requester", "agency")
    return found.filter(referral_id=referral_id, agency_id=agency_id)


def _open_place(actor: Actor, found: Sequence[Participation]) -> Participation:
    mine, now = next(iter(found), None), timezone.now()
    if mine is None or not works_with(actor, mine):
        raise NotFound
    require_live(mine, now)
    if not granted_now(actor, mine, at=now):
        raise denied(DenyCode.ROLE)
    return mine


def works_with(actor: Actor, mine: Participation) -> bool:
    """Whether this role works with lists at all, and with this referral: an officer with his own (R-P2-02)."""
    works = actor.may(Capability.VIEW_INBOX) and purpose_of(actor.role) is not None
    return works and (actor.role not in OWN_ONLY or is_own(actor, mine))


def acts_on(actor: Actor, referral_id: UUID) -> bool:
    """Whether the actor's agency has a place in the referral, and the actor's role acts there: an officer on his own.

    What somebody may not see he may not change or pass on either.
    """
    began = ask(_beginners, referral_id=referral_id, agency_id=actor.agency_id)
    return actor.membership_id in began if actor.role in OWN_ONLY else bool(began)


def _beginners(*, referral_id: UUID, agency_id: UUID) -> "QuerySet[Participation, UUID | None]":
    """Of each place of an agency in a referral, who of it began that, if anybody did."""
    return Participation.objects.filter(referral_id=referral_id, agency_id=agency_id).values_list(
        "member_id", flat=True
    )


def require_live(mine: Participation, at: datetime) -> None:
    """Raise ``Denied`` with the code under which this place ended, if it did."""
    if mine.until is not None and mine.until <= at:
        code = DenyCode(mine.ended_as or DenyCode.WITHDRAWN)
        raise denied(code)


def permitted(actor: Actor, mine: Participation) -> frozenset[Compartment]:
    """The compartments this actor may read now."""
    now = timezone.now()
    return frozenset(part for part in Compartment if may(actor, mine, part, at=now))


def readable(
    actor: Actor, mine: Participation, compartments: Iterable[Compartment] | None = None
) -> frozenset[Compartment]:
    """The compartments to open: all that are permitted, or those asked for, if all are.

    Raises ``Denied``, also to who asks for all and would be given less because a consent ended (R-P2-13).
    """
    now = timezone.now()
    if compartments is None:
        ended = lapsed(mine, at=now)
        if ended is not None and mine.mask != BIT[Compartment.REQUEST]:
            raise denied(ended)
        return permitted(actor, mine)
    asked = frozenset(compartments)
    for compartment in sorted(asked):
        said = answer(actor, mine, compartment, at=now)
        if isinstance(said, Deny):
            raise Denied(f"{compartment}: {WORDS[said.code]}", code=said.code)
    return asked
