"""FHIR's data types in words. What a value is, is told by its shape, so that elements no table names are read too."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from fhir.content.catalog import LANGUAGES
from fhir.content.exact import Lexeme, Object, Tree
from fhir.content.systems import BCP47

from .sheets import Line

Names = Mapping[str, str]
"""What agencies are called, by id and by handle."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_VALUE = re.compile(r"(value|content)[A-Z][A-Za-z]+")
LONGEST_TEXT = 50_000
"""Characters of a text file that are shown; a longer one is named alone."""

CODES: Mapping[str, str] = MappingProxyType(
    {
        "female": _("female"),
        "male": _("male"),
        "unknown": _("unknown"),
        "other": _("other"),
        "home": _("home"),
        "work": _("work"),
        "mobile": _("mobile"),
        "temp": _("temporary"),
        "old": _("no longer used"),
        "nickname": _("nickname"),
        "phone": _("phone"),
        "email": _("e-mail"),
        "entered-in-error": _("recorded by mistake"),
        "HPAYMT": _("payment"),
        "end-of-treatment": _("the end of treatment"),
        "treating_providers": _("whoever treats the client"),
        "program_helpers": _("people who help to run the program"),
    }
)


def code(word: str) -> str:
    """One of FHIR's plain codes in words; as it stands if it is not known here."""
    return gettext(CODES[word]) if word in CODES else word


def say(tree: Tree, names: Names) -> str:
    """A value in words, "" for one that cannot be said in a line."""
    if isinstance(tree, bool):
        return gettext("yes") if tree else gettext("no")
    if isinstance(tree, str):
        return _text(tree)
    if isinstance(tree, Lexeme):
        return tree.text
    if isinstance(tree, list):
        said = [say(each, names) for each in tree]
        return "; ".join(said) if all(said) else ""
    return _object(tree, names) if isinstance(tree, dict) else ""


def _text(text: str) -> str:
    """A string; a date or a time as it is written here."""
    try:
        if _DATE.fullmatch(text):
            return date_format(date.fromisoformat(text), "DATE_FORMAT")
        if _TIME.fullmatch(text):
            return moment(datetime.fromisoformat(text))
    except ValueError:
        return text
    return text


def moment(at: datetime) -> str:
    """A time on the reader's clock."""
    local = timezone.localtime(at) if timezone.is_aware(at) else at
    return date_format(local, "DATETIME_FORMAT")


def _object(tree: Object, names: Names) -> str:
    for is_one, write in SHAPES:
        if is_one(tree):
            return write(tree, names)
    return _joined(tree, names)


def _joined(tree: Object, names: Names) -> str:
    """The values of an element of several, one after the other; a yes by the name of what it says yes to."""
    said = []
    for name, value in tree.items():
        if name not in SILENT and value is not False:
            said.append(label_of(name).lower() if value is True else say(value, names))
    return " · ".join(said) if said and all(said) else ""


SILENT = frozenset({"id", "extension", "modifierExtension", "use", "rank"})


def _has(*keys: str) -> Callable[[Object], bool]:
    return lambda tree: not tree.keys().isdisjoint(keys)


def _concept(tree: Object, names: Names) -> str:
    text = tree.get("text")
    codings = [say(each, names) for each in _list(tree.get("coding"))]
    return text if isinstance(text, str) and text else ", ".join(filter(None, dict.fromkeys(codings)))


def _coding(tree: Object, _names: Names) -> str:
    said = str(tree.get("code") or "")
    return str(tree.get("display") or "") or (language(said) if tree.get("system") == BCP47 else code(said))


def language(tag: str) -> str:
    """What a language is called; its tag where it is not known here."""
    name = LANGUAGES.get(tag.partition("-")[0].lower())
    return gettext(name) if name else tag


def _name(tree: Object, _names: Names) -> str:
    parts = [*_texts(tree.get("prefix")), *_texts(tree.get("given")), str(tree.get("family") or "")]
    name = " ".join([*filter(None, parts), *_texts(tree.get("suffix"))]) or str(tree.get("text") or "")
    return _with_use(name, tree, usual=("official", "usual"))


def _number(tree: Object, _names: Names) -> str:
    """A ContactPoint, or an Identifier with its type."""
    kind = tree.get("type")
    value = str(tree.get("value") or "")
    named = _concept(kind, {}) if isinstance(kind, dict) and kind.get("text") else ""
    return _with_use(f"{named}: {value}" if named else value, tree, usual=("usual", "official"))


def _with_use(text: str, tree: Object, *, usual: tuple[str, ...]) -> str:
    use = str(tree.get("use") or "")
    return f"{text} ({code(use)})" if text and use and use not in usual else text


def _address(tree: Object, _names: Names) -> str:
    place = " ".join(filter(None, (str(tree.get("state") or ""), str(tree.get("postalCode") or ""))))
    parts = [*_texts(tree.get("line")), str(tree.get("city") or ""), place]
    return ", ".join(filter(None, parts)) or str(tree.get("text") or "")


def _period(tree: Object, names: Names) -> str:
    start, end = say(tree.get("start"), names), say(tree.get("end"), names)
    if start and end:
        return gettext("%(start)s to %(end)s") % {"start": start, "end": end}
    return gettext("from %(start)s") % {"start": start} if start else gettext("until %(end)s") % {"end": end}


def _quantity(tree: Object, names: Names) -> str:
    unit = tree.get("unit") or tree.get("code") or ""
    return " ".join(filter(None, (str(tree.get("comparator") or ""), say(tree.get("value"), names), str(unit))))


def _reference(tree: Object, names: Names) -> str:
    """Whom or what a reference names: its words, the agency's name, or its number; never a bare id."""
    named = tree.get("identifier")
    value = str(named.get("value") or "") if isinstance(named, dict) else ""
    id_ = str(tree.get("reference") or "").rpartition("/")[2]
    return str(tree.get("display") or "") or names.get(id_) or names.get(value) or value or NOBODY


NOBODY = "–"
"""What a reference is said as that only a machine can follow."""


def _annotation(tree: Object, names: Names) -> str:
    about = [say(tree.get(name), names) for name in ("authorString", "authorReference", "time") if name in tree]
    head = ", ".join(part for part in about if part and part != NOBODY)
    return f"{tree.get('text') or ''}\n({head})" if head else str(tree.get("text") or "")


def _attachment(tree: Object, names: Names) -> str:
    """A file by its name and kind; a text as it reads. A link to elsewhere is not followed, nor shown."""
    head = " · ".join(filter(None, (str(tree.get("title") or ""), str(tree.get("contentType") or ""))))
    text = _decoded(tree)
    head = head or gettext("a file")
    made = say(tree.get("creation"), names)
    head = f"{head} · {made}" if made else head
    return f"{head}\n{text}" if text else head


def _decoded(tree: Object) -> str:
    data = tree.get("data")
    if not str(tree.get("contentType")).startswith("text/plain") or not isinstance(data, str):
        return ""
    try:
        text = base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return text if len(text) <= LONGEST_TEXT else ""


def _is_annotation(tree: Object) -> bool:
    return "text" in tree and not tree.keys().isdisjoint({"time", "authorString", "authorReference"})


def _is_concept(tree: Object) -> bool:
    return "coding" in tree or (tree.keys() <= {"text", "id", "extension"} and "text" in tree)


def _is_quantity(tree: Object) -> bool:
    return isinstance(tree.get("value"), Lexeme) and tree.keys() <= {"value", "unit", "system", "code", "comparator"}


Write = Callable[[Object, Names], str]
SHAPES: tuple[tuple[Callable[[Object], bool], Write], ...] = (
    (_is_quantity, _quantity),
    (_is_annotation, _annotation),
    (_is_concept, _concept),
    (_has("contentType", "data"), _attachment),
    (_has("family", "given"), _name),
    (_has("line", "city", "postalCode"), _address),
    (lambda tree: "value" in tree and tree.keys() <= {"system", "value", "type", "use", "rank", "period", "assigner"},
     _number),
    (lambda tree: "code" in tree and tree.keys() <= {"system", "code", "display", "version", "userSelected"}, _coding),
    (lambda tree: tree.keys() <= {"start", "end", "extension"} and bool(tree), _period),
    (lambda tree: tree.keys() <= {"reference", "type", "identifier", "display", "extension"} and bool(tree),
     _reference),
)  # fmt: skip
"""The first row whose shape fits says how."""


def lines_of(label: str, tree: Tree, names: Names, *, depth: int = 0) -> Iterator[Line]:
    """An element as lines: one where it can be said in one, else what is in it, each set in by one."""
    if isinstance(tree, list):
        for each in tree:
            yield from lines_of(label, each, names, depth=depth)
    elif isinstance(tree, dict) and (pair := _pair(tree)):
        yield Line(label=say(tree[pair[0]], names) or label, text=say(tree[pair[1]], names), depth=depth)
    elif text := say(tree, names):
        if text != NOBODY:
            yield Line(label=label, text=text, depth=depth)
    elif isinstance(tree, dict) and tree:
        yield Line(label=label, depth=depth)
        for name, value in tree.items():
            if name not in SILENT:
                yield from lines_of(label_of(name), value, names, depth=depth + 1)


def _pair(tree: Object) -> tuple[str, str] | None:
    """The two elements of something that says what it is about and its value, as a component of an Observation."""
    about = next((name for name in ("code", "type") if isinstance(tree.get(name), dict)), None)
    value = next((name for name in tree if _VALUE.fullmatch(name)), None)
    return (about, value) if about and value and tree.keys() - SILENT <= {about, value} else None


def label_of(name: str) -> str:
    """The name of an element as words: ``effectiveDateTime`` is "Effective date time"."""
    return " ".join(word.lower() for word in _WORD.findall(name)).capitalize() or name


def _list(tree: Tree) -> list[Tree]:
    return tree if isinstance(tree, list) else []


def _texts(tree: Tree) -> list[str]:
    return [each for each in _list(tree) if isinstance(each, str)]
