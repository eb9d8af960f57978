"""A course played for good: each move by its own person, through the acts everybody uses, at its time by the clock."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.services import actor_for, agency_called, membership_of
from audit.uuid7 import uuid7
from bhu.clock import told_by
from referrals import acts
from referrals.notices.services.climbing import climb
from referrals.perform import Done, perform
from referrals.services.telling import silently

from . import moves
from .moves import Deed, Move, Seat
from .resources import CLIENT

BEFORE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Company:
    """Who is who in this database, asked once; and what time it is for them."""

    at: datetime = BEFORE
    actors: dict[Seat, Actor] = field(default_factory=dict)
    agencies: dict[str, UUID] = field(default_factory=dict)

    def clock(self) -> datetime:
        """What time it is."""
        return self.at

    def actor(self, seat: Seat) -> Actor:
        """The actor somebody's place makes."""
        if seat not in self.actors:
            self.actors[seat] = actor_for(membership_of(email=seat.email, agency=seat.agency))
        return self.actors[seat]

    def agency(self, slug: str) -> UUID:
        """The id of an agency."""
        if slug not in self.agencies:
            self.agencies[slug] = agency_called(slug).id
        return self.agencies[slug]


def play(company: Company, course: Iterable[Move]) -> UUID:
    """Do all that a course says, and answer which referral it made. Raises what refuses one of its moves."""
    played = _Played(company)
    with told_by(company.clock), silently():
        for move in course:
            company.at = move.at
            played.do(move)
    with silently():
        climb(at=timezone.now(), referral_id=played.referral_id)
    return played.referral_id


class _Played:
    """One referral while it is played: its id, its client's, and those of what later moves speak of."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.referral_id, self.patient = UUID(int=0), b""
        self.tasks: dict[str, UUID] = {}
        self.named: dict[str, UUID] = {}

    def do(self, move: Move) -> None:
        made = [_ACTS[type(deed)](self, deed) for deed in move.deeds]
        done = perform(self.company.actor(move.who), made)
        if isinstance(move.deeds[0], moves.Send):
            self._begun(move.deeds[0], done)

    def _begun(self, sent: moves.Send, done: Done) -> None:
        self.referral_id = done.referral_id
        self.tasks = dict(zip(sent.to, done.tasks, strict=True))
        self.patient = next(each for each in done.created if each.startswith("Patient/")).encode()

    def _data(self, resource: Mapping[str, Any]) -> bytes:
        return json.dumps(resource).encode().replace(CLIENT.encode(), self.patient)

    def send(self, deed: moves.Send) -> acts.Act:
        """A bundle."""
        return acts.Send(
            data=json.dumps(deed.bundle).encode(),
            to=tuple(map(self.company.agency, deed.to)),
            basis=deed.basis,
            pathway=deed.pathway,
            brought_by=deed.origin,
            agreed=deed.agreed,
        )

    def take(self, deed: moves.Take) -> acts.Act:
        """A step."""
        said_by = "the person at the desk" if deed.how else ""
        return acts.TakeStep(
            task_id=self.tasks[deed.owner],
            step=deed.step,
            reason=deed.reason,
            note=deed.note,
            how=deed.how,
            said_by=said_by,
        )

    def add(self, deed: moves.Add) -> acts.Act:
        """A resource, by an id that later moves can speak of."""
        id_ = uuid7()
        self.named[deed.name] = id_
        return acts.AddSection(referral_id=self.referral_id, data=self._data(deed.resource), id=id_)

    def offer(self, deed: moves.Offer) -> acts.Act:
        """An offer, with tasks that later moves can speak of."""
        ids = tuple(uuid7() for _ in deed.to)
        self.tasks |= dict(zip(deed.to, ids, strict=True))
        to = tuple(map(self.company.agency, deed.to))
        return acts.Offer(referral_id=self.referral_id, to=to, release=deed.release, ids=ids)

    def stop(self, deed: moves.Stop) -> acts.Act:
        """A stop in writing."""
        return acts.StopConsent(referral_id=self.referral_id, consent_id=self.named[deed.name], written=True)


_ACTS: Mapping[type[Deed], Callable[[_Played, Any], acts.Act]] = {
    moves.Send: _Played.send,
    moves.Take: _Played.take,
    moves.Add: _Played.add,
    moves.Offer: _Played.offer,
    moves.Stop: _Played.stop,
}
"""Each kind of deed and the act it is."""
