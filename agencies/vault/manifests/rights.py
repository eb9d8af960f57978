"""Nobody signs away what it does not hold: the rules by which an entry of a foreign hand is refused. Pure."""

from uuid import UUID

from agencies.vault.errors import Forged
from fhir.content.compartments import Compartment

from .entries import Entry
from .state import NOTHING, State

ALL = frozenset(Compartment)


def check(before: State, after: State, entry: Entry) -> None:
    """Raise ``Forged`` unless ``entry``'s signer was allowed, by the state before, to make this of it."""
    if not _takes_part(before, entry.agency_id):
        raise Forged("signer takes no part")
    for party in entry.parties:
        gained = party.compartments - before.held(party.agency_id, party.audience)
        if not gained <= _grantable(before, entry.agency_id, party.agency_id, party.audience):
            raise Forged("grants what the signer does not hold")
    for release in set(entry.releases) - set(before.releases):
        if not release.compartments <= after.held(entry.agency_id):
            raise Forged("releases what the signer does not hold")
    for section in entry.sections:
        if section.compartment not in after.held(entry.agency_id, section.audience):
            raise Forged("writes where the signer takes no part")


def _takes_part(before: State, signer: UUID) -> bool:
    """A party, an agency that something is promised to, or whoever opens the folder."""
    parties = {row.agency_id for row in before.parties} | {row.agency_id for row in before.releases}
    return before.number == 0 or signer in parties


def _grantable(before: State, signer: UUID, to: UUID, audience: UUID | None) -> frozenset[Compartment]:
    """What ``signer`` may give ``to`` for this audience.

    Its members may give all but what only others hold there, so they may open a compartment nobody has yet; a new
    audience has no members and is anyone's to open. An agency may also take what was released to it.
    """
    released = before.released(signer) if signer == to and audience is None else NOTHING
    rows = [row for row in before.parties if row.audience == audience]
    if rows and all(row.agency_id != signer for row in rows):
        return released
    taken = NOTHING.union(*(row.compartments for row in rows))
    return ALL - (taken - before.held(signer, audience)) | released
