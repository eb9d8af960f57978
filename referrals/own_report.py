"""What a sender wrote, as plain text for the own report: own facts, the number, nothing that others found.

Screens are left out: what a person answered to a health question is no part of a police report.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.utils.translation import gettext as _

from agencies.actor import Actor
from fhir.content.exact import Lexeme, Object, Tree
from referrals.opening import open_own
from referrals.receipt import Receipt, receipt_of


def report_of(actor: Actor, referral_id: UUID) -> str:
    """The text, as far as the actor may still read what it wrote. Raises ``NotFound``, ``Denied``, ``Broken``."""
    receipt = receipt_of(actor, referral_id)
    trees = [section.tree for section in open_own(actor, referral_id).sections]
    return "\n".join([*_heading(receipt), "", *_facts(trees)]).strip() + "\n"


def _heading(receipt: Receipt) -> Iterator[str]:
    yield _("Referral %(number)s") % {"number": receipt.reference}
    yield _("Sent to: %(agencies)s") % {"agencies": ", ".join(each.name for each in receipt.asked)}


def _facts(trees: Iterable[Object]) -> Iterator[str]:
    for tree in trees:
        yield from _WRITERS.get(str(tree["resourceType"]), _nothing)(tree)


def _patient(tree: Object) -> Iterator[str]:
    for name in _objects(tree.get("name")):
        words = [*map(str, _list(name.get("given"))), str(name.get("family", "")), str(name.get("text", ""))]
        yield _("Name: %(name)s") % {"name": " ".join(filter(None, words))}
    if tree.get("birthDate"):
        yield _("Born: %(date)s") % {"date": tree["birthDate"]}


def _request(tree: Object) -> Iterator[str]:
    if tree.get("occurrenceDateTime"):
        yield _("When: %(time)s") % {"time": tree["occurrenceDateTime"]}
    for identifier in _objects(tree.get("identifier")):
        yield _("Case number: %(number)s") % {"number": identifier.get("value", "")}
    for note in _objects(tree.get("note")):
        yield str(note.get("text", ""))


def _observation(tree: Object) -> Iterator[str]:
    for component in _objects(tree.get("component")):
        said = next((value for name, value in component.items() if name.startswith("value")), None)
        yield f"{_concept(component.get('code'))}: {_value(said)}"


def _value(value: Tree) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Lexeme):
        return value.text
    return _concept(value) if isinstance(value, dict) else str(value)


def _concept(concept: Tree) -> str:
    written = concept.get("coding") if isinstance(concept, dict) else None
    words = [str(each.get("display", each.get("code", ""))) for each in _objects(written)]
    return ", ".join(_(each) for each in words)


def _nothing(_tree: Object) -> Iterator[str]:
    return iter(())


def _list(tree: Tree) -> list[Tree]:
    return tree if isinstance(tree, list) else []


def _objects(tree: Tree) -> Iterator[Object]:
    return (each for each in _list(tree) if isinstance(each, dict))


_WRITERS = {"Patient": _patient, "ServiceRequest": _request, "Observation": _observation}
