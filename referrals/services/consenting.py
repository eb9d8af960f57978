"""A Consent is recorded, changed, stopped or taken up again: its terms, and what that does to every place (R-P2-13)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from fhir.content.bundle import Resource
from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from fhir.content.issues import error
from referrals.consents.models import ConsentTerms
from referrals.errors import Invalid
from referrals.models import Participation
from referrals.policy.bases import CONSENTS, Basis
from referrals.policy.codes import DenyCode, denied
from referrals.policy.gate import Deny
from referrals.policy.terms import Form, Recipients, Standing, Terms, encode
from referrals.workflow import BY_NAME, FINAL, State

from . import ledger, moving
from .facts import purpose_for
from .reading_consents import terms_of
from .work import Work, held

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
"""The end of what a form lets through without one."""

ASK = frozenset({Compartment.REQUEST})
SIGNED = ("form", "holder", "answers", "agencies", "classes", "compartments", "purposes", "until")
"""What of a paper is the client's word, which no correction changes."""


def record(work: Work, resource: Resource, *, version: int, patient: "Object | None" = None) -> None:
    """Read what a Consent lets through and let it count from this act on; of any other resource, nothing.

    ``patient`` is the client as the bundle has them; without it the actor's own keys open the referral's. One of
    another shape than ours is kept and grounds nothing. Raises ``Invalid`` naming the element that is missing, or
    that a new version says more or less of; ``Denied`` for what the state's rules refuse, and for one that was stopped.
    """
    if resource.type != "Consent":
        return
    terms = terms_of(work, resource, version=version, patient=patient)
    if terms is not None:
        terms = replace(terms, papers=frozenset(_own_papers(work, terms)))
        if (before := work.consents.get(terms.consent)) is not None:
            _require_continues(before, terms)
            terms = replace(terms, papers=terms.papers | before.papers)
        _write(work, terms)
        carry_out(work, terms)


def _own_papers(work: Work, terms: Terms) -> Iterator[UUID]:
    """The papers that are not somebody else's: nobody hides what another agency wrote by calling it signed."""
    lines = work.state.sections.values()
    foreign = {line.resource_id for line in lines if work.state.added_by[line.section_id].agency_id != work.agency.id}
    return (paper for paper in terms.papers if str(paper) not in foreign)


def _require_continues(before: Terms, after: Terms) -> None:
    """Raise unless a new version lets through what the one before did, no more and no less, and that one stands.

    A correction is nobody's signature: it lifts no stop, brings nobody in, and leaves nobody reading on words that are
    gone.
    """
    if before.standing is not Standing.ACTIVE:
        raise denied(DenyCode.CONSENT_REVOKED)
    if any(getattr(before, part) != getattr(after, part) for part in SIGNED):
        text = (
            "A new version may say no more and no less than the one before: whom, what, what for, until when. "
            "File what was signed now as a consent of its own, and stop this one if it says too much."
        )
        raise Invalid([error("business-rule", "Consent.provision", text)])


def stand(work: Work, consent: UUID, standing: Standing) -> None:
    """Let a recorded consent stand differently; every reader is told so at once. ``KeyError`` for an unknown one."""
    terms = work.consents[consent].standing_as(standing)
    _write(work, terms)
    carry_out(work, terms)
    recorder = work.state.recorded_by[consent]
    if recorder != work.agency.id:  # the paper is theirs: they take the writing, and share nothing more meanwhile
        work.notify(work.participations[recorder].agency, f"consent-{standing.value}")


def _write(work: Work, terms: Terms) -> None:
    work.consents[terms.consent] = terms
    work.terms.append(
        ConsentTerms(
            folder_id=work.folder.id,
            consent=terms.consent,
            version=terms.version,
            standing=terms.standing.value,
            terms=encode(terms),
            until=terms.until,
            agency_id=work.agency.id,
            membership_id=work.actor.membership_id,
            at=work.now,
        )
    )


def carry_out(work: Work, terms: Terms) -> None:
    """What the consent does to each place, as it stands now."""
    until = (terms.until or FOREVER) if terms.standing is Standing.ACTIVE else None
    for place in list(work.participations.values()):
        if place.until is not None:
            continue
        if place.consent == terms.consent and Basis(place.basis) in CONSENTS:
            EFFECTS[terms.standing](work, place, terms)
        elif place.agency_id in terms.agencies and place.agency.sworn:
            _tell_outcome(work, place, terms, until)
    mine = work.participations.get(work.agency.id)
    if mine is not None and not work.agency.sworn and Recipients.OPERATING in terms.classes:
        mine.helpers_until = until
        work.touched.add(mine.agency_id)


def _resume(work: Work, place: Participation, terms: Terms) -> None:
    """Active: what stands on it is open until the form ends."""
    place.consent_until, place.ended_as = terms.until, ""
    work.touched.add(place.agency_id)


def _suspend(work: Work, place: Participation, _terms: Terms) -> None:
    """Held: no more is shown from now on, and nothing is taken back yet; the writing is still to come."""
    if _only_asked(place):
        make_anonymous(work, place)
        return
    place.consent_until, place.ended_as = work.now, DenyCode.CONSENT_REVOKED.value
    work.touched.add(place.agency_id)
    work.notify(place.agency, "consent-held", place.task)


def _end(work: Work, place: Participation, _terms: Terms) -> None:
    """Revoked: the agency's part is over; what it was offered and has not taken is anonymous from now on."""
    if _only_asked(place):
        make_anonymous(work, place)
        return
    if place.task_id and State(work.task(place.task_id).status) not in FINAL:
        moving.move(work, work.task(place.task_id), BY_NAME["withdraw"])
    work.expel(place.agency_id, ended_as=DenyCode.CONSENT_REVOKED)
    work.notify(place.agency, "consent-revoked", place.task)


EFFECTS = {Standing.ACTIVE: _resume, Standing.HELD: _suspend, Standing.REVOKED: _end}


def _only_asked(place: Participation) -> bool:
    return held(place) <= ASK and place.task is not None and State(place.task.status) is State.REQUESTED


def make_anonymous(work: Work, place: Participation) -> None:
    """Nothing opens on its acceptance any more; the ask itself identifies nobody (R-P2-05)."""
    place.basis, place.consent, place.consent_until = Basis.DEIDENTIFIED.value, None, None
    place.purpose = purpose_for(Basis.DEIDENTIFIED, place.agency).value
    work.releases = {key: opens for key, opens in work.releases.items() if key[1] != place.agency_id}
    work.touched.add(place.agency_id)


def _tell_outcome(work: Work, place: Participation, terms: Terms, until: datetime | None) -> None:
    """A police unit that the client named learns how it went, until then; that is a disclosure (R-P2-06)."""
    if terms.form is not Form.NAMED or Compartment.OUTCOME not in terms.compartments:
        return
    exchange = work.exchange(place.agency, basis=Basis.CONSENT_NAMED, consent=terms.consent)
    if until is not None and isinstance(exchange.decide(Compartment.OUTCOME), Deny):
        return
    place.outcome_until = until
    work.touched.add(place.agency_id)
    if until is not None:
        work.disclosures.append(
            ledger.row(
                work,
                place.agency,
                {Compartment.OUTCOME},
                discloser_id=work.agency.id,
                basis=exchange.basis,
                purpose=exchange.purpose,
                terms=terms,
            )
        )
