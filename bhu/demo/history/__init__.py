"""Eighteen months of the demo network: what happened, dealt from tables by a seed, and played through the real acts.

``shares`` and ``names`` are the tables, ``cases`` deals who and what, ``courses`` says what was done about it and
when; all of that is pure. ``playing`` does it, ``loading`` does all of it.
"""

from .loading import is_whole, load
from .shares import SEED

__all__ = ["SEED", "is_whole", "load"]
