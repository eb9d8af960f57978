"""A row whose id came with its form is written once, however often the form is sent."""

from typing import TypeVar

from django.db import IntegrityError, transaction

from agencies.actor import Actor
from fhir.content.issues import error
from referrals.desk.models import Complaint, Incident
from referrals.errors import Invalid

Row = TypeVar("Row", Incident, Complaint)


def save(actor: Actor, row: Row) -> Row:
    """Save ``row``, sealed. Returns it; or what the same form, sent twice at once, has saved meanwhile.

    Raises ``Invalid`` for an id that is another agency's row: of that nothing is told.
    """
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if not type(row).objects.filter(pk=row.pk).exists():
            raise
        again = type(row).objects.visible_to(actor).filter(pk=row.pk).first()
        if again is None:
            raise Invalid([error("value", "key", "cannot be used. Open the form anew.")]) from None
        return again
    return row
