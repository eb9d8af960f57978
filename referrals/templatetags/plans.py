"""Words of a preview: parts, grounds, agencies, advice."""

from collections.abc import Iterable

from django import template
from django.utils.translation import gettext

from agencies.directory import Names
from fhir.content.compartments import Compartment
from referrals.web import grounds, words

register = template.Library()
register.filter("ground", grounds.ground)


@register.filter
def parts(found: Iterable[Compartment]) -> str:
    """The parts by their names, in one line; a word for none."""
    return ", ".join(words.part(Compartment(each)) for each in found) or gettext("nothing")


@register.filter
def agencies(slugs: Iterable[str]) -> str:
    """Agencies by name, in one line."""
    known = Names()
    return ", ".join(known.get(slug, slug) for slug in slugs)


@register.filter
def said(text: str) -> str:
    """A sentence marked for translation, translated."""
    return gettext(text)
