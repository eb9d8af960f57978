"""Nobody signs away what it does not hold: the rules by which an entry of a foreign hand is refused. Pure."""

from uuid import UUID

from agencies.vault.errors import Forged
from fhir.content.compartments import Compartment

from .entries import Entry
from .state import NOTHING, State

ALL = frozenset(Compartment)
REVOKED = "revoked"
STOPPED = frozenset({"held", REVOKED})
"""How a consent stands that opens nothing."""


def check(before: State, after: State, entry: Entry) -> None:
    """Raise ``Forged`` unless ``entry``'s signer was allowed, by the state before, to make this of it."""
    signer = entry.agency_id
    if not _takes_part(before, signer):
        raise Forged("signer takes no part")
    for party in entry.parties:
        gained = party.compartments - before.held(party.agency_id, party.audience)
        released = before.released(signer) if (party.agency_id, party.audience) == (signer, None) else NOTHING
        if not gained <= _grantable(before, entry, party.audience) | released:
            raise Forged("grants what the signer does not hold")
    for release in set(entry.releases) - set(before.releases):
        if not release.compartments <= after.held(signer):
            raise Forged("releases what the signer does not hold")
    _check_consents(before, entry)
    for receipt in entry.receipts:
        if receipt.compartment not in after.held(receipt.agency_id, receipt.audience) or receipt.epoch > after.number:
            raise Forged("gives a key where the receiver takes no part")
    for section in entry.sections:
        if section.compartment not in after.held(signer, section.audience):
            raise Forged("writes where the signer takes no part")


def _check_consents(before: State, entry: Entry) -> None:
    """Who recorded a consent changes it, anybody who takes part may stop it (R-P2-13), nobody lets one come back."""
    known = {line.consent_id: line for line in before.consents}
    after = {line.consent_id: line for line in entry.consents}
    if not known.keys() <= after.keys():
        raise Forged("a consent that is gone")
    for consent_id, line in after.items():
        old = known.get(consent_id)
        if old is not None and old.standing == REVOKED and line.standing != REVOKED:
            raise Forged("a consent that was over")
        if old is None or line == old or before.recorded_by[consent_id] == entry.agency_id:
            continue
        if line.digest != old.digest or line.version != old.version or line.standing not in STOPPED:
            raise Forged("a consent of another's")


def _takes_part(before: State, signer: UUID) -> bool:
    """A party, an agency that something is promised to, or whoever opens the folder."""
    parties = {row.agency_id for row in before.parties} | {row.agency_id for row in before.releases}
    return before.number == 0 or signer in parties


def _grantable(before: State, entry: Entry, audience: UUID | None) -> frozenset[Compartment]:
    """What the signer may let anyone take part in, for this audience.

    A new audience is anyone's to open. In one that has members, they alone give, and not what only others hold there;
    but what one writes oneself, under a key of its own, one may give, even where one reads nothing.
    """
    rows = [row for row in before.parties if row.audience == audience]
    if rows and all(row.agency_id != entry.agency_id for row in rows):
        return NOTHING
    taken = NOTHING.union(*(row.compartments for row in rows))
    written = {section.compartment for section in entry.sections if section.audience == audience}
    return ALL - (taken - before.held(entry.agency_id, audience)) | written
