"""What the actions and outcomes of the log are called on a page, and the questions one asks of it. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from referrals.workflow import STEPS
from referrals.workflow import gettext_noop as _

_SAID: Mapping[str, str] = {
    "referral.send": _("sent a referral"),
    "referral.offer": _("asked several agencies"),
    "referral.open": _("opened the referral"),
    "referral.open-own": _("opened what the agency wrote itself"),
    "referral.print": _("printed it"),
    "referral.copy": _("copied it as text"),
    "referral.download": _("downloaded it"),
    "referral.preview": _("looked at who would see what"),
    "referral.receipt": _("looked at its number"),
    "referral.list": _("looked at the list"),
    "referral.history": _("looked at its history"),
    "referral.find": _("looked for a number"),
    "client.find": _("looked for a client"),
    "safety.read": _("read safety facts"),
    "section.add": _("added to it"),
    "section.correct": _("corrected it"),
    "party.add": _("brought an agency in"),
    "party.withdraw": _("ended an agency's part"),
    "task.add": _("added words or a number"),
    "gate.explain": _("asked why something is open or not"),
    "consent.ask": _("asked for a signature"),
    "consent.sign": _("a consent was signed"),
    "consent.file": _("filed a signed paper"),
    "consent.print": _("printed a consent"),
    "consent.read": _("the paper was read"),
    "consent.list": _("looked at the consents"),
    "consent.hold": _("wrote down that the client said stop"),
    "consent.revoke": _("ended a consent in writing"),
    "consent.resume": _("let a consent go on"),
    "consent.by-slip": _("the client said stop, by the slip"),
    "restriction.ask": _("wrote down a request to restrict"),
    "restriction.review": _("answered a request to restrict"),
    "emergency.open": _("used emergency access"),
    "emergency.document": _("wrote the words of an emergency"),
    "emergency.read": _("read the words of an emergency"),
    "emergency.review": _("reviewed an emergency access"),
    "threat.warn": _("warned of a threat"),
    "retention.export": _("took the agency's record out"),
    "retention.shred": _("deleted a referral for good"),
    "accounting.report": _("made an accounting of disclosures"),
    "accounting.take-out": _("printed or downloaded the accounting"),
    "receipt.make": _("made a slip for the client"),
    "receipt.read": _("the client read the receipt book"),
    "membership.add": _("a member was taken on"),
    "membership.end": _("a membership was ended"),
    "invitation.make": _("invited somebody"),
    "invitation.accept": _("used an invitation"),
    "invitation.approve": _("agreed to an invitation"),
    "invitation.renew": _("took a member's sign-in away"),
    "role.change": _("changed what a role may do"),
    "keys.rotate": _("the agency's key was renewed"),
    "audit.read": _("read one entry of the log"),
    "audit.list": _("searched the log"),
    "alert.raise": _("an alert was raised"),
    "alert.list": _("looked at the alerts"),
    "alert.look": _("looked at an alert"),
    "alert.close": _("closed an alert"),
    "review.ask": _("asked to see content"),
    "review.answer": _("answered a review"),
    "review.end": _("ended a review"),
    "review.open": _("opened a review"),
    "referral.review": _("looked at its content, in a review"),
    "review.list": _("looked at the reviews"),
    "review.read": _("read a review"),
    "coverage.list": _("looked at who covers whom"),
    "desk.read": _("looked at the privacy desk"),
    "week.read": _("read a week"),
    "week.review": _("marked a week as reviewed"),
    "incident.list": _("looked at the incidents"),
    "incident.open": _("opened an incident"),
    "incident.read": _("read an incident"),
    "incident.assess": _("assessed an incident"),
    "incident.tell": _("told somebody of an incident"),
    "incident.close": _("closed an incident"),
    "complaint.list": _("looked at the complaints"),
    "complaint.receive": _("wrote a complaint down"),
    "complaint.read": _("read a complaint"),
    "complaint.answer": _("answered a complaint"),
    "signin.in": _("signed in"),
    "signin.mail": _("somebody asked for a new password for"),
    "signin.out": _("signed out"),
    "signin.refuse": _("did not prove who they are"),
    "signin.lock-out": _("tried to sign in too often"),
    "signin.add": _("set up a second factor"),
    "signin.remove": _("removed a second factor"),
    "signin.change": _("changed the password"),
    "signin.lock": _("locked the session"),
    "signin.unlock": _("unlocked the session"),
    "door.refuse": _("was turned away at the door"),
    "page.open": _("opened a page"),
    "page.send": _("sent something to a page"),
    "page.refuse": _("was refused a page"),
    "coverage.enter": _("said who covers the agency"),
    "coverage.confirm": _("agreed to cover another agency"),
    "coverage.end": _("ended that one agency covers another"),
    "referral.route": _("it went to the agency that covers"),
    "referral.reoffer": _("it was asked on, as the sender had said"),
    "referral.told": _("looked at how the agency was told"),
    "task.acknowledge": _("said that the agency has it"),
    "reach.set": _("changed how the agency is reached"),
    "timers.set": _("changed how long an answer may take"),
    "rota.add": _("put somebody on call"),
    "rota.end": _("took somebody off the list of who is on call"),
    "webhook.add": _("named a system that hears of notices"),
    "webhook.end": _("ended a system that hears of notices"),
    "notice.list": _("looked at the notices"),
    "notice.figures": _("looked at how fast the agency answers"),
    "subscription.create": _("a partner's system asked to be told"),
    "subscription.read": _("a partner's system read what it is told of"),
    "subscription.update": _("a partner's system changed what it is told of"),
    "subscription.delete": _("a partner's system asked to be told no more"),
    "subscription.list": _("a partner's system listed what it is told of"),
    "subscription.status": _("a partner's system asked how its telling stands"),
    "subscription.events": _("a partner's system asked what it was told"),
    "subscription.handshake": _("a system's address was tried"),
    "subscription.heartbeat": _("a system was told that there is nothing new"),
    "subscription.notify": _("a system was told that something changed"),
    "subscription.stop": _("a system is told no more"),
    "subscription.look": _("looked at the systems that are told"),
    "subscription.try": _("tried a system's address"),
    "resource.read": _("a partner's system read of it"),
    "resource.everything": _("a partner's system read all of it"),
    "resource.search": _("a partner's system searched it"),
    "resource.list": _("a partner's system listed"),
}
SAID: Mapping[str, str] = MappingProxyType({**{f"task.{step.name}": step.verb for step in STEPS}, **_SAID})
"""What is not here is shown by its own name."""

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {"0": _("done"), "4": _("refused"), "8": _("does not open"), "12": _("unusable")}
)

OPENED = frozenset(
    {"referral.open", "referral.open-own", "referral.print", "referral.copy", "referral.download", "referral.history"}
    | {"resource.read", "resource.everything", "resource.search", "resource.history", "emergency.read", "safety.read"}
    | {"referral.review"}
)
QUESTIONS: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "opened": (_("opened a referral"), OPENED),
        "taken": (
            _("took something out"),
            frozenset({"referral.print", "referral.copy", "referral.download", "retention.export"}),
        ),
        "sought": (_("looked for a client or a number"), frozenset({"client.find", "referral.find"})),
        "emergency": (_("used emergency access"), frozenset({"emergency.open"})),
        "signin": (
            _("signed in, or tried to"),
            frozenset({"signin.in", "signin.out", "signin.refuse", "signin.lock-out", "signin.unlock"}),
        ),
        "members": (
            _("changed members, roles or keys"),
            frozenset(
                {"membership.add", "membership.end", "invitation.make", "invitation.accept", "invitation.approve"}
                | {"invitation.renew", "role.change", "keys.rotate", "agreement.sign"}
            ),
        ),
        "log": (_("read the log"), frozenset({"audit.read", "audit.list", "alert.list", "week.read"})),
    }
)
"""What one asks of the log: a name for the address, words, and the actions that answer it."""

NOBODY: Mapping[str, str] = MappingProxyType(
    {
        "Person/unknown": _("somebody who is not signed in"),
        "System": _("the system"),
        "Link": _("the client, by the link"),
        "Slip": _("the client, by the slip"),
    }
)
"""Who acted, where that is nobody's membership: by the whole name, or by what stands before the slash."""
