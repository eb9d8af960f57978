"""A consent: who may be told what, what for, until when. One that is not of our shape is shown by its elements."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from agencies.kinds import Purpose
from fhir.content import consent
from fhir.content.consent_facts import Facts, Signer
from fhir.content.exact import Object
from referrals.web.words import part, purpose

from .sheets import Line, Sheet
from .values import Names, code, label_of, language, lines_of, say

STATUSES: Mapping[str, str] = MappingProxyType(
    {"active": _("stands"), "inactive": _("stopped by the client"), "rejected": _("the client said no")}
)
ELEMENTS = ("status", "dateTime", "performer", "organization", "sourceAttachment", "policy", "provision")


def sheet(tree: Object, names: Names) -> Sheet:
    """What the client signed, in words."""
    facts = consent.read(tree)
    lines = _strange(tree, names) if facts.faults else _said(facts, names)
    return Sheet(title=gettext("Consent"), lines=tuple(line for line in lines if line.text or line.depth == 0))


def _said(facts: Facts, names: Names) -> Iterator[Line]:
    said = {
        _("Now"): gettext(STATUSES[facts.status]) if facts.status in STATUSES else code(facts.status),
        _("Signed"): say(facts.signed, names),
        _("Signed by"): _signers(facts.signers),
        _("May share"): names.get(_handle(facts.discloser), facts.discloser),
        _("With"): _list(names.get(_handle(each)) or code(each) for each in (*facts.recipients, *facts.classes)),
        _("What"): _list(map(part, facts.compartments)),
        _("For"): _list(purpose(each) if each in set(Purpose) else code(each) for each in facts.purposes),
        _("From"): say(facts.since, names),
        _("Until"): say(facts.until, names) or code(facts.event),
        _("Paper"): say(facts.attachment, names) if facts.attachment else "",
        _("Witness"): facts.witness,
        _("Language"): language(facts.language),
    }
    for label, text in said.items():
        if text:
            yield Line(label=gettext(label), text=text)


def _strange(tree: Object, names: Names) -> Iterator[Line]:
    for name in ELEMENTS:
        if name in tree:
            yield from lines_of(label_of(name), tree[name], names)


def _handle(named: str) -> str:
    return named.rpartition("/")[2]


def _signers(signers: Iterable[Signer]) -> str:
    words = (" · ".join(filter(None, (each.relationship or gettext("the client"), each.name))) for each in signers)
    return _list(words)


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)
