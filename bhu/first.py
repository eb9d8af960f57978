"""The first real start: who looks after the network, whether mail goes out, whether its keys could be brought back."""

from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from pathlib import Path
from smtplib import SMTPException

from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies import inviting, mailing
from agencies.errors import AgencyError
from agencies.kinds import AgencyKind
from agencies.models import Agency, Invitation, Membership
from agencies.roles import Role
from agencies.services import SYSTEM, open_agency
from bhu.backup import making, restoring
from bhu.demo.network import holds_demo

ADMINS = 2
"""So that one who loses a passkey does not lose the network."""


class NotYet(Exception):
    """A step of the first start that cannot be done; the text says what to do."""


def begin(*, name: str, slug: str, admins: Sequence[str], keys: Path, identity: Path) -> Iterator[str]:
    """Do each step that was not done before, and say what came of it. At the first that fails it raises.

    ``admins`` are such as ``Ada Lowe <ada@example.org>``; ``keys`` is a folder for the backup of the keys, which is
    tried at once with ``identity``, the private half of the backup key. Raises ``NotYet``, ``NoBackup`` and
    ``CannotRestore``.
    """
    if holds_demo():
        raise NotYet("This database holds the demo network. Real people need one of their own.")
    making.require_folder(keys)  # before anybody is mailed
    people = _people(admins)
    operator = _operator(name, slug)
    yield f"The network is looked after by {operator.name} ({operator.slug})."
    for person, email in people:
        yield _invited(operator, person, email)
    for _person, email in people:
        yield _mailed(email)
    made = making.back_up_keys(keys)
    restoring.try_keys(made, identity)
    yield f"The keys are backed up in {made}, and this backup would bring them back."
    yield "Take the private half of the backup key off this machine now."


def _people(admins: Sequence[str]) -> list[tuple[str, str]]:
    people = [parseaddr(each) for each in admins]
    if any(not person or "@" not in email for person, email in people):
        raise NotYet('Each --admin must be such as "Ada Lowe <ada@example.org>".')
    if len({email.casefold() for _person, email in people}) < ADMINS:
        raise NotYet(f"A network needs at least {ADMINS} administrators, with an address each.")
    return people


def _operator(name: str, slug: str) -> Agency:
    found = Agency.objects.filter(kind=AgencyKind.OPERATOR.value).first()
    if found is not None:
        return found
    try:
        return open_agency(by=SYSTEM, name=name, slug=slug, kind=AgencyKind.OPERATOR.value)
    except ValidationError as wrong:
        raise NotYet("\n".join(f"{field}: {' '.join(said)}" for field, said in wrong.message_dict.items())) from None


def _invited(operator: Agency, person: str, email: str) -> str:
    """Mail an invitation, unless the person is there or holds one that still works."""
    now = timezone.now()
    if Membership.objects.live(now).filter(agency=operator, user__email__iexact=email).exists():
        return f"{email} is a network administrator already."
    waiting = Invitation.objects.filter(inviting.OPEN, agency=operator, email__iexact=email, expires_at__gt=now)
    if waiting.exists():
        return f"{email} was invited already, and has not come yet."
    try:
        row, token = inviting.invite_from_shell(agency=operator, email=email, name=person, role=Role.NETWORK_ADMIN)
    except ValidationError as wrong:
        raise NotYet("\n".join(wrong.messages)) from None
    except AgencyError as refused:
        raise NotYet(str(refused)) from None
    if not mailing.send(row, token):
        return f"{email}: no mail server took the invitation. Hand this link over: {mailing.link_of(token)}"
    return f"{email} was mailed an invitation. It asks for a passkey: an administrator has no other way in."


def _mailed(email: str) -> str:
    subject = _("[BHU network] This is a test")
    try:
        send_mail(subject, _("If you read this, the network's mail reaches you.\n"), None, [email])
    except (OSError, SMTPException) as problem:
        raise NotYet(f"No test mail could be sent ({type(problem).__name__}): look at EMAIL_URL.") from None
    return f"A test mail went to {email}: ask whether it came."
