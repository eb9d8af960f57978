"""Why a token is not taken, and why something about a client is refused. Each has a code and what HTTP says of it.

TokenRefused
 ├── NoToken             there is none, or it does not look like one (401, login)
 ├── TokenExpired        its five minutes are over (401, expired)
 ├── TokenRevoked        revoked, unknown, or its client may not act any more; one answer (401, login)
 ├── InsufficientScope   it is good, but not for this (403, forbidden)
 └── Throttled           its client asked more often than is allowed (429, throttled)
"""

from referrals.errors import NotFound, Refused


class TokenRefused(Refused):
    """The request is not answered with this token. ``issue`` is the code of FHIR's OperationOutcome."""

    code = "NO_TOKEN"
    status = 401
    issue = "login"
    challenge = 'Bearer realm="bhu"'
    """The ``WWW-Authenticate`` header (RFC 6750)."""


class NoToken(TokenRefused):
    """No token, or none that looks like one."""

    def __init__(self) -> None:
        super().__init__("A bearer token is needed.")


class TokenExpired(TokenRefused):
    """Its time is over."""

    code = "TOKEN_EXPIRED"
    issue = "expired"
    challenge = 'Bearer realm="bhu", error="invalid_token", error_description="The token expired"'

    def __init__(self) -> None:
        super().__init__("The token expired. Ask for a new one.")


class TokenRevoked(TokenRefused):
    """Revoked or unknown, or its client may not act any more. Which of them is nobody's business outside."""

    code = "TOKEN_REVOKED"
    challenge = 'Bearer realm="bhu", error="invalid_token", error_description="The token is not valid"'

    def __init__(self) -> None:
        super().__init__("The token is not valid.")


class InsufficientScope(TokenRefused):
    """The token does not cover what is asked for."""

    code = "SCOPE"
    status = 403
    issue = "forbidden"
    challenge = 'Bearer realm="bhu", error="insufficient_scope"'

    def __init__(self, type_: str, interaction: str) -> None:
        super().__init__(f"The token's scopes do not cover {interaction} of {type_}.")


class Throttled(TokenRefused):
    """More requests than are allowed in a minute. ``after``: seconds to wait; ``first`` is true once in each minute."""

    code = "TOO_OFTEN"
    status = 429
    issue = "throttled"
    challenge = ""

    def __init__(self, *, after: int, first: bool) -> None:
        super().__init__(f"Too many requests. Ask again in {after} seconds.")
        self.after, self.first = after, first


class NoSuchClient(NotFound):
    """There is no such client, or it is another agency's."""

    def __init__(self) -> None:
        Refused.__init__(self, "There is no such client for you.")
