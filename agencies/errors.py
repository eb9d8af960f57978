"""Why something about agencies or memberships is refused."""


class AgencyError(Exception):
    """The root of what this app refuses; ``code`` is stable and machine-readable."""

    code = "AGENCY"


class NotAMember(AgencyError):
    """The membership ended, its person or machine is switched off, or it never was."""

    code = "NOT_UNIT_MEMBER"


class NotAllowed(AgencyError):
    """Whoever asks may not decide this about members."""

    code = "ROLE"


class NotOpen(AgencyError):
    """The invitation was used, withdrawn, is too old, or waits for a second administrator."""

    code = "INVITATION"


class CannotCover(AgencyError):
    """A coverage that cannot stand: it would be handed on, loop, or meet another; or it is over, or not to confirm."""

    code = "COVERAGE"


class UnknownAgency(AgencyError):
    """No agency on the network goes by that name."""

    code = "UNKNOWN_AGENCY"
