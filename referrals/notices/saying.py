"""What a notice says: a sentence on our own pages, and outside of them a number, how urgent it is, and a link.

Pure. A message that leaves the installation says nothing of what happened, of whom, or which agency it is about.
"""

from collections.abc import Mapping
from types import MappingProxyType

from .kinds import _

LATE_SOON, LATE, CALL_THEM = "answer-soon", "answer-late", "call-them"
"""Three quarters of the time to answer have passed; all of it has; and nobody of theirs is left to ask."""
COME_SOON, COME_LATE = "arrival-soon", "arrival-late"
"""The same of what was accepted: nobody has recorded that the client came, or that it goes on."""
ASKED_NEXT, NOT_ASKED = "asked-next", "not-asked-on"
"""Nobody answered: the next agency that was named was asked; and: nobody else could be."""
CALLS = frozenset({LATE_SOON, LATE})
"""Codes that call one person in particular, if there is one to call."""

ALWAYS_URGENT = frozenset(
    {"send-ems", "ems-called", "threat-warning", "danger-to-life", "emergency-open", "alert-log", NOT_ASKED}
)
"""Codes that are urgent whatever the referral's priority is."""

TO_DECIDE, DECIDED, REVIEWED = "review-to-decide", "review-decided", "review-opened"
"""A privacy officer asks to see content; it was answered; she looked, and the notice is for who wrote it."""

COVER_ASKED = "cover-asked"
"""Another agency asks this one to cover it, and nobody has confirmed or refused."""

UNNUMBERED = frozenset({"no-privacy-officer", TO_DECIDE})
"""Codes told to somebody who may not learn which referral it is."""

LEADS_TO: Mapping[str, str] = MappingProxyType(
    {
        "alert": "referrals:desk-alerts",
        TO_DECIDE: "referrals:desk-reviews",
        DECIDED: "referrals:desk-reviews",
        COVER_ASKED: "agencies:coverage",
    }
)
"""Where its reader looks into it, if not at the referral: by the code, or by what stands before its first hyphen."""

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "send": _("A referral waits for your answer."),
        "send-ems": _("A referral waits for your answer. An ambulance was called."),
        "add": _("Your agency takes part in this referral now."),
        "accept": _("It was accepted."),
        "accepted-anonymous": _("It was accepted; who it is is not released yet."),
        "reject": _("It was declined."),
        "start": _("Work on it began."),
        "schedule": _("An appointment was made."),
        "no-show": _("The client did not come."),
        "unschedule": _("The appointment is off."),
        "attend": _("The client came."),
        "hold": _("It is paused."),
        "resume": _("It goes on."),
        "complete": _("It is completed."),
        "fail": _("It did not work out."),
        "cancel": _("It was cancelled."),
        "request-cancel": _("You are asked to cancel it."),
        "confirm-cancel": _("It was cancelled, as you asked."),
        "force-cancel": _("It was cancelled without your answer."),
        "lapse": _("Another agency took it."),
        "withdraw": _("It was withdrawn."),
        "enter-in-error": _("It was recorded by mistake."),
        "not-picked-up": _("It is not picked up yet."),
        "received": _("It was received."),
        "not-taken": _("It was not taken."),
        "with-the-team": _("It is with the team."),
        "closed": _("It is closed."),
        "task-note": _("Something was written to you."),
        "part-added": _("Something was added."),
        "priority-raised": _("It is more urgent now."),
        "ems-called": _("An ambulance was called."),
        "ems-outcome": _("How the ambulance call ended is recorded."),
        "threat-warning": _("A warning of a serious threat."),
        "danger-to-life": _("There is a danger to life."),
        "emergency-open": _("It was opened in an emergency."),
        "emergency-no-words": _("An emergency is not documented yet."),
        "review-overdue": _("An emergency is not reviewed yet."),
        "consent-signed": _("A consent was signed."),
        "consent-declined": _("The client did not sign."),
        "consent-active": _("A consent stands again."),
        "consent-held": _("The client said stop."),
        "consent-revoked": _("The client took a consent back."),
        "client-stopped": _("The client said stop."),
        "restriction-asked": _("The client asks for a restriction."),
        "restriction-reviewed": _("A restriction was reviewed."),
        "put-off-not-done": _("What you put off could not be done."),
        TO_DECIDE: _("A privacy officer asks to see content. A second person answers."),
        DECIDED: _("A review you may have asked for was answered."),
        REVIEWED: _("A privacy officer of an agency you work with looked at what your agency wrote."),
        COVER_ASKED: _("An agency asks you to cover them: confirm or refuse."),
        "alert-not-theirs": _("An alert: somebody tried referrals that are not your agency's."),
        "alert-mass-opening": _("An alert: somebody opened many referrals."),
        "alert-mass-taking": _("An alert: somebody took many referrals out."),
        "alert-emergency": _("An alert: an emergency access."),
        "alert-own-name": _("An alert: somebody looked up a client of their own family name."),
        "alert-off-duty": _("An alert: somebody opened referrals outside their hours."),
        "alert-log": _("An alert: something is wrong with the log itself."),
        "no-privacy-officer": _("Your agency has no privacy officer. Something waits for one."),
        LATE_SOON: _("It still waits for your answer, and soon it is late."),
        LATE: _("It is late: it waited for an answer longer than it may. Answer it now."),
        CALL_THEM: _("Nobody has answered it in time. Call them."),
        ASKED_NEXT: _("Nobody answered it in time. The next agency you named was asked."),
        NOT_ASKED: _("Nobody has it, and it could be asked of nobody else. Call them."),
        COME_SOON: _("That the client came, or how it goes on, is soon due to be recorded."),
        COME_LATE: _("That the client came, or how it goes on, is not recorded in time."),
    }
)


def leads_to(code: str) -> str:
    """The page of a place that a notice leads to, "" if that is the referral it is about."""
    return LEADS_TO.get(code) or LEADS_TO.get(code.partition("-")[0], "")


def sentence(code: str) -> str:
    """What our own pages say of a notice; one that has no words of its own is still shown."""
    return SENTENCES.get(code, _("There is something new."))
