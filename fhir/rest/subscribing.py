"""Subscriptions over HTTP, one's own alone: parse, one call, answer."""

import re
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from fhir.content.exact import Lexeme, Object
from fhir.subscriptions import bundles
from fhir.subscriptions.kinds import TOPICS, Content, Sent, Status
from fhir.subscriptions.models import Subscription
from fhir.subscriptions.reading import Wanted, wanted_of
from fhir.subscriptions.services import counting, keeping
from referrals.errors import NotFound
from referrals.services import recording

from . import bodies, criteria, outcomes, rendering, writing
from .calls import Answer, Call, wrong
from .door import require
from .updating import seen_version
from .values import several, span

NUMBER = re.compile(r"\d{1,18}", re.ASCII)


def create(call: Call) -> Answer:
    """A new subscription. It is ``requested`` until its endpoint has shaken hands."""
    if call.if_none_exist:
        raise wrong(400, "not-supported", "http.If-None-Exist", "is not taken here: use Idempotency-Key")
    wanted, query, end = _asked(call, keeping.CREATE)
    key = writing.key_of(call)
    row, again = keeping.create(call.actor, wanted, query, end=end, key=key, content=writing.content_of(call))
    place = f"{call.base}/Subscription/{row.pk}/_history/{row.version}"
    return _answer(call, row, status=200 if again else 201, headers={"Location": place})


def read(call: Call) -> Answer:
    """One subscription as it stands."""
    row = keeping.read(call.actor, _id(call, keeping.READ))
    headers = _headers(row)
    if headers["ETag"] in (each.strip() for each in call.if_none_match.split(",")):
        return Answer(status=304, headers=headers)
    return Answer(tree=keeping.tree_of(row), headers=headers)


def update(call: Call) -> Answer:
    """Change it, switch it off, or ask for it again after an error."""
    id_ = _id(call, keeping.UPDATE)
    sent = bodies.resource(call.data, "Subscription")
    if sent.get("id") != call.id:
        raise wrong(400, "value", "Subscription.id", "must be the id in the address")
    wanted, query, end = _asked(call, keeping.UPDATE)
    return _answer(
        call, keeping.update(call.actor, id_, wanted, query, end=end, seen=partial(seen_version, call.if_match))
    )


def delete(call: Call) -> Answer:
    """End it for good."""
    keeping.delete(call.actor, _id(call, keeping.DELETE))
    return Answer(status=204)


def status(call: Call) -> Answer:
    """``$status`` of one."""
    return _statuses([keeping.status(call.actor, _id(call, keeping.STATUS), require=call.let_in.require)])


def all_statuses(call: Call) -> Answer:
    """``$status`` of all of one's own, of those with an ``id``, or in a ``status``."""
    call = _given(call)
    ids, only = _values(call, "id"), _values(call, "status")
    if only is not None and not set(only) <= set(Status):
        raise wrong(400, "value", "http.status", f"must be of: {', '.join(Status)}")
    known = None if ids is None else [found for each in ids if (found := _uuid(each)) is not None]
    return _statuses(keeping.statuses(call.actor, known, require=call.let_in.require, only=only))


def events(call: Call) -> Answer:
    """``$events``: what happened, from a number to a number, at most a hundred at once."""
    id_, call = _id(call, keeping.EVENTS), _given(call)
    since, until = _number(call, "eventsSinceNumber"), _number(call, "eventsUntilNumber")
    said = dict(call.parameters).get("content")
    if said is not None and said not in list(Content):
        raise wrong(400, "not-supported", "http.content", f"must be one of: {', '.join(Content)}")
    content = Content(said) if said else None
    standing, told = keeping.events(
        call.actor, id_, since=since or 1, until=until, content=content, require=call.let_in.require
    )
    tree = bundles.notification(Sent.QUERIED, standing, told, base=counting.base(), id_=uuid4(), at=timezone.now())
    return Answer(tree=tree)


def _statuses(found: list[bundles.Standing]) -> Answer:
    return Answer(tree=bundles.statuses({uuid4(): each for each in found}, base=counting.base()))


def _asked(call: Call, action: str) -> tuple[Wanted, dict[str, Any], datetime | None]:
    """What was sent, read. Raises ``Invalid``, recorded; and a refusal of a token that does not cover the topic."""
    with recording.refusals(call.actor, action):
        wanted = wanted_of(bodies.resource(call.data, "Subscription"))
        topic = TOPICS[wanted.topic]
        query = criteria.query(call, topic, wanted.filters)
    require(call.let_in, topic.type, "read")
    end = span(wanted.end) if wanted.end else None
    return wanted, query, end.start if end else None


def _answer(call: Call, row: Subscription, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """What ``Prefer: return=`` asks for; without it the resource."""
    said = {**_headers(row), **(headers or {})}
    trees: dict[str, Object | None] = {"minimal": None, "OperationOutcome": outcomes.tree_of([writing.WRITTEN])}
    return Answer(status=status, tree=trees.get(call.returns, keeping.tree_of(row)), headers=said)


def _headers(row: Subscription) -> dict[str, str]:
    return {"ETag": rendering.etag(row.version), "Last-Modified": writing.http_date(row.changed_at)}


def _id(call: Call, action: str) -> UUID:
    """The id in the address. Raises ``NotFound``, recorded, for what is none."""
    found = _uuid(call.id)
    with recording.refusals(call.actor, action, target="Subscription/unknown"):
        if found is None:
            raise NotFound
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _given(call: Call) -> Call:
    """The call with what stands in the Parameters of its body, if it has one, among its parameters."""
    if not call.data:
        return call
    listed = bodies.resource(call.data, "Parameters").get("parameter")
    given = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    found = ((str(each.get("name")), _text(each)) for each in given)
    return replace(call, parameters=(*call.parameters, *found))


def _text(parameter: Object) -> str:
    value = next((value for name, value in parameter.items() if name.startswith("value")), None)
    return value.text if isinstance(value, Lexeme) else value if isinstance(value, str) else ""


def _values(call: Call, name: str) -> list[str] | None:
    """All values of a parameter; ``None`` if it was not given."""
    found = [each for key, value in call.parameters if key == name for each in several(value)]
    return found or None


def _number(call: Call, name: str) -> int | None:
    said = dict(call.parameters).get(name)
    if said is not None and not NUMBER.fullmatch(said):
        raise wrong(400, "value", f"http.{name}", "must be the number of an event")
    return None if said is None else int(said)
