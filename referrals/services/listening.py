"""Who else takes note of what an act did, in its transaction. What listens lies above, so it is named, not imported.

``settings.REFERRAL_LISTENERS`` names functions that take the finished ``Work``. One that fails undoes the act.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from .work import Work

Listener = Callable[["Work"], None]


def tell(work: "Work") -> None:
    """Let everybody who listens take note of a work that is written. Raises ``ImportError`` for a name that is none."""
    for name in settings.REFERRAL_LISTENERS:
        _listener(name)(work)


@cache
def _listener(name: str) -> Listener:
    return cast("Listener", import_string(name))
