"""Whether somebody's words on a task were said already: a request that was sent twice, say, says nothing new."""

from fhir.content.exact import Object
from referrals.models import ReferralTask, Section

from . import chain, unsealing, wrapping
from .work import Work


def said_last(work: Work, task: ReferralTask, words: str) -> bool:
    """Whether ``words`` are the last the actor wrote on ``task``, with a step or without.

    Who may not open what they wrote is not compared with it. Raises ``CannotOpen`` for what is not as it was signed.
    """
    mine = Section.objects.filter(
        folder=work.folder, task=task, type="Communication", membership_id=work.actor.membership_id
    )
    keys = None
    for row in mine.order_by("-id"):
        chain.require_genuine(work.state, row)
        keys = keys or wrapping.keys_of(work.actor, work.state)
        if (key := keys.get(unsealing.place(row))) is None:
            return False
        tree = unsealing.unseal(row, key, work.shred_secret).tree
        if _is_note(tree):
            return tree["payload"] == [{"contentString": words}]
    return False


def _is_note(tree: Object) -> bool:
    """What became of a Task's output has a topic, the recipient's number an identifier."""
    return "payload" in tree and not {"topic", "identifier"} & tree.keys()
