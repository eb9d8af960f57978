"""The tables of consents keep the indexes that queries use, and no other."""

import pytest
from django.db import connection

from referrals.consents.models import ConsentTerms, Restriction

KEYS = {("id",), ("folder_id",), ("referral_id",), ("agency_id",)}
"""What Django indexes by itself."""


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "ours"), [(ConsentTerms, {("folder_id", "id")}), (Restriction, set())])
def test_only_what_is_asked_for_is_indexed(model: type[ConsentTerms | Restriction], ours: set[tuple[str, ...]]) -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table).values()
    indexes = [tuple(each["columns"]) for each in found if each["index"] and not each["primary_key"]]
    assert set(indexes) - KEYS == ours
    assert len(indexes) == len(set(indexes))
