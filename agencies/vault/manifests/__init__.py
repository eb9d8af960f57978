"""The chain of signed manifests of one folder: who takes part and on what ground, what opens on accept, who was given
which key, which sections exist. Pure.

Each act that changes one of these adds an entry, signed by the acting agency and holding the hash of the one
before; the hash of the newest stands in the audit log. Wraps are not in it, so rotating keys leaves it alone.
"""

from .chain import Signed, Signer, extend, verify_chain
from .entries import Consent, Entry, Ground, Party, Receipt, Release, Section
from .state import State

__all__ = [
    "Consent",
    "Entry",
    "Ground",
    "Party",
    "Receipt",
    "Release",
    "Section",
    "Signed",
    "Signer",
    "State",
    "extend",
    "verify_chain",
]
