"""Whether a client may act now, and as whom: asked anew at each token and each use of one."""

from dataclasses import replace
from functools import lru_cache

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.errors import NotAMember
from agencies.kinds import Purpose
from agencies.roles import Role
from agencies.services import actor_for

from .assertions import Fault, NotLetIn
from .ceiling import ceiling
from .models import Application
from .scopes import Scopes, intersect, parse_known


def actor_behind(application: Application) -> Actor:
    """The actor that a client is right now, with its registered purpose. Raises ``NotLetIn`` if it may not act."""
    if application.disabled_at is not None:
        raise NotLetIn(Fault.DISABLED)
    if application.approved_at is None:
        raise NotLetIn(Fault.NOT_APPROVED)
    try:
        actor = actor_for(application.membership)
    except NotAMember:
        raise NotLetIn(Fault.NO_MEMBERSHIP) from None
    return replace(actor, purpose=Purpose(application.purpose))


def allowed(application: Application, actor: Actor, asked: str) -> Scopes:
    """Of what is asked for, what the client is registered for and its role can do as its agency grants it today."""
    return _allowed(asked, application.scopes, actor.role, actor.capabilities)


@lru_cache(maxsize=1024)
def _allowed(asked: str, registered: str, role: Role, capabilities: frozenset[Capability]) -> Scopes:
    """Worked out once for the same words and grants: it is asked at every request, and depends on nothing else."""
    return intersect(parse_known(asked), intersect(parse_known(registered), ceiling(role, capabilities)))
