"""The log over HTTP, for an agency's privacy officer: parse, one call, answer."""

from referrals import auditing
from referrals.auditing import EventQuery, Place

from . import audit_events
from .asking import Search
from .calls import Answer, Call
from .pages import page


def read(call: Call) -> Answer:
    """One entry of the agency's own part of the log."""
    return Answer(tree=audit_events.tree(auditing.one(call.actor, call.id)))


def search(call: Call, asked: Search) -> Answer:
    """One page of it, newest first."""
    query = _query(asked)
    if asked.only_count:
        return page(call, asked, [], total=auditing.count(call.actor, query))
    total = auditing.count(call.actor, query) if asked.total else None
    found = auditing.page(call.actor, query, after=_after(asked), size=asked.count + 1)
    shown = found[: asked.count]
    place = str(shown[-1].place) if len(found) > len(shown) else ""
    return page(call, asked, map(audit_events.tree, shown), total=total, place=place)


def _query(asked: Search) -> EventQuery:
    """The query, with FHIR's kinds of actions as those of the log, and ids as what they are."""
    fields = dict(asked.fields)
    actions, names = fields.pop("actions", None), fields.get("names")
    ids, entities = fields.pop("ids", None), fields.get("entities")
    if actions is not None:
        fields |= {"given": audit_events.DISCLOSED in actions, "decided": audit_events.DECIDED in actions}
        if "E" in actions:  # everything that is no other kind, so the other kinds are left out
            fields["but"] = audit_events.names_of({"C", "R", "U", "D"} - actions)
        else:
            found = audit_events.names_of(actions)
            fields["names"] = found if names is None else found & names
    if names is not None:
        fields |= {"given": False, "decided": False}
    if ids is not None:
        fields["places"] = frozenset(filter(None, map(auditing.place_of, ids)))
    if entities is not None:
        fields["entities"] = frozenset("/".join(each.split("/")[-2:]) for each in entities)
    return EventQuery(**fields)


def _after(asked: Search) -> Place | None:
    return auditing.place_of(asked.place) if asked.place else None
