"""A key service plugged in by its dotted path, as production does it; here a file after all, in other hands."""

from collections.abc import Mapping

from agencies.vault import kms


class Service:
    """Hands everything on, and is not the provider of development."""

    def current(self) -> str:
        return kms.local().current()

    def wrap(self, kid: str, plaintext: bytes, aad: Mapping[str, str]) -> bytes:
        return kms.local().wrap(kid, plaintext, aad)

    def unwrap(self, kid: str, sealed: bytes, aad: Mapping[str, str]) -> bytes:
        return kms.local().unwrap(kid, sealed, aad)

    def rotate(self) -> str:
        return kms.local().rotate()

    def health(self) -> None:
        kms.local().health()


def provider() -> kms.Provider:
    return Service()
