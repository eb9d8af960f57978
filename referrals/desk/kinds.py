"""What there is on the desk: kinds of alerts, incidents and complaints, how they stand, and their words. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from referrals.workflow import gettext_noop as _


class AlertKind(StrEnum):
    """What the log is watched for."""

    NOT_THEIRS = "not-theirs"
    MASS_OPENING = "mass-opening"
    MASS_TAKING = "mass-taking"
    EMERGENCY = "emergency"
    OWN_NAME = "own-name"
    OFF_DUTY = "off-duty"
    LOG = "log"


ALERTS: Mapping[AlertKind, str] = MappingProxyType(
    {
        AlertKind.NOT_THEIRS: _("Tried referrals that are not your agency's, three times within an hour"),
        AlertKind.MASS_OPENING: _("Opened many referrals within an hour"),
        AlertKind.MASS_TAKING: _("Printed, copied or downloaded many referrals within an hour"),
        AlertKind.EMERGENCY: _("Emergency access"),
        AlertKind.OWN_NAME: _("Looked up a client of their own family name"),
        AlertKind.OFF_DUTY: _(
            "Opened referrals that are not theirs to work on, outside the agency's hours and their turns"
        ),
        AlertKind.LOG: _("The log itself: it is behind, or something in it is not as it was written"),
    }
)


class AlertState(StrEnum):
    """How an alert stands; from each to the next and never back."""

    OPEN = "open"
    LOOKED = "looked"
    CLOSED = "closed"


ALERT_STATES: Mapping[AlertState, str] = MappingProxyType(
    {
        AlertState.OPEN: _("new"),
        AlertState.LOOKED: _("looked at"),
        AlertState.CLOSED: _("closed"),
    }
)


class Because(StrEnum):
    """Why an alert is closed."""

    WORK = "work"
    MISTAKE = "mistake"
    TALKED = "talked"
    INCIDENT = "incident"
    FALSE = "false"


REASONS: Mapping[Because, str] = MappingProxyType(
    {
        Because.WORK: _("It was their work"),
        Because.MISTAKE: _("A slip, without harm"),
        Because.TALKED: _("Talked to them; trained or warned"),
        Because.INCIDENT: _("It is in the register of incidents"),
        Because.FALSE: _("There was nothing in it"),
    }
)


class IncidentKind(StrEnum):
    """What went wrong, or may have."""

    WRONG_RECIPIENT = "wrong-recipient"
    LOOKED_WITHOUT_NEED = "looked-without-need"
    LOST_DEVICE = "lost-device"
    STOLEN_ACCESS = "stolen-access"
    PAPER = "paper"
    MASS_TAKING = "mass-taking"
    EMERGENCY = "emergency"
    LOG = "log"
    OTHER = "other"


INCIDENTS: Mapping[IncidentKind, str] = MappingProxyType(
    {
        IncidentKind.WRONG_RECIPIENT: _("Sent to the wrong recipient"),
        IncidentKind.LOOKED_WITHOUT_NEED: _("Somebody looked without need"),
        IncidentKind.LOST_DEVICE: _("A device was lost or stolen"),
        IncidentKind.STOLEN_ACCESS: _("Somebody used another person's sign-in"),
        IncidentKind.PAPER: _("Paper was lost or left"),
        IncidentKind.MASS_TAKING: _("Many records were taken out"),
        IncidentKind.EMERGENCY: _("An emergency access that was not justified"),
        IncidentKind.LOG: _("The log is not as it was written"),
        IncidentKind.OTHER: _("Something else"),
    }
)


class IncidentState(StrEnum):
    """How an incident stands. ``BREACH`` and ``NO_BREACH`` are what the assessment came to."""

    OPEN = "open"
    BREACH = "breach"
    NO_BREACH = "no-breach"
    CLOSED = "closed"


INCIDENT_STATES: Mapping[IncidentState, str] = MappingProxyType(
    {
        IncidentState.OPEN: _("not assessed yet: every deadline counts"),
        IncidentState.BREACH: _("a breach"),
        IncidentState.NO_BREACH: _("assessed: not a breach"),
        IncidentState.CLOSED: _("closed"),
    }
)


class ComplaintWay(StrEnum):
    """How a complaint came (42 CFR 2.4, 45 CFR 164.530(d))."""

    SPOKEN = "spoken"
    WRITTEN = "written"
    FEDERAL = "federal"


WAYS: Mapping[ComplaintWay, str] = MappingProxyType(
    {
        ComplaintWay.SPOKEN: _("said to somebody of the agency"),
        ComplaintWay.WRITTEN: _("in writing"),
        ComplaintWay.FEDERAL: _("through the federal office"),
    }
)


class ReviewStanding(StrEnum):
    """How a review case stands. ``LAPSED``: nobody answered in time; ``OVER``: its time ran out, or it was ended."""

    WAITS = "waits"
    OPEN = "open"
    REFUSED = "refused"
    LAPSED = "lapsed"
    OVER = "over"


REVIEW_STANDINGS: Mapping[ReviewStanding, str] = MappingProxyType(
    {
        ReviewStanding.WAITS: _("waits for a second person"),
        ReviewStanding.OPEN: _("open"),
        ReviewStanding.REFUSED: _("refused"),
        ReviewStanding.LAPSED: _("nobody answered in time"),
        ReviewStanding.OVER: _("over"),
    }
)
