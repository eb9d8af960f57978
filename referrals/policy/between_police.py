"""What one department does not tell another: a client who may be a minor, a call of domestic violence. Pure.

R-MIN-02; M.G.L. c.41 §97D. Domestic violence is what its author labelled so: nothing is guessed from words.
"""

from collections.abc import Iterable
from datetime import date

from fhir.content.ages import ages
from fhir.content.compartments import label_codes
from fhir.content.exact import Object

ADULT_FROM = 18
DOMESTIC_VIOLENCE = "SDV"  # HL7 v3-ActCode


def kept_local(resources: Iterable[Object], *, on: date) -> bool:
    """Whether any of ``resources`` says that the client may be under eighteen on that day, or is labelled ``SDV``.

    An unknown date of birth says nothing: most people found unconscious have none, and their town is to know.
    """
    return any(_is_minor(each, on) or DOMESTIC_VIOLENCE in label_codes(each) for each in resources)


def _is_minor(resource: Object, on: date) -> bool:
    if resource.get("resourceType") != "Patient":
        return False
    known = ages(str(resource.get("birthDate", "")), on=on)
    return known is not None and min(known) < ADULT_FROM
