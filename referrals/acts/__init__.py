"""What can be done to a referral, one file per subject. An act is a frozen value; ``perform`` runs it."""

from .base import Act
from .offering import Offer
from .parties import AddAgency, WithdrawAgency
from .sections import AddSection, CorrectSection
from .sending import Send
from .stepping import TakeStep

__all__ = ["Act", "AddAgency", "AddSection", "CorrectSection", "Offer", "Send", "TakeStep", "WithdrawAgency"]
