"""Trying every door as one person, and saying in a few words what came back. A door added elsewhere gets a row here."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.core.management import call_command

from agencies.actor import Actor
from agencies.errors import AgencyError
from agencies.models import Agency
from fhir.content.compartments import Compartment, Source, place
from fhir.content.types import Arrival, allowed
from referrals import acts, explaining, finding, listing, previewing, resources, shelltext
from referrals.blind import by_name
from referrals.desk.services import review_content, reviews
from referrals.errors import Refused
from referrals.listing import InboxRow
from referrals.models import Section
from referrals.opening import OpenReferral, open_referral
from referrals.perform import perform
from referrals.policy.bases import Basis
from referrals.policy.matrix import Action
from referrals.policy.reviewing import Reason
from referrals.services import clients

from . import pages, things
from .cells import BORN, YES, Cell, found_in, sees
from .undoing import undone
from .worlds import TREES, World

EVERYTHING = 1000
"""A list long enough to hold what anybody has here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who tries, at which referral. ``email`` is how they sign in, ``agency`` where they are a member."""

    world: World
    actor: Actor
    agency: Agency
    name: str
    email: str
    knows: frozenset[str]
    doors: frozenset[str]

    @property
    def referral_id(self) -> UUID:
        """The referral tried."""
        return self.world.referral_id


class Seen(NamedTuple):
    """What one door gave: an answer for each cell, and every byte that was shown."""

    answers: Mapping[Cell, str]
    text: str = ""


Door = Callable[[Caller], Iterator[Seen]]
Answers = dict[Cell, str]


def said(thing: Callable[[], object]) -> tuple[str, object]:
    """The code with which ``thing`` is refused, "" if it is not; and what it gave."""
    try:
        return "", thing()
    except (Refused, AgencyError) as refusal:
        return refusal.code, refusal


def _by_part(door: str, code: str, texts: Mapping[str, str]) -> Answers:
    """One cell for each part: the code, or what can be read in the sections of that part."""
    return {Cell(door, part, "R"): code or sees(found_in(texts.get(part, ""))) for part in Compartment}


def _texts(opened: OpenReferral) -> dict[str, str]:
    parts = {section.compartment.value for section in opened.sections}
    return {
        part: shelltext.as_json([section.tree for section in opened.sections if section.compartment == part])
        for part in parts
    }


def _part(caller: Caller) -> Iterator[Seen]:
    """Asking for one part by name. Nothing of any other part may come along."""
    for part in Compartment:
        code, opened = said(
            lambda part=part: open_referral(caller.actor, caller.referral_id, compartments=[part])  # type: ignore[misc]  # bound at once
        )
        text = shelltext.as_json(opened) if isinstance(opened, OpenReferral) else str(opened)
        yield Seen({Cell("part", part, "R"): code or sees(found_in(text))}, text)


def _whole(caller: Caller) -> Iterator[Seen]:
    """Opening it as it is."""
    code, opened = said(lambda: open_referral(caller.actor, caller.referral_id))
    text = shelltext.as_json(opened) if isinstance(opened, OpenReferral) else str(opened)
    yield Seen(_by_part("whole", code, _texts(opened) if isinstance(opened, OpenReferral) else {}), text)


def _shell(caller: Caller) -> Iterator[Seen]:
    """``referral open`` on the command line."""
    out = io.StringIO()
    words = ["referral", "open", str(caller.referral_id), "--as", caller.email, "--json"]
    try:
        call_command(*words, stdout=out)
        code = ""
    except SystemExit:
        code = json.loads(out.getvalue())["id"].upper().replace("-", "_")
    texts: dict[str, str] = {}
    for section in [] if code else json.loads(out.getvalue())["sections"]:
        texts[section["compartment"]] = texts.get(section["compartment"], "") + json.dumps(section["tree"])
    yield Seen(_by_part("shell", code, texts), out.getvalue())


def _page(caller: Caller) -> Iterator[Seen]:
    """The page that staff read."""
    shown = pages.everything(caller.actor.membership_id, caller.referral_id)
    yield Seen(_by_part("page", shown.code, shown.texts), shown.text)


def _everything(caller: Caller) -> Iterator[Seen]:
    """All resources of the client, as FHIR asks for them (``Patient/$everything``)."""
    patient_id = str(caller.world.patient_id)
    code, found = said(lambda: resources.everything(caller.actor, patient_id, types=allowed(Arrival.REFERRAL)))
    versions = found if isinstance(found, list) else []
    texts: dict[str, str] = {}
    for version in versions:
        if version.tree is not None and version.compartment is not None:
            texts[version.compartment] = texts.get(version.compartment, "") + shelltext.as_json(version.tree)
    yield Seen(_by_part("everything", code, texts), _plain(versions or found))


def _requests(caller: Caller) -> Iterator[Seen]:
    """The list of requests, as FHIR searches it."""
    query = finding.RequestQuery(references=frozenset({caller.world.reference}))
    code, found = said(lambda: finding.requests(caller.actor, query, size=EVERYTHING))
    there = isinstance(found, tuple) and bool(found[0])
    yield Seen({Cell("requests", "", "R"): code or ("listed" if there else "absent")}, _plain(found))


def _explain(caller: Caller) -> Iterator[Seen]:
    """Asking why."""
    for part in Compartment:
        for action in Action:
            code, found = said(
                lambda part=part, action=action: explaining.explain(caller.actor, caller.referral_id, part, action)  # type: ignore[misc]  # bound at once
            )
            answer = code or (found.code or YES if isinstance(found, explaining.Explanation) else "")
            yield Seen({Cell("explain", part, action): answer}, _plain(found))


def _plain(value: object) -> str:
    return str(value) if isinstance(value, Exception) else shelltext.as_json(value)


def _list(caller: Caller) -> Iterator[Seen]:
    """The inbox: whether the referral stands in it, and the word for how it stands."""
    code, rows = said(lambda: listing.inbox(caller.actor, size=EVERYTHING))
    found = [row for row in rows if row.referral_id == caller.referral_id] if isinstance(rows, list) else []
    yield Seen({Cell("list", "", "R"): code or (_word(found[0]) if found else "absent")}, shelltext.as_json(found))


def _word(row: InboxRow) -> str:
    return f"listed: {row.task.label}" if row.task else "listed"


def _history(caller: Caller) -> Iterator[Seen]:
    """What happened."""
    code, steps = said(lambda: listing.history(caller.actor, caller.referral_id))
    yield Seen({Cell("history", "", "R"): code or YES}, _plain(steps))


def _number(caller: Caller) -> Iterator[Seen]:
    """What happened to the one that goes by the number people say on the phone."""
    actor, number = caller.actor, caller.world.reference
    code, _steps = said(lambda: listing.history(actor, listing.find_referral(actor, number)))
    yield Seen({Cell("number", "", "R"): code or YES})


def _search(caller: Caller) -> Iterator[Seen]:
    """Looking the client up by name and day of birth."""
    lookups = list(by_name(family=things.FAMILY, given=things.GIVEN, born=BORN))
    code, people = said(lambda: clients.find(caller.actor, lookups))
    known = people if isinstance(people, list) else []
    there = bool(known) and caller.referral_id in clients.referrals_of(caller.actor, known)
    yield Seen({Cell("search", "", "R"): code or (YES if there else "somebody" if known else "absent")})


def _preview(caller: Caller) -> Iterator[Seen]:
    """Looking at what bringing one more agency in would show it: and who else is named on that page."""
    sworn = caller.agency.sworn
    act = acts.AddAgency(
        referral_id=caller.referral_id,
        agency_id=caller.world.town.agencies[_asked(caller)].id,
        compartments=frozenset({Compartment.CONTACT if sworn else Compartment.REQUEST}),
        basis=Basis.POLICE_BUSINESS if sworn else Basis.DEIDENTIFIED,
    )
    code, found = said(lambda: previewing.preview(caller.actor, act))
    yield Seen({Cell("preview", "", "R"): code or YES}, _plain(found))


def _asked(caller: Caller) -> str:
    """The agency that a preview is about."""
    return "other-police" if caller.agency.sworn and caller.name != "other-police" else "shelter"


def _review(caller: Caller) -> Iterator[Seen]:
    """A review case for each part by itself, the admin agreeing, and what it opens; each taken back at once."""
    for part in Compartment:
        with undone():
            code, opened = said(lambda part=part: _reviewed(caller, part))  # type: ignore[misc]  # bound at once
        text = shelltext.as_json(opened) if isinstance(opened, OpenReferral) else str(opened)
        yield Seen({Cell("review", part, "R"): code or sees(found_in(text))}, text)


def _reviewed(caller: Caller, part: Compartment) -> OpenReferral:
    """For misuse and one hour: the reason and the time for which most opens."""
    asked = {"reason": Reason.MISUSE, "parts": [part], "hours": 1, "words": "x" * reviews.SHORTEST}
    case = reviews.ask(caller.actor, caller.referral_id, **asked)  # type: ignore[arg-type]  # by name
    reviews.answer(caller.world.town.actor(caller.name, "agency_admin"), case, agree=True)
    return review_content.open_in_review(caller.actor, case)


def _write(caller: Caller) -> Iterator[Seen]:
    """Adding and correcting, each taken back at once."""
    yield from _add(caller)
    yield from _correct(caller)


def _add(caller: Caller) -> Iterator[Seen]:
    """Adding one resource of each part that a resource can be placed in."""
    source = Source(sworn=caller.agency.sworn, part2=caller.agency.part2)
    for part, tree in _additions(caller).items():
        if place(tree, source=source) is not part:
            raise ValueError(f"not a resource of {part}")
        act = acts.AddSection(referral_id=caller.referral_id, data=things.encoded(tree))
        yield Seen({Cell("write", part, "C"): _done(caller, act)})


def _additions(caller: Caller) -> dict[Compartment, dict[str, Any]]:
    sworn = caller.agency.sworn
    found = {
        Compartment.CONTACT: things.patient(),
        Compartment.CLINICAL: things.answers() if sworn else things.observed("fact"),
        Compartment.SUD: things.observed("fact", label="42CFRPart2"),
    }
    return found | ({Compartment.INCIDENT: things.observed("fact")} if sworn else {})


def _correct(caller: Caller) -> Iterator[Seen]:
    """Writing a new version of what its own agency wrote, or of what another did."""
    for part in Compartment:
        resource_id = caller.world.written_by(caller.name, part)
        if resource_id is not None:
            type_ = Section.objects.filter(resource_id=resource_id).values_list("type", flat=True)[0]
            tree = things.use() if part is Compartment.SUD else TREES[type_]()
            data = things.encoded(tree)
            act = acts.CorrectSection(referral_id=caller.referral_id, resource_id=resource_id, data=data)
            yield Seen({Cell("write", part, "U"): _done(caller, act)})


def _done(caller: Caller, act: acts.Act) -> str:
    with undone():
        return said(lambda: perform(caller.actor, [act]))[0] or YES


DOORS: Mapping[str, Door] = {
    "part": _part,
    "whole": _whole,
    "shell": _shell,
    "page": _page,
    "everything": _everything,
    "requests": _requests,
    "explain": _explain,
    "list": _list,
    "history": _history,
    "number": _number,
    "search": _search,
    "preview": _preview,
    "review": _review,
    "write": _write,
}
"""Every door there is, with how it is tried."""

OPENING = frozenset({"part", "whole", "shell", "page", "everything", "review"})
"""The doors that open sections; what comes through any other holds nothing that was sealed."""


def tried(caller: Caller) -> dict[Cell, str]:
    """What every door gave to this caller; and what of the sealed, and whose name, came where it must not."""
    answers: dict[Cell, str] = {}
    unsealed, everything = "", ""
    for name, door in DOORS.items():
        for seen in door(caller) if name in caller.doors else ():
            answers.update(seen.answers)
            everything += seen.text
            unsealed += seen.text if name not in OPENING else ""
    answers[Cell("unsealed", "", "R")] = sees(found_in(unsealed))
    answers[Cell("names", "", "R")] = _named(caller, everything)
    return answers


def _named(caller: Caller, text: str) -> str:
    """The agencies that can be told from what was shown, besides its own and those it knows or named."""
    told = [
        name
        for name, agency in caller.world.town.agencies.items()
        if name not in {*caller.knows, caller.name, _asked(caller)}
        and any(mark in text for mark in (agency.slug, agency.name, str(agency.id)))
    ]
    return ", ".join(told) or "nobody"
