"""The county of ``tests.county`` with a referral the clinician works on, a client with a phone, and what pages say."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

from django.test import Client

from agencies.models import Agency
from audit.models import AuditEvent
from referrals.acts import Send, TakeStep
from referrals.consents.models import ConsentTerms
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.terms import Terms, decode
from referrals.signing import asking
from referrals.signing.asking import Link
from referrals.signing.papers import Wanted
from tests.county import SCREEN, County, bundle_of, make_county

NAMED = Wanted(paper="named", recipients=("detox", "clinic"))
SIGNATURE = "Ottilie Zwillinger"


@dataclass(frozen=True)
class Desk:
    """The county, and a referral of an adult client that the clinician works on."""

    county: County
    referral_id: UUID
    reference: str

    def ask(self, wanted: Wanted = NAMED, **more: Any) -> Link:
        """The clinician makes a link."""
        return asking.ask_signature(self.county.clinician, self.referral_id, wanted, **more)

    def place(self, slug: str) -> str:
        """How the page names an agency."""
        return f"Organization/{Agency.objects.get(slug=slug).id}"

    def filled(self, *, places: Iterable[str] = ("detox",), **changes: Any) -> dict[str, Any]:
        """What a client fills in on the paper ``named``: one place, two parts, one reason, a name."""
        typed = {
            "step": "sign",
            "place": [self.place(slug) for slug in places],
            "tick": ["contact", "clinical", "TREAT"],
            "name-0": SIGNATURE,
        }
        return {name: value for name, value in {**typed, **changes}.items() if value is not None}


def make_desk() -> Desk:
    county = make_county()
    Agency.objects.filter(slug="bhu").update(address="1 Mill Lane, Merrow")
    county.bhu.refresh_from_db()
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    return Desk(county=county, referral_id=done.referral_id, reference=done.reference)


@dataclass
class Page(HTMLParser):
    """What one answer shows: its title, its text in order, its fields with their values, its links and ids."""

    status: int
    html: str
    title: str = ""
    said: list[str] = field(default_factory=list)
    fields: list[dict[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    inside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inside.append(tag)
        self.ids |= {given["id"]} if "id" in given else set()
        if tag in ("input", "button", "textarea", "select"):
            self.fields.append({"tag": tag, **given})
        if "href" in given:
            self.links.append(given["href"])

    def handle_data(self, data: str) -> None:
        if self.inside and self.inside[-1] == "title":
            self.title = " ".join((self.title + data).split())
        elif data.strip() and "style" not in self.inside[-1:]:
            self.said.append(data)

    @property
    def text(self) -> str:
        """All that is said, with one blank between words."""
        return " ".join(" ".join(self.said).split())

    def value(self, name: str) -> str:
        """What a field of this name holds; "" if there is none."""
        return next((each.get("value", "") for each in self.fields if each.get("name") == name), "")

    def ticked(self) -> set[str]:
        """The values of every box that is ticked."""
        return {each["value"] for each in self.fields if "checked" in each}

    def boxes(self) -> set[str]:
        """The values of every box there is."""
        return {each["value"] for each in self.fields if each.get("type") in ("checkbox", "radio")}


def page(answer: Any) -> Page:
    return Page(answer.status_code, answer.content.decode())


@dataclass
class Phone:
    """The client's own phone: no account, and what it was given last."""

    link: Link
    client: Client = field(default_factory=Client)

    @property
    def address(self) -> str:
        return self.link.path

    def look(self) -> Page:
        return page(self.client.get(self.address))

    def say(self, code: str | None = None, **more: Any) -> Page:
        """Type the code."""
        return self.post(step="open", code=self.link.code if code is None else code, **more)

    def post(self, **typed: Any) -> Page:
        return page(self.client.post(self.address, typed))

    def sign(self, typed: dict[str, Any]) -> Page:
        """Type the code, and what is filled in."""
        return self.post(ticket=self.say().value("ticket"), **typed)


def new_events(seen: set[Any]) -> list[tuple[str, str, str, str, str]]:
    """Action, target, actor, outcome and code of every event that was not there before, oldest first."""
    rows = AuditEvent.objects.exclude(pk__in=seen).order_by("id")
    return [(row.action, row.target, row.actor, row.outcome, row.code) for row in rows]


def seen_events() -> set[Any]:
    return set(AuditEvent.objects.values_list("pk", flat=True))


def no_external(html: str) -> list[str]:
    """What a page would fetch from elsewhere, or run or style in place."""
    return re.findall(r"<script|<style|style=|onclick|(?:src|action)=\"https?://|@import|url\(", html)


def consent_and_document(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """The Consent and the signed paper as the clinician opens them."""
    found = open_referral(desk.county.clinician, desk.referral_id).sections
    trees = {each.type: each.tree for each in found if each.type in ("Consent", "DocumentReference")}
    return trees["Consent"], trees["DocumentReference"]


def said_in(consent: dict[str, Any]) -> dict[str, str]:
    """What the extensions of a Consent say, by the end of their names."""
    return {
        each["url"].rpartition("consent-")[2]: each.get("valueString") or each.get("valueCode")
        for each in consent["extension"]
    }


def attached(document: dict[str, Any]) -> bytes:
    return base64.b64decode(document["content"][0]["attachment"]["data"])


def terms() -> Terms:
    """What the consent recorded last lets through."""
    return decode(bytes(ConsentTerms.objects.latest("id").terms))
