"""A Subscription as it was sent: what it asks for, or everything that is wrong with it. Pure.

What is not understood is refused, not ignored: a subscription that silently never fires is worse than none.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fhir.content.exact import Lexeme, Object, Tree
from fhir.content.issues import Issue, error
from fhir.content.validate import walk
from referrals.errors import Invalid

from .kinds import CONTENT, FILTER, HEARTBEAT, MOST, TIMEOUT, TOPICS, Content, Status

ELEMENTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "Subscription": frozenset(
            {"resourceType", "id", "meta", "language", "text", "status", "contact", "end", "reason", "criteria"}
            | {"_criteria", "error", "channel"}
        ),
        "Subscription.channel": frozenset({"extension", "type", "endpoint", "payload", "_payload", "header"}),
    }
)
"""Which elements are understood; an extension anywhere else is one of another version, or of somebody else's."""

KEPT = "***"
"""What stands in place of a header's value when it is shown. Sent back, it means: as it was."""
MIME = "application/fhir+json"
SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT = 60, 30 * 86400
MOST_EVENTS = 100
MOST_HEADERS, LONGEST_HEADER, LONGEST_ENDPOINT, MOST_FILTERS = 4, 1000, 400, 10
HEADER = re.compile(r"(?P<name>Authorization|X-[A-Za-z0-9-]{1,60}): ?(?P<value>[!-~]+( +[!-~]+)*)", re.ASCII)
ASKED_FOR = (Status.REQUESTED, Status.OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a client asks for. ``filters`` are queries without the type, ``headers`` name and value, ``most`` is how
    many events may come in one notification; ``body`` is what was sent, less what is this server's or secret.
    """

    status: Status
    topic: str
    filters: tuple[str, ...]
    content: Content
    endpoint: str
    headers: tuple[tuple[str, str], ...]
    heartbeat: int | None
    most: int
    end: str
    body: Object


DEFAULT_MOST = 10


def wanted_of(tree: Object) -> Wanted:
    """What ``tree`` asks for. Raises ``Invalid`` with all that is wrong."""
    issues = list(walk(tree, "Subscription", types=("Subscription",)).issues)
    if not issues:
        issues = [*_unknown(tree), *_wrong(tree)]
    if issues:
        raise Invalid(issues)
    channel = _object(tree["channel"])
    return Wanted(
        status=Status(str(tree["status"])),
        topic=str(tree["criteria"]),
        filters=tuple(_query(each) for each in _values(tree.get("_criteria"), FILTER)),
        content=Content(next(_values(channel.get("_payload"), CONTENT))),
        endpoint=str(channel["endpoint"]),
        headers=tuple(_header(each) for each in _list(channel.get("header"))),
        heartbeat=_number(channel, HEARTBEAT),
        most=_number(channel, MOST) or DEFAULT_MOST,
        end=str(tree.get("end", "")),
        body=_body(tree, channel),
    )


def _unknown(tree: Object) -> Iterator[Issue]:
    """Elements and extensions that mean nothing here."""
    for at, element in (("Subscription", tree), ("Subscription.channel", _object(tree["channel"]))):
        for name in element.keys() - ELEMENTS[at]:
            allowed = ", ".join(sorted(ELEMENTS[at]))
            yield error("not-supported", f"{at}.{name}", f"is not understood here; understood are: {allowed}")
    channel = _object(tree["channel"])
    places: tuple[tuple[str, Tree, tuple[str, ...]], ...] = (
        ("Subscription.criteria", tree.get("_criteria"), (FILTER,)),
        ("Subscription.channel", channel, (HEARTBEAT, TIMEOUT, MOST)),
        ("Subscription.channel.payload", channel.get("_payload"), (CONTENT,)),
    )
    for at, holder, allowed_urls in places:
        for each in _list(_object(holder).get("extension")):
            if _object(each).get("url") not in allowed_urls:
                text = f"may have these extensions alone: {', '.join(allowed_urls)}"
                yield error("extension", f"{at}.extension", text)


def _wrong(tree: Object) -> Iterator[Issue]:
    """What a subscription of this server must be."""
    channel = _object(tree["channel"])
    yield from (issue for rule in RULES for issue in rule(tree, channel))


def _status(tree: Object, _channel: Object) -> Iterator[Issue]:
    if tree["status"] not in [each.value for each in (*ASKED_FOR, Status.ACTIVE)]:
        yield error("value", "Subscription.status", f"must be one of: {', '.join(ASKED_FOR)}")


def _topic(tree: Object, _channel: Object) -> Iterator[Issue]:
    if tree["criteria"] not in TOPICS:
        yield error("not-supported", "Subscription.criteria", f"must be a topic of this server: {', '.join(TOPICS)}")
    given = [*_values(tree.get("_criteria"), FILTER)]
    if len(given) > MOST_FILTERS:
        yield error("too-costly", "Subscription.criteria.extension", f"may be at most {MOST_FILTERS} filters")
    topic = TOPICS.get(str(tree["criteria"]))
    for each in given:
        type_, mark, _rest = each.rpartition("?")
        if topic is not None and mark and type_ != topic.type:
            text = f"must be a filter on {topic.type}: name=value, or {topic.type}?name=value"
            yield error("value", "Subscription.criteria.extension", text)


def _channel_of(_tree: Object, channel: Object) -> Iterator[Issue]:
    if channel["type"] != "rest-hook":
        yield error("not-supported", "Subscription.channel.type", "must be rest-hook")
    endpoint = str(channel.get("endpoint", ""))
    if not 0 < len(endpoint) <= LONGEST_ENDPOINT:
        text = f"must be an address of at most {LONGEST_ENDPOINT} characters"
        yield error("required" if not endpoint else "value", "Subscription.channel.endpoint", text)


def _payload(_tree: Object, channel: Object) -> Iterator[Issue]:
    if channel.get("payload") != MIME:
        yield error("not-supported", "Subscription.channel.payload", f"must be {MIME}")
    given = [*_values(channel.get("_payload"), CONTENT)]
    if len(given) != 1 or given[0] not in list(Content):
        text = f"must have the extension {CONTENT} once, as one of: {', '.join(Content)}"
        yield error("not-supported" if given else "required", "Subscription.channel.payload.extension", text)


def _headers(_tree: Object, channel: Object) -> Iterator[Issue]:
    given = _list(channel.get("header"))
    fine = all(len(str(each)) <= LONGEST_HEADER and HEADER.fullmatch(str(each)) for each in given)
    names = [str(each).partition(":")[0] for each in given]
    if len(given) > MOST_HEADERS or not fine or len({name.lower() for name in names}) < len(names):
        text = f"may be at most {MOST_HEADERS}, each once: 'Authorization: ...' or 'X-...: ...', printable ASCII"
        yield error("value", "Subscription.channel.header", text)


def _numbers(_tree: Object, channel: Object) -> Iterator[Issue]:
    bounds = {
        HEARTBEAT: (SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT, "seconds between heartbeats"),
        MOST: (1, MOST_EVENTS, "events in one notification"),
        TIMEOUT: (1, 86400, "seconds to answer in; this server waits for five"),
    }
    for url, (least, most, what) in bounds.items():
        found = [each for each in _list(channel.get("extension")) if _object(each).get("url") == url]
        number = _number(channel, url)
        if found and (len(found) > 1 or number is None or not least <= number <= most):
            text = f"must be once a whole number from {least} to {most}: {what}"
            yield error("value", "Subscription.channel.extension", text)


RULES: tuple[Callable[[Object, Object], Iterator[Issue]], ...] = (
    _status,
    _topic,
    _channel_of,
    _payload,
    _headers,
    _numbers,
)


def _body(tree: Object, channel: Object) -> Object:
    """What is kept to be shown again. No secret of a header, and nothing that this server says itself."""
    shown: list[Tree] = [f"{_header(each)[0]}: {KEPT}" for each in _list(channel.get("header"))]
    kept: Object = {name: value for name, value in tree.items() if name not in ("id", "meta", "status", "error")}
    return kept | {"channel": channel | ({"header": shown} if shown else {})}


def _query(text: str) -> str:
    """A filter without its type: the guide's text has it so, its examples with ``Task?`` before it."""
    return text.rpartition("?")[2]


def _header(each: Tree) -> tuple[str, str]:
    found = HEADER.fullmatch(str(each))
    if found is None:
        raise TypeError("A header was not looked at.")
    return found["name"], found["value"]


def _values(holder: Tree, url: str) -> Iterator[str]:
    """The text values of the extensions of one kind."""
    for each in _list(_object(holder).get("extension")):
        extension = _object(each)
        if extension.get("url") == url:
            yield next((value for name, value in extension.items() if name != "url" and isinstance(value, str)), "")


def _number(holder: Object, url: str) -> int | None:
    for each in _list(holder.get("extension")):
        extension = _object(each)
        value = next((value for name, value in extension.items() if name.startswith("value")), None)
        if extension.get("url") == url and isinstance(value, Lexeme) and re.fullmatch(r"\d{1,9}", value.text, re.ASCII):
            return int(value.text)
    return None


def _object(tree: Tree) -> Object:
    return tree if isinstance(tree, dict) else {}


def _list(tree: Tree) -> list[Tree]:
    return tree if isinstance(tree, list) else []
