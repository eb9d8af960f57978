"""The papers a client may sign: what each may let through, and its text in each language, word for word. Pure.

A paper is a row here; a text is a file in ``texts/``, beside it what it states. In a text, ``# `` and ``## `` begin
a title, ``[code] words`` is a box to tick, ``{name}`` a blank to fill. Whatever a client may choose stands in the
text, so its SHA-256, kept with the signature, covers it. A changed word is a new version, never the same one.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from fhir.content.compartments import Compartment
from referrals.policy.terms import Form, Recipients

BASE = "https://bhu.example.org/consent-forms"
FOLDER = Path(__file__).parent / "texts"
LANGUAGES = ("en", "es", "pt", "km")

DATE = "date"
"""The box for an end by date, on a paper that may also end by an event."""
END_OF_TREATMENT, NONE = "end-of-treatment", "none"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMMON = _names(
    "patient discloser recipients description purpose expiry refusal revoke relied risk inspect copy signature date "
    "witness"
)
"""What every paper states: what 42 CFR 2.31 asks for, and the rights the client has besides."""
HEALTH = COMMON | _names("answer police redisclosure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One version of one paper, in whatever language.

    ``police``: it names one police department and no other recipient. ``answers``: the recipients may answer the
    agency that shares. ``purposes`` are codes of v3-ActReason, ``events`` what may end it besides a date.
    """

    slug: str
    version: int
    kind: Form
    compartments: frozenset[Compartment]
    purposes: frozenset[str]
    states: frozenset[str]
    police: bool = False
    answers: bool = False
    classes: frozenset[Recipients] = frozenset()
    events: frozenset[str] = frozenset()


C = Compartment
PARTS = frozenset({C.CONTACT, C.CLINICAL, C.SUD, C.TRANSPORT, C.OUTCOME})
CARE = _names("TREAT COC CAREMGT")

PAPERS = (
    Paper(
        slug="tpo",
        version=1,
        kind=Form.TPO,
        compartments=PARTS,
        purposes=CARE | {"HPAYMT", "HOPERAT"},
        states=HEALTH,
        answers=True,
        classes=frozenset(Recipients),
        events=frozenset({END_OF_TREATMENT, NONE}),
    ),
    Paper(
        slug="named",
        version=1,
        kind=Form.NAMED,
        compartments=PARTS,
        purposes=CARE | {"PATRQT"},
        states=HEALTH,
        answers=True,
    ),
    Paper(
        slug="police-outcome",
        version=1,
        kind=Form.NAMED,
        compartments=frozenset({C.OUTCOME}),
        purposes=frozenset({"COC", "PATRQT"}),
        states=COMMON | {"proceedings", "no-more"},
        police=True,
    ),
)

NOT_TAKEN: Mapping[str, str] = MappingProxyType(
    {
        "criminal-justice": "R-P2-10: a paper for a criminal case (42 CFR 2.35) is a form of its own, not taken here",
        "proceeding": "R-P2-08: a paper for use in a case against the client is a form of its own, not taken here",
        "counseling-notes": "R-P2-08: counseling notes are not stored here, so no paper lets them go",
    }
)
"""Papers the law knows and this network does not take, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormVersion:
    """One paper in one language. ``unreviewed``: no fluent speaker has checked the text, so nobody may sign it."""

    paper: Paper
    language: str
    text: str
    statements: Mapping[str, str]
    unreviewed: bool

    @property
    def uri(self) -> str:
        """The address that stands as ``policy.uri`` in each Consent signed on it."""
        return f"{BASE}/{self.paper.slug}/v{self.paper.version}/{self.language}"

    @property
    def sha256(self) -> str:
        """The hash of the text, in hex."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def stated(self) -> frozenset[str]:
        """What the text states: each statement whose sentence really stands in it."""
        return frozenset(name for name, sentence in self.statements.items() if sentence in self.text)

    @property
    def boxes(self) -> Mapping[str, str]:
        """What the client may tick: each code and the words beside its box."""
        return MappingProxyType(dict(_BOX.findall(self.text)))


_BOX = re.compile(r"^\[([A-Za-z_-]+)\] (.+)$", re.MULTILINE)


def find(uri: str) -> FormVersion | None:
    """The form with this address; ``None`` for one that is not ours."""
    return registry().get(uri)


def is_ours(uri: str) -> bool:
    """Whether an address claims to be one of our forms, known or not."""
    return uri.startswith(f"{BASE}/")


def refused(uri: str) -> str:
    """Why the form of this address is none to sign here."""
    slug = uri.removeprefix(f"{BASE}/").partition("/")[0] if is_ours(uri) else ""
    return NOT_TAKEN.get(slug, "is no form of this network in a version and language it has")


@cache
def registry() -> Mapping[str, FormVersion]:
    """Every form by its address."""
    forms = (_form(paper, language) for paper in PAPERS for language in LANGUAGES)
    return MappingProxyType({form.uri: form for form in forms})


def _form(paper: Paper, language: str) -> FormVersion:
    stem = FOLDER / f"{paper.slug}.v{paper.version}.{language}"
    beside = json.loads(stem.with_name(f"{stem.name}.json").read_text("utf-8"))
    return FormVersion(
        paper=paper,
        language=language,
        text=stem.with_name(f"{stem.name}.txt").read_text("utf-8"),
        statements=MappingProxyType(beside["statements"]),
        unreviewed=beside["unreviewed"],
    )
