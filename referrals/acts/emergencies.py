"""Opening a referral to medical personnel in an emergency: two taps, and it is open (42 CFR 2.51, R-P2-14)."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from agencies.capabilities import Capability
from agencies.models import Agency, RoleGroup
from agencies.roles import Role
from agencies.vault import contexts
from agencies.vault.bundles import DataKey
from fhir.content.compartments import Compartment
from referrals.emergencies.models import EmergencyAccess
from referrals.emergencies.natures import Nature, documented_by, reviewed_by
from referrals.errors import Denied
from referrals.masks import mask_of
from referrals.models import OPEN_IN_EMERGENCY, Referral, ReferralGroupPermission, Section
from referrals.policy.bases import EMERGENCY_HOUR, MEDICAL_ROLES, RULES, Basis
from referrals.policy.codes import WORDS, DenyCode, denied
from referrals.services import moving, wrapping
from referrals.services.ended import close_but_asked, open_tasks
from referrals.services.gating import lapsed
from referrals.services.recipients import active
from referrals.services.work import Work, held
from referrals.workflow import BY_NAME

from .base import OnReferral

ASK = frozenset({Compartment.REQUEST})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInEmergency(OnReferral):
    """Let the medical personnel of ``agency_id`` open what the actor can open of this referral, for sixty minutes.

    Opens first: no consent, agreement or words are asked for; the words are due within the hour, and the privacy
    officers of both sides are told at once.
    """

    agency_id: UUID
    nature: Nature

    @property
    def name(self) -> str:
        return "emergency.open"

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.referral_id, self.agency_id, self.nature)

    def run(self, work: Work) -> None:
        work.require_any(Capability.SEND_REFERRALS, Capability.ANSWER_REFERRALS)
        (agency,) = active([self.agency_id], other_than=work.agency)
        keys = self._keys(work)
        parts = frozenset(key.compartment for key in keys)
        work.exchange(agency, basis=Basis.MEDICAL_EMERGENCY, consent=None).require(parts | ASK)
        _require_room(work, agency)
        _make_room(work, agency)
        until = work.now + EMERGENCY_HOUR
        place = work.admit(agency, task=None, basis=Basis.MEDICAL_EMERGENCY, receives=parts, until=until)
        place.ended_as = DenyCode.EMERGENCY_OVER.value
        work.hand_over(agency.id, keys)
        access = EmergencyAccess(
            referral=work.referral,
            agency=work.agency,
            membership_id=work.actor.membership_id,
            recipient=agency,
            nature=self.nature.value,
            mask=mask_of(parts),
            opened_at=work.now,
            until=until,
            words_due=documented_by(work.now),
            review_due=reviewed_by(work.now.astimezone(ZoneInfo(work.agency.time_zone))),
        )
        work.rows += [access, *_grants(work, agency)]
        work.notify(agency, "emergency-open")
        for side in (work.agency, agency):
            work.notify(side, "emergency-open", role=Role.PRIVACY_OFFICER)
        work.did(self.name, f"EmergencyAccess/{access.id}")

    def _keys(self, work: Work) -> list[DataKey]:
        """Everything of the ground that the actor's own role opens: who cannot read it cannot hand it on.

        Who is in by an emergency alone hands on what it wrote itself, else two houses renew each other's hour for ever.
        """
        opens = RULES[Basis.MEDICAL_EMERGENCY].opens
        own = _own_places(work) if work.mine.basis == Basis.MEDICAL_EMERGENCY else None
        keys = [
            key
            for key in wrapping.keys_of(work.actor, work.state).values()
            if key.audience is None and key.compartment in opens
            if own is None or (key.compartment, key.epoch) in own
        ]
        if not {key.compartment for key in keys} - ASK:
            raise denied(DenyCode.COMPARTMENT)
        return keys


def _own_places(work: Work) -> frozenset[tuple[Compartment, int]]:
    """The parts and epochs in which the acting agency wrote something for all."""
    rows = Section.objects.filter(folder=work.folder, agency=work.agency, task=None)
    return frozenset((Compartment(part), epoch) for part, epoch in rows.values_list("compartment", "epoch"))


def _make_room(work: Work, agency: Agency) -> None:
    """End the place it had: the hour opens what the opener opens and nothing of before, and is ended by nobody's yes.

    A helping unit that asked it is told and may ask again; what police asked stays as it is, for they would see it end.
    """
    if agency.id not in work.participations:
        return
    for task in open_tasks(work, agency.id):
        if not task.requester.sworn:
            moving.move(work, task, BY_NAME["withdraw"])
            if task.requester_id != work.agency.id:
                work.notify(task.requester, "withdraw", task)
    close_but_asked(work, agency.id)


def _require_room(work: Work, agency: Agency) -> None:
    """Raise ``Denied`` for an agency that takes part and reads more than the ask: it has what it has."""
    place = work.participations.get(agency.id)
    live = place is not None and (place.until is None or place.until > work.now)
    if place is not None and live and lapsed(place, at=work.now) is None and not held(place) <= ASK:
        raise Denied(f"{agency.slug}: {WORDS[DenyCode.ALREADY_PARTY]}", code=DenyCode.ALREADY_PARTY)


def _grants(work: Work, agency: Agency) -> list[ReferralGroupPermission]:
    """A guardian row for each medical role of the facility, that ends with the hour (gate 1)."""
    permission = Permission.objects.get(
        content_type=ContentType.objects.get_for_model(Referral), codename=OPEN_IN_EMERGENCY
    )
    groups = RoleGroup.objects.filter(agency=agency, role__in=[role.value for role in MEDICAL_ROLES])
    ReferralGroupPermission.objects.filter(
        content_object=work.referral, group__rolegroup__agency=agency, permission=permission
    ).delete()
    until = work.now + EMERGENCY_HOUR
    return [
        ReferralGroupPermission(group_id=row.group_id, permission=permission, content_object=work.referral, until=until)
        for row in groups
    ]
