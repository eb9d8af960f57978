"""The XHTML of a narrative: only what cannot act on the reader (rule txt-1 of R4, by allow-lists).

Rule txt-2 (some content) is left out: an official example breaks it, and an empty narrative harms nobody.
Comments, CDATA sections and processing instructions are refused too: an HTML parser reads them otherwise than
an XML parser does, and what it then sees may be a script.
"""

import re
from typing import NoReturn
from xml.parsers import expat

from fhir.content.exact import Tree

ALLOWED = (
    'one XHTML <div xmlns="http://www.w3.org/1999/xhtml"> with only basic formatting: no script, '
    "form, event attribute, comment, CDATA, document type or entity"
)
_XHTML = "http://www.w3.org/1999/xhtml "
_XML = "http://www.w3.org/XML/1998/namespace "

_ELEMENT_NAMES = """
    a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd del dfn div dl dt em
    h1 h2 h3 h4 h5 h6 hr i img ins kbd li map ol p pre q samp small span strong sub sup table tbody td tfoot th
    thead tr tt ul var
"""
_ATTRIBUTE_NAMES = """
    abbr accesskey align alt axis border cellpadding cellspacing char charoff charset cite class colspan coords
    dir frame headers height href hreflang id ismap lang longdesc name nohref rel rev rowspan rules scope shape
    span src start style summary tabindex title type usemap valign value width
"""
_ELEMENTS = frozenset(f"{_XHTML}{name}" for name in _ELEMENT_NAMES.split())
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split()) | {f"{_XML}lang", f"{_XML}space"}
_LINKS = frozenset({"href", "src", "cite", "longdesc", "usemap"})
_WHOLE = True  # no further piece follows
_ROOT = re.compile(r"\s*<div[\s>]")  # nothing may stand before it, so no document type and no entity of its own
_LINK = re.compile(
    r"(https?:|mailto:|tel:|urn:(uuid|oid):|data: ?image/(png|jpeg|gif);base64,|#|[^\s:\\]*(?=[/?#]|$)).*",
    re.ASCII | re.DOTALL | re.IGNORECASE,
)
_STYLE_ACTS = re.compile(r"url\s*\(|expression|import|behaviou?r|binding|javascript|[\\<@]", re.IGNORECASE)


class _Unsafe(Exception):
    """Raised inside the parser at the first thing that is not allowed."""


def is_safe(value: Tree) -> bool:
    """Whether ``value`` is a narrative's ``div`` that may be shown to anybody."""
    if not isinstance(value, str) or not _ROOT.match(value):
        return False
    try:
        _parser().Parse(value.encode(), _WHOLE)
    except (expat.ExpatError, UnicodeEncodeError, _Unsafe):
        return False
    return True


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = _element
    parser.ProcessingInstructionHandler = _refuse
    parser.CommentHandler = _refuse
    parser.StartCdataSectionHandler = _refuse
    return parser


def _refuse(*_: object) -> NoReturn:
    raise _Unsafe


def _element(name: str, attributes: dict[str, str]) -> None:
    if name not in _ELEMENTS:
        raise _Unsafe
    for attribute, value in attributes.items():
        _attribute(attribute, value)


def _attribute(name: str, value: str) -> None:
    if name not in _ATTRIBUTES:
        raise _Unsafe
    if name in _LINKS and not _LINK.fullmatch(value.strip()):
        raise _Unsafe
    if name == "style" and _STYLE_ACTS.search(value):
        raise _Unsafe
