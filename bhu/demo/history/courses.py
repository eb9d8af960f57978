"""What is done about a case and when, from the first call to the last: as moves, each after the one before. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from agencies.roles import Role
from fhir.content.builders import Agreed, Origin, Pathway
from fhir.content.compartments import Compartment
from referrals.policy.bases import Basis

from . import places, resources, shares, words
from .cases import CRISIS_TEAM, LATELY, QUESTIONS, UNIT, Case
from .dealing import chance_of
from .moves import SEATS, Add, Deed, Move, Offer, Seat, Send, Stop, Take
from .times import ZONE, around, opening

P, C, R = Pathway, Compartment, Role
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONTH, HALF_YEAR = timedelta(days=30), timedelta(days=180)
REASONS_TO_DECLINE = ("outside-towns", "duplicate", "duplicate", "passed-on", "no-way-to-reach", "client-declined")
NIGHT = (22, 6)


def course(case: Case, *, seed: int, now: datetime) -> tuple[Move, ...]:
    """The moves of a case until ``now``, oldest first; always the same for the same arguments."""
    played = _Course(case, chance_of(f"{seed}/{case.number}"), until=now)
    found = tuple(move for move in sorted(played.moves(), key=lambda move: move.at) if move.at < now)
    return found[:1] if case.waits else found


class _Course:
    """One case on its way; ``at`` is how far it has come, ``until`` the end of the history."""

    def __init__(self, case: Case, chance: Random, *, until: datetime) -> None:
        self.case, self.chance, self.at, self.until = case, chance, case.at, until
        self.clinician = chance.choice(SEATS[UNIT, R.CLINICIAN])
        self.coordinator = chance.choice(SEATS[UNIT, R.COORDINATOR])
        self.agency = CRISIS_TEAM if case.began == CRISIS_TEAM else self._department()
        self.sender = self._sender()

    def moves(self) -> Iterator[Move]:
        """Everything that happens, some of it side by side."""
        if self.case.began == UNIT:
            yield from self._asks_from_the_desk()
        else:
            yield self._sends()
            yield from self._told_at_home() if self.case.notice else ()
            yield from self._unit()

    def _now(self, who: Seat, *deeds: Deed) -> Move:
        return Move(self.at, who, deeds)

    def _after(self, middle: timedelta, *, office: bool = False, spread: float = 0.7) -> None:
        """Let about so much time pass, and wait for the office to open."""
        later = self.at + timedelta(seconds=around(middle.total_seconds(), self.chance, spread=spread))
        self.at = opening(later) + self.chance.randint(1, 40) * MINUTE if office and opening(later) > later else later

    # How it begins.

    def _sends(self) -> Move:
        case = self.case
        found = [
            resources.patient(case, self.agency),
            resources.request(case, self.chance),
            resources.encounter(case, self.chance),
        ]
        if case.risk:
            found.append(resources.screen(case))
        if case.began == CRISIS_TEAM:
            found.append(resources.signed(case, "named", at=case.at, by=CRISIS_TEAM, to=(UNIT,)))
        to = (f"{case.client.town}-pd", UNIT) if case.notice else (UNIT,)
        return self._now(self.sender, self._send(found, to))

    def _send(self, found: list[resources.Tree], to: tuple[str, ...], *, basis: Basis | None = None) -> Send:
        case, chance = self.case, self.chance
        origins = {
            P.SELF_REFERRAL: (Origin.SELF, Origin.SELF, Origin.FAMILY),
            P.COMMUNITY_RESPONSE: (Origin.FAMILY, Origin.BUSINESS, Origin.OTHER),
            P.ACTIVE_OUTREACH: (Origin.OFFICER_INITIATED,),
        }
        return Send(
            bundle=resources.bundle(found),
            to=to,
            pathway=case.pathway,
            origin=chance.choice(
                origins.get(case.pathway, (Origin.EMERGENCY_CALL, Origin.EMERGENCY_CALL, Origin.FAMILY))
            ),
            agreed=chance.choices((Agreed.YES, Agreed.UNABLE), (88, 12))[0],
            basis=basis,
        )

    def _department(self) -> str:
        """Whose officer comes: at night Brindle's to Fenn Hollow, too."""
        hour = self.case.at.astimezone(ZONE).hour
        covered = self.case.incident == "fenn-hollow" and not NIGHT[1] <= hour < NIGHT[0] and not self.case.notice
        return "brindle-pd" if covered else f"{self.case.incident}-pd"

    def _sender(self) -> Seat:
        return self.chance.choice(SEATS[self.agency, R.CLINICIAN if self.agency == CRISIS_TEAM else R.OFFICER])

    # The town where somebody lives who was found elsewhere.

    def _told_at_home(self) -> Iterator[Move]:
        case, began = self.case, self.at
        home = f"{case.client.town}-pd"
        (outreach,) = SEATS[home, R.BHU_OFFICER]
        hours = self.chance.uniform(0.4, 11.5) if case.claimed else self.chance.uniform(13, 40)
        self.at = began + hours * HOUR
        yield self._now(outreach, Take(owner=home, step="accept"))
        if case.visited or self.chance.random() < 0.4:
            earliest, latest = (hours + 1, 47) if case.visited else (max(hours + 1, 50), 96)
            self.at = began + self.chance.uniform(earliest, latest) * HOUR
            facts = {"Kit left": case.reached, "Reached": case.reached, "Accepted help": case.helped}
            visit = resources.observed("Visit after an overdose", facts, self.at)
            note = self.chance.choice(words.VISITED)
            yield self._now(
                outreach,
                Take(owner=home, step="start"),
                Add(resource=visit),
                Take(owner=home, step="complete", note=note),
            )
        else:
            self.at = began + self.chance.uniform(100, 200) * HOUR
            yield self._now(outreach, Take(owner=home, step="fail", reason="no-way-to-reach"))
        self.at = began

    # The unit.

    def _unit(self) -> Iterator[Move]:
        case = self.case
        self._after(16 * MINUTE if case.urgent else 3 * HOUR, office=not case.urgent)
        if case.fate == shares.CALLED_OFF:
            yield Move(
                case.at + (self.at - case.at) / 2,
                self.sender,
                (Take(owner=UNIT, step="cancel", reason="no-longer-needed"),),
            )
            return
        if case.fate == shares.DECLINED:
            yield self._now(
                self.clinician, Take(owner=UNIT, step="reject", reason=self.chance.choice(REASONS_TO_DECLINE))
            )
            return
        if case.fate == shares.NOT_REACHED:
            yield self._now(self.clinician, Take(owner=UNIT, step="accept"))
            self._after(5 * DAY, office=True)
            note = self.chance.choice(words.CALLED)
            yield self._now(self.clinician, Take(owner=UNIT, step="fail", reason="no-way-to-reach", note=note))
            return
        yield from self._served()

    def _served(self) -> Iterator[Move]:
        yield from self._met()
        if self.case.paused:
            yield from self._paused()
            if self.case.at >= self.until - LATELY:
                return
        yield from self._consent()
        if self.case.searched:
            yield from self._search()
        elif self.case.ride:
            yield self._ride()
        self._after(9 * DAY, office=True)
        complete = Take(owner=UNIT, step="complete", note=self.chance.choice(words.ENDED))
        end = self._now(self.clinician, *self._survey(), complete)
        yield end
        yield from self._stopped(end.at)
        yield from self._answers_survey(end.at)

    def _met(self) -> Iterator[Move]:
        """Accepted at once; met at once where it is urgent, else on another day."""
        accept, start = Take(owner=UNIT, step="accept"), Take(owner=UNIT, step="start")
        if self.case.urgent or self.chance.random() < 0.3:
            yield self._now(self.clinician, accept, start, self._assessment())
            return
        yield self._now(self.coordinator, accept)
        self._after(20 * HOUR, office=True)
        come = self.chance.choices(("", "attend", "no-show"), (70, 18, 12))[0]
        deeds = [Take(owner=UNIT, step=step) for step in ("schedule", come) if come]
        yield self._now(self.clinician, start, *deeds, self._assessment())

    def _assessment(self) -> Add:
        facts = {
            "Seen": self.chance.choice(("at home", "by phone", "at the office", "at the station")),
            "Impression": self.chance.choice(words.MET),
            "Next step": self.chance.choice(("weekly call", "second visit", "warm hand-off", "plan for the family")),
        }
        return Add(resource=resources.noted(self.case, "First meeting", facts, self.at))

    def _paused(self) -> Iterator[Move]:
        self._after(1.2 * DAY, office=True)
        yield self._now(self.coordinator, Take(owner=UNIT, step="hold", reason="waiting-for-answer"))
        if self.case.at < self.until - LATELY:
            self._after(4 * DAY, office=True)
            yield self._now(self.coordinator, Take(owner=UNIT, step="resume"))

    def _consent(self) -> Iterator[Move]:
        """What the client says when asked to sign; each paper by itself."""
        case = self.case
        if not case.consent or case.began == CRISIS_TEAM:
            return
        self._after(25 * MINUTE)
        if case.consent == shares.NOT_SIGNED:
            yield self._now(self.clinician, Add(resource=resources.refused(case, at=self.at)))
            return
        yield self._now(self.clinician, Add(resource=self._paper(places.PLACES[case.client.problem]), name="paper"))
        if case.consent == shares.TPO_AND_POLICE:
            self.at += 4 * MINUTE
            told = resources.signed(case, "police-outcome", at=self.at, to=(self.agency,))
            yield self._now(self.clinician, Add(resource=told))

    def _paper(self, agencies: Sequence[str]) -> resources.Tree:
        """The paper for care: naming agencies, or all who treat once they take the client."""
        if self.case.consent == shares.NAMED:
            return resources.signed(self.case, "named", at=self.at, to=agencies)
        return resources.signed(
            self.case, "tpo", at=self.at, to=[each for each in agencies if each not in places.NOT_TREATING]
        )

    def _stopped(self, end: datetime) -> Iterator[Move]:
        if self.case.revoked:
            self.at = end + self.chance.uniform(1, 20) * DAY
            yield self._now(self.coordinator, Stop(name="paper"))

    def _survey(self) -> Iterator[Deed]:
        """On the last day the client gets a card with three questions."""
        if self.case.surveyed:
            facts = {"Way": "card with a stamp" if self.case.number % 3 else "link by text"}
            yield Add(resource=resources.noted(self.case, "Feedback asked for", facts, self.at))

    def _answers_survey(self, end: datetime) -> Iterator[Move]:
        """What comes back with a name on it is filed."""
        if self.case.marks:
            self.at = opening(end + self.chance.uniform(2, 16) * DAY)
            marks = dict(zip(QUESTIONS, self.case.marks, strict=True))
            yield self._now(self.coordinator, Add(resource=resources.noted(self.case, "Feedback", marks, self.at)))

    # A place.

    def _asks_from_the_desk(self) -> Iterator[Move]:
        """Who comes to the unit: the unit itself puts the referral to those who may have a place."""
        case = self.case
        found = [
            resources.patient(case, UNIT),
            resources.request(case, self.chance),
            resources.encounter(case, self.chance),
        ]
        if case.risk:
            found.append(resources.screen(case))
        first, *others = places.candidates(case, self.chance)
        if case.signed:
            found.append(self._paper((first, *others)))
        elif case.consent == shares.NOT_SIGNED:
            found.append(resources.refused(case, at=self.at))
        asked = (first,) if case.signed else (first, *others[:1])
        yield self._now(self.coordinator, self._send(found, asked, basis=None if case.signed else Basis.DEIDENTIFIED))
        yield from self._answered(asked, others)

    def _search(self) -> Iterator[Move]:
        self._after(30 * MINUTE)
        first, *others = places.candidates(self.case, self.chance)
        asked = (first, *others[:1]) if self.chance.random() < 0.4 else (first,)
        yield self._now(self.coordinator, Offer(to=asked, release=self._release()))
        yield from self._answered(asked, others)

    def _release(self) -> frozenset[Compartment]:
        """What opens for who takes the client: as much as was signed and is there."""
        if not self.case.signed:
            return frozenset()
        return frozenset({C.CONTACT, C.SUD if self.case.substances else C.CLINICAL})

    def _answered(self, asked: tuple[str, ...], others: list[str]) -> Iterator[Move]:
        """Yes, or no; after a no the next is asked; in the end there is a place or there is none."""
        began, case = self.at, self.case
        hours = around(shares.HOURS_TO_BED, self.chance, spread=0.9)
        left = [each for each in others if each not in asked]
        if not case.found or (left and self.chance.random() < 0.25):
            self.at = began + hours / 3 * HOUR
            for agency in asked:
                yield self._answer(agency, "reject", reason=self.chance.choice(places.SAYS_NO))
            if not case.found or not left:
                return
            asked = (left[0],)
            self.at += 9 * MINUTE
            yield self._now(self.coordinator, Offer(to=asked, release=self._release()))
        self.at = max(began + hours * HOUR, self.at + 6 * MINUTE)
        taker = asked[0]
        yield self._answer(taker, "accept")
        if case.signed:
            yield from self._stay(taker)
        else:  # an offer lapses for the others by itself
            yield from self._left(taker, asked[1:] if case.began == UNIT else ())

    def _left(self, taker: str, others: Sequence[str]) -> Iterator[Move]:
        """Who gave no name to anybody does not come; the others need not answer any more."""
        self._after(40 * MINUTE)
        for agency in others:
            yield self._now(self.coordinator, Take(owner=agency, step="cancel", reason="passed-on"))
        self._after(2 * DAY, office=True)
        yield self._answer(taker, "fail", reason="client-declined")

    def _answer(self, agency: str, step: str, *, reason: str = "", note: str = "") -> Move:
        """An agency's own step; of one off the network the unit records what it said on the phone."""
        if agency in places.OFF_NETWORK:
            return self._now(self.coordinator, Take(owner=agency, step=step, reason=reason, note=note, how="phone"))
        return self._now(self._intake(agency), Take(owner=agency, step=step, reason=reason, note=note))

    def _intake(self, agency: str) -> Seat:
        return SEATS[agency, R.INTAKE][0]

    def _stay(self, agency: str) -> Iterator[Move]:
        """Somebody comes and stays, or does not come."""
        case = self.case
        how = "phone" if agency in places.OFF_NETWORK else ""
        who = self.coordinator if how else self._intake(agency)
        if case.ride:
            yield self._ride()
        self._after(7 * HOUR)
        if not case.admitted:
            steps = (Take(owner=agency, step=step, how=how) for step in ("start", "schedule", "no-show"))
            yield self._now(who, *steps)
            self._after(4 * DAY, office=True)
            yield self._now(who, Take(owner=agency, step="fail", reason="client-left", how=how))
            return
        came = self.chance.choice(words.CAME)
        yield self._now(
            who, Take(owner=agency, step="start", how=how), Take(owner=agency, step="attend", note=came, how=how)
        )
        admitted = self.at
        self._after(12 * DAY, office=True)
        yield self._now(who, Take(owner=agency, step="complete", note=self.chance.choice(words.STAYED), how=how))
        yield from self._asked_later(admitted)

    def _ride(self) -> Move:
        self._after(2 * HOUR)
        miles = max(3, round(around(shares.MILES, self.chance, spread=0.5)))
        facts: dict[str, str | int | bool] = {"Miles": miles, "Driver": "volunteer", "Incident": False}
        return self._now(self.coordinator, Add(resource=resources.noted(self.case, "Ride", facts, self.at)))

    def _asked_later(self, admitted: datetime) -> Iterator[Move]:
        """A month and half a year later somebody calls and asks."""
        here = self.at
        for name, how, later in (
            ("30 days after admission", self.case.after_30, MONTH),
            ("180 days after admission", self.case.after_180, HALF_YEAR),
        ):
            if how:
                self.at = opening(admitted + later) + self.chance.randint(2, 300) * MINUTE
                facts: dict[str, str | int | bool] = {"How": how}
                yield self._now(self.coordinator, Add(resource=resources.noted(self.case, name, facts, self.at)))
        self.at = here
