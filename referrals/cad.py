"""What a line pasted from a dispatch system (CAD) says of time, place and number. Pure, and sure of nothing.

Systems differ, so this reads what is labelled, then what looks like it; what it does not find stays empty.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_LABELS = {
    "number": r"(?:incident|inc|event|evt|call|case|cfs|cad|run)(?: ?(?:no\.?|num(?:ber)?|#|id))? ?[:#=]+",
    "place": r"(?:location|loc|address|addr|place|premise)(?: of (?:call|incident))? ?[:=]",
    "time": r"(?:call ?time|time|received|rcvd|recd|created|dispatched|disp|date(?:/time)?|occurred|entered) ?[:=]",
}
_STOP = r"(?=\s*(?:[|;\t\n\r]|$|\s(?:" + "|".join(_LABELS.values()) + r"|[A-Za-z/]{2,14}[:=])))"
_LABELLED = {
    name: re.compile(rf"(?i)(?<![A-Za-z]){label}\s*(?P<said>[^|;\t\n\r]*?){_STOP}") for name, label in _LABELS.items()
}
_NUMBER = re.compile(r"(?<![\w-])#?(?P<said>(?:[A-Z]{1,4}-?)?\d{2,4}-\d{3,8}|[A-Z]{1,3}\d{6,10}|\d{8,12})(?![\w/:-])")
_KINDS = "st|street|ave|avenue|rd|road|ln|lane|dr|drive|way|ct|court|pl|place|sq|square|row|blvd|hwy|ter|cir|pkwy"
_PLACE = re.compile(
    rf"(?i)(?<![\w/:-])(?P<said>\d{{1,5}}[A-Z]?\s+(?!(?:hrs|hours|[ap]m)\b)(?:[A-Z0-9.'’-]+\s+){{1,4}}?(?:{_KINDS})\b\.?"
    r"(?:,?\s*(?:apt|unit|#|suite|fl)\s*\.?\s*[\w-]+)?)"
)
_CORNER = re.compile(rf"(?i)(?P<said>[A-Z'’]+\s+(?:{_KINDS})\.?\s*(?:/|&|@|\band\b)\s*[A-Z'’]+\s+(?:{_KINDS})\b\.?)")
_CLOCK = r"(?P<hour>[01]?\d|2[0-3])[:.]?(?P<minute>[0-5]\d)(?:[:.]\d{2})?\s*(?P<half>[ap]\.?m\.?)?(?![\d-])"
_DATES = (
    r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})",
    r"(?P<month>\d{1,2})[-/](?P<day>\d{1,2})[-/](?P<year>\d{4}|\d{2})",
    r"(?P<month>\d{1,2})/(?P<day>\d{1,2})",
)
_MOMENTS = tuple(re.compile(rf"(?i)(?<![\d/-]){date}(?:[T,\s]|\s+at\s+)+{_CLOCK}") for date in _DATES)
_TIME = re.compile(
    r"(?i)(?<![\d/.:-])(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d)(?::\d{2})?|(?P<short>[0-5]\d)(?=\s*(?:hrs|hours)))"
    r"\s*(?P<half>[ap]\.?m\.?)?(?!\d)"
)


@dataclass(frozen=True, slots=True)
class CadLine:
    """What was found: ``occurred`` is local time without a zone, ``None`` if no time was; texts are "" if not found."""

    occurred: datetime | None
    place: str
    number: str


def read_cad(text: str, *, now: datetime) -> CadLine:
    """What ``text`` says. ``now`` is local time without a zone; a time without a day is the last such before it."""
    said = " ".join(re.sub(r"[^\S\t\n\r]+", " ", text).strip("\ufeff ").split(" "))
    return CadLine(occurred=_occurred(said, now), place=_place(said), number=_number(said))


def _number(text: str) -> str:
    labelled = _LABELLED["number"].search(text)
    token = labelled["said"].split()[0].strip(",.#") if labelled and labelled["said"].split() else ""
    if any(letter.isdigit() for letter in token):
        return token[:40]
    found = _NUMBER.search(text)
    return found["said"] if found else ""


def _place(text: str) -> str:
    labelled = _LABELLED["place"].search(text)
    if labelled and labelled["said"].strip():
        return labelled["said"].strip(" ,.")[:120]
    found = _PLACE.search(text) or _CORNER.search(text)
    return found["said"].strip() if found else ""


def _occurred(text: str, now: datetime) -> datetime | None:
    labelled = _LABELLED["time"].search(text)
    for part in (labelled["said"] if labelled else "", text):
        dated = next((match for pattern in _MOMENTS if (match := pattern.search(part))), None)
        found = _moment(dated.groupdict(), now) if dated else _clock(part, now)
        if found is not None:
            return found if found <= now else None
    return None


def _moment(said: dict[str, str | None], now: datetime) -> datetime | None:
    year = int(said.get("year") or now.year)
    return _made(now, (year + 2000 if year < 100 else year, int(said["month"] or 0), int(said["day"] or 0)), said)


def _clock(text: str, now: datetime) -> datetime | None:
    found = _TIME.search(text)
    if found is None:
        return None
    said = found.groupdict()
    said["minute"] = said["minute"] or said["short"]
    at = _made(now, (now.year, now.month, now.day), said)
    return at if at is None or at <= now else at - timedelta(days=1)


def _made(now: datetime, day: tuple[int, int, int], said: dict[str, str | None]) -> datetime | None:
    half = (said["half"] or "")[:1].lower()
    hour = int(said["hour"] or 0)
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    try:
        return datetime(*day, hour, int(said["minute"] or 0), tzinfo=now.tzinfo)
    except ValueError:
        return None
