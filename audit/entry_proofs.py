"""One event with the proof that it stands in the log, for whoever wants to hold it (C2SP tlog-proof)."""

from base64 import b64encode
from uuid import UUID

from audit import proofs, witnesses
from audit.models import AuditEvent, AuditLeaf
from audit.standalone.reading import ENTRY_PROOF

SUFFIX = ".tlog-proof"


class NotYet(LookupError):
    """No such event, or it has no place under a checkpoint yet: within seconds it has."""


def entry_proof(event_id: UUID) -> str:
    """Return the proof of an event: its bytes, its place, the proof, the checkpoint, who cosigned. Raises NotYet.

    Whoever may be shown the event may have it; it says nothing that the event does not.
    """
    leaf = AuditLeaf.objects.filter(event_id=event_id).first()
    event = AuditEvent.objects.filter(pk=event_id).first()
    head = witnesses.best_over(leaf.seq) if leaf else None
    if leaf is None or event is None or head is None:
        raise NotYet("This event has no place in the log yet.")
    path = proofs.inclusion(seq=leaf.seq, size=head.size)
    extra = b64encode(bytes(event.body)).decode()
    lines = [ENTRY_PROOF, f"extra {extra}", f"index {leaf.seq}", *(b64encode(each).decode() for each in path)]
    return "\n".join([*lines, "", witnesses.note(head)])
