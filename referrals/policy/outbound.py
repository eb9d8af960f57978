"""What must travel with substance-use records wherever they go: a statement and the scope (R-P2-11). Pure.

Whoever makes an outbound artefact (a page, a print, a file, a FHIR answer) makes it through here; without the
statement it is not made.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agencies.kinds import Purpose
from fhir.content.compartments import Compartment
from fhir.content.notices import CARRYING, PART2, PART2_SHORT, Notice
from referrals.errors import Refused

from .terms import Form, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The clear explanation of a consent's scope that 42 CFR 2.32(b) asks for: what, what for, until when."""

    consent: UUID
    version: int
    form: Form
    compartments: tuple[Compartment, ...]
    purposes: tuple[Purpose, ...]
    until: datetime | None

    @classmethod
    def of(cls, terms: Terms) -> "Scope":
        """The scope of these terms, in the tables' order."""
        return cls(
            consent=terms.consent,
            version=terms.version,
            form=terms.form,
            compartments=tuple(part for part in Compartment if part in terms.compartments),
            purposes=tuple(purpose for purpose in Purpose if purpose in terms.purposes),
            until=terms.until,
        )


class NoticeMissing(Refused):
    """Substance-use records were about to go out without the statement of the law. Nothing went."""

    code = "NOTICE_MISSING"

    def __init__(self) -> None:
        super().__init__("Substance-use records do not leave without the notice of 42 CFR part 2. Nothing was sent.")


def notices_for(compartments: Iterable[Compartment]) -> tuple[Notice, ...]:
    """The statements that must travel with these compartments."""
    return (PART2,) if CARRYING & set(compartments) else ()


def require_notices(compartments: Iterable[Compartment], notices: Collection[Notice]) -> None:
    """Raise ``NoticeMissing`` unless what must travel with these compartments is there, word for word."""
    if CARRYING & set(compartments) and not {PART2, PART2_SHORT} & set(notices):
        raise NoticeMissing
