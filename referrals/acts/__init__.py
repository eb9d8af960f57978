"""What can be done to a referral, one file per subject. An act is a frozen value; ``perform`` runs it."""

from .ambulance import RecordAmbulance
from .base import Act
from .closing import CloseRequest
from .consents import ResumeConsent, StopConsent
from .emergencies import OpenInEmergency
from .offering import Offer
from .parties import AddAgency, WithdrawAgency
from .reoffering import Reoffer
from .reporting import AddToTask
from .sections import AddSection, CorrectSection
from .sending import Send
from .stepping import TakeStep
from .warning import Threat, WarnOfThreat

__all__ = [
    "Act",
    "AddAgency",
    "AddSection",
    "AddToTask",
    "CloseRequest",
    "CorrectSection",
    "Offer",
    "OpenInEmergency",
    "RecordAmbulance",
    "Reoffer",
    "ResumeConsent",
    "Send",
    "StopConsent",
    "TakeStep",
    "Threat",
    "WarnOfThreat",
    "WithdrawAgency",
]
