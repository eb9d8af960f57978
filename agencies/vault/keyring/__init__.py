"""The keys of agencies in use: to whom is sealed, who may have what opened, who signs.

Records nothing: whoever opens, logs. Every row is checked against the network root before it is used.
"""

from .issuing import complete_keys, create_keys, destroy, rotate
from .loans import lend, purposes_of, take_back
from .memory import forget
from .opening import Wrapped, open, open_all, open_delegated, open_in  # noqa: A004  the vault's own verb
from .recipients import recipient_key, recipient_keys, rewrap, wrap
from .signing import AgencySigner, public_of, publics_of, signer, signing_keys
from .tokens import blind, mac

__all__ = [
    "AgencySigner",
    "Wrapped",
    "blind",
    "complete_keys",
    "create_keys",
    "destroy",
    "forget",
    "lend",
    "mac",
    "open",
    "open_all",
    "open_delegated",
    "open_in",
    "public_of",
    "publics_of",
    "purposes_of",
    "recipient_key",
    "recipient_keys",
    "rewrap",
    "rotate",
    "signer",
    "signing_keys",
    "take_back",
    "wrap",
]
