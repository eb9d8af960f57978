"""The parts of a folder that have keys of their own."""

from enum import StrEnum


class Compartment(StrEnum):
    """A part of a folder with its own keys (design.md, words)."""

    REQUEST = "request"
    CONTACT = "contact"
    INCIDENT = "incident"
    CLINICAL = "clinical"
    SUD = "sud"
    TRANSPORT = "transport"
    OUTCOME = "outcome"
