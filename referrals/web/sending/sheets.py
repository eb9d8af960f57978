"""One new referral as its pages see it: the place it is written in, what is kept of it, and what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone

from agencies.web.places import Place
from audit.uuid7 import uuid7
from fhir.content.encounter import Author
from fhir.content.questionnaires import Score
from fhir.content.questionnaires.instrument import Level
from referrals import starting
from referrals.acts.following import may_follow
from referrals.acts.sending import Send
from referrals.drafts import services as drafts
from referrals.drafts.kept import Content, Kept, Parts
from referrals.services.recipients import Choices, choices, everybody

from .forms import Telling
from .screens import MEDICAL, PAGES, score_of, screens_of

FORM, TELLING, COVER = "referral", "told", "cover"
MANY = ("to", "about", "observed")


@dataclass(kw_only=True)
class Sheet:
    """``version`` 0 is one that is not kept yet."""

    place: Place
    name: str
    id: UUID = field(default_factory=uuid7)
    version: int = 0
    parts: Parts = field(default_factory=dict)
    kept: Kept | None = None

    @cached_property
    def choices(self) -> Choices:
        """Whom it may be put to."""
        return choices(self.place.actor)

    def form(self, data: QueryDict | None = None) -> Telling:
        """The boxes: filled with ``data`` and judged, or with what is kept and not judged yet."""
        initial = None if data is not None else _initial(self.parts.get(TELLING, {}))
        return self._telling(data, self.choices, initial=initial)

    def told(self, data: QueryDict) -> Telling:
        """The same for who goes on to ask the gate whom it may be put to: an act does."""
        return self._telling(data, everybody(self.place.actor))

    def _telling(self, data: QueryDict | None, choices: Choices, **more: Any) -> Telling:
        actor = self.place.actor
        return Telling(data, sworn=actor.sworn, follows=may_follow(actor), choices=choices, **more)

    def take(self, kept: Kept) -> None:
        """Go on with what is kept now."""
        self.kept, self.version, self.parts = kept, kept.version, kept.parts

    def keep(self, part: str, content: Content, *, version: int) -> None:
        """Keep one page. Raises as ``drafts.services.keep``."""
        kept = drafts.keep(self.place.actor, self.id, form=FORM, version=version, part=part, content=content)
        self.take(kept)

    def url(self, name: str) -> str:
        """The address of one of its pages."""
        return reverse(f"referrals:{name}", args=[*self.place.at, self.id])

    def score(self, page: str) -> Score | None:
        """What a screen came to, ``None`` if it was not asked."""
        return score_of(screens_of(self.parts), PAGES[page][1])

    @property
    def red(self) -> bool:
        """Whether the medical check found a red flag."""
        found = self.score(MEDICAL)
        return found is not None and found.level is Level.RED

    def asked(self, form: Telling) -> starting.Asked:
        """What a valid form asks, with the screens that are kept."""
        return replace(form.asked(screens_of(self.parts)), itself=self.itself)

    @property
    def itself(self) -> frozenset[UUID]:
        """The agencies that get it themselves although they are covered now, as the sender chose."""
        return frozenset(map(UUID, self.parts.get(COVER, {}).get("itself", ())))

    def needs_check(self, asked: starting.Asked) -> bool:
        """Whether the medical check must be done before it goes."""
        return starting.check_needed(asked.told)

    def act(self, asked: starting.Asked, *, previewed: str = "") -> Send:
        """The act that sends what is kept: the same version is the same bytes."""
        if self.kept is None:
            raise ValueError("What is not kept cannot be sent.")
        actor = self.place.actor
        words = f"{self.name}, {self.place.role_name}, {self.place.agency.name}"
        return starting.send_of(
            actor,
            asked,
            author=Author(reference=f"PractitionerRole/{actor.membership_id}", words=words),
            key=self.id,
            authored=timezone.localtime(self.kept.saved_at).isoformat(timespec="seconds"),
            previewed=previewed,
        )


def new_sheet(request: HttpRequest, place: Place) -> Sheet:
    """One that is not kept yet. Raises ``Denied`` for a role that begins no referral."""
    starting.require_starter(place.actor)
    return Sheet(place=place, name=_name(request))


def kept_sheet(request: HttpRequest, place: Place, draft_id: UUID) -> Sheet:
    """One of the reader's drafts. Raises ``Denied``, ``NotFound``, ``AlreadySent``."""
    starting.require_starter(place.actor)
    sheet = Sheet(place=place, name=_name(request), id=draft_id)
    sheet.take(drafts.open_draft(place.actor, draft_id, form=FORM))
    return sheet


def typed(form: Telling, data: QueryDict) -> Content:
    """What stands in the boxes that this form has, as it was typed."""
    return {name: data.getlist(name) for name in form.fields if any(data.getlist(name))}


def _initial(content: Content) -> Mapping[str, Any]:
    return {name: list(said) if name in MANY else said[-1] for name, said in content.items() if said}


def _name(request: HttpRequest) -> str:
    user = request.user
    return str(getattr(user, "name", "") or getattr(user, "email", ""))
