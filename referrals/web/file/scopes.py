"""The scope of a consent in words: it is shown wherever what was given on it is shown (42 CFR 2.32(b))."""

from django.utils.translation import gettext

from referrals.policy.outbound import Scope
from referrals.web import words
from referrals.web.reading.values import moment


def in_words(scope: Scope) -> str:
    """What, what for, until when."""
    said = {
        "parts": ", ".join(map(words.part, scope.compartments)),
        "purposes": ", ".join(map(words.purpose, scope.purposes)),
        "until": moment(scope.until) if scope.until else gettext("the client stops it"),
    }
    return gettext("Shared on the client's signed consent: %(parts)s; for %(purposes)s; until %(until)s.") % said
